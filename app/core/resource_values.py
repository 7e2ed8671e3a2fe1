"""The values that somebody enters for an action on a resource, checked against the action's fields: the one place for it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from app.core.contents import without_contents
from app.core.errors import Invalid
from app.core.model import FieldKind
from app.core.names import NameProblem, domain_name, host_name, mail_address, plain_text
from app.core.resources import Action, Field
from app.core.secret import MASK, Secret
from app.core.text import Message, msg

Json = Any

EDIT = "edit"
LONGEST_LINE = 2_000
LONGEST_TEXT = 200_000
LARGEST_FILE = 5 * 1024 * 1024

_NEEDED = msg("This is needed.")
_SHAPES: Mapping[str, Callable[[str], str]] = {
    "email": mail_address,
    "domain": domain_name,
    "host": host_name,
}
_YES = {"true", "yes", "on", "y", "1"}
_NO = {"false", "no", "off", "n", "0"}


def checked_values(action: Action, values: Mapping[str, Json]) -> dict[str, Json]:
    """The values in the form that drivers get, by field. What is empty and may not be sent so is left out.

    "edit" takes only the fields that shall change. Raises Invalid with a problem per field ("values.quota").
    """
    known = {field.name: field for field in action.fields}
    problems: dict[str, Message] = {
        f"values.{name}": msg("There is no such field.") for name in values if name not in known
    }
    checked: dict[str, Json] = {}
    for field in action.fields:
        try:
            value = _checked(action, field, values.get(field.name))
        except NameProblem as problem:
            problems[f"values.{field.name}"] = problem.message
        else:
            if value is not None:
                checked[field.name] = value
    if problems:
        raise Invalid(problems)
    return checked


def _checked(action: Action, field: Field, value: Json) -> Json:
    """One value; None where there is nothing to send. Raises NameProblem."""
    editing = action.name == EDIT
    if value is None:
        if field.required and not editing:
            raise NameProblem(_NEEDED)
        return None
    if _is_empty(value):
        if field.required:
            raise NameProblem(_NEEDED)
        if field.empties:
            return [] if field.kind in (FieldKind.LINES, FieldKind.HOSTS) else ""
        if editing and field.kind is not FieldKind.SECRET:
            raise NameProblem(msg("This cannot be emptied."))
        return None
    return _READERS[field.kind](field, value)


def _is_empty(value: Json) -> bool:
    if isinstance(value, Secret):
        return not value
    return (isinstance(value, str) and not value.strip()) or value == [] or value == {}


def _text(value: Json) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NameProblem(msg("Text is expected here."))
    return str(value)


def _sized(field: Field, text: str, most: int) -> str:
    if field.least is not None and len(text) < field.least:
        raise NameProblem(msg("At least {count} characters are needed.", count=field.least))
    limit = field.most if field.most is not None else most
    if len(text) > limit:
        raise NameProblem(msg("More than {count} characters are not accepted.", count=limit))
    return text


def _line(field: Field, value: Json) -> str:
    text = plain_text(_text(value))
    if field.shape:
        text = _SHAPES[field.shape](text)
    _sized(field, text, LONGEST_LINE)
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise NameProblem(
            msg(
                "This has not the form that is expected here, for example {example}.",
                example=field.placeholder,
            )
            if field.placeholder
            else msg("This has not the form that is expected here.")
        )
    return text


def _number(field: Field, value: Json) -> int:
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    if isinstance(text, bool) or not re.fullmatch(r"-?[0-9]{1,15}", str(text), re.ASCII):
        raise NameProblem(msg("A whole number is expected here."))
    number = int(text)
    if field.least is not None and number < field.least:
        raise NameProblem(msg("At least {least} is needed.", least=field.least))
    if field.most is not None and number > field.most:
        raise NameProblem(msg("More than {most} is not accepted.", most=field.most))
    return number


def _switch(_field: Field, value: Json) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise NameProblem(msg("Yes or no is expected here."))
    return word in _YES


def _choice(field: Field, value: Json) -> str:
    text = _text(value)
    if text not in {choice for choice, _ in field.choices}:
        raise NameProblem(msg("This is not one of the choices."))
    return text


def _secret(field: Field, value: Json) -> Secret:
    secret = value if isinstance(value, Secret) else Secret(_text(value))
    text = secret.reveal()
    if text == MASK:
        raise NameProblem(msg("A secret is kept nowhere: enter it again."))
    _no_controls(text, "")
    _sized(field, text, LONGEST_LINE)
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise NameProblem(msg("This has not the form that is expected here."))
    return secret


def _long_text(field: Field, value: Json) -> str:
    text = _text(value).replace("\r\n", "\n").replace("\r", "\n")
    _no_controls(text, "\n\t")
    return _sized(field, text, LONGEST_TEXT)


def _lines(field: Field, value: Json) -> list[str]:
    entries = value.splitlines() if isinstance(value, str) else value
    if not isinstance(entries, list):
        raise NameProblem(msg("A list is expected here."))
    lines = [plain_text(_text(entry)) for entry in entries]
    lines = list(dict.fromkeys(line for line in lines if line))
    _sized(field, "\n".join(lines), LONGEST_TEXT)
    for line in lines:
        if field.shape:
            _SHAPES[field.shape](line)
        if field.pattern and not re.fullmatch(field.pattern, line):
            raise NameProblem(msg("“{line}” has not the form that is expected here.", line=line[:80]))
    return [_SHAPES[field.shape](line) for line in lines] if field.shape else lines


def _hosts(field: Field, value: Json) -> list[str]:
    entries = re.split(r"[,\s]+", value) if isinstance(value, str) else value
    if not isinstance(entries, list):
        raise NameProblem(msg("A list is expected here."))
    return _lines(field, [host_name(_text(entry)) for entry in entries if _text(entry).strip()])


def _colour(_field: Field, value: Json) -> str:
    text = _text(value).strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(digit * 2 for digit in text[1:])
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise NameProblem(msg("A colour such as {example} is expected here.", example="#1a73e8"))
    return text


def _file(field: Field, value: Json) -> dict[str, str]:
    if not isinstance(value, dict) or not {"base64", "media_type"} <= value.keys() <= {
        "name",
        "base64",
        "media_type",
    }:
        raise NameProblem(msg("A file is expected here: its name, media_type and base64."))
    try:
        size = len(base64.b64decode(_text(value["base64"]), validate=True))
    except (binascii.Error, ValueError) as error:
        raise NameProblem(msg("The file is not in Base64.")) from error
    most = field.most if field.most is not None else LARGEST_FILE
    if size > most:
        raise NameProblem(
            msg("The file has {size} bytes; at most {most} are accepted.", size=size, most=most)
        )
    if size < (field.least or 1):
        raise NameProblem(msg("The file is empty."))
    media = plain_text(_text(value["media_type"])).lower()
    if field.media_types and not any(fnmatchcase(media, wanted) for wanted in field.media_types):
        raise NameProblem(
            msg("A file of this kind is expected: {kinds}.", kinds=", ".join(field.media_types))
        )
    name = plain_text(_text(value.get("name") or "file"))[:200]
    return {"name": name, "base64": value["base64"], "media_type": media}


def _no_controls(text: str, allowed: str) -> None:
    if any(
        (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000) and c not in allowed for c in text
    ):
        raise NameProblem(msg("This contains a control character."))


_READERS: Mapping[FieldKind, Callable[[Field, Json], Json]] = {
    FieldKind.TEXT: _line,
    FieldKind.NUMBER: _number,
    FieldKind.SWITCH: _switch,
    FieldKind.CHOICE: _choice,
    FieldKind.SECRET: _secret,
    FieldKind.HOSTS: _hosts,
    FieldKind.LONG_TEXT: _long_text,
    FieldKind.LINES: _lines,
    FieldKind.FILE: _file,
    FieldKind.COLOUR: _colour,
}


def shown_value(value: Json) -> Json:
    """A value as the journal and a report may show it: secrets masked, of a file its name, size and checksum."""
    if isinstance(value, Secret):
        return MASK
    return without_contents(value)
