"""A kind with its calls: how it is listed, and what each action sends."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import Malformed, NotFound, NotThere
from app.core.model import Connection, FieldKind
from app.core.resources import Action, Field, Resource, ResourceAt, ResourceKind
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.spamexperts.control_panel import ControlPanelApi
from app.providers.spamexperts.panel_reads import PanelReads
from app.providers.spamexperts.reads import not_found
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import as_list, lines_of, read_answer

Json = Any
Rows = list[Resource]
Said = tuple[str, dict[str, str]]
"""A call and its arguments."""

LONGEST = 2000

PASSWORD = Field("password", msg("Password"), FieldKind.SECRET, required=True, most=200)


class Apis:
    """Both APIs of one connection, as the kinds read them."""

    def __init__(self, connection: Connection, software: SoftwareApi, panel: ControlPanelApi) -> None:
        self.base_url = connection.base_url
        self.software = software
        self.panel = panel
        self.domains = PanelReads(connection, panel)

    def lines(self, call: str, **arguments: str) -> list[str]:
        """A LIST of the Software API (2.3)."""
        return self.lines_of(self.software.read(call, arguments))

    def lines_of(self, answer: Answer) -> list[str]:
        """The entries of a LIST. Raises Malformed."""
        text = read_answer(answer)
        items = as_list(answer.json()) if text.lstrip()[:1] == "[" else lines_of(text)
        return [checked(answer, item) for item in items]

    def records(self, call: str, columns: Sequence[str], **arguments: str) -> list[dict[str, str]]:
        """CSV of the Software API (2.3): no header, so the columns are told. Raises Malformed."""
        answer = self.software.read(call, arguments)
        text = read_answer(answer)
        rows = [row for row in csv.reader(io.StringIO(text), skipinitialspace=True) if row]
        if any(len(row) < len(columns) for row in rows):
            raise answer.unreadable(msg("A line of the answer has too few columns."))
        return [
            {name: checked(answer, cell) for name, cell in zip(columns, row, strict=False)} for row in rows
        ]

    def objects(self, call: str, **arguments: str) -> Json:
        """What a call of the Software API says that always answers JSON."""
        answer = self.software.read(call, arguments)
        read_answer(answer)
        return answer.json()


@dataclass(frozen=True)
class Sending:
    """What an action is about: the place, the key ("" for a new one), the values with secrets in plain text, and the hint of
    the resource. `now`: the values that an edit does not change."""

    at: ResourceAt
    key: str
    values: Mapping[str, Json]
    ref: Json = None
    now: Mapping[str, Json] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """The domain that it belongs to."""
        return self.at.domain or ""

    def text(self, name: str) -> str:
        """A value as text, "" where there is none."""
        value = self.values.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Kept:
    """A kind with its calls.

    `rows`: all that there are at a place. `one`: one by its key, where a look at all would not tell enough. `sends`: the
    call of each action. `key`: the key that a new one will have. `answer`: what an action hands out.
    """

    kind: ResourceKind
    rows: Callable[[Apis, ResourceAt], Rows]
    sends: Mapping[str, Callable[[Sending], Said]] = field(default_factory=dict)
    one: Callable[[Apis, ResourceAt, str], Resource] | None = None
    key: Callable[[str, Mapping[str, Json]], str] | None = None
    answer: Callable[[Apis, Answer], str] | None = None

    def read(self, apis: Apis, at: ResourceAt, key: str) -> Resource:
        """One by its key. Raises NotFound."""
        if self.one is not None:
            return self.one(apis, at, key)
        for row in self.rows(apis, at):
            if row.key == key:
                return row
        raise NotFound(msg("{one} {key} is not there.", one=self.kind.one, key=key))


def of_domain(at: ResourceAt, read: Callable[[str], Rows]) -> Rows:
    """What `read` makes of the domain. Raises NotFound when it is not there."""
    try:
        return read(at.domain or "")
    except NotThere as gone:
        raise not_found(at.domain or "") from gone


def checked(answer: Answer, item: Json) -> str:
    """A text of a list. Raises Malformed for what can be none."""
    text = str(item).strip() if isinstance(item, str | int | float) else ""
    if not text.isprintable() or len(text) > LONGEST or not isinstance(item, str | int | float):
        raise Malformed(
            msg("The list holds something that is no entry."),
            answer.quote(str(item), 200),
            status=answer.status,
        )
    return text


def removal(done: Message, right: Any, call: str, *lost: Message, many: bool = True) -> Action:
    """The action that takes one away."""
    return Action("remove", msg("Remove"), done, right, call, risk=True, many=many, lost=lost, icon="trash")


def new_password(call: str, right: Any) -> Action:
    """The action that sets another password; the old one is known to nobody."""
    return Action(
        "set_password",
        msg("Set password"),
        msg("The password of {key} is set."),
        right,
        call,
        fields=(PASSWORD,),
        lost=(msg("The password that was set before."),),
        icon="key",
    )
