"""Calls to one upstream: `read` may be repeated, `write` goes out exactly once. Whatever goes wrong has a type.

| what happens | read | write |
|---|---|---|
| name not found, refused, certificate, breaker open, no free place in time | Unreachable | Unreachable |
| no answer in time, connection closed | Unreachable | OutcomeUnknown once a byte may have left, else Unreachable |
| answer cut off, longer than the cap, not HTTP, a redirect | Malformed | OutcomeUnknown |
| 429 | RateLimited | RateLimited |
| any other status | the Answer, for the driver to judge | the Answer |
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException  # noqa: TID251  an exception is no call
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from app.core.deadline import remaining
from app.core.errors import RateLimited, Unreachable, UpstreamError
from app.core.model import Connection
from app.core.ports import CallRecord, Clock
from app.core.text import Message, msg
from app.net.answer import Answer, looks_like_html, raise_for_gateway, retry_after
from app.net.calls import record
from app.net.failures import Trouble, Way, explain
from app.net.limits import Limits
from app.net.outgoing import Credentials, Outgoing, Pairs, Parts, build
from app.net.transport import Attempt, Garbled, TooLong, new_session, read_body, under

__all__ = ["Answer", "Http", "looks_like_html", "raise_for_gateway"]

TRIES = 3
_FIRST_PAUSE = 0.3  # seconds; doubles with each try, and a random part of it is waited
_LONGEST_PAUSE = 30.0  # seconds that a Retry-After may ask for where there is no deadline
_LONGEST_READ = 10  # times the read time-out: how long a whole read may take where there is no deadline
_FAIR_WAIT = 1.0  # seconds; an upstream that was given less has not shown that it is down
_AGAIN = (429, 502, 503, 504)
_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,
    TooLong,
    Garbled,
)


@dataclass(frozen=True)
class _Failure:
    """An attempt without a usable answer. `again`: a read may try once more; `answered`: what the breaker is told."""

    error: UpstreamError
    again: bool = False
    answered: bool | None = None


class Http:
    """Calls to the upstream of one connection. Used by many threads at once.

    `sink` is told of every attempt and must not raise; `sleep` and `jitter` (a number from 0 to 1) are replaced in
    tests.
    """

    def __init__(
        self,
        connection: Connection,
        limits: Limits,
        clock: Clock,
        *,
        sink: Callable[[CallRecord], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self._sink = sink
        self._sleep = sleep
        self._jitter = jitter
        self._base, self._host, self._port = _address(connection.base_url)
        self._session: requests.Session | None = None
        self._unusable: Message | None = None
        self._set_up()

    def read(
        self,
        call: str,
        method: str,
        path: str,
        *,
        query: Pairs | None = None,
        form: Pairs | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: Credentials | None = None,
        mask: Iterable[str] = (),
        accept: str | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Sends a call that changes nothing upstream, up to three times, and returns its answer.

        `call`: its name in the upstream's document, for the record. `path` (percent-encoded) is appended to the
        connection's address; `query`, `form` and `json` are encoded here. `auth`: user name and password for HTTP Basic.
        `mask`: names of arguments whose values are shown nowhere. `accept`: the header of that name. `timeout`: seconds
        that the next piece of the answer may take, in the place of the connection's read time-out; the deadline of
        `core.deadline` bounds all tries together.

        Tries again, after a random pause that grows, when the connection or the answer broke, and after 429, 502, 503
        and 504; a Retry-After is obeyed where the deadline leaves room. Raises Unreachable, Malformed or RateLimited.
        """
        out = self._build(Parts(call, method, path, query, form, json, headers, auth, mask, accept))
        idle = self._connection.read_timeout if timeout is None else timeout
        until = _moment(max(1.0, _LONGEST_READ * idle))
        self._limits.check()
        outcome = self._attempt(out, Attempt(False, until, idle), 1)
        for number in range(2, TRIES + 1):
            pause = self._pause(outcome, number - 1, until)
            if pause is None:
                break
            self._sleep(pause)
            outcome = self._attempt(out, Attempt(False, until, idle), number)
        return self._end(outcome)

    def write(
        self,
        call: str,
        method: str,
        path: str,
        *,
        query: Pairs | None = None,
        form: Pairs | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: Credentials | None = None,
        mask: Iterable[str] = (),
        accept: str | None = None,
        timeout: float | None = None,
        content: tuple[str, bytes] | None = None,
    ) -> Answer:
        """Sends a call that changes something upstream, exactly once, and returns its answer. Arguments as for `read`;
        `content`: media type and bytes of a body that is neither form nor JSON (an uploaded file).

        `timeout`: seconds until the whole answer must be here, waiting for a free place included; at most the
        connection's write time-out, since unknown outcomes are settled after that. Raises Unreachable or RateLimited
        (surely not done), or OutcomeUnknown (maybe done).
        """
        out = self._build(Parts(call, method, path, query, form, json, headers, auth, mask, accept, content))
        longest = self._connection.write_timeout
        until = _moment(longest if timeout is None else min(timeout, longest))
        self._limits.check()
        return self._end(self._attempt(out, Attempt(True, until, longest), 1))

    # --- before it goes out -----------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        """Makes the session. What is wrong with the connection is said when somebody calls, as for any upstream error."""
        if not self._base:
            self._unusable = msg(
                "The address of the connection cannot be used: it must be http(s)://host, without a user name. "
                "Nothing was sent."
            )
            return
        try:
            self._session = new_session(self._connection)
        except OSError:
            self._unusable = msg("The CA file of the connection cannot be read. Nothing was sent.")

    def _build(self, parts: Parts) -> Outgoing:
        return build(self._connection, self._base, self._usable_session(), parts)

    def _usable_session(self) -> requests.Session:
        if self._session is None:
            raise Unreachable(self._unusable or msg("The connection cannot be used."))
        return self._session

    # --- on the wire ------------------------------------------------------------------------------------------------

    def _attempt(self, out: Outgoing, attempt: Attempt, number: int) -> Answer | _Failure:
        """One attempt within the limits, recorded."""
        if attempt.left() <= 0:
            return _Failure(Unreachable(msg("There is no time left for this call. Nothing was sent.")))
        try:
            with self._limits.place(attempt.left()):
                return self._recorded(out, attempt, number)
        except Unreachable as refused:
            return _Failure(refused)

    def _recorded(self, out: Outgoing, attempt: Attempt, number: int) -> Answer | _Failure:
        at, started, given = self._clock(), time.monotonic(), attempt.left()
        got = self._send(out, attempt)
        answer = got if isinstance(got, Answer) else None
        call = CallRecord(
            connection=self._connection.key,
            call=out.call,
            method=out.method,
            url=out.url,
            status=answer.status if answer else None,
            ms=(time.monotonic() - started) * 1000,
            at=at,
            curl=out.curl,
            write=attempt.write,
            attempt=number,
            bytes=len(answer.body) if answer else 0,
            problem="" if isinstance(got, Answer) else out.masker.plain(str(got.text)),
        )
        record(call)
        self._sink(call)
        if isinstance(got, Answer):
            return got
        unfair = got.late and min(given, attempt.idle) < _FAIR_WAIT
        answered = None if unfair else got.way is Way.GARBLED
        return _Failure(got.error(attempt.write, attempt.sent), got.again, answered)

    def _send(self, out: Outgoing, attempt: Attempt) -> Answer | Trouble:
        """Sends and receives. Exceptions end here: their texts hold URLs, so nothing is raised from them."""
        started = time.monotonic()
        cap = self._connection.body_cap
        response: requests.Response | None = None
        try:
            with under(attempt):
                patience = attempt.patience()
                times = (min(self._connection.connect_timeout, patience), patience)
                response = self._usable_session().send(
                    out.request, stream=True, timeout=times, allow_redirects=False
                )
                attempt.answered = True
                body = read_body(response.raw, cap)
                response.raw.release_conn()  # an empty body does not do that by itself
        except _ERRORS as error:
            if response is not None:
                response.raw.close()
            return explain(error, attempt, self._host, self._port, cap)
        ms = (time.monotonic() - started) * 1000
        return Answer(response.status_code, response.headers, body, ms, attempt.write, out.masker)

    # --- after it ---------------------------------------------------------------------------------------------------

    def _pause(self, outcome: Answer | _Failure, tries: int, until: float) -> float | None:
        """Seconds to wait before the next try, None when there is none."""
        asked = None
        if isinstance(outcome, _Failure):
            if not outcome.again:
                return None
        elif outcome.status in _AGAIN:
            asked = retry_after(outcome.headers, self._clock())
        else:
            return None
        pause = asked if asked is not None else self._jitter() * _FIRST_PAUSE * 2 ** (tries - 1)
        room = until - time.monotonic()
        if remaining() is None:
            room = min(room, _LONGEST_PAUSE)
        return pause if pause < room else None

    def _end(self, outcome: Answer | _Failure) -> Answer:
        """Tells the breaker, and returns the answer or raises."""
        if isinstance(outcome, _Failure):
            if outcome.answered is not None:
                self._limits.report(outcome.answered)
            raise outcome.error
        self._limits.report(True)
        if outcome.status == 429:
            raise self._rate_limited(outcome)
        if 300 <= outcome.status < 400:
            raise outcome.unreadable(self._redirected(outcome))
        return outcome

    def _rate_limited(self, answer: Answer) -> RateLimited:
        seconds = retry_after(answer.headers, self._clock())
        if seconds is None:
            text = msg("{host} takes no more calls for now. Nothing was changed.", host=self._host)
        else:
            text = msg(
                "{host} takes no more calls for {seconds} s. Nothing was changed.",
                host=self._host,
                seconds=f"{seconds:.0f}",
            )
        return RateLimited(text, seconds, status=429)

    def _redirected(self, answer: Answer) -> Message:
        """Names the host that the answer sends us to, and no more of it: the rest may hold anything."""
        try:
            target = urlsplit(answer.headers.get("Location", ""))
            goal = f"{target.scheme or 'http'}://{target.hostname}" if target.hostname else self._host
        except ValueError:
            goal = self._host
        return msg(
            "{host} redirects to {goal} instead of answering. Check the address of the connection.",
            host=self._host,
            goal=answer.quote(goal, 100),
        )


def _address(base_url: str) -> tuple[str, str, int]:
    """Base (without a slash at its end), host and port of an address; the base is "" when it cannot be used."""
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port
    except ValueError:
        return "", "", 0
    known = {"http": 80, "https": 443}
    if parts.scheme not in known or not parts.hostname or port == 0 or "@" in parts.netloc:
        return "", "", 0
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return base, parts.hostname, port or known[parts.scheme]


def _moment(seconds: float) -> float:
    """The moment (monotonic) `seconds` from now, or the deadline of this context where that is earlier."""
    left = remaining()
    return time.monotonic() + (seconds if left is None else min(seconds, left))
