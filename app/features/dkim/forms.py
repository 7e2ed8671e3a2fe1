"""The form of the DKIM tab."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField

from app.web.forms import BaseForm, RequestKeyField


class DkimForm(BaseForm):
    """Set or replace the key of a domain."""

    selector = StringField(
        _l("Selector"),
        description=_l(
            "Left empty: the present one, else the upstream's own. A new key is safer under a new selector."
        ),
    )
    private_key = TextAreaField(
        _l("Private key"),
        description=_l(
            "Left empty: a key is made for you. Else an RSA key without a password, in PEM. It is sent and kept nowhere."
        ),
    )
    replace = BooleanField(_l("Replace the key that is there"))
    request_key = RequestKeyField()
