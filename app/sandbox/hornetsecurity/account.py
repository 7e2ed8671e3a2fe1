"""The version, the caller, and the settings of users (Hornetsecurity contract sheet, 5.2)."""

from __future__ import annotations

import functools
import secrets
import zoneinfo
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import no_content, plain
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.site import Site
from app.sandbox.hornetsecurity.store import Row

CURRENT_VERSION, OLD_VERSION = "6.40.0.0", "6.17.0.0"

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Spanish", "fr": "French", "ja": "Japanese"}
DATE_FORMATS = {
    "MM-DD-YY": "MM-DD-YYYY",
    "DD.MM.YY": "DD.MM.YYYY",
    "DD/MM/YY": "DD/MM/YYYY",
    "YY-MM-DD": "YYYY-MM-DD",
}
TIME_FORMATS = {"H:mm": "H:mm:ss", "h:mm A": "h:mm:ss A"}
NUMBER_FORMATS = {"comma_separated_decimal": (",", "."), "dot_separated_decimal": (".", ",")}
"""Name to decimal mark and thousands mark."""

DEFAULT_SETTINGS = {
    "language": "en",
    "timezone": "Europe/Berlin",
    "dateformat": "DD.MM.YY",
    "timeformat": "H:mm",
    "numberformat": "comma_separated_decimal",
}


@route("GET", "/version/", open=True)
def version(call: Call) -> Response | dict[str, str] | str:
    """Answer in one of the three known forms: text, object, or (by a switch) a bare JSON string."""
    if call.manual:
        return plain(OLD_VERSION)
    return CURRENT_VERSION if call.site.profile["version_form"] == "string" else {"version": CURRENT_VERSION}


@route("GET", "/user/")
def user(call: Call) -> dict[str, Any]:
    """Tell who the token belongs to."""
    directory, caller = call.site.directory, call.caller
    shown = {"id": caller["id"], "name": caller["name"], "path": directory.path(caller)}
    if caller["parent"] is not None:
        parent = directory.the(caller["parent"])
        shown["parent"] = {"id": parent["id"], "name": parent["name"], "path": directory.path(parent)}
    return shown


def _settings(site: Site, row: Row, status: int) -> tuple[dict[str, str], bool]:
    """Return the settings that apply to an object and whether they are inherited. Raises Problem 3040."""
    table = site.table("user_settings")
    for each in site.directory.lineage(row):
        if str(each["id"]) in table:
            return table[str(each["id"])], each is not row
    raise Problem(3040, status=status)


@route("GET", "/user/format/")
def user_format(call: Call) -> dict[str, Any]:
    """Tell how numbers, dates and times are written for an object, in moment.js patterns."""
    values, _ = _settings(call.site, call.scope(), 422)
    shown = _shown(0, values, False)
    return {
        "format_number": {key: shown["numberformat"][key] for key in ("thousand", "decimal")},
        "format_date": shown["dateformat"],
        "format_time": shown["timeformat"],
        "timezone": values["timezone"],
    }


def _shown(object_id: int, values: dict[str, str], inherited: bool) -> dict[str, Any]:
    decimal, thousand = NUMBER_FORMATS[values["numberformat"]]
    return {
        "id": object_id,
        "language": {"short": values["language"], "long": LANGUAGES[values["language"]]},
        "timezone": {"name": values["timezone"], "utc_offset": _utc_offset(values["timezone"])},
        "dateformat": {"short": values["dateformat"], "medium": DATE_FORMATS[values["dateformat"]]},
        "timeformat": {"short": values["timeformat"], "medium": TIME_FORMATS[values["timeformat"]]},
        "numberformat": {"name": values["numberformat"], "decimal": decimal, "thousand": thousand},
        "is_inherited": inherited,
        "is_acknowledged": True,
    }


