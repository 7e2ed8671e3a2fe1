"""What the manual leaves open, as this driver takes it: each guess stands here and nowhere else.

Cleanmail contract notes, facts tagged [inferred], and what we chose where the manual is silent. When a real server shows
something else, this file changes and the code around it does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.core.capabilities import Capability
from app.core.messages import MailClass
from app.core.model import Transport

Json = Any

ERROR_KEYS = ("message", "error")
"""Notes 3: where an error's body, of which the manual shows none, has its words."""

MX_WORDS = re.compile(r"\bMX\b", re.IGNORECASE)
"""Notes 10: a 422 with this word is about the check that `X-Ignore-MX` skips."""

SECONDS_BELOW = 10**11
"""Notes 5: a number below this is in seconds, any other in milliseconds."""

PAGE = 200
"""Notes 8: rows that a page is asked to have; the manual names no maximum, and a server's own is noticed."""

TRANSPORTS: Mapping[str, Transport] = {
    "SMTP": Transport.PLAIN,
    "SMTPS_MAY": Transport.TLS_IF_OFFERED,
    "SMTPS_ENCRYPT": Transport.TLS_ALWAYS,
}
"""Manual, 6.47, has the names without a meaning; the meanings follow from the words."""

UNKNOWN_TRANSPORT = Transport.TLS_IF_OFFERED
"""How a transport that is not among them is shown. It is sent back as it came."""

PLATFORM_NAME = "Main"
"""Manual, 6.47: a platform must have a name; this one is for the first of a domain."""

NEW_DOMAIN: Mapping[str, Json] = {
    "status": "ENABLED",
    "defaultLanguage": "EN",
    "incoming": True,
    "outgoing": False,
    "quarantine": True,
    "retention": False,
    "archive": False,
}
"""Manual, 6.20, has required fields without a default: what a new domain gets where nobody says otherwise."""

RESTORED: Mapping[str, Json] = {"status": "ENABLED"}
"""Notes 11: the body of the PATCH that takes a deletion back, until the domain is purged."""

HIDDEN_KEYS = ("authData", "apiData", "clientSecret")
"""Keys inside bodies whose values are shown nowhere (manual, 6.7 to 6.13 and 6.52 to 6.55)."""

LOCAL_SIGN_IN = "local"
"""Manual, 6.50: a relay that is tried must have a kind of sign-in; this one asks for no settings."""

RELAY_REMARK = "Warning:"
"""Manual, 6.32, has lines of output without a form: one that begins so in a test that passed is a warning."""

DKIM_TXT = " TXT "
"""Notes 9: the answers to the DKIM calls are lines of a name, this word and the text of the record."""

SECRET_OPTIONS = ("CREDENTIALS", "PASSWORD")
"""Manual, 6.42: types of options whose values we neither show nor write."""

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def flag(text: Json) -> bool | None:
    """What a text says of a switch, None when it says neither yes nor no."""
    word = str(text).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def flag_to_wire(wanted: bool, *known: Json) -> str:
    """A switch as an option of type BOOL has it: as words where the values that are `known` are words, else 1 or 0."""
    if any(str(value).lower() in ("true", "false") for value in known):
        return "true" if wanted else "false"
    return "1" if wanted else "0"


SYSADMIN_ONLY = (
    Capability.DOMAIN_ADD,
    Capability.DOMAIN_REMOVE,
    Capability.DKIM_WRITE,
    Capability.DKIM_REMOVE,
    Capability.POLICIES_WRITE,
)
"""Notes 16: what only an account with the sysadmin role may do."""


NEEDS_GRANT = (
    Capability.ADMINS_READ,
    Capability.ADMINS_WRITE,
    Capability.TOKENS_READ,
    Capability.TOKENS_WRITE,
    Capability.ACCESS_READ,
    Capability.ACCESS_WRITE,
)
"""Manual, 5.1.2: the list of administrators is cut to objects on which the token's account may grant. Where it is empty
(a sysadmin sees at least their own account), accesses cannot be read or changed either."""


