"""A call's arguments as controls of a form, and an answer as something to read."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from app.core.calls import CallAnswer
from app.core.contract import Argument, Call

MOST_SHOWN = 256 * 1024
"""Characters of an answer that a page shows; the rest is there to be saved."""

OFFSET = "offset"
"""The argument by which the upstreams that tell a list's length page through it."""

_LARGEST_PARSED = 1024 * 1024  # bytes of JSON that are laid out anew
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_AREAS = ("json", "object", "list of objects", "list", "list of strings", "list of integers")
_SHEET = "application/vnd.ms-excel"


@dataclass(frozen=True, slots=True)
class Control:
    """An argument as a control: password, select, flag, file, area or text. `name` is that of the form's field."""

    name: str
    argument: Argument
    shape: str
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
    help: str = ""
    errors: Sequence[str] = ()


def controls(call: Call, values: Mapping[str, str], errors: Mapping[str, Sequence[str]]) -> list[Control]:
    """The controls of a call with what was typed, and what is wrong with it; secrets never come back."""
    return [
        Control(
            name=field_name(number),
            argument=argument,
            shape=_shape(argument),
            value="" if argument.hidden else values.get(argument.name, ""),
            options=_options(argument),
            help=_help(argument),
            errors=errors.get(argument.name, ()),
        )
        for number, argument in enumerate(call.by_name().values())
    ]


def field_name(number: int) -> str:
    """The name of a form's field: arguments are called what they like, also like fields of ours."""
    return f"argument-{number}"


def _shape(argument: Argument) -> str:
    if argument.hidden:
        return "password"
    if argument.kind in ("file", "flag"):
        return argument.kind
    if argument.kind == "boolean" or (argument.choices and argument.kind not in _AREAS):
        return "select"
    return "area" if argument.kind in _AREAS else "text"


def _options(argument: Argument) -> list[tuple[str, str]]:
    if argument.kind == "boolean":
        return [("", _("not sent")), ("true", _("yes")), ("false", _("no"))]
    return [("", _("not sent")), *((choice, choice) for choice in argument.choices)]


def _help(argument: Argument) -> str:
    """Meaning, form, choices and default in one line."""
    forms = {
        "integer": _("a whole number"),
        "number": _("a number"),
        "date-time": _("such as 2026-01-31T00:00:00Z"),
        "json": _("JSON"),
        "object": _("JSON: an object"),
        "list of objects": _("JSON: a list of objects"),
        "list": _("one per line"),
        "list of strings": _("one per line"),
        "list of integers": _("one number per line"),
    }
    parts = [argument.meaning, forms.get(argument.kind, "")]
    if argument.whole:
        parts.append(_("this is the whole body"))
    if argument.choices and argument.kind in _AREAS:
        parts.append(", ".join(argument.choices))
    if argument.default is not None:
        parts.append(_("left out: %(value)s", value=argument.default))
    return "; ".join(part.rstrip(".") for part in parts if part)


# --- Answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer for a page. `kind`: empty, binary, json or text; `cut`: there is more of it; `rows`: how many items a list
    of JSON has."""

    answer: CallAnswer
    kind: str
    text: str = ""
    cut: bool = False
    rows: int | None = None


def shown(answer: CallAnswer) -> Shown:
    """The answer, laid out where it is JSON, at most MOST_SHOWN characters of it."""
    if not answer.body.strip():
        return Shown(answer, "empty")
    if answer.binary:
        return Shown(answer, "binary")
    text, kind, rows = laid_out(answer)
    return Shown(answer, kind, visible(text[:MOST_SHOWN]), len(text) > MOST_SHOWN, rows)


def laid_out(answer: CallAnswer) -> tuple[str, str, int | None]:
    """The text, its kind and the number of its items. Long JSON stays as it came."""
    if len(answer.body) > _LARGEST_PARSED:
        return answer.text(MOST_SHOWN + 1), "text", None
    text = answer.text()
    if not text.lstrip().startswith(("{", "[")):
        return text, "text", None
    try:
        value = json.loads(text)
        return (
            json.dumps(value, indent=2, ensure_ascii=False),
            "json",
            len(value) if isinstance(value, list) else None,
        )
    except (ValueError, RecursionError):
        return text, "text", None


def next_offset(call: Call, typed: Mapping[str, str], result: Shown | None) -> int | None:
    """Where the next page of a list begins; None where there is none, or nobody can tell."""
    if result is None or not result.rows or result.answer.total is None or OFFSET not in call.by_name():
        return None
    given = typed.get(OFFSET, "").strip()
    begin = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    following = begin + result.rows
    return following if following < result.answer.total else None


def visible(text: str) -> str:
    """The text with what has no shape, or would turn the writing direction, shown as U+FFFD."""
    return _UNSEEN.sub("\ufffd", text.replace("\r\n", "\n"))


def file_name(key: str, call: Call, answer: CallAnswer) -> str:
    """A name to save the answer under."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", f"{key}-{call.name}").strip("-")[:80]
    if answer.media_type == _SHEET:
        return f"{stem}.xlsx" if answer.body.startswith(b"PK") else f"{stem}.xls"
    return stem + (mimetypes.guess_extension(answer.media_type) or (".bin" if answer.binary else ".txt"))
