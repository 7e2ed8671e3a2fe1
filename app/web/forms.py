"""The base of all forms. WTForms collects text and checks the token; `core.commands` decides what is valid."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import g
from flask_babel import gettext
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from wtforms import Field, FieldList, Form, FormField, HiddenField, PasswordField, StringField, TextAreaField
from wtforms.meta import DefaultMeta

from app.core.errors import GatehouseError, Invalid, OutcomeUnknown
from app.core.text import Message

_KEY = re.compile(r"^[0-9a-f]{32}$")


def csrf_token() -> str:
    """The token for the forms of this answer; the library would look up its settings anew for each of them."""
    return str(g.get("csrf_token") or generate_csrf())


def clean_line(value: Any) -> Any:
    """Trims text and refuses control characters in it (ValueError): databases and upstreams choke on them."""
    return _clean(value, "") if isinstance(value, str) else value


def clean_lines(value: Any) -> Any:
    """The same for text of several lines."""
    return _clean(value, "\r\n\t") if isinstance(value, str) else value


def _clean(text: str, allowed: str) -> str:
    text = text.strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text):
        raise ValueError(gettext("This contains a control character."))
    return text


class _CleanMeta(DefaultMeta):
    """Gives every text field its filter; passwords stay as they were typed."""

    def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
        kind = unbound_field.field_class
        if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
            clean = clean_lines if issubclass(kind, TextAreaField) else clean_line
            options["filters"] = [*unbound_field.kwargs.get("filters", ()), clean]
            unbound_field.kwargs.pop("filters", None)
        return super().bind_field(form, unbound_field, options)


class BaseForm(FlaskForm):
    """A form with a token against cross-site requests. `errors_above`: what is wrong with no single field."""

    class Meta(FlaskForm.Meta, _CleanMeta):
        """The token of Flask-WTF, and clean text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.errors_above: list[Message] = []

    def renew_request_key(self) -> None:
        """The next submission is a new wish: for after a refusal."""
        for field in self:
            if isinstance(field, RequestKeyField):
                field.renew()


class RowForm(Form):
    """A form inside a form, e.g. one row of a list; it has no token of its own."""

    class Meta(_CleanMeta):
        """Clean text."""


class RequestKeyField(HiddenField):
    """A key made when the page is drawn, so that a double click, or a page sent again, is one change.

    It stays the same when the page is drawn again while the outcome is unknown, and is renewed after a refusal.
    """

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, default=_new_key, **kwargs)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Takes over what was posted; what cannot be a key of ours becomes a new one."""
        posted = valuelist[0] if valuelist else ""
        self.data = posted if _KEY.match(posted) else _new_key()

    def renew(self) -> None:
        """A new key."""
        self.data = _new_key()


def _new_key() -> str:
    return uuid.uuid4().hex


def show_refusal(form: BaseForm, error: GatehouseError) -> None:
    """Puts what went wrong above the form. The next try is a new wish, unless this one may have been carried out."""
    form.errors_above.append(error.message)
    if not isinstance(error, OutcomeUnknown):
        form.renew_request_key()


def apply_problems(
    form: BaseForm,
    error: Invalid,
    *,
    rows: Mapping[str, Sequence[Any]] | None = None,
    names: Callable[[str], str] | None = None,
) -> None:
    """Puts each problem on its field, named by its path ("routes.0.port"); what has no field stands above the form.

    `rows`: for a list of which only some rows were sent, the rows in the order that the paths count. `names` turns a
    path of the command into one of the form.
    """
    for path, problem in error.fields.items():
        field = _field_at(form, (names(path) if names else path).split("."), rows or {})
        if field is None:
            form.errors_above.append(problem)
        else:
            field.errors = [*field.errors, problem.render(gettext)]
    for field in form:
        if isinstance(field, FieldList):
            _take_errors_of_rows(field)
    form.renew_request_key()


def _take_errors_of_rows(field: FieldList) -> None:
    """A list knows of the errors in its rows only what its own validation put there."""
    of_rows = [entry.errors for entry in field.entries]
    own = [error for error in field.errors if isinstance(error, str)]
    field.errors = [*(of_rows if any(of_rows) else ()), *own]


def _field_at(form: BaseForm, path: Sequence[str], rows: Mapping[str, Sequence[Any]]) -> Field | None:
    """The field that the path leads to, or the nearest one on the way that can show a problem."""
    field = form._fields.get(path[0])
    for number, step in enumerate(path[1:]):
        if isinstance(field, FieldList):
            entries = rows.get(path[0], field.entries) if number == 0 else field.entries
            if not step.isdigit() or int(step) >= len(entries):
                break
            field = entries[int(step)]
        elif isinstance(field, FormField):
            field = field.form._fields.get(step, field)
        else:
            break
    if isinstance(field, FormField):
        return next(iter(field.form), None)
    return field
