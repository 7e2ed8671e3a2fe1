"""email/: forwarders, mail routes and the default address, all per domain (SPanel contract sheet, section 5.2).

Outputs and list keys are [inferred], and so are the parameters of the removing and reading calls.
"""

from __future__ import annotations

from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call

LOCAL, REMOTE = "localexchanger", "remoteexchanger"


def list_forwarders(call: Call) -> Answer:
    """email/listemailforwarders: a piped one has ``pipe`` instead of ``to``."""
    return found(call.rows("forwarders"))


def add_forwarder(call: Call) -> Answer:
    """email/addemailforwarder: ``from`` is the local part; goes to an address, or into a program with ``pipe``."""
    forwarders, row = call.rows("forwarders"), _forwarder(call)
    if row in forwarders:
        raise Refused(**{"from": f"{row['from']} is already forwarded there"})
    call.keep("forwarders", [*forwarders, row])
    return done("Email forwarder added successfully")


def _forwarder(call: Call) -> dict[str, str]:
    domain = call.own()
    goal = {"pipe": call.text("pipe")} if call.text("pipe") else {"to": call.text("to").lower()}
    return {"from": _full(call, domain), "domain": domain, **goal}


def _full(call: Call, domain: str) -> str:
    """Return the full address of ``from``, which may name its domain already."""
    local, _, own = call.text("from").lower().partition("@")
    if own not in ("", domain):
        raise Refused(**{"from": f"The address is not in the domain {domain}"})
    return f"{local}@{domain}"


def remove_forwarder(call: Call) -> Answer:
    """email/removeemailforwarder: ``to`` names the address or the program."""
    forwarders, domain = call.rows("forwarders"), call.own()
    source, goal = _full(call, domain), call.text("to")
    kept = [
        row for row in forwarders if row["from"] != source or goal not in (row.get("to"), row.get("pipe"))
    ]
    if len(kept) == len(forwarders):
        raise Refused(**{"from": f"{source} is not forwarded to {goal}"})
    call.keep("forwarders", kept)
    return done("Email forwarder removed successfully")


def get_route(call: Call) -> Answer:
    """email/getmailroute."""
    local = {"exchanger": LOCAL, "mailserver": [], "priority": []}
    return found(call.table("routes").get(call.own(), local))


def set_route(call: Call) -> Answer:
    """email/setmailroute: remote exchangers come as two arrays of the same length."""
    domain, exchanger = call.own(), call.text("exchanger")
    servers, priorities = call.texts("mailserver"), call.texts("priority")
    if exchanger == REMOTE and len(servers) != len(priorities):
        raise Refused(priority="Every mail server needs a priority")
    if exchanger == LOCAL:
        servers, priorities = [], []
    call.table("routes")[domain] = {"exchanger": exchanger, "mailserver": servers, "priority": priorities}
    return done("Mail routing updated successfully")


def get_default(call: Call) -> Answer:
    """email/getdefaultaddressstatus: what happens to mail for unknown addresses."""
    return found(call.table("defaults").get(call.own(), {"type": "discard", "email": ""}))


def set_default(call: Call) -> Answer:
    """email/setdefaultaddressstatus."""
    domain, kind = call.own(), call.text("type")
    email = call.text("email").lower() if kind == "forward" else ""
    call.table("defaults")[domain] = {"type": kind, "email": email}
    return done("Default address updated successfully")