def _utc_offset(name: str) -> str:
    """Return the standard offset of a time zone, such as ``UTC+1`` or ``UTC+5:30``."""
    offset = datetime(2026, 1, 1, tzinfo=UTC).astimezone(zoneinfo.ZoneInfo(name)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


@functools.cache
def _timezones() -> list[dict[str, str]]:
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    return [{"name": name, "utc_offset": _utc_offset(name)} for name in names]


@route("GET", "/user/settings/")
def user_settings(call: Call) -> dict[str, Any]:
    """Show the settings of an object, own or inherited."""
    row = call.either()
    values, inherited = _settings(call.site, row, 404)
    return _shown(row["id"], values, inherited)


@route("POST", "/user/settings/", entity="user_settings")
def change_user_settings(call: Call) -> dict[str, Any]:
    """Change settings, and the password when the old and twice the new one are sent."""
    row = call.either()
    names = [each["name"] for each in _timezones()]
    sent = call.body(
        {
            "language": fields.text(choices=tuple(LANGUAGES)),
            "timezone": fields.text(choices=names),
            "dateformat": fields.text(choices=tuple(DATE_FORMATS)),
            "timeformat": fields.text(choices=tuple(TIME_FORMATS)),
            "numberformat": fields.text(choices=tuple(NUMBER_FORMATS)),
            **{key: fields.secret() for key in ("old_password", "new_password", "new_password_repeat")},
        }
    )
    values, _ = _settings(call.site, row, 404)
    if "new_password" in sent or "old_password" in sent:
        _change_password(call, row, sent)
    call.site.table("user_settings")[str(row["id"])] = {
        **values,
        **{key: sent[key] for key in DEFAULT_SETTINGS if key in sent},
    }
    return user_settings(call)


def _change_password(call: Call, row: Row, sent: dict[str, Any]) -> None:
    mailbox = call.mailbox_of(row)
    known = mailbox.get("password") or call.site.table("settings")["password"]
    if not secrets.compare_digest(known.encode(), sent.get("old_password", "").encode()):
        raise Problem(3045)
    if not sent.get("new_password") or sent["new_password"] != sent.get("new_password_repeat"):
        raise invalid("new_password_repeat", "The passwords do not match.")
    call.site.directory.change_mailbox(mailbox, password=sent["new_password"])


@route("DELETE", "/user/settings/", entity="user_settings")
def delete_user_settings(call: Call) -> dict[str, Any]:
    """Drop the object's own settings; what it then inherits is shown."""
    row = call.either()
    if call.site.table("user_settings").pop(str(row["id"]), None) is None:
        raise Problem(3040, status=404)
    return user_settings(call)


@route("GET", "/user/settings/language_list/")
def languages(_call: Call) -> list[dict[str, str]]:
    """List the languages."""
    return [{"short": short, "long": long} for short, long in LANGUAGES.items()]


@route("GET", "/user/settings/timezone_list/")
def timezones(_call: Call) -> list[dict[str, str]]:
    """List the time zones."""
    return _timezones()


@route("GET", "/user/settings/dateformat_list/")
def date_formats(_call: Call) -> list[dict[str, str]]:
    """List the date formats."""
    return [{"short": short, "medium": medium} for short, medium in DATE_FORMATS.items()]


@route("GET", "/user/settings/timeformat_list/")
def time_formats(_call: Call) -> list[dict[str, str]]:
    """List the time formats."""
    return [{"short": short, "medium": medium} for short, medium in TIME_FORMATS.items()]


@route("GET", "/user/settings/numberformat_list/")
def number_formats(_call: Call) -> list[dict[str, str]]:
    """List the number formats."""
    return [
        {"name": name, "decimal": decimal, "thousand": thousand}
        for name, (decimal, thousand) in NUMBER_FORMATS.items()
    ]


@route("POST", "/password_reset/", open=True)
def password_reset(call: Call) -> Response:
    """Pretend to mail a link; says nothing about whether the address is known."""
    call.body(
        {
            "email": fields.text(required=True),
            "language": fields.text(nullable=True, choices=tuple(LANGUAGES)),
            "reason": fields.text(choices=("weak_password",)),
        }
    )
    return no_content()
