"""What no public document says of the Control Panel API, as this driver takes it: each guess stands here and nowhere else.

Hornetsecurity contract sheet, facts tagged [inferred] and its open questions (section 11). When a real panel shows
something else, this file changes and the code around it does not.
"""

from __future__ import annotations

from app.core.errors import AlreadyThere, BadCredentials, NotThere, UpstreamError
from app.core.names import NameProblem, domain_name

MEANINGS: dict[int, type[UpstreamError]] = {1002: BadCredentials, 3081: NotThere, 5002: AlreadyThere}
"""3, 5.3, 5.4: error ids that are not published, as they are imitated. Status and words decide where others come."""

ALREADY_THERE_WORDS = "already exist"
"""5.4: the id of "this domain exists already" is not public, so these words of a refusal mean it too."""

LOCKED_SECONDS = 60.0
"""5.1: how long we leave the sign-in alone after a refusal that names no time. The panel locks it after repeated
failures, and a job of a thousand domains would be a thousand of them."""

DEFAULT_PORT = 25
"""5.4: where a destination without a port leads."""

PRIORITY_STEP = 10
"""5.4: lower priorities are tried first; ours are 10, 20, 30."""

UNSAID_PRIORITY = 0
"""5.4: a destination without a priority comes before those that have one."""

HELD_STATUS = 0
HELD_CLASSES = (1, 5, 8, 11, 12)
"""5.7, 6.1 and 9: there is no call for the quarantine alone. It is a search for spam, threat, content, infomail and advanced
threat whose status is "no status": no document says so of held mail, but delivered, deferred and rejected mail have statuses
of their own. Clean mail is never held, rejected mail was never taken in."""

OLD_SESSION_DEAD = 403
"""2: what an old panel answers to a dead session token (401 since API v0.10.0), where it names no other reason."""


def destination(host: str, port: int | None, priority: int | None) -> str:
    """5.4: a destination is `host[:port][#priority]`; IPv6 stands in brackets, as everywhere else."""
    text = f"[{host}]" if ":" in host else host
    text += "" if port is None else f":{port}"
    return text if priority is None else f"{text}#{priority}"


def looks_like_customer(name: str) -> bool:
    """0: the old generation does not say whether a node is a partner or a customer. Customers are named after their
    primary domain. A partner with such a name is found out when its domains are asked for (400, error id 3702)."""
    try:
        domain_name(name)
    except NameProblem:
        return False
    return True
