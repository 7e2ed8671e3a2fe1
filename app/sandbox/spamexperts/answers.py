"""The Software API's answer shapes, each in both formats (SpamExperts contract sheet, section 2)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.sandbox.spamexperts import wording


class Answer(Protocol):
    """What a call answers: its plain text, and its bare JSON value."""

    def plain(self) -> str: ...

    def value(self) -> Any: ...


class ApiError(Exception):
    """An error answer: one or more complete ``ERROR: ...`` lines.

    ``status`` is only set where the HTTP status does not follow the switch ``error_http_status``.
    """

    def __init__(self, *lines: str, status: int | None = None) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.status = status


def fail(template: str, **values: object) -> ApiError:
    """Return the error of one of the wordings."""
    return ApiError(wording.error(template, **values))


def misuse(detail: str, **values: object) -> ApiError:
    """Return an E0 error with this detail."""
    return fail(wording.INCORRECT_USAGE, detail=detail.format(**values))


def invalid(argument: str, value: object) -> ApiError:
    """Return an EV error for this argument."""
    return fail(wording.INVALID_VALUE, argument=argument, value=value)


def shown(value: Any) -> str:
    """Return a value as the plain format prints it: Python's words for booleans, nothing for None."""
    if value is None:
        return ""
    return str(value)


@dataclass(frozen=True)
class Empty:
    """A change that succeeded; a warning succeeds too, but says so (2.1)."""

    warnings: tuple[str, ...] = ()

    def plain(self) -> str:
        return _lines(self.warnings)

    def value(self) -> Any:
        return {"warnings": list(self.warnings)} if self.warnings else ""


@dataclass(frozen=True)
class Number:
    """A count."""

    number: int

    def plain(self) -> str:
        return f"{self.number}\n"

    def value(self) -> Any:
        return self.number


@dataclass(frozen=True)
class Text:
    """Text that goes out as it is; ``json`` is its JSON value when that is not the text itself."""

    text: str
    json: Any = None

    def plain(self) -> str:
        return self.text

    def value(self) -> Any:
        return self.text if self.json is None else self.json


@dataclass(frozen=True)
class Listing:
    """One item per line; ``objects`` are the JSON items when those are more than the text."""

    items: Sequence[str]
    objects: Sequence[Any] | None = None

    def plain(self) -> str:
        return _lines(self.items)

    def value(self) -> Any:
        return list(self.items if self.objects is None else self.objects)


@dataclass(frozen=True)
class Records:
    """CSV without a header; JSON objects keyed by column name."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def plain(self) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([[shown(cell) for cell in row] for row in self.rows])
        return text.getvalue()

    def value(self) -> Any:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Setting:
    """One setting of one domain: the value line, after a warning line when the value is the domain's own (2.2)."""

    domain: str
    setting: Any
    default: Any
    own: bool

    def plain(self) -> str:
        return _lines([*self._warnings(), f"{self.domain} {shown(self.setting)}"])

    def value(self) -> Any:
        return {
            "domain": self.domain,
            "value": self.setting,
            "is_default": not self.own,
            "default": self.default,
            "warnings": [line.removeprefix("WARNING: ") for line in self._warnings()],
        }

    def _warnings(self) -> list[str]:
        return [wording.warning(wording.NOT_DEFAULT, default=shown(self.default))] if self.own else []


@dataclass(frozen=True)
class Several:
    """Answers of several domains one after the other; in JSON an array."""

    answers: Sequence[Answer]

    def plain(self) -> str:
        return "".join(answer.plain() for answer in self.answers)

    def value(self) -> Any:
        return [answer.value() for answer in self.answers]


@dataclass(frozen=True)
class AlwaysJson:
    """An answer that is JSON whatever was asked for."""

    content: Any

    def plain(self) -> str:
        return json.dumps(self.content)

    def value(self) -> Any:
        return self.content


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
