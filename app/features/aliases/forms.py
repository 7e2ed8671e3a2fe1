"""The forms of the aliases tab."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from app.web.forms import BaseForm, RequestKeyField


class AliasesForm(BaseForm):
    """Add aliases to a domain."""

    aliases = TextAreaField(_l("New aliases"), description=_l("One domain per line, or separated by commas."))
    request_key = RequestKeyField()
