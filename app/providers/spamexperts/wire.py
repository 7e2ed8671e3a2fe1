"""Pure translation of the Software API's answers, and the judgement "is this answer a success?".

Source: SpamExperts contract sheet, sections 2 (answers), 3 (help, version) and 5 (settings). Domains: `wire_domains.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from app.core.errors import BadCredentials, Malformed, Rejected, UpstreamError
from app.core.names import NameProblem, domain_name
from app.core.plan import Applied
from app.core.text import Message, msg
from app.net.answer import Answer, looks_like_html, raise_for_gateway
from app.providers.spamexperts import inferred

Json = Any
_WORDS_FOR_TRUE, _WORDS_FOR_FALSE = ("true", "1"), ("false", "0")
_CALL_NAME = re.compile(r"\bapi_[a-z0-9_]+\b")
_BUILD = re.compile(r"\s*\"?([0-9]{6})")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")  # what bytes that are no text become
_GARBLED = msg("The upstream's answer is garbled.")


class Odd(Exception):
    """A piece of an answer that cannot be what it should be; its text does not show the piece. See `judged`."""

    def __init__(self, problem: Message, piece: Json) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.piece = piece if isinstance(piece, str) else json.dumps(piece, default=str)


@contextmanager
def judged(answer: Answer) -> Iterator[None]:
    """Within the block a piece that is odd makes the answer Malformed, quoted so that no secret shows."""
    try:
        yield
    except Odd as odd:
        raise Malformed(odd.problem, answer.quote(odd.piece, 200), status=answer.status) from None


# --- Is this answer a success? ----------------------------------------------------------------------------------------


def read_answer(answer: Answer, *, html: bool = False) -> str:
    """The text of a successful answer (2.6). `html`: a web page is what this call answers (`api_help`).

    Raises BadCredentials, Rejected (AlreadyThere, NotThere), Unreachable and Malformed for a read, OutcomeUnknown for a
    write that a gateway answered.
    """
    raise_for_gateway(answer)
    if answer.status == 401:
        raise _unauthorized(answer)
    words = _error_words(answer)
    if words:
        raise refusal(answer.quote(words), answer.status)
    if answer.write and 400 <= answer.status < 500:
        raise refusal(f"HTTP {answer.status}", answer.status)
    if looks_like_html(answer) and not (html and answer.ok):
        raise _no_software_api(answer)
    if not answer.ok:
        raise _other_status(answer)
    return answer.text


def read_change(answer: Answer) -> Applied:
    """What came of a change: nothing to say, or warnings (2.1). Raises as `read_answer`; OutcomeUnknown for rubbish,
    which would otherwise pass for a warning."""
    text = read_answer(answer).strip()
    value = _json_or_none(text)
    if value is None and (text.startswith(("{", "[")) or _NO_TEXT.search(text)):
        raise answer.unreadable(_GARBLED)
    if isinstance(value, dict):
        warnings = [str(item) for item in as_list(value.get("warnings"))]
    elif value is not None or text in ("", "null"):
        warnings = []
    else:
        warnings = [inferred.WARNING_PREFIX.sub("", line, count=1) for line in lines_of(text)]
    return Applied(warnings=tuple(answer.quote(line) for line in warnings))


def refusal(words: str, status: int | None = None) -> UpstreamError:
    """The error for a refusal in these words, sorted by the fragments in `inferred.MEANINGS`."""
    lower = words.lower()
    kind = next((kind for fragment, kind in inferred.MEANINGS if fragment in lower), Rejected)
    if issubclass(kind, Rejected):
        return kind(words, status=status)
    return kind(msg("The upstream does not allow this call: “{words}”", words=words), status=status)


def _error_words(answer: Answer) -> str:
    """The words of an error, "" when it is none: a body that begins with ERROR, or JSON with a non-empty `error`."""
    text = answer.text
    if inferred.ERROR_PREFIX.match(text):
        return " ".join(inferred.ERROR_PREFIX.sub("", line, count=1) for line in lines_of(text[:10_000]))
    if text.lstrip()[:1] == "{":
        value = _json_or_none(text)
        found = value.get("error") if isinstance(value, dict) else None
        return "; ".join(str(item) for item in as_list(found))
    return ""


def _unauthorized(answer: Answer) -> BadCredentials:
    scheme = answer.headers.get("WWW-Authenticate", "").split(" ")[0]
    if scheme and scheme.lower() != "basic":
        text = msg(
            "The upstream asks for sign-in by {scheme}, which the Software API does not use. Check the address.",
            scheme=answer.quote(scheme, 30),
        )
        return BadCredentials(text, status=401)
    text = msg(
        "The upstream does not accept the user name and password. The Software API has credentials of its own, "
        "other than those of the Control Panel."
    )
    return BadCredentials(text, status=401)


def _no_software_api(answer: Answer) -> UpstreamError:
    return answer.unreadable(
        msg(
            "A web page came in the place of an answer (status {status}): there is no SpamExperts Software API at this "
            "address. It exists on Local Cloud only, at https://server/cgi-bin/api.",
            status=answer.status,
        )
    )


def _other_status(answer: Answer) -> UpstreamError:
    if answer.status == 403:
        words = answer.quote(answer.text) or "HTTP 403"
        return BadCredentials(msg("The upstream refuses this call: “{words}”", words=words), status=403)
    return answer.unreadable(
        msg("The upstream answers with status {status}. Check the address.", status=answer.status)
    )


# --- Help and version (3) ---------------------------------------------------------------------------------------------


def read_version(answer: Answer) -> str:
    """The six digits of the build. Raises Malformed for anything else: then this is no SpamExperts."""
    found = _BUILD.match(read_answer(answer))
    if found is None:
        raise answer.unreadable(
            msg(
                "What answers here is no SpamExperts server: “{words}” is not a build number. Check the address of the "
                "connection.",
                words=answer.quote(answer.text, 80),
            )
        )
    return found.group(1)


def read_help(answer: Answer) -> frozenset[str]:
    """The names of all calls that the help page mentions; empty when it mentions none. Raises Malformed for rubbish, of
    which the calls that it does not mention would seem closed."""
    text = read_answer(answer, html=True)
    if _NO_TEXT.search(text):
        raise answer.unreadable(_GARBLED)
    return frozenset(_CALL_NAME.findall(text))


# --- Settings (5) -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawSetting:
    """One setting as text (or as JSON had it). `own`: set on this very domain; `default` None: not known."""

    value: Json
    own: bool
    default: Json = None


def read_setting(answer: Answer, domain: str) -> RawSetting:
    """A SETTING (2.2): the value line, after a warning line when the value is not inherited. Raises Malformed."""
    text = read_answer(answer)
    if text.lstrip()[:1] == "{":
        value = answer.json()
        if not isinstance(value, dict) or "value" not in value:
            raise answer.unreadable(msg("The answer holds no value."))
        own = not value.get("is_default", not value.get("warnings"))
        return RawSetting(value["value"], own, value.get("default"))
    with judged(answer):
        line, others = value_line(text, domain)
    if not others:
        return RawSetting(line, own=False, default=line)
    named = inferred.DEFAULT_IN_WARNING.search(others[0])
    return RawSetting(line, own=True, default=named.group("default") if named else None)


def value_line(text: str, domain: str) -> tuple[str, list[str]]:
    """What follows `domain` on its line, and the other lines: in this API an extra line is always a warning.

    Raises Odd when no line is about `domain`.
    """
    lines = lines_of(text)
    for i, line in enumerate(lines):
        name, *value = line.split(None, 1)
        if _same_name(name, domain):
            return value[0] if value else "", lines[:i] + lines[i + 1 :]
    raise Odd(msg("The answer has no line for {domain}.", domain=domain), text)


def boolean(value: Json) -> bool | None:
    """True or False in any spelling that occurs (1.2), None for anything else."""
    word = str(value).strip().lower()
    return True if word in _WORDS_FOR_TRUE else False if word in _WORDS_FOR_FALSE else None


# --- Inner parts ------------------------------------------------------------------------------------------------------


def lines_of(text: str) -> list[str]:
    """The lines that are not blank, without the blanks around them."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def as_list(value: Json) -> list[Json]:
    """A value that may come alone, in a list, or not at all."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _same_name(found: str, domain: str) -> bool:
    """Whether an answer's name is this domain; an answer may have it in Unicode where we have punycode."""
    if found.lower() == domain:
        return True
    try:
        return domain_name(found) == domain
    except NameProblem:
        return False


def _json_or_none(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
