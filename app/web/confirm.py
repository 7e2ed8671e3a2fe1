"""The form behind every page that asks before something goes."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from app.web.forms import BaseForm, RequestKeyField


class ConfirmForm(BaseForm):
    """A typed confirmation; `checksum` names the plan that the person saw."""

    confirm = StringField()
    checksum = HiddenField()
    request_key = RequestKeyField()
