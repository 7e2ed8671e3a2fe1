"""Counts over the mail log, and the reports by mail (Hornetsecurity contract sheet, 5.10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import csv_file, no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.enums import CLASSES, DELETED, DELIVERED, class_name
from app.sandbox.hornetsecurity.mail_search import DATES, FILTERS, found
from app.sandbox.hornetsecurity.mails import Mail
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import route
from app.sandbox.hornetsecurity.site import stamp

_HOUR, _DAY = 3600, 86_400
_BY_USER_DAYS = 7
_TOP_USERS = 100


def _counted_as(mail: Mail) -> int:
    """Return the class that statistics count a mail under: what became of it goes before what it was."""
    if mail.deleted:
        return DELETED
    return DELIVERED if mail.released else mail.classification


def by_type(mails: Iterable[Mail], manual: bool) -> dict[str, Any]:
    """Return counts by class, most frequent first.

    Classes without a mail are left out, as in live answers.
    """
    counts = Counter(_counted_as(mail) for mail in mails)
    data = [
        {"type": kind, "value": count, "name": class_name(kind, manual)}
        for kind, count in counts.most_common()
    ]
    return {"emails_total": counts.total(), "data": data}


@route("POST", "/emails/statistics/by_type/")
def statistics_by_type(call: Call) -> dict[str, Any]:
    """Count mails by class."""
    scope = call.scope()
    return by_type(found(call, scope, call.body({**FILTERS, **DATES})), call.manual)


@route("POST", "/emails/statistics/by_time/")
def statistics_by_time(call: Call) -> list[dict[str, Any]]:
    """Count mails by class and time; the old generation by class alone, zeros included."""
    scope = call.scope()
    sent = call.body({**FILTERS, **DATES})
    mails = found(call, scope, sent)
    if call.manual:
        counts = Counter(mail.classification for mail in mails)
        return [{"type": kind, "value": counts[kind], "name": class_name(kind, True)} for kind in CLASSES]
    return _series(mails, _width(sent["date_from"], sent["date_to"]))


def _width(start: datetime, end: datetime) -> int:
    """Return the width of a bucket in seconds: an hour up to two days, else a day [inferred]."""
    return _HOUR if end - start <= timedelta(hours=48) else _DAY


def _series(mails: list[Mail], width: int) -> list[dict[str, Any]]:
    """Return one series per class that occurs, with a value for every bucket from first mail to last."""
    if not mails:
        return []
    counts = Counter((mail.classification, mail.at // width) for mail in mails)
    buckets = range(min(mail.at for mail in mails) // width, max(mail.at for mail in mails) // width + 1)
    return [
        {
            "name": class_name(kind, False),
            "series": [
                {"name": _milliseconds(bucket * width), "value": counts[kind, bucket]} for bucket in buckets
            ],
        }
        for kind in CLASSES
        if any(counts[kind, bucket] for bucket in buckets)
    ]


def _milliseconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@route("POST", "/emails/statistics/by_time/_export/")
def export_by_time(call: Call) -> Response:
    """Export the counts by class and time as CSV."""
    scope = call.scope()
    sent = call.body({**FILTERS, **DATES})
    series = _series(found(call, scope, sent), _width(sent["date_from"], sent["date_to"]))
    rows = [(point["name"], each["name"], point["value"]) for each in series for point in each["series"]]
    return csv_file(("date", "classification", "count"), rows)


_USER_KEYS = ("rescanned", "deliver_control", "deliver_report", "deliver_thirdparty", "deleted")


@route("POST", "/emails/statistics/by_user/")
def statistics_by_user(call: Call) -> list[dict[str, Any]]:
    """Count the mails of the last seven days for the hundred busiest users; dates in the body are ignored."""
    scope = call.scope()
    sent = call.body(FILTERS)
    now = call.site.now()
    mails = found(call, scope, {**sent, "date_from": now - timedelta(days=_BY_USER_DAYS), "date_to": now})
    users: dict[str, Counter[str]] = {}
    for mail in mails:
        counts = users.setdefault(mail.owner, Counter())
        counts[class_name(mail.classification, call.manual)] += 1
        counts["deliver_control"] += mail.released
        counts["deleted"] += mail.deleted
    classes = [class_name(kind, call.manual) for kind in CLASSES]
    rows: list[dict[str, Any]] = [
        {"name": name, "count": sum(counts[each] for each in classes)}
        | {each: counts[each] for each in (*classes, *_USER_KEYS)}
        for name, counts in users.items()
    ]
    return sorted(rows, key=lambda row: -row["count"])[:_TOP_USERS]


@route("POST", "/emails/statistics/summary/")
def statistics_summary(call: Call) -> dict[str, int]:
    """Count all mails; ``malicious`` is 0 whatever happens, as seen live."""
    scope = call.scope()
    mails = found(call, scope, call.body({**DATES, "region": FILTERS["region"]}))
    return {"total": len(mails), "malicious": 0}


# reports by mail


@route("GET", "/emails/statistics/receiver/")
def receivers(call: Call) -> dict[str, Any]:
    """List who gets the statistics by mail."""
    kept = call.site.table("statistics_receivers").get(str(call.scope()["id"]))
    if not kept:
        raise Problem(3400)
    return {"receivers": kept["receivers"]}


@route("POST", "/emails/statistics/receiver/", entity="statistics_receiver")
def change_receivers(call: Call) -> dict[str, Any]:
    """Set who gets the statistics by mail."""
    row = call.scope()
    sent = call.body({"receivers": fields.items(fields.text(), required=True)})
    if not all("@" in each for each in sent["receivers"]):
        raise invalid("receivers", "Enter a valid email address.")
    table = call.site.table("statistics_receivers")
    table[str(row["id"])] = {"frequency": "weekly", **table.get(str(row["id"]), {}), **sent}
    return receivers(call)


@route("DELETE", "/emails/statistics/receiver/", entity="statistics_receiver")
def delete_receivers(call: Call) -> Response:
    """Stop the statistics by mail."""
    if call.site.table("statistics_receivers").pop(str(call.scope()["id"]), None) is None:
        raise Problem(3400)
    return no_content()


@route("GET", "/emails/statistics/frequency/")
def frequency(call: Call) -> dict[str, str]:
    """Tell how often the statistics go out."""
    kept = call.site.table("statistics_receivers").get(str(call.scope()["id"]))
    if not kept:
        raise Problem(3400)
    return {"frequency": kept["frequency"]}


@route("POST", "/emails/statistics/frequency/", entity="statistics_receiver")
def change_frequency(call: Call) -> dict[str, str]:
    """Set how often the statistics go out."""
    frequency(call)
    key, table = str(call.scope()["id"]), call.site.table("statistics_receivers")
    sent = call.body({"frequency": fields.text(required=True, choices=("daily", "weekly", "monthly"))})
    table[key] = {**table[key], **sent}
    return frequency(call)


# prevented attacks

_ATTACKS = {
    "attack_type": {"spyware": 70, "trojan_horse": 19, "ransomware": 7, "banker": 3, "miner": 1},
    "attack_vector": {"attachment_downloader": 60, "phishing": 28, "attachment": 8, "fraud": 3, "link": 1},
}
_WORLDWIDE = 31_672
_THREAT_QUERY = {
    **DATES,
    "is_global": fields.boolean(default=True),
    "region": fields.text(nullable=True, minimum=0),
}


def _attacks(call: Call) -> tuple[int, datetime, datetime]:
    """Return how many attacks to tell of, and the window. Worldwide numbers unless ``is_global`` is false."""
    scope = call.scope()
    sent = call.query(_THREAT_QUERY)
    start, end = sent["date_from"], sent["date_to"]
    if end - start < timedelta(hours=1):
        raise invalid("date_to", "The dates have to be at least one hour apart.")
    if start < call.site.now() - timedelta(days=366):
        raise invalid("date_from", "The date must not be more than one year ago.")
    if sent["is_global"]:
        return _WORLDWIDE, start, end
    blocked = found(call, scope, {"date_from": start, "date_to": end, "classification": [5, 12]})
    return len(blocked), start, end


def _shares(call: Call, kind: str) -> dict[str, Any]:
    total = _attacks(call)[0]
    data = [{"name": name, "value": total * share // 100} for name, share in _ATTACKS[kind].items()]
    data = [each for each in data if each["value"]]
    return {"attacks_total": sum(each["value"] for each in data), "data": data}


@route("GET", "/atp/threat/attack_type/")
def attack_types(call: Call) -> dict[str, Any]:
    """Count prevented attacks by type."""
    return _shares(call, "attack_type")


@route("GET", "/atp/threat/attack_vector/")
def attack_vectors(call: Call) -> dict[str, Any]:
    """Count prevented attacks by vector."""
    return _shares(call, "attack_vector")


@route("GET", "/atp/threat/time_of_day/")
def attacks_by_time(call: Call) -> list[dict[str, Any]]:
    """Count prevented attacks by vector and time."""
    total, start, end = _attacks(call)
    step = (end - start) / 4
    points = [stamp(start + step * number) for number in range(4)]
    return [
        {"name": name, "series": [{"name": point, "value": total * share // 400} for point in points]}
        for name, share in _ATTACKS["attack_vector"].items()
    ]
