"""The forms of people and of one's own account."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.actor import EVERYWHERE, Right, Role, Scope, ScopeKind
from app.core.model import Connection
from app.features.people.service import domain_scopes
from app.web.forms import BaseForm
from app.web.language import LANGUAGES, zones


class AddPersonForm(BaseForm):
    """Add somebody."""

    email = EmailField(_l("E-mail address"), description=_l("They sign in with it; no mail is sent there."))
    name = StringField(_l("Name"))
    role = SelectField(_l("Role"), validate_choice=False)

    def offer(self, roles: Sequence[Role]) -> None:
        """Offers these roles."""
        self.role.choices = [(role.value, role.label.render(gettext)) for role in roles]


class ScopesForm(BaseForm):
    """Where a person may act."""

    everywhere = BooleanField(_l("Everywhere, on connections that are added later too"))
    connections = SelectMultipleField(
        _l("Whole connections"),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    domains = TextAreaField(
        _l("Domains"),
        description=_l(
            "One per line: a domain, or a pattern such as *.example.org. Behind an @ the key of the one connection where it "
            "counts: *.example.org @ cm."
        ),
    )

    def offer(self, connections: Sequence[Connection]) -> None:
        """Offers these connections."""
        self.connections.choices = [(c.key, c.name) for c in connections]

    def scopes(self) -> list[Scope]:
        """What was entered. Raises Invalid."""
        if self.everywhere.data:
            return list(EVERYWHERE)
        whole = [Scope(ScopeKind.CONNECTION, key) for key in self.connections.data or []]
        return whole + domain_scopes(self.domains.data or "")


class AccountForm(BaseForm):
    """One's own account."""

    name = StringField(_l("Name"))
    language = SelectField(_l("Language"))
    timezone = SelectField(_l("Time zone"))

    def offer(self) -> None:
        """Offers the languages and zones that exist."""
        self.language.choices = [("", gettext("As the browser asks")), *LANGUAGES.items()]
        self.timezone.choices = [("", gettext("As the server is set")), *((z, z) for z in sorted(zones()))]


class TokenForm(BaseForm):
    """A new bearer token."""

    name = StringField(_l("What it is for"), description=_l("For example “nightly export”."))
    days = SelectField(_l("Valid for"), validate_choice=False)
    rights = SelectMultipleField(
        _l("Rights"),
        description=_l("None chosen: everything that you may do, now and later."),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )

    def offer(self, rights: Sequence[Right]) -> None:
        """Offers lifetimes and these rights."""
        self.days.choices = [
            ("30", gettext("30 days")),
            ("7", gettext("7 days")),
            ("90", gettext("90 days")),
            ("365", gettext("a year")),
            ("", gettext("ever, until you remove it")),
        ]
        self.rights.choices = [(right.value, right.value.replace("_", " ")) for right in rights]
