"""The forms of upstream administrators, tokens and accesses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    PasswordField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Optional as Maybe
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.access import UpstreamAdmin
from app.web.confirm import ConfirmForm
from app.web.forms import BaseForm, RequestKeyField

T = TypeVar("T")

_OF_ADMIN = ("name", "email", "language", "enabled")
_OURS = _l("I know that this may be what the connection itself signs in with")


class _Ticks(SelectMultipleField):
    """Permissions to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def offer(self, names: Sequence[str]) -> None:
        """The permissions that there are; what was ticked besides stays, for the upstream's refusal to name it."""
        self.choices = [(name, name) for name in dict.fromkeys([*names, *(self.data or ())])]


class _SeenTicks(BaseForm):
    """Permissions that are ticked as they are now; a form of this kind has fields `permissions` and `seen`."""

    permissions: _Ticks
    seen: HiddenField

    def show(self, names: Sequence[str]) -> None:
        """Ticks what is so now, and notes it."""
        self.permissions.data = list(names)
        self.seen.data = json.dumps(list(names))

    def wish(self) -> dict[str, Any]:
        """What is ticked, and what was seen, as fields of the command."""
        return {"permissions": self.permissions.data or [], "expected": from_hidden(self.seen, list)}


class AdminForm(BaseForm):
    """Change an account."""

    name = StringField(_l("Name"))
    email = EmailField(_l("Address"))
    language = StringField(_l("Language"), description=_l("Two letters, as EN or DE."))
    enabled = BooleanField(_l("May sign in"))
    may_be_ours = BooleanField(_OURS)
    seen = HiddenField()
    request_key = RequestKeyField()

    def show(self, admin: UpstreamAdmin) -> None:
        """Notes what the person sees of the account: only what is changed from there is sent."""
        self.seen.data = json.dumps({name: getattr(admin, name) for name in _OF_ADMIN})

    def wish(self) -> dict[str, Any]:
        """What was changed on the page, and what was seen, as fields of the command."""
        seen: dict[str, Any] = from_hidden(self.seen, dict) or {}
        entered = {name: self[name].data for name in _OF_ADMIN}
        changed = {name: value for name, value in entered.items() if value not in ("", seen.get(name))}
        if seen.get("enabled") is None:
            changed.pop("enabled", None)
        known = {name: value for name, value in seen.items() if name in changed}
        return {**changed, "expected": known}


class TokenForm(BaseForm):
    """Make an API token."""

    name = StringField(_l("Name of the token"), description=_l("What it is for."), id="token-name")
    expires = DateField(
        _l("Last day"), [Maybe()], description=_l("Left empty: it never expires."), id="token-expires"
    )
    request_key = RequestKeyField(id="token-request_key")


class RemovalForm(ConfirmForm):
    """A typed confirmation, with the word that it may be the connection's own."""

    may_be_ours = BooleanField(_OURS)


class AccessForm(BaseForm):
    """Let an account that is there manage the domain."""

    login = StringField(_l("Login of the account"))
    permissions = _Ticks(_l("Permissions"), validate_choice=False)
    may_be_ours = BooleanField(_OURS)
    request_key = RequestKeyField()


class OneAccessForm(_SeenTicks):
    """What an account that has an access may do with the domain."""

    permissions = _Ticks(_l("Permissions"), validate_choice=False)
    may_be_ours = BooleanField(_OURS)
    seen = HiddenField()
    request_key = RequestKeyField()


class NewAdminForm(BaseForm):
    """Add an account for the domain."""

    login = StringField(_l("Login"), id="new-login")
    name = StringField(_l("Name"), id="new-name")
    email = EmailField(_l("Address"), id="new-email")
    password = PasswordField(
        _l("First password"),
        description=_l("12 characters at least. It is kept nowhere here."),
        id="new-password",
    )
    permissions = _Ticks(_l("Permissions"), validate_choice=False, id="new-permissions")
    request_key = RequestKeyField(id="new-request_key")


class UsersForm(_SeenTicks):
    """What the users of the domain may do."""

    permissions = _Ticks(_l("Users may"), validate_choice=False, id="users-permissions")
    seen = HiddenField(id="users-seen")
    request_key = RequestKeyField(id="users-request_key")


def from_hidden(field: HiddenField, kind: type[T]) -> T | None:
    """What a hidden field holds as JSON; None for anything that this page did not write."""
    try:
        value = json.loads(field.data or "")
    except ValueError:
        return None
    return value if isinstance(value, kind) else None
