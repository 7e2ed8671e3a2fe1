"""The form around a call's arguments, which are no fields of its own: they come from the contract."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from app.web.forms import BaseForm, RequestKeyField


class CallForm(BaseForm):
    """Send one call."""

    confirm = BooleanField(_l("Yes, change this upstream"))
    request_key = RequestKeyField()
