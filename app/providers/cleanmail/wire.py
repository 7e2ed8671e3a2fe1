"""Cleanmail's answers: is it a success, what does a refusal mean, and the values that all calls share.

Source: Cleanmail REST API manual, chapters 1 to 4, and the Cleanmail contract notes, 2 to 6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
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
from app.providers.cleanmail import inferred

Json = Any
Row = Mapping[str, Json]

REFUSALS: Mapping[int, type[Rejected]] = {404: NotThere, 409: AlreadyThere}
"""What sorts a refusal. All other statuses from 400 on are plain refusals, but 401 and 403: there the token is at fault."""

_MX_CALLS = ("editDomain", "deleteDomain")
_NO_PERMISSION = msg("The token's account has no permission for this: “{words}”")
_NO_SYSADMIN = msg("The token's account has not the sysadmin role: “{words}”")
_FORBIDDEN: Mapping[str, Message] = {
    "createDomain": msg(
        "The token's account has not the sysadmin role, or may have no more domains: “{words}”"
    ),
    **dict.fromkeys(("deleteDomain", "newPolicy", "editPolicy", "deletePolicy"), _NO_SYSADMIN),
}


# --- Is this answer a success? ----------------------------------------------------------------------------------------


def read_answer(answer: Answer, operation: str = "") -> Json:
    """The JSON of a successful answer, None when it has no body (notes 2: any 2xx is a success).

    Raises as `raise_refusal`; Malformed for a read, OutcomeUnknown for a write that was answered by something else than
    JSON.
    """
    raise_refusal(answer, operation)
    if not answer.body.strip():
        return None
    if looks_like_html(answer):
        raise answer.unreadable(no_api(answer))
    return answer.json()


def raise_refusal(answer: Answer, operation: str = "") -> None:
    """Returns when the status is a success. Raises BadCredentials, Rejected (AlreadyThere, NotThere), Unreachable for a
    read, OutcomeUnknown for a write that a gateway answered."""
    raise_for_gateway(answer)
    if answer.status >= 500:
        raise _broken(answer)
    if not answer.ok:
        raise refusal(answer, operation)


def read_rows(answer: Answer, operation: str = "") -> list[Row]:
    """The objects of a list. Raises as `read_answer`; Malformed for anything else than a list of objects."""
    value = read_answer(answer, operation)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise answer.unreadable(msg("The answer is not the list that was asked for."))
    return value


def total_of(answer: Answer) -> int | None:
    """How many rows the whole list has, None where the header is absent (notes 8)."""
    text = answer.headers.get("X-Total-Count", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def refusal(answer: Answer, operation: str = "") -> UpstreamError:
    """The error for a status from 400 to 499: its class by the status, its words from the body where it has any."""
    status = answer.status
    words = answer.quote(_words(answer)) or f"HTTP {status}"
    if status == 401:
        text = msg(
            "Cleanmail does not accept the token: it is wrong, expired or revoked, or its account is disabled or deleted."
        )
        return BadCredentials(text, status=status)
    if status == 403:
        said = _FORBIDDEN.get(operation, _NO_PERMISSION)
        return BadCredentials(Message(said.template, {"words": words}), status=status)
    error = REFUSALS.get(status, Rejected)(words, status=status)
    if status == 422 and operation in _MX_CALLS and inferred.MX_WORDS.search(words):
        return _reworded(
            error,
            msg(
                "Cleanmail refuses because of the domain's MX records: “{words}” Its check is skipped where you ask for "
                "it (header X-Ignore-MX). Nothing was changed.",
                words=words,
            ),
        )
    return error


def no_api(answer: Answer) -> Message:
    """What to say of an answer that is not this API's."""
    return msg(
        "What answers here is not the Cleanmail REST API (status {status}). Check the address of the connection: in public "
        "use it ends with /api/v3.",
        status=answer.status,
    )


def _broken(answer: Answer) -> UpstreamError:
    """A 5xx with words of its own; a mail store that does not answer is told so too (notes 12)."""
    words = answer.quote(_words(answer)) or "no reason given"
    problem = msg("Cleanmail answers with error {status}: “{words}”.", status=answer.status, words=words)
    if answer.write:
        text = msg("{problem} Nobody knows yet whether the change was made.", problem=problem)
        return OutcomeUnknown(text, status=answer.status)
    return Unreachable(msg("{problem} Try again later.", problem=problem), status=answer.status)


def _words(answer: Answer) -> str:
    """The upstream's own words, "" where the body has none that are for people (notes 3)."""
    if looks_like_html(answer):
        return ""
    text = answer.text.strip()
    if text[:1] not in ("{", "["):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    found = (value.get(key) for key in inferred.ERROR_KEYS) if isinstance(value, dict) else ()
    return next((word for word in found if isinstance(word, str) and word.strip()), "")


def _reworded(error: Rejected, text: Message) -> Rejected:
    error.message = text
    error.args = (str(text),)
    return error


# --- Values (notes 4 to 6: a missing key and null are the same, unknown keys are ignored) -----------------------------


def text_of(row: Row, key: str, limit: int = 300) -> str:
    """A text of an object in one line of at most `limit` characters, "" where it has none."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def id_of(row: Row, key: str = "id") -> str:
    """An id: a text, whatever the manual's tables say, "" where there is none."""
    value = row.get(key)
    return "" if isinstance(value, bool) or not isinstance(value, str | int) else str(value)


def number_of(row: Row, key: str) -> int | None:
    """A whole number of an object, None where it has none that a count or a port can be."""
    value = row.get(key)
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if fits else None


def rows_of(row: Row, key: str) -> tuple[Row, ...] | None:
    """The objects of a list inside an object, None where it has no such list."""
    value = row.get(key)
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else None


def moment_of(row: Row, key: str) -> datetime | None:
    """A time in UTC, at the precision of seconds: from seconds, milliseconds or ISO 8601; None where it has none."""
    value = row.get(key)
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            found = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
            return found.replace(microsecond=0, tzinfo=found.tzinfo or UTC).astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        number = float(value)
        seconds = number if number < inferred.SECONDS_BELOW else number / 1000
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
