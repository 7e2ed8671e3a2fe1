"""How a customer's users sign in to the panel: length of passwords, second factor (contract sheet, 5.13)."""

from __future__ import annotations

from typing import Any

from app.core.actor import Right
from app.core.errors import Conflict
from app.core.model import FieldKind
from app.core.plan import Applied
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values
from app.providers.hornetsecurity.kinds.values import flag_of, number_of, part_of, read_object
from app.providers.hornetsecurity.wire import read_answer

Json = Any

PASSWORDS, SECOND_FACTOR = "password_rules", "second_factor"
SHORTEST, LONGEST = 8, 100
"""Section 5.13: since API v0.8.1 only the length is a matter of choice."""

_PASSWORDS = ResourceKind(
    name=PASSWORDS,
    label=msg("Passwords"),
    one=msg("Rule for passwords"),
    area=Area.ACCESS,
    parent=DOMAIN,
    right=Right.MANAGE_ACCESS,
    single=True,
    icon="key",
    calls=("GET /restrictions/password/",),
    note=msg("Upper and lower case, digits and special characters are always asked for."),
    columns=(
        Column("min_length", msg("Shortest length"), Show.NUMBER),
        Column("own", msg("Set here"), Show.YES_NO, help=msg("No: inherited from above.")),
    ),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("The rule for passwords was changed."),
            Right.MANAGE_ACCESS,
            "POST /restrictions/password/",
            fields=(
                Field(
                    "min_length",
                    msg("Shortest length"),
                    FieldKind.NUMBER,
                    required=True,
                    least=SHORTEST,
                    most=LONGEST,
                    help=msg("Never shorter than what the partner asks for."),
                ),
            ),
        ),
        Action(
            "reset",
            msg("Drop the own rule"),
            msg("What is inherited applies to passwords again."),
            Right.MANAGE_ACCESS,
            "POST /restrictions/password/reset_to_parent/",
            risk=True,
            wants={"own": True},
            effect={"own": False},
            undo="edit",
        ),
    ),
)

_SECOND_FACTOR = ResourceKind(
    name=SECOND_FACTOR,
    label=msg("Second factor"),
    one=msg("Second factor"),
    area=Area.ACCESS,
    parent=DOMAIN,
    right=Right.MANAGE_ACCESS,
    single=True,
    icon="fingerprint",
    calls=("GET /mfa/",),
    columns=(
        Column("enabled", msg("Users may have one"), Show.YES_NO),
        Column("configurable", msg("Can be changed here"), Show.YES_NO),
    ),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("The second factor was changed."),
            Right.MANAGE_ACCESS,
            "POST /mfa/",
            fields=(Field("enabled", msg("Users may have one"), FieldKind.SWITCH),),
        ),
    ),
)


class SignInRules(Keeper):
    """What a customer asks of whoever signs in."""

    kinds = (_PASSWORDS, _SECOND_FACTOR)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """What applies now."""
        query = {"object_id": self.desk.customer(at)}
        if kind == SECOND_FACTOR:
            row = read_object(self.desk.panel.read("GET /mfa/", query=query)) or {}
            return Resource("", {name: bool(flag_of(row, name)) for name in ("enabled", "configurable")})
        row = read_object(self.desk.panel.read("GET /restrictions/password/", query=query)) or {}
        length = part_of(row, "min_length")
        own = bool(length) and not flag_of(length, "inherited")
        return Resource("", {"min_length": number_of(length, "value"), "own": own})

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses what the panel says is not to be changed."""
        if kind == SECOND_FACTOR and now and now.get("configurable") is False:
            raise Conflict(msg("The panel does not let this customer's second factor be changed."))

    def send(self, sending: Sending) -> Applied:
        """Writes the value, or drops it."""
        with nothing_sent():
            query = {"object_id": self.desk.customer(sending.at)}
        if sending.action == "reset":
            read_answer(self.desk.panel.write("POST /restrictions/password/reset_to_parent/", query=query))
            return Applied()
        call = "POST /mfa/" if sending.kind == SECOND_FACTOR else "POST /restrictions/password/"
        body: Json = dict(sending.values)
        if "min_length" in body:
            body["min_length"] = int(body["min_length"])
        read_answer(self.desk.panel.write(call, query=query, body=body))
        return Applied()