def is_sysadmin(token_lists_open: list[bool]) -> bool | None:
    """Notes 16: the role of a token, by whether it may list the tokens of administrators (one item for each of them).

    One's own are always open. One refusal: no sysadmin; two lists open: sysadmin; else nobody knows.
    """
    if not all(token_lists_open):
        return False
    return True if len(token_lists_open) > 1 else None


NEW_POLICY: Mapping[str, Json] = {
    "incoming": True,
    "outgoing": False,
    "quarantine": True,
    "retention": False,
    "archive": False,
    "mailSizeLimit": 21,
    "spamScore": 5.0,
    "relayProps.relaySpam": False,
    "relayProps.spamScoreLimit": 10.0,
    "relayProps.prefixSpam": "",
    "relayProps.relayAdvert": True,
    "relayProps.advertPrefix": "",
    "relayProps.relayBadHeaders": False,
    "relayProps.relayBadAttachments": False,
    "quarantineProps.duration": 31,
    "quarantineProps.storeSpam": True,
    "quarantineProps.storeVirus": False,
    "quarantineProps.storeAdvert": False,
    "quarantineProps.storeBlacklisted": False,
    "quarantineProps.storeSenderVerify": False,
    "quarantineProps.storeBadHeaders": True,
    "quarantineProps.storeBadEncoding": True,
    "quarantineProps.storeBadAttachments": True,
    "retentionProps.duration": 5,
    "retentionProps.storeMailOut": True,
    "retentionProps.storeCleanMailIn": True,
    "archiveProps.duration": 48,
    "archiveProps.archiveByCopy": False,
    "archiveProps.storeMailOut": True,
    "archiveProps.storeCleanMailIn": True,
    "archiveProps.storeSpam": False,
    "archiveProps.storeBadHeaders": False,
    "archiveProps.storeBadEncoding": False,
    "archiveProps.storeBadAttachments": False,
    "archiveProps.storeAdvert": False,
    "archiveProps.storeBlacklisted": False,
    "archiveProps.storeSenderVerify": False,
}
"""What the form of a new policy proposes. Size, score and durations are those that Cleanmail fills in itself (notes 6)."""

LARGEST_NUMBER = 2**31 - 1
"""Manual, 6.48 to 6.56: numbers are int32, other bounds are not named. Below zero or, where it counts days, below one makes
no sense."""
TOKEN_HOURS, RESET_HOURS, MOST_HOURS = 24, 6, 8760
"""Notes 5: the validity of a mailed sign-in link and of a password reset has no stated unit; hours, as for `GET /token`."""

FOLDER_COUNTS = "STATS"
"""Notes 12: what `fields` must say for counts of folders."""

INBOX = "INBOX"
"""Where a released message goes, and leaves its own folder: the manual says no more than that it is delivered."""

FOLDER_CLASSES: Mapping[str, MailClass] = {
    "spam": MailClass.SPAM,
    "junk": MailClass.SPAM,
    "virus": MailClass.VIRUS,
    "advert": MailClass.ADVERT,
    "blocked": MailClass.BLOCKED,
    "senderverify": MailClass.BAD_SENDER,
    "badheaders": MailClass.BAD_HEADERS,
    "badencoding": MailClass.BAD_ENCODING,
    "badattachments": MailClass.BAD_ATTACHMENT,
    "clean": MailClass.CLEAN,
}
"""Notes 12: no field tells the class of a message, so the last part of its folder's path does, in any letter case."""

SENT_FOLDERS = ("sent",)
VIRUS_CLASSES = (MailClass.VIRUS,)
"""Classes for whose release Cleanmail demands the header `X-Virus-Lover`."""

SCORE_HEADER = "x-spam-status"
"""Notes 12: where the score stands, after “score=”."""

SPF_ON = True
"""Notes 6 and 7: an allowed sender must say whether SPF has to pass; the careful answer where nobody says it."""
