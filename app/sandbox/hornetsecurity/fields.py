"""What a query key or a body key may hold, checked the way the Control Panel words its refusals.

The texts are those of Django REST framework, as in the manual's "This field is required.".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from app.sandbox.hornetsecurity.problems import Problem

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?")
_SKIP = object()


class Refused(ValueError):
    """A value does not fit its field; the text is for ``error_data``. ``within`` names an inner field."""

    def __init__(self, text: str, within: str | None = None) -> None:
        super().__init__(text)
        self.within = within


@dataclass(frozen=True)
class Field:
    """How to read one key. ``read`` returns the clean value, raises Refused, or says "as if absent"."""

    read: Callable[[Any], Any]
    required: bool = False
    nullable: bool = False
    default: Any = None
    many: bool = False


def _text(
    minimum: int, maximum: int | None, choices: Sequence[str], skip: bool, strip: bool
) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Refused("Not a valid string.")
        text = str(value).strip() if strip else str(value)
        if "\0" in text or text != text.encode(errors="replace").decode():
            raise Refused("Not a valid string.")
        if not text and skip:
            return _SKIP
        if not text and minimum:
            raise Refused(BLANK)
        if len(text) < minimum:
            raise Refused(f"Ensure this field has at least {minimum} characters.")
        if maximum is not None and len(text) > maximum:
            raise Refused(f"Ensure this field has no more than {maximum} characters.")
        if choices and text not in choices:
            raise Refused(f'"{text}" is not a valid choice.')
        return text

    return read


def text(
    *,
    required: bool = False,
    nullable: bool = False,
    default: Any = None,
    minimum: int = 1,
    maximum: int | None = None,
    choices: Sequence[str] = (),
    skip_blank: bool = False,
    strip: bool = True,
) -> Field:
    """A string, stripped unless it is a secret. With ``skip_blank`` an empty one counts as absent."""
    return Field(_text(minimum, maximum, choices, skip_blank, strip), required, nullable, default)


def secret(*, required: bool = False, maximum: int | None = None) -> Field:
    """A password: taken as it is, blanks included."""
    return text(required=required, maximum=maximum, strip=False)


def _number(
    kind: type[int] | type[float], minimum: float | None, maximum: float | None, choices: Sequence[int]
) -> Callable[[Any], Any]:
    wrong = "A valid integer is required." if kind is int else "A valid number is required."

    def read(value: Any) -> Any:
        try:
            number = kind(value)
        except (TypeError, ValueError, OverflowError):
            raise Refused(wrong) from None
        if isinstance(value, bool) or (isinstance(value, float) and number != value):
            raise Refused(wrong)
        if minimum is not None and number < minimum:
            raise Refused(f"Ensure this value is greater than or equal to {minimum}.")
        if maximum is not None and number > maximum:
            raise Refused(f"Ensure this value is less than or equal to {maximum}.")
        if choices and number not in choices:
            raise Refused(f'"{value}" is not a valid choice.')
        return number

    return read


def integer(
    *,
    required: bool = False,
    nullable: bool = False,
    default: Any = None,
    minimum: int | None = None,
    maximum: int | None = None,
    choices: Sequence[int] = (),
) -> Field:
    """A whole number; digits in a string count, as in every query and form."""
    return Field(_number(int, minimum, maximum, choices), required, nullable, default)


def number(*, nullable: bool = False, minimum: float | None = None, maximum: float | None = None) -> Field:
    """A number with decimals."""
    return Field(_number(float, minimum, maximum, ()), nullable=nullable)


def _boolean(value: Any) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    found = words.get(str(value).lower())
    if found is None:
        raise Refused("Must be a valid boolean.")
    return found


def boolean(*, required: bool = False, nullable: bool = False, default: Any = None) -> Field:
    """True or false, also as the words a query string has for them."""
    return Field(_boolean, required, nullable, default)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise Refused("Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm:ssZ.")
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm:ssZ."
        ) from None


def moment(*, required: bool = False, nullable: bool = False) -> Field:
    """An ISO 8601 time to the second; sub-seconds are refused, as the service does.

    Hornetsecurity contract sheet, 1.
    """
    return Field(_moment, required, nullable)


def items(
    of: Field,
    *,
    required: bool = False,
    nullable: bool = False,
    default: Any = None,
    maximum: int | None = None,
    skip_blank: bool = False,
) -> Field:
    """A list of values of one kind. In a query: the key given several times."""

    def read(value: Any) -> Any:
        if value == "" and skip_blank:
            return _SKIP
        if not isinstance(value, list):
            raise Refused(f'Expected a list of items but got type "{type(value).__name__}".')
        if maximum is not None and len(value) > maximum:
            raise Refused(f"Ensure this field has no more than {maximum} elements.")
        return [entry for entry in (of.read(each) for each in value) if entry is not _SKIP]

    return Field(read, required, nullable, default, many=True)


def group(fields: Mapping[str, Field], *, required: bool = False, skip_blank: bool = False) -> Field:
    """An object with named fields of its own. A refusal inside names the inner field."""

    def read(value: Any) -> Any:
        if value == "" and skip_blank:
            return _SKIP
        if not isinstance(value, dict):
            raise Refused(f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")
        try:
            return clean(value, fields)
        except Problem as problem:
            name, texts = next(iter((problem.data or {}).items()))
            raise Refused(texts[0], within=name) from None

    return Field(read, required)


def anything(*, required: bool = False) -> Field:
    """Whatever was sent, for a key whose form is not documented."""
    return Field(lambda value: value, required, nullable=True)


def _raw(source: Mapping[str, Any], name: str, field: Field) -> Any:
    if isinstance(source, MultiDict):
        found: Any = source.getlist(name) if field.many else source.get(name)
        return _SKIP if found in (None, []) else found
    return source.get(name, _SKIP)


def clean(source: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Read the named fields; unknown keys are tolerated (Hornetsecurity contract sheet, 1).

    Returns the keys that were sent plus those with a default. Raises Problem 2009 with one list of texts for
    every field that does not fit.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, field in fields.items():
        value = _raw(source, name, field)
        try:
            if value is None and not field.nullable:
                raise Refused(NULL)
            read = value if value is _SKIP or value is None else field.read(value)
            if read is _SKIP and field.required:
                raise Refused(REQUIRED)
            if read is not _SKIP:
                values[name] = read
            elif field.default is not None:
                values[name] = field.default
        except Refused as refusal:
            wrong[refusal.within or name] = [str(refusal)]
    if wrong:
        raise Problem(2009, wrong)
    return values
