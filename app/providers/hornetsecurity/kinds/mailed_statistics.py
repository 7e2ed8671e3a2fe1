"""Statistics that the panel sends by mail: to whom and how often (contract sheet, 5.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotThere
from app.core.model import FieldKind
from app.core.plan import Applied
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values
from app.providers.hornetsecurity.kinds.values import read_object, text_of, texts_of
from app.providers.hornetsecurity.wire import read_answer

Json = Any

MAILED = "mailed_statistics"
_FREQUENCIES = (("daily", msg("daily")), ("weekly", msg("weekly")), ("monthly", msg("monthly")))
_TO = "POST /emails/statistics/receiver/"

_KIND = ResourceKind(
    name=MAILED,
    label=msg("Statistics by mail"),
    one=msg("Statistics by mail"),
    area=Area.CUSTOMERS,
    parent=DOMAIN,
    right=Right.VIEW_POLICIES,
    single=True,
    icon="chart-bar",
    calls=("GET /emails/statistics/receiver/", "GET /emails/statistics/frequency/"),
    columns=(
        Column("receivers", msg("Sent to"), Show.LIST),
        Column("frequency", msg("How often"), Show.STATE, words=dict(_FREQUENCIES)),
        Column("sent", msg("Statistics are sent"), Show.YES_NO),
    ),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("The statistics by mail were changed."),
            Right.CHANGE_POLICIES,
            _TO,
            fields=(
                Field("receivers", msg("Sent to"), FieldKind.LINES, help=msg("Addresses, one per line.")),
                Field("frequency", msg("How often"), FieldKind.CHOICE, choices=_FREQUENCIES),
            ),
        ),
        Action(
            "reset",
            msg("Stop"),
            msg("Statistics are not sent by mail any more."),
            Right.CHANGE_POLICIES,
            "DELETE /emails/statistics/receiver/",
            risk=True,
            wants={"sent": True},
            effect={"sent": False},
            undo="edit",
        ),
    ),
)


class MailedStatistics(Keeper):
    """Who is sent the numbers of a customer."""

    kinds = (_KIND,)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """Receivers and frequency; both empty where nobody gets them."""
        query = {"object_id": self.desk.customer(at)}
        try:
            to = read_object(self.desk.panel.read("GET /emails/statistics/receiver/", query=query)) or {}
            often = read_object(self.desk.panel.read("GET /emails/statistics/frequency/", query=query)) or {}
        except NotThere:
            return Resource("", {"receivers": [], "frequency": "", "sent": False})
        receivers = texts_of(to, "receivers")
        values = {"receivers": receivers, "frequency": text_of(often, "frequency", 20)}
        return Resource("", {**values, "sent": bool(receivers)})

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses what are no addresses, and a frequency without anybody to send to."""
        if action != "edit":
            return
        if "receivers" in values and not values["receivers"]:
            raise Invalid({"receivers": msg("Name somebody, or stop the statistics.")})
        for one in values.get("receivers") or ():
            if not str(one).rpartition("@")[0]:
                raise Invalid({"receivers": msg("“{text}” is no address.", text=str(one)[:80])})

    def parts(self, kind: str, action: str, values: Values) -> Sequence[Values]:
        """First who, then how often: there is a call for each."""
        names = ("receivers", "frequency")
        return [{name: values[name]} for name in names if name in values] if action == "edit" else [values]

    def send(self, sending: Sending) -> Applied:
        """Writes one of the two, or drops both."""
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        if sending.action == "reset":
            call = "DELETE /emails/statistics/receiver/"
            read_answer(self.desk.panel.write(call, query=query))
            return Applied()
        call = _TO if "receivers" in sending.values else "POST /emails/statistics/frequency/"
        read_answer(self.desk.panel.write(call, query=query, body=dict(sending.values)))
        return Applied()
