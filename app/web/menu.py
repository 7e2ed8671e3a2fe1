"""A feature's place in the navigation, declared in its `__init__.py` as `MENU`, one or a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.actor import Right
from app.core.text import Message


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the side navigation, shown to those who have the right.

    `order`: smaller stands higher. `admin`: below the heading for administrators. `endpoint`: the page it leads to;
    `also`: another one whose pages belong to it. `values`: arguments of its address. `needs`: the area of resources that a
    connection in the scope must have (`FrameSource.areas`), "" for none.
    """

    label: Message
    endpoint: str
    icon: str
    order: int
    right: Right
    admin: bool = False
    also: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
