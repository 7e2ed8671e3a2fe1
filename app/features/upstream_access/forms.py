"""The forms of upstream administrators, tokens and accesses."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, EmailField, PasswordField, SelectMultipleField, StringField
from wtforms.validators import Optional as Maybe
from wtforms.widgets import CheckboxInput, ListWidget

from app.web.confirm import ConfirmForm
from app.web.forms import BaseForm, RequestKeyField

_OURS = _l("I know that this may be what the connection itself signs in with")


class _Ticks(SelectMultipleField):
    """Permissions to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def offer(self, names: Sequence[str]) -> None:
        """The permissions that there are; what was ticked besides stays, for the upstream's refusal to name it."""
        self.choices = [(name, name) for name in dict.fromkeys([*names, *(self.data or ())])]


class AdminForm(BaseForm):
    """Change an account."""

    name = StringField(_l("Name"))
    email = EmailField(_l("Address"))
    language = StringField(_l("Language"), description=_l("Two letters, as EN or DE."))
    enabled = BooleanField(_l("May sign in"))
    may_be_ours = BooleanField(_OURS)
    request_key = RequestKeyField()


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


class UsersForm(BaseForm):
    """What the users of the domain may do."""

    permissions = _Ticks(_l("Users may"), validate_choice=False, id="users-permissions")
    request_key = RequestKeyField(id="users-request_key")
