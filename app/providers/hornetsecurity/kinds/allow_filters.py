"""What the entries of a customer's allow list pass by (contract sheet, 5.9): the entries themselves are filtering rules."""

from __future__ import annotations

from typing import Any

from app.core.actor import Right
from app.core.errors import NotFound
from app.core.model import FieldKind
from app.core.plan import Applied
from app.core.resources import (
    DOMAIN,
    Action,
    Area,
    Column,
    Field,
    Resource,
    ResourceAt,
    ResourceKind,
    ResourcePage,
    ResourceQuery,
    Show,
)
from app.core.rules import RuleAction
from app.core.text import Message, msg
from app.providers.hornetsecurity.kinds.base import Keeper, Sending
from app.providers.hornetsecurity.kinds.values import Row, flag_of, number_of, text_of
from app.providers.hornetsecurity.wire_lists import DEFAULT_FLAGS, TYPES, check_items, owner_of, read_entries

Json = Any

ALLOW_FILTERS = "allow_list_filters"
_LIST = "GET /emails/black_white_list/"
_LABELS: tuple[tuple[str, Message], ...] = (
    ("spam_protection", msg("Passes the spam filter")),
    ("content_filter", msg("Passes content control")),
    ("malware_protection", msg("Passes the malware filter")),
    ("phishing_protection", msg("Passes the phishing filter")),
    ("sender_validation", msg("Passes the check of senders")),
    ("email_freezing", msg("Is not held back for a while")),
    ("atp_url_rewriting", msg("Links are not rewritten")),
    ("atp_url_rewriting_include_subdomains", msg("Links of subdomains neither")),
    ("atp_tfff", msg("Passes the targeted fraud filter")),
)
_KINDS = {0: "address", 1: "domain", 2: "IP", 3: "web address"}

_KIND = ResourceKind(
    name=ALLOW_FILTERS,
    label=msg("What allowed senders pass by"),
    one=msg("Entry of the allow list"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    right=Right.VIEW_RULES,
    paged=True,
    search=True,
    icon="shield-off",
    calls=(_LIST,),
    note=msg(
        "Entries are added and removed among the rules. Here stands which filters those of the whole domain pass by."
    ),
    columns=(
        Column("value", msg("Sender"), Show.CODE),
        Column("entry_type", msg("Kind")),
        Column("description", msg("Note"), listed=False),
        *(Column(name, label, Show.YES_NO, listed=name == "spam_protection") for name, label in _LABELS),
    ),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("What {key} passes by was changed."),
            Right.CHANGE_RULES,
            "POST /emails/black_white_list/",
            fields=tuple(Field(name, label, FieldKind.SWITCH) for name, label in _LABELS),
            warning=msg("Mail that passes the malware or phishing filter reaches users unchecked."),
        ),
    ),
)


class AllowFilters(Keeper):
    """The entries of a customer's allow list with their flags; those of users have none."""

    kinds = (_KIND,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page; entries of users, which the panel mixes in, are left out."""
        wanted: dict[str, str | int] = {"page": query.page - 1, "limit": query.size}
        if query.text:
            wanted["value"] = query.text
        return self._page(at, wanted)

    def _page(self, at: ResourceAt, wanted: dict[str, str | int]) -> ResourcePage:
        customer = self.desk.places.hierarchy.customer(at.domain or "")
        query = {"object_id": customer.id, "type": TYPES[RuleAction.ALLOW], **wanted}
        found = read_entries(self.desk.panel.read(_LIST, query=query))
        own = [row for row in found.rows if owner_of(row) == customer.name.lower()]
        return ResourcePage([entry(row) for row in own], None, found.more)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them, by its value."""
        found = self._page(at, {"value": key, "page": 0, "limit": 200}).rows
        one = next((row for row in found if row.key == key.lower()), None)
        if one is None:
            raise NotFound(msg("“{key}” is not on the allow list.", key=key))
        return one

    def send(self, sending: Sending) -> Applied:
        """Writes all flags of the entry with the changes in them."""
        now = self.fresh(sending)
        flags = {name: bool({**now.values, **sending.values}[name]) for name, _ in _LABELS}
        item = {
            "id": now.ref["id"],
            "type": TYPES[RuleAction.ALLOW],
            "value": now.key,
            "description": now.values["description"],
            **flags,
        }
        query = {"object_id": self.desk.customer(sending.at)}
        check_items(self.desk.panel.write("POST /emails/black_white_list/", query=query, body=[item]))
        return Applied()


def entry(row: Row) -> Resource:
    """An entry of the allow list with its flags; a missing one is at its default."""
    value = text_of(row, "value").lower()
    said = {name: flag_of(row, name) for name, _ in _LABELS}
    values: dict[str, Json] = {
        "value": value,
        "entry_type": _KINDS.get(-1 if (kind := number_of(row, "entry_type")) is None else kind, ""),
        "description": text_of(row, "description"),
        **{name: DEFAULT_FLAGS[name] if flag is None else flag for name, flag in said.items()},
    }
    return Resource(value, values, ref={"id": number_of(row, "id")})
