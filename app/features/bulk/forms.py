"""The forms of bulk work: what to do with the chosen domains."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.widgets import DateInput

from app.web.forms import BaseForm, RequestKeyField

FIELDS: dict[str, tuple[str, ...]] = {
    "refresh": (),
    "check_health": (),
    "add_route": ("host", "port"),
    "replace_host": ("old_host", "host", "port"),
    "set_routes": ("routes",),
    "add_alias": ("alias",),
    "add_rule": ("what", "pattern", "until", "note"),
    "set_setting": ("setting", "value"),
    "reset_setting": ("setting",),
    "enable": (),
    "disable": (),
    "restore": (),
    "remove": (),
}


class BulkForm(BaseForm):
    """The fields of all actions; a page shows those of one."""

    host = StringField(_l("Host or IP address"))
    port = StringField(_l("Port"), description=_l("25 if left empty."))
    old_host = StringField(_l("Host to replace"))
    routes = TextAreaField(_l("Routes"), description=_l("host:port, separated by commas or lines."))
    alias = StringField(
        _l("Alias"),
        description=_l("{name} stands for the first label of each domain, {domain} for all of it."),
    )
    what = SelectField(_l("What"), validate_choice=False)
    pattern = StringField(
        _l("Sender or pattern"), description=_l("A regular expression is checked before it is sent.")
    )
    until = StringField(_l("Last day"), widget=DateInput(), description=_l("Empty: it does not expire."))
    note = StringField(_l("Note"))
    setting = SelectField(_l("Setting"), validate_choice=False)
    value = StringField(_l("Value"))
    confirm = StringField()
    checksum = HiddenField()
    request_key = RequestKeyField()

    def word_for(self, action: str) -> None:
        """Words the fields as this action understands them."""
        if action == "replace_host":
            self.host.label.text = _l("New host or IP address")
            self.port.label.text = _l("New port")
            self.port.description = _l("The port stays as it is if left empty.")


class ImportForm(BaseForm):
    """A file of domains with routes and aliases."""

    file = FileField(_l("File"), description=_l("CSV (UTF-8) or XLSX, 10 MB at most."))
    connection = SelectField(
        _l("Connection"),
        validate_choice=False,
        description=_l("For rows whose column “connection” is empty."),
    )
    request_key = RequestKeyField()
