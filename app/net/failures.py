"""Why there is no answer, or none to use: from the exceptions of requests, urllib3, ssl and socket to texts for people.

Texts of exceptions hold URLs, and some upstreams take secrets there, so none of them goes any further than this.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPException  # noqa: TID251  an exception is no call

import urllib3.exceptions as u3

from app.core.errors import Malformed, OutcomeUnknown, Unreachable, UpstreamError
from app.core.text import Message, msg
from app.net.transport import Attempt, Garbled, TooLong


class Way(Enum):
    """How an attempt went wrong: no connection or no answer, or an answer that cannot be used."""

    SILENT = "silent"
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an attempt has no usable answer. `again`: a read may be tried once more; `late`: it took too long."""

    text: Message
    way: Way = Way.SILENT
    again: bool = False
    late: bool = False

    def error(self, write: bool, sent: bool) -> UpstreamError:
        """The error for a read or a write. A write that may have left the house has an unknown outcome."""
        if write and sent:
            return OutcomeUnknown(
                msg("{problem} Nobody knows yet whether the change was made.", problem=self.text)
            )
        if self.way is Way.GARBLED:
            return Malformed(self.text)
        return Unreachable(msg("{problem} Nothing was changed.", problem=self.text))


_CERTIFICATE_REASONS: dict[int, Message] = {
    9: msg("it is not valid yet (is the clock of this machine right?)"),
    10: msg("it has expired"),
    18: msg("it is self-signed; enter its file as the CA file of the connection if you trust it"),
    19: msg("its issuer is not trusted here; enter the issuer's CA file in the connection if you trust it"),
    20: msg("its issuer is not trusted here; enter the issuer's CA file in the connection if you trust it"),
    21: msg("the server does not send the certificate of its issuer"),
    23: msg("it was revoked"),
    62: msg("it was made for another host name; use the name that the certificate holds"),
    64: msg("it was not made for this IP address; use the name that the certificate holds"),
}
"""By OpenSSL's verify code (x509_vfy.h)."""

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
_TIME_OUTS = (TimeoutError, u3.TimeoutError)


def explain(error: BaseException, attempt: Attempt, host: str, port: int, cap: int) -> Trouble:
    """What went wrong in `attempt`. `host` and `port`: where it was sent; `cap`: the longest body in bytes."""
    causes = list(_causes(error))
    where = {"host": host, "port": port}
    if attempt.answered:
        return _about_body(causes, where, cap)
    return _about_tls(causes, attempt, where) or _about_line(causes, attempt, where)


def _about_body(causes: list[BaseException], where: dict[str, object], cap: int) -> Trouble:
    if _has(causes, TooLong):
        text = msg("The answer of {host} is longer than {cap} MB.", cap=f"{cap / 2**20:g}", **where)
        return Trouble(text, Way.GARBLED)
    if _has(causes, Garbled):
        text = msg("The answer of {host} cannot be unpacked, or is not complete.", **where)
        return Trouble(text, Way.GARBLED, again=True)
    if _has(causes, *_TIME_OUTS):
        return Trouble(msg("{host} did not finish its answer in time.", **where), again=True, late=True)
    return Trouble(msg("The answer of {host} was cut off.", **where), Way.GARBLED, again=True)


def _about_tls(causes: list[BaseException], attempt: Attempt, where: dict[str, object]) -> Trouble | None:
    refused = next((e for e in causes if isinstance(e, ssl.SSLCertVerificationError)), None)
    if refused is not None:
        reason = _CERTIFICATE_REASONS.get(refused.verify_code) or msg(
            "“{words}” (OpenSSL)", words=str(refused.verify_message)[:120]
        )
        return Trouble(msg("The certificate of {host} is not accepted: {reason}.", reason=reason, **where))
    if attempt.sent or not _has(causes, ssl.SSLError):
        return None
    return Trouble(
        msg(
            "{host} and Gatehouse could not agree on a secure connection. Does port {port} speak HTTPS?",
            **where,
        )
    )


def _about_line(causes: list[BaseException], attempt: Attempt, where: dict[str, object]) -> Trouble:
    if _has(causes, socket.gaierror):
        return Trouble(
            msg("The name {host} is not found in DNS. Check the address of the connection.", **where)
        )
    if _has(causes, ConnectionRefusedError):
        text = msg("{host} refuses connections on port {port}. Check the port, and that it is up.", **where)
        return Trouble(text, again=True)
    if any(isinstance(e, OSError) and e.errno in _NO_WAY for e in causes):
        text = msg("There is no way to {host} from here. Check the network and the firewall.", **where)
        return Trouble(text, again=True)
    if _has(causes, *_TIME_OUTS):
        return Trouble(_too_late(attempt, where), again=True, late=True)
    if _has(causes, ConnectionError, ssl.SSLError):
        text = msg("{host} closed the connection without an answer.", **where)
        return Trouble(text, again=True)
    if _has(causes, HTTPException, u3.HTTPError) and attempt.sent:
        text = msg("What answers at {host}, port {port}, does not speak HTTP.", **where)
        return Trouble(text, Way.GARBLED)
    return Trouble(msg("The request to {host} failed.", **where))


def _too_late(attempt: Attempt, where: dict[str, object]) -> Message:
    if attempt.sent:
        return msg("{host} did not answer in time.", **where)
    if attempt.connected:
        return msg("{host} was silent on port {port} when a secure connection began. Is it HTTPS?", **where)
    return msg(
        "{host} did not accept a connection on port {port} in time. Check address and firewall.", **where
    )


def _has(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(e, kinds) for e in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and every exception inside it: its arguments, its reason and its cause."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [*item.args, getattr(item, "reason", None), item.__cause__]
