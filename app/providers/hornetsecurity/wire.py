"""Pure translation of the Control Panel API's answers, and the judgement "is this answer a success?".

Source: Hornetsecurity contract sheet, sections 0 to 3. Tree and objects: `wire_tree.py`; domains and routes:
`wire_domains.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    NotThere,
    OutcomeUnknown,
    Rejected,
    Unreachable,
    UpstreamError,
)
from app.core.text import Message, msg
from app.net.answer import Answer, looks_like_html, raise_for_gateway
from app.providers.hornetsecurity import inferred

Json = Any

_SIGN_IN_PAGE = msg(
    "A web page came in the place of an answer, perhaps the sign-in page of the Control Panel. Check the address of the "
    "connection."
)
_PAGES = ("text/html", "application/xhtml+xml")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}")


# --- Refusals ---------------------------------------------------------------------------------------------------------


class NoPermission(BadCredentials):
    """The object lies outside the user's scope, or the role does not allow the call (403, in old panels 400)."""


class Locked(BadCredentials):
    """The sign-in of this user is locked for `seconds` after failed attempts."""

    def __init__(self, message: Message, seconds: float, *, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.seconds = seconds


class NotBooked(Rejected):
    """The customer has not booked the product that the call belongs to (402)."""


class NotACustomer(Rejected):
    """The call is for customers, and the object in scope is something else."""


MEANINGS: Mapping[int, type[UpstreamError]] = {
    1003: NoPermission,
    5004: NoPermission,
    5104: NoPermission,
    3107: NotBooked,
    5157: NotBooked,
    3702: NotACustomer,
    **dict.fromkeys((3094, 3096, 3203, 3323, 3403, 3407, 3605, 3650, 5130), AlreadyThere),
    **dict.fromkeys((3050, 3080, 3118, 3119, 3140, 3301, 3305, 3321, 3400, 3409), NotThere),
    **dict.fromkeys((4004, 4300, 5006, 5131, 5146, 5160, 5183, 5302), NotThere),
    **inferred.MEANINGS,
}
"""Section 3: error ids that sort a refusal, whatever its status. All other ids leave it to the status."""

_HEADERS, _LOGIN, _LOCKED = 1004, 2001, 2010


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an error answer says (section 3); empty where it has no body. `error_id` 0: none."""

    error_id: int = 0
    words: str = ""
    data: Mapping[str, Json] = field(default_factory=dict)


def read_envelope(answer: Answer) -> Envelope:
    """The error envelope of an answer. Many refusals are documented without any body, so nothing in it is needed."""
    try:
        value = answer.json()
    except UpstreamError:
        return Envelope()
    if not isinstance(value, dict):
        return Envelope()
    data = value.get("error_data")
    data = data if isinstance(data, dict) else {}
    words = ". ".join(filter(None, [str(value.get("error_message") or "").rstrip("."), *_field_errors(data)]))
    return Envelope(number(value.get("error_id")) or 0, words, data)


def _field_errors(data: Mapping[str, Json]) -> list[str]:
    """`error_data` names fields with lists of texts; the login's has other things in it."""
    return [
        f"{name}: {' '.join(map(str, texts))}"
        for name, texts in data.items()
        if isinstance(texts, list | tuple)
    ]


# --- Is this answer a success? ----------------------------------------------------------------------------------------


def read_answer(answer: Answer) -> Json:
    """The JSON of a successful answer, None where it has no body. Raises as `raise_refusal`, and for what is no JSON."""
    raise_refusal(answer)
    if _is_page(answer):
        raise answer.unreadable(_SIGN_IN_PAGE)
    return answer.json() if answer.body.strip() else None


def read_file(answer: Answer, *, html: bool = False) -> None:
    """Returns for a file (CSV, an image), and with `html` for a web page. Raises as `read_answer`."""
    raise_refusal(answer)
    if _is_page(answer) and not html:
        raise answer.unreadable(_SIGN_IN_PAGE)


def raise_refusal(answer: Answer) -> None:
    """Returns when the answer is a success (section 3: the status decides, then the error id).

    Raises NoPermission, BadCredentials, Rejected (AlreadyThere, NotThere, NotBooked, NotACustomer), Unreachable and
    Malformed for a read, OutcomeUnknown for a write whose answer says neither yes nor no.
    """
    raise_for_gateway(answer)
    if answer.status >= 400:
        raise refusal(answer)


def session_died(answer: Answer, old: bool) -> bool:
    """Whether the token was refused before the call was looked at (section 2); `old`: by an old panel."""
    if answer.status == 401:
        return True
    return old and answer.status == inferred.OLD_SESSION_DEAD and not read_envelope(answer).error_id


def refusal(answer: Answer) -> UpstreamError:
    """The error for an answer with a status of 400 or more."""
    said = read_envelope(answer)
    words = answer.quote(said.words) or f"HTTP {answer.status}"
    if answer.status >= 500 and (answer.write or not said.error_id):
        return _failed(answer, words)
    if not said.error_id and _is_page(answer):
        return _page_instead(answer)
    if answer.status == 401 or said.error_id in (_HEADERS, _LOGIN, _LOCKED):
        return _not_signed_in(answer, said, words)
    kind = _kind(answer.status, said)
    if kind is NotBooked:
        return NotBooked(f"Not booked for this customer: {words}", status=answer.status)
    if issubclass(kind, Rejected):
        return kind(words, status=answer.status)
    return kind(_no_permission(words), status=answer.status)


def _failed(answer: Answer, words: str) -> UpstreamError:
    """For a failure of the panel, which is no refusal: the change may have been made before it failed."""
    problem = msg("The panel failed: “{words}”.", words=words)
    if answer.write:
        text = msg("{problem} Nobody knows yet whether the change was made.", problem=problem)
        return OutcomeUnknown(text, status=answer.status)
    return Unreachable(msg("{problem} Nothing was changed.", problem=problem), status=answer.status)


def _kind(status: int, said: Envelope) -> type[UpstreamError]:
    if said.error_id in MEANINGS:
        return MEANINGS[said.error_id]
    if inferred.ALREADY_THERE_WORDS in said.words.lower():
        return AlreadyThere
    if status == 403 and not said.error_id:
        return NoPermission
    return {402: NotBooked, 404: NotThere}.get(status, Rejected)


def _not_signed_in(answer: Answer, said: Envelope, words: str) -> BadCredentials:
    if said.error_id == _LOCKED:
        seconds = float(number(said.data.get("remaining_time")) or inferred.LOCKED_SECONDS)
        text = msg(
            "The panel has locked the sign-in of this user for {seconds} s after failed attempts. Nothing was "
            "changed.",
            seconds=f"{seconds:.0f}",
        )
        return Locked(text, seconds, status=answer.status)
    if said.error_id == _HEADERS:
        text = msg(
            "The panel misses a header (“{words}”). With user name and password an App-ID is needed; an old panel "
            "wants app version and API token as well.",
            words=words,
        )
    elif said.error_id == _LOGIN:
        text = msg(
            "The panel does not accept user name and password. Users that sign in through Microsoft 365, LDAP or "
            "another identity provider need an API token."
        )
    else:
        text = msg(
            "The panel does not accept the sign-in. An API token may have expired or been revoked: make a new one "
            "in the user settings of the Control Panel."
        )
    return BadCredentials(text, status=answer.status)


def _no_permission(words: str) -> Message:
    return msg(
        "The connection's user may not do this: it lies outside the user's scope, or the role does not allow it "
        "(“{words}”). Roles are given in the Control Panel.",
        words=words,
    )


def _page_instead(answer: Answer) -> UpstreamError:
    if answer.status in (401, 403):
        text = msg(
            "Something before the Control Panel keeps us out (a web page with status {status}).",
            status=answer.status,
        )
        return BadCredentials(text, status=answer.status)
    if answer.write:
        return Rejected(f"HTTP {answer.status}", status=answer.status)
    return answer.unreadable(no_panel(answer.status))


def no_panel(status: int) -> Message:
    """What to say when nothing at the address speaks this API."""
    return msg(
        "There is no Control Panel API at this address (status {status}). Give the panel's own address, without "
        "/api/v0.",
        status=status,
    )


def _is_page(answer: Answer) -> bool:
    return answer.content_type in _PAGES or looks_like_html(answer)


# --- Sign-in, version, caller (5.1, 5.2) ------------------------------------------------------------------------------


def read_login(answer: Answer) -> str:
    """The session token. Raises BadCredentials for a sign-in that wants more than a password."""
    value = read_answer(answer)
    token = value.get("token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not token:
        text = msg(
            "The panel wants more than user name and password, such as a second factor. Use an API token."
        )
        raise BadCredentials(text, status=answer.status)
    return token


def read_version(answer: Answer) -> tuple[str, bool]:
    """Version and whether the old generation says it: as plain text, where the current one sends JSON (section 0).

    Raises Malformed for anything else: then this is no Control Panel.
    """
    try:
        value = read_answer(answer)
        text, old = str(value.get("version")) if isinstance(value, dict) else str(value), False
    except UpstreamError:
        text, old = answer.text.strip(), True
        if not answer.ok:
            raise
    if not _VERSION.fullmatch(text):
        raise answer.unreadable(no_panel(answer.status))
    return text, old


def read_caller(answer: Answer) -> str:
    """The name of the user whose token it is, from `/user/` or `/auth/check/session/` (an object, or one in a list)."""
    value = alone(read_answer(answer))
    name = value.get("name") or value.get("username") if isinstance(value, dict) else None
    if not isinstance(name, str):
        raise answer.unreadable(msg("The answer does not name the user."))
    return name


# --- Values -----------------------------------------------------------------------------------------------------------


def alone(value: Json) -> Json:
    """A value that some examples wrap in a list of one (7.12)."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def number(value: Json) -> int | None:
    """A whole number that may come as text, None for everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def boolean(value: Json) -> bool:
    """A truth value that may come as text; what is missing or empty is false."""
    return value.strip().lower() in ("true", "1") if isinstance(value, str) else bool(value)
