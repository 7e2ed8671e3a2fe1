"""Domains that do not follow what their customer has set for SPF, DKIM and DMARC (contract sheet, 5.5)."""

from __future__ import annotations

from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotFound, NotThere
from app.core.model import FieldKind
from app.core.names import NameProblem, domain_name
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
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values, only
from app.providers.hornetsecurity.kinds.values import Row, number_of, read_list, text_of
from app.providers.hornetsecurity.wire import read_answer

Json = Any

EXCEPTIONS = "authentication_exceptions"
LIST = "GET /email_authentication/exceptions/"
SET, DROP = "POST /email_authentication/exceptions/", "DELETE /email_authentication/exceptions/"

FOLLOW, OFF = "follow", "off"
_WORDS = ((FOLLOW, msg("as the customer")), (OFF, msg("off")))
_CODES = {FOLLOW: 1, OFF: 0}
_PARTS: tuple[tuple[str, Message, str], ...] = (
    ("spf", msg("SPF"), "spf_status"),
    ("dmarc", msg("DMARC"), "dmarc_status"),
    ("dkim_validation", msg("DKIM of incoming mail"), "dkim_validation_status"),
    ("dkim_signature", msg("DKIM signatures"), "dkim_signature_status"),
)
"""Our name, what people read, the panel's name."""

_FIELDS = tuple(
    Field(name, label, FieldKind.CHOICE, choices=_WORDS, default=FOLLOW) for name, label, _ in _PARTS
)

_KIND = ResourceKind(
    name=EXCEPTIONS,
    label=msg("Exceptions from sender authentication"),
    one=msg("Exception"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    right=Right.VIEW_POLICIES,
    icon="shield-off",
    calls=(LIST,),
    note=msg("What holds for all domains of the customer stands under its settings."),
    columns=(
        Column("domain", msg("Domain"), Show.CODE),
        *(
            Column(name, label, Show.STATE, tones={OFF: "warn", FOLLOW: "muted"}, words=dict(_WORDS))
            for name, label, _ in _PARTS
        ),
    ),
    actions=(
        Action(
            "add",
            msg("Add an exception"),
            msg("The exception of {key} was added."),
            Right.CHANGE_POLICIES,
            SET,
            fields=(
                Field(
                    "domain",
                    msg("Domain"),
                    required=True,
                    key=True,
                    shape="domain",
                    help=msg("The customer's primary domain or one of its alias domains."),
                ),
                *_FIELDS,
            ),
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The exception of {key} was changed."),
            Right.CHANGE_POLICIES,
            SET,
            fields=_FIELDS,
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("{key} follows its customer again."),
            Right.CHANGE_POLICIES,
            DROP,
            risk=True,
        ),
    ),
)


class AuthenticationExceptions(Keeper):
    """Which domains of a customer check or sign less than the others."""

    kinds = (_KIND,)

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """All of them."""
        answer = self.desk.panel.read(LIST, query={"object_id": self.desk.customer(at)})
        rows = [exception(row) for row in read_list(answer, "domains").rows if text_of(row, "domain", 255)]
        return ResourcePage(rows, len(rows))

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One of them, by its domain."""
        return only(self.page(kind, at, ResourceQuery()).rows, key)

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses an exception that would be none."""
        names = [name for name, _, _ in _PARTS]
        if action != "remove" and all({**now, **values}.get(name, FOLLOW) == FOLLOW for name in names):
            raise Invalid({names[0]: msg("Switch at least one of them off, or remove the exception.")})

    def send(self, sending: Sending) -> Applied:
        """Writes all four values of a domain, or drops them."""
        with nothing_sent():
            customer = self.desk.customer(sending.at)
            domain_id = self._domain(customer, sending.key or str(sending.values.get("domain", "")))
        query = {"object_id": customer, "domain_id": domain_id}
        if sending.action == "remove":
            read_answer(self.desk.panel.write(DROP, query=query))
            return Applied()
        now = self.fresh(sending).values if sending.action == "edit" else {}
        wanted = {**now, **sending.values}
        body = {theirs: _CODES[str(wanted.get(name) or FOLLOW)] for name, _, theirs in _PARTS}
        read_answer(self.desk.panel.write(SET, query=query, body=body))
        return Applied()

    def _domain(self, customer: int, name: str) -> int:
        """The id of a domain of the customer. Raises NotFound."""
        try:
            wanted = domain_name(name)
            rows = self.desk.places.rows(customer)
        except (NameProblem, NotThere):
            rows, wanted = (), name
        found = next((row.id for row in rows if row.name == wanted), None)
        if found is None:
            raise NotFound(msg("{domain} is none of the customer's domains.", domain=name))
        return found


def exception(row: Row) -> Resource:
    """The settings of one domain; what is not set there is as the customer has it."""
    domain = text_of(row, "domain", 255).lower()
    words = {name: OFF if number_of(row, theirs) == 0 else FOLLOW for name, _, theirs in _PARTS}
    return Resource(domain, {"domain": domain, **words})
