"""What no public document says of the two APIs, as this driver takes it: each guess stands here and nowhere else.

SpamExperts contract sheet, facts tagged [inferred]. Names and arguments of single settings that are guesses stand in
`fields.py`, those of calls that nothing here uses in `contract.json` (with their certainty). When a real server shows
something else, this file changes and the code around it does not.
"""

from __future__ import annotations

import re

from app.core.errors import AlreadyThere, BadCredentials, NotThere, Rejected, UpstreamError

ERROR_PREFIX = re.compile(r"\s*error\s*:\s*", re.IGNORECASE)
"""2.6: how a line of a plain error begins."""

WARNING_PREFIX = re.compile(r"\s*warning\s*:\s*", re.IGNORECASE)
"""2.1: how a line of a plain warning begins."""

NOT_OURS = (
    "not allowed to manage",
    "does not belong",
    "not owner",
    "not the owner",
    "no such domain",
    "not registered",
)
"""7.3: what the panel says of a domain that is not there, or is another administrator's; to us both are the same."""

MEANINGS: tuple[tuple[str, type[UpstreamError]], ...] = (
    ("incorrect usage", Rejected),
    ("authentication failed", BadCredentials),
    ("no permission", BadCredentials),
    ("access denied", BadCredentials),
    ("already", AlreadyThere),
    ("present in the filtering software", AlreadyThere),
    ("no such", NotThere),
    ("missing on this server", NotThere),
    ("unable to find", NotThere),
    *((fragment, NotThere) for fragment in NOT_OURS),
    ("no valid user", NotThere),
    ("does not exist", NotThere),
    ("doesn't exist", NotThere),
)
"""2.6: words that sort a refusal, the first that occurs decides; everything else is plainly refused. Texts of errors
were rewritten more than once, so only fragments are looked for, and a miss costs no more than a less precise error."""

NO_SUCH_CALL = ("incorrect usage", "no permission")
"""2.6: how the Software API refuses a call that this server does not have, or not for us."""

DEFAULT_IN_WARNING = re.compile(r".*:(?:\s+|$)(?P<default>.*)$")
"""2.2: the default that a warning names stands after the last colon that a blank (or nothing) follows."""

FILTER_BY_NAME = ("domain", "is")
"""4.2: field and operator by which `filter_by` finds one domain (the form [field, value, operator] is attested)."""

ALIASES_CALL = "api_list_domain_aliases"
"""4.2: lists the aliases of one domain. Only used where `filter_by` does not work; the whole list is the last resort."""

DEFAULT_PORT = 25
"""4.1: the port of a destination that names none. We always send the port."""

NEEDS_DESTINATION = True
"""4.2: a domain cannot be added, or left, without a destination."""


def destination(host: str, port: int) -> str:
    """4.1: a destination as `api_add_incoming_domain` and `api_set_destination` take it: one colon, IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def destinations(items: list[str]) -> str:
    """4.2: several destinations in one argument; `api_set_destination` replaces all of them."""
    return ",".join(items)


SENDER_FLAG = "both"
"""5.3: what an entry of a sender list compares where nothing is said, and where the answer does not tell."""


def sender_list(action: str) -> tuple[str, str, str]:
    """5.3: the calls that list, add to and take off the allow or block list of senders."""
    word = "whitelist" if action == "allow" else "blacklist"
    return f"api_get_sender_{word}", f"api_{word}_sender", f"api_un{word}_sender"


def recipient_list(action: str) -> tuple[str, str, str]:
    """5.3: the same for recipients."""
    word = "whitelist" if action == "allow" else "blacklist"
    return f"api_get_recipient_{word}", f"api_{word}_recipient", f"api_un{word}_recipient"


MAIL_COLUMNS = (
    "date",
    "filtering_host",
    "id",
    "sender",
    "recipient",
    "subject_header",
    "incoming_size",
    "classification",
    "classification_details",
    "status",
)
"""6.1, 6.2: the columns of a search. The first nine without `classification_details` are proposed for the quarantine."""

MAIL_DETAILS = (
    *MAIL_COLUMNS,
    "sender_host",
    "sender_ip",
    "from_header",
    "delivery_date",
    "delivery_fqdn",
    "delivery_data",
)
"""6.1: what is asked about one message beside that, by the names of the syslog templates."""

PAGE_ARGUMENTS = ("limit", "offset")
"""6.1, 6.3: paging exists, its arguments are named nowhere."""

MAIL_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")
"""6.1: how a date (UTC) may be written; a bare number is epoch seconds."""

SCORE = re.compile(r"score[^0-9]{0,3}([0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)
"""6.1: where the details of a classification name the filter's score."""

MAIL_CALLS = {"view": "api_get_quarantined_message", "release": "api_release_message"}
"""6.2: names of calls whose existence is documented, and whose names are not."""

CALL_LOG_COLUMNS = ("date", "client_username", "client_ip", "call")
"""3: the columns of the log of API calls."""

DELIVERY_ERROR_COLUMNS = ("date", "recipient", "delivery_fqdn", "delivery_data")
"""6.1: the columns of a domain's delivery errors."""

APP_DATE = "%Y-%m-%d %H:%M"
"""7.4: how the app writes `since` and `until`; that they are UTC is a guess."""

APP_FIRST_PAGE = 0
"""7.4: what `current_page` counts from."""

APP_MOST = 100
"""7.4: entries asked for where one message is looked for."""

APP_ENTRY = "0"
"""7.4: how a DELETE names its message: the app's library makes a list of objects into `0={…}&1={…}`."""

QUEUE_COLUMNS = ("domain", "host", "message_id", "age", "size", "sender", "recipient", "frozen", "retry_time")
"""6.3: the columns of the queue (the order is documented), and the keys of its JSON."""
