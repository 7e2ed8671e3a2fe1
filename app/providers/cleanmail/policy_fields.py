"""The fields of a policy: what each means, its unit and limits, and where it stands in the API's object.

Source: Cleanmail REST API manual, 6.7, 6.48, 6.49, 6.51 and 6.56; what a new policy gets: Cleanmail contract notes, 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.core.model import FieldKind, PolicyField, Source
from app.core.text import Message, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.wire import Row

Json = Any

SERVICES = ("quarantine", "retention", "archive")
"""The switches without which the settings below them do not exist."""

REQUIRED = ("quarantine", "retention", "incoming")
"""What a new policy must say (manual, 6.48)."""

_SERVICES, _SCORES = msg("Services"), msg("Scores and size")
_RELAY, _QUARANTINE = msg("Delivery"), msg("Quarantine")
_RETENTION, _ARCHIVE = msg("Retention"), msg("Archive")
_DAYS, _MONTHS, _POINTS, _MEGABYTES = msg("days"), msg("months"), msg("points"), msg("MB")

_SPAM, _VIRUS, _ADVERT = msg("Spam"), msg("Infected mail"), msg("Advertising")
_BLOCKED, _SENDER = msg("Mail of blocked senders"), msg("Mail failing the sender verification")
_HEADERS, _ENCODING = msg("Mail with bad headers"), msg("Mail with bad encoding")
_FILES = msg("Mail with forbidden file types")
_SENT, _CLEAN = msg("Sent mail"), msg("Clean incoming mail")
_KEEPS = msg("On: it is kept here. Off: this service does not keep it.")


def _field(
    group: Message,
    name: str,
    label: Message,
    help: Message | None = None,
    kind: FieldKind = FieldKind.SWITCH,
    unit: Message | None = None,
    minimum: float | None = None,
    *,
    whole: bool = True,
) -> PolicyField:
    service = name.partition("Props.")[0] if "." in name else ""
    return PolicyField(
        name=name,
        label=label,
        kind=kind,
        value=inferred.NEW_POLICY.get(name),
        source=Source.OWN,
        help=help,
        unit=unit,
        minimum=minimum,
        maximum=None if minimum is None else inferred.LARGEST_NUMBER,
        group=group,
        whole=whole,
        needs=service if service in SERVICES else "",
    )


def _number(
    group: Message, name: str, label: Message, help: Message, unit: Message, minimum: float, whole: bool
) -> PolicyField:
    return _field(group, name, label, help, FieldKind.NUMBER, unit, minimum, whole=whole)


def _kept(group: Message, service: str, **kinds: Message) -> Iterator[PolicyField]:
    for kind, label in kinds.items():
        yield _field(group, f"{service}Props.store{kind}", label, _KEEPS)


FIELDS: tuple[PolicyField, ...] = (
    _field(_SERVICES, "incoming", msg("Incoming mail"), msg("Filters the mail that comes in.")),
    _field(_SERVICES, "outgoing", msg("Outgoing mail"), msg("Filters the mail that is sent.")),
    _field(
        _SERVICES,
        "quarantine",
        msg("Quarantine"),
        msg("Keeps mail that is not delivered, so that it can be released."),
    ),
    _field(
        _SERVICES,
        "retention",
        msg("Retention"),
        msg("Keeps copies for some days, so that mail can be read while the own server is down."),
    ),
    _field(_SERVICES, "archive", msg("Archive"), msg("Keeps copies for months.")),
    _number(
        _SCORES,
        "mailSizeLimit",
        msg("Largest mail"),
        msg("Larger mail is not accepted."),
        _MEGABYTES,
        1,
        True,
    ),
    _number(
        _SCORES,
        "spamScore",
        msg("Spam from"),
        msg("Mail with this score or more counts as spam. Lower is stricter."),
        _POINTS,
        0,
        False,
    ),
    _field(_RELAY, "relayProps.relaySpam", msg("Deliver spam"), msg("Up to the score below; with its mark.")),
    _number(
        _RELAY,
        "relayProps.spamScoreLimit",
        msg("Deliver spam up to"),
        msg("Spam with this score or more is no longer delivered."),
        _POINTS,
        0,
        False,
    ),
    _field(
        _RELAY,
        "relayProps.prefixSpam",
        msg("Mark of spam"),
        msg("Put before the subject of spam that is delivered; empty for none."),
        FieldKind.TEXT,
    ),
    _field(
        _RELAY,
        "relayProps.relayAdvert",
        msg("Deliver advertising"),
        msg("Newsletters and the like, with their mark."),
    ),
    _field(
        _RELAY,
        "relayProps.advertPrefix",
        msg("Mark of advertising"),
        msg("Put before the subject of advertising that is delivered; empty for none."),
        FieldKind.TEXT,
    ),
    _field(_RELAY, "relayProps.relayBadHeaders", msg("Deliver mail with bad headers")),
    _field(_RELAY, "relayProps.relayBadAttachments", msg("Deliver mail with forbidden file types")),
    _number(
        _QUARANTINE,
        "quarantineProps.duration",
        msg("Kept for"),
        msg("Afterwards it is deleted."),
        _DAYS,
        1,
        True,
    ),
    *_kept(
        _QUARANTINE,
        "quarantine",
        Spam=_SPAM,
        Virus=_VIRUS,
        Advert=_ADVERT,
        Blacklisted=_BLOCKED,
        SenderVerify=_SENDER,
        BadHeaders=_HEADERS,
        BadEncoding=_ENCODING,
        BadAttachments=_FILES,
    ),
    _number(
        _RETENTION,
        "retentionProps.duration",
        msg("Kept for"),
        msg("Afterwards it is deleted."),
        _DAYS,
        1,
        True,
    ),
    *_kept(_RETENTION, "retention", MailOut=_SENT, CleanMailIn=_CLEAN),
    _number(
        _ARCHIVE,
        "archiveProps.duration",
        msg("Kept for"),
        msg("Afterwards it is deleted."),
        _MONTHS,
        1,
        True,
    ),
    _field(
        _ARCHIVE,
        "archiveProps.archiveByCopy",
        msg("Archive everything by copying"),
        msg("Takes all mail out of the mailboxes as a copy, also what is sent inside the domain."),
    ),
    *_kept(
        _ARCHIVE,
        "archive",
        MailOut=_SENT,
        CleanMailIn=_CLEAN,
        Spam=_SPAM,
        BadHeaders=_HEADERS,
        BadEncoding=_ENCODING,
        BadAttachments=_FILES,
        Advert=_ADVERT,
        Blacklisted=_BLOCKED,
        SenderVerify=_SENDER,
    ),
)
"""All of them, in the order in which people see them."""

BY_NAME: Mapping[str, PolicyField] = {field.name: field for field in FIELDS}


# --- The object of the API --------------------------------------------------------------------------------------------


def values_of(row: Row) -> dict[str, Json]:
    """The values of a policy's object by our names; None where it has none that fits its kind."""
    return {field.name: _value(field, _raw(row, field.name)) for field in FIELDS}


