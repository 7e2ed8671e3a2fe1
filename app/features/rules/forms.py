"""The forms of rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.widgets import DateInput

from app.core.errors import Invalid
from app.core.rules import PARTS, Rule, RuleKind, RuleShape
from app.core.text import msg
from app.features.rules.lines import moment_in
from app.web.forms import BaseForm, RequestKeyField
from app.web.render import translated


class _RuleFields(BaseForm):
    """What rules carry besides their pattern."""

    part = SelectField(_l("It looks at"), validate_choice=False)
    note = StringField(_l("Note"))
    expires = StringField(_l("Last day"), widget=DateInput(), description=_l("Empty: it does not expire."))
    spf = SelectField(
        _l("SPF"),
        validate_choice=False,
        description=_l("For allowed senders only."),
    )

    def offer(self, shapes: Sequence[RuleShape]) -> None:
        """Offers what these rules can say, and takes out what none of them can."""
        parts = list(dict.fromkeys(part for shape in shapes for part in shape.parts))
        self.part.choices = [("", _("as usual")), *((part, translated(PARTS[part])) for part in parts)]
        self.spf.choices = [
            ("", _("as usual")),
            ("yes", _("only if SPF passes")),
            ("no", _("whatever SPF says")),
        ]
        for name, there in (
            ("part", bool(parts)),
            ("note", any(shape.notes for shape in shapes)),
            ("expires", any(shape.expiry for shape in shapes)),
            ("spf", any(shape.spf for shape in shapes)),
        ):
            if not there and name in self:
                del self[name]

    def said(self, seen: Rule | None = None) -> dict[str, Any]:
        """The fields of `RuleInput`; a day that is that of `seen` keeps its time. Raises Invalid."""
        data: dict[str, Any] = {}
        for name in ("part", "note"):
            if name in self and self[name].data:
                data[name] = self[name].data
        if "spf" in self and self["spf"].data in ("yes", "no"):
            data["spf"] = self["spf"].data == "yes"
        if "expires" in self and self["expires"].data:
            data["expires"] = self._expires(seen)
        return data

    def _expires(self, seen: Rule | None) -> Any:
        text = self["expires"].data or ""
        if seen is not None and seen.expires is not None and seen.expires.date().isoformat() == text:
            return seen.expires
        try:
            return moment_in(text)
        except ValueError as error:
            raise Invalid({"expires": msg("Enter a day, such as 2026-12-31.")}) from error


class AddRulesForm(_RuleFields):
    """Add rules of one kind to a domain, a mailbox or a whole connection."""

    what = SelectField(_l("What"), validate_choice=False)
    patterns = TextAreaField(
        _l("Senders or patterns"),
        description=_l("One per line. Regular expressions are checked before they are sent."),
    )
    mailbox = StringField(_l("Mailbox"), description=_l("An address of the domain; empty: the whole domain."))
    request_key = RequestKeyField()

    def offer(self, shapes: Sequence[RuleShape]) -> None:
        """Offers what these rules can say, and takes out what none of them can."""
        super().offer(shapes)
        self.what.choices = what_choices(shapes)
        if not any(shape.mailboxes for shape in shapes):
            del self["mailbox"]

    def rules(self) -> list[dict[str, Any]]:
        """The rules for `RuleInput`, one for each line. Raises Invalid."""
        kind, _colon, action = (self.what.data or "").partition(":")
        mailbox = {"mailbox": self["mailbox"].data} if "mailbox" in self and self["mailbox"].data else {}
        lines = [line.strip() for line in (self.patterns.data or "").splitlines() if line.strip()]
        if not lines:
            raise Invalid({"patterns": msg("This is needed.")})
        return [{"kind": kind, "action": action, "pattern": line, **mailbox, **self.said()} for line in lines]


class SpreadRuleForm(_RuleFields):
    """Add one sender rule to several owners of a connection."""

    connection = SelectField(_l("Connection"), validate_choice=False)
    owners = TextAreaField(_l("Owners"), description=_l("Domains and addresses of mailboxes, one per line."))
    action = SelectField(_l("Action"), validate_choice=False)
    pattern = StringField(_l("Sender"), description=_l("An address or a domain."))
    request_key = RequestKeyField()

    def wish(self) -> dict[str, Any]:
        """The fields of `SpreadRule`. Raises Invalid."""
        rule = {"action": self.action.data or "", "pattern": self.pattern.data or "", **self.said()}
        owners = list(dict.fromkeys((self.owners.data or "").split()))
        return {"connection": self.connection.data or "", "owners": owners, "rule": rule}


class EditRuleForm(_RuleFields):
    """Change one rule. `seen`: the rule as the page showed it."""

    action = SelectField(_l("Action"), validate_choice=False)
    pattern = StringField(_l("Pattern"))
    seen = HiddenField()
    request_key = RequestKeyField()

    def show(self, rule: Rule, shape: RuleShape) -> None:
        """Fills the form with the rule."""
        self.action.data, self.pattern.data = rule.action.value, rule.pattern
        values = {
            "part": rule.part,
            "note": rule.note,
            "expires": rule.expires.date().isoformat() if rule.expires else "",
            "spf": "" if rule.spf is None else "yes" if rule.spf else "no",
        }
        for name, value in values.items():
            if name in self:
                self[name].data = value
        self.offer_actions(shape)

    def offer_actions(self, shape: RuleShape) -> None:
        """The actions that this kind of rule knows."""
        self.action.choices = [(action.value, translated(action.label)) for action in shape.actions]


class ReplaceRulesForm(BaseForm):
    """All rules of one kind and owner as lines. `seen`: the rules as the page first showed them."""

    lines = TextAreaField(_l("Rules"))
    seen = HiddenField()
    checksum = HiddenField()
    request_key = RequestKeyField()


def what_choices(shapes: Sequence[RuleShape]) -> list[tuple[str, str]]:
    """Every kind with every action of it, e.g. ("sender:allow", "Sender: Allow")."""
    return [
        (f"{shape.kind.value}:{action.value}", f"{translated(shape.kind.label)}: {translated(action.label)}")
        for shape in shapes
        for action in shape.actions
    ]


def kind_choices() -> list[tuple[str, str]]:
    """All kinds of rules, for a filter."""
    return [("", _("Every kind")), *((kind.value, translated(kind.label)) for kind in RuleKind)]
