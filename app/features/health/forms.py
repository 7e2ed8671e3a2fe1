"""The forms of the health pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from app.web.forms import BaseForm, RequestKeyField


class RelayForm(BaseForm):
    """Routes to be tried before they are saved."""

    connection = SelectField(
        _l("Connection"),
        validate_choice=False,
        description=_l("Its name servers are asked, and its upstream tries the routes too where it can."),
    )
    domain = StringField(_l("Domain"), description=_l("Mail to its postmaster is offered, and not sent."))
    routes = StringField(
        _l("Routes"), description=_l("host:port, separated by commas; the second one is the fallback.")
    )


class StartForm(BaseForm):
    """What starts a job: which connection, all when empty."""

    connection = StringField()
    request_key = RequestKeyField()