def _raw(row: Row, name: str) -> Json:
    part, _, key = name.rpartition(".")
    inside = row.get(part) if part else row
    return inside.get(key) if isinstance(inside, Mapping) else None


def _value(field: PolicyField, value: Json) -> Json:
    if field.kind is FieldKind.SWITCH:
        return value if isinstance(value, bool) else None
    if field.kind is FieldKind.TEXT:
        text = value if isinstance(value, str) else ""
        return text[:1000] if not field.needs else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**53:
        return None
    return int(value) if value == int(value) and field.whole else round(float(value), 4)


def body_of(values: Mapping[str, Json], before: Row | None = None) -> dict[str, Json]:
    """The values as the API's object. Of a part of it in which something changes, the rest goes along as it came in
    `before`: that a part may be sent in part is nowhere said."""
    body: dict[str, Json] = {}
    for name, value in values.items():
        part, _, key = name.rpartition(".")
        if not part:
            body[key] = value
            continue
        known = (before or {}).get(part)
        kept = {k: v for k, v in known.items() if v is not None} if isinstance(known, Mapping) else {}
        body.setdefault(part, kept)[key] = value
    return body


# --- In words ---------------------------------------------------------------------------------------------------------


def summary_of(values: Mapping[str, Json]) -> Message:
    """What a policy does, in a line."""
    return msg(
        "Spam from {score} points, mail up to {size} MB; quarantine: {quarantine}, retention: {retention}, archive: {archive}",
        score=_shown(values.get("spamScore")),
        size=_shown(values.get("mailSizeLimit")),
        **{service: _kept_for(values, service) for service in SERVICES},
    )


def _kept_for(values: Mapping[str, Json], service: str) -> Message:
    if values.get(service) is not True:
        return msg("off")
    duration = _shown(values.get(f"{service}Props.duration"))
    if service == "archive":
        return msg("{count} months", count=duration)
    return msg("{count} days", count=duration)


def _shown(value: Json) -> str:
    return f"{value:g}" if isinstance(value, int | float) else "?"


_FATES = (
    ("Spam", _SPAM, "relaySpam"),
    ("Advert", _ADVERT, "relayAdvert"),
    ("BadHeaders", _HEADERS, "relayBadHeaders"),
    ("BadAttachments", _FILES, "relayBadAttachments"),
)


def notes_of(values: Mapping[str, Json]) -> tuple[Message, ...]:
    """What a person would not expect of a policy: mail that is neither delivered nor kept, and a limit without effect."""
    notes = [
        msg("{kind}: neither delivered nor kept in quarantine. Nobody can release it.", kind=label)
        for kind, label, relay in _FATES
        if values.get(f"relayProps.{relay}") is False
        and not (values.get("quarantine") is True and values.get(f"quarantineProps.store{kind}") is True)
    ]
    score, limit = values.get("spamScore"), values.get("relayProps.spamScoreLimit")
    delivers = values.get("relayProps.relaySpam") is True
    if delivers and isinstance(score, int | float) and isinstance(limit, int | float) and limit <= score:
        notes.append(
            msg(
                "Spam is to be delivered up to {limit} points, but counts as spam from {score} points on: none is delivered.",
                limit=_shown(limit),
                score=_shown(score),
            )
        )
    return tuple(notes)
