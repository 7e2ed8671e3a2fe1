"""Texts that people type or that stand in addresses, taken apart."""

from __future__ import annotations

import re

from app.core.errors import NotFound
from app.core.names import NameProblem, domain_name


def words(text: str | None) -> list[str]:
    """What a text field lists: separated by commas, semicolons, blanks or lines."""
    return [part for part in re.split(r"[,;\s]+", text or "") if part]


def name_from_address(name: str) -> str:
    """The domain that an address names, normalised. Raises NotFound for what cannot be a domain."""
    try:
        return domain_name(name)
    except NameProblem as problem:
        raise NotFound(problem.message) from problem
