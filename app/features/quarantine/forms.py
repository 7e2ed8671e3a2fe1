"""The forms of messages, and what a search form or an address says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, StringField
from wtforms.validators import Optional as Maybe

from app.core.errors import Invalid, NotFound
from app.core.messages import (
    Direction,
    MailClass,
    MailKey,
    MailQuery,
    MailSource,
    MailState,
    Operator,
    pack,
    unpack,
)
from app.core.names import NameProblem, domain_name
from app.core.text import msg
from app.features.quarantine.service import Chosen, MailView, period
from app.operations.messages import MailRow
from app.web.forms import BaseForm, RequestKeyField

TEXTS = ("sender", "recipient", "cc", "subject", "message_id", "text", "folder")
FIELD = "f."
"""Before the name of a further field of the search in addresses (`MailField`)."""

PERIODS = {"1": 1, "7": 7, "30": 30}


class ReadForm(BaseForm):
    """Read the body of a message."""

    reason = StringField(_l("Why you read it"), description=_l("Stands in Changes, with your name."))
    request_key = RequestKeyField(id="read-key")


class SearchForm(BaseForm):
    """Start a search over all mailboxes of a domain; what is looked for comes as in the address of a list."""

    request_key = RequestKeyField(id="search-key")


class ActForm(BaseForm):
    """Do something with one message, or with several."""

    action = HiddenField()
    reason = StringField(_l("Why"), description=_l("Stands in Changes, with your name."))
    confirm_virus = BooleanField(
        _l("I know that this may harm whoever opens it, and want it delivered all the same")
    )
    days = IntegerField(_l("For so many days"), [Maybe()])
    whole_domain = BooleanField(_l("Everybody of the sender's domain"))
    sure = HiddenField()
    request_key = RequestKeyField(id="act-key")


def query_from(values: Mapping[str, str], source: MailSource, page: int, size: int = 50) -> MailQuery:
    """The search that the values of an address mean. Raises Invalid by field."""
    texts = {name: _line(values.get(name, "")) for name in TEXTS}
    domain = _line(values.get("domain", ""))
    mailbox = ""
    if "@" in domain:
        mailbox, domain = domain.lower(), domain.rpartition("@")[2]
    try:
        name = domain_name(domain) if domain else None
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem
    since, until = _days(values)
    kinds = {"class": MailClass, "state": MailState}
    chosen = {field: _choice(kind, values.get(field, "")) for field, kind in kinds.items()}
    operator = _choice(Operator, values.get("operator", "").lower()) or Operator.AND
    _check_operator(
        operator, [name for name in TEXTS if texts[name] and name != "folder"], bool(since or until)
    )
    return MailQuery(
        source,
        domain=name,
        mailbox=mailbox,
        operator=operator,
        since=since,
        until=until,
        classes=(chosen["class"],) if chosen["class"] else (),
        states=(chosen["state"],) if chosen["state"] else (),
        direction=Direction.OUT if values.get("direction") == "out" else Direction.IN,
        fields=_fields(values),
        page=page,
        size=size,
        **texts,
    )


def _fields(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The further fields that are asked for; an empty one asks for nothing."""
    named = {name.removeprefix(FIELD): _line(text) for name, text in values.items() if name.startswith(FIELD)}
    return tuple((name, text) for name, text in named.items() if text)


def fields_given(pairs: Iterable[str]) -> dict[str, str]:
    """Further fields as the shell takes them, "name=value", as `query_from` takes them. Raises Invalid."""
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise Invalid({"field": msg("name=value is expected here, for example source_ip=192.0.2.1.")})
        given[FIELD + name] = value
    return given


def _check_operator(operator: Operator, asked: Sequence[str], in_period: bool) -> None:
    """Raises Invalid for what no upstream can join as it is meant: a period would be one more of the alternatives."""
    if operator is not Operator.AND and in_period:
        raise Invalid(
            {
                "operator": msg(
                    "With a period only “all of it fits” can be searched: leave one of the two out."
                )
            }
        )
    if operator is Operator.NOT and len(asked) != 1:
        raise Invalid({"operator": msg("“It does not fit” needs exactly one text to look for.")})


def _days(values: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """A number of days back from now, or two days (UTC), both included."""
    days = PERIODS.get(values.get("days", ""))
    if days:
        return datetime.now(UTC).replace(microsecond=0) - timedelta(days=days), None
    ends: dict[str, datetime | None] = {}
    for name in ("since", "until"):
        text = values.get(name, "").strip()
        try:
            ends[name] = datetime.fromisoformat(text) if text else None
        except ValueError as error:
            raise Invalid({name: msg("A day is expected here, for example 2026-12-31.")}) from error
    since, until = (_aware(end) for end in ends.values())
    if until and len(values.get("until", "").strip()) == 10:
        until += timedelta(days=1)
    return period(since, until)


def _aware(end: datetime | None) -> datetime | None:
    return end if end is None or end.tzinfo else end.replace(tzinfo=UTC)


def _choice(kind: Any, value: str) -> Any:
    return kind(value) if value in [one.value for one in kind] else None


def _line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:320].strip()


def source_of(text: str) -> MailSource:
    """The source that an address names. Raises NotFound."""
    if text not in [one.value for one in MailSource]:
        raise NotFound(msg("There is no such list of messages."))
    return MailSource(text)


def chosen_of(row: MailRow | MailView) -> Chosen:
    """A message as a list offers it to be chosen."""
    item = row.item
    return Chosen(row.connection.key, item.key, item.title, item.mail_class.infected, item.sender)


def packed(chosen: Chosen) -> str:
    """A chosen message as the value of a box to tick."""
    key = chosen.key
    return pack(
        {
            "c": chosen.connection,
            "o": key.source.value,
            "d": key.domain,
            "m": key.mailbox,
            "f": key.folder,
            "r": key.ref,
            "t": chosen.title[:200],
            "v": "1" if chosen.infected else "",
            "s": chosen.sender,
        },
        most=6000,
    )


def unpacked(value: str) -> Chosen:
    """What `packed` wrote. Raises NotFound: the value came in a form."""
    found = unpack(value, "c", "o", "d", "r", most=6000)
    key = MailKey(source_of(found["o"]), found["d"], found["r"], found.get("m", ""), found.get("f", ""))
    sender = found.get("s", "")
    return Chosen(found["c"], key, found.get("t", ""), bool(found.get("v")), sender)
