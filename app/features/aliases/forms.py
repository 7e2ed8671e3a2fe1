"""The forms of the aliases tabs."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField

from app.web.forms import BaseForm, RequestKeyField

_RECIPIENTS = _l(
    "One address per line, or separated by commas: mailboxes, other aliases, or addresses elsewhere."
)


class AliasesForm(BaseForm):
    """Add aliases to a domain."""

    aliases = TextAreaField(_l("New aliases"), description=_l("One domain per line, or separated by commas."))
    request_key = RequestKeyField()


class ReplaceAliasesForm(BaseForm):
    """The whole list of aliases. `expected` is what the person saw, `checksum` the steps that they confirm."""

    aliases = TextAreaField(
        _l("All aliases"),
        description=_l("One domain per line, or separated by commas. What is not named here goes."),
    )
    expected = HiddenField()
    checksum = HiddenField()
    request_key = RequestKeyField()


class AddEmailAliasForm(BaseForm):
    """Add an e-mail alias."""

    address = StringField(_l("Address"), description=_l("Whole, or only the part before the @."))
    recipients = TextAreaField(_l("Recipients"), description=_RECIPIENTS)
    request_key = RequestKeyField()

    def full_address(self, domain: str) -> str:
        """What was entered, with the domain where it was left out."""
        entered = (self.address.data or "").strip()
        return entered if "@" in entered or not entered else f"{entered}@{domain}"


class RecipientsForm(BaseForm):
    """Add recipients to an e-mail alias."""

    recipients = TextAreaField(_l("New recipients"), description=_RECIPIENTS)
    request_key = RequestKeyField()


class EditEmailAliasForm(BaseForm):
    """Change an e-mail alias. `expected` are the recipients that the person saw."""

    new_address = StringField(_l("Address"))
    recipients = TextAreaField(_l("Recipients"), description=_RECIPIENTS)
    expected = HiddenField()
    request_key = RequestKeyField()
