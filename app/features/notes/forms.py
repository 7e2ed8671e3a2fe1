"""The form of a note."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from app.web.forms import BaseForm


class NoteForm(BaseForm):
    """A new note."""

    text = TextAreaField(_l("Note"))
    mailbox = StringField(_l("About the mailbox"), description=_l("Left empty: about the domain."))
