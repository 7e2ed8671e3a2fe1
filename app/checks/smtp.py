"""One route, tried by SMTP: name, connection, banner, STARTTLS, certificate, recipient accepted. Nothing is sent."""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography import x509

from app.checks.resolver import LookupFailed, Resolver
from app.core.model import Reading, Route, Verdict
from app.core.ports import Clock
from app.core.text import Message, msg

_HELO = "gatehouse.invalid"
_FOREIGN = "nobody@relay-check.invalid"
SOURCE = "SMTP"
EXPIRES_SOON_DAYS = 21
LONGEST = 20.0
"""Seconds of one conversation: a host that sends a byte now and then keeps every single time-out."""


@dataclass
class _Talk:
    """What one conversation found; later findings are "unknown" once it broke off."""

    readings: list[Reading]

    def add(
        self,
        check: str,
        verdict: Verdict,
        found: Message,
        expected: Message | None = None,
        advice: Message | None = None,
    ) -> None:
        self.readings.append(Reading(check, verdict, found, expected, advice, SOURCE))


class RouteTester:
    """Tries routes. `ca_file`: a certificate authority to trust beside the system's; `seconds`: patience per step."""

    def __init__(
        self,
        resolver: Resolver,
        clock: Clock,
        ca_file: str = "",
        seconds: float = 5.0,
        longest: float = LONGEST,
    ) -> None:
        self._longest = longest
        self._resolver = resolver
        self._clock = clock
        self._ca_file = ca_file
        self._seconds = seconds

    def test(self, route: Route, domain: str) -> list[Reading]:
        """What a mail to postmaster of `domain` would meet at this route, step by step. Raises nothing."""
        talk = _Talk([])
        addresses = self._resolve(route.host, talk)
        if addresses:
            self._converse(route, domain, addresses, talk)
        now = self._clock()
        return [replace(reading, seen_at=now) for reading in talk.readings]

    def _resolve(self, host: str, talk: _Talk) -> list[str]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            return [host]
        try:
            addresses = self._resolver.addresses(host)
        except LookupFailed as error:
            talk.add(
                "resolve",
                Verdict.FAIL if error.absent else Verdict.UNKNOWN,
                error.message,
                msg("The host has an address."),
                msg("Correct the host name, or publish an A or AAAA record for it."),
            )
            return []
        talk.add(
            "resolve", Verdict.PASS, msg("{host} is {addresses}", host=host, addresses=", ".join(addresses))
        )
        return addresses

    def _converse(self, route: Route, domain: str, addresses: Sequence[str], talk: _Talk) -> None:
        client = self._connect(route, addresses, talk)
        if client is None:
            return
        try:
            if not self._greet(client, talk):
                return
            client = self._start_tls(client, route, addresses, talk)
            if client is not None:
                self._recipient(client, domain, talk)
        except (smtplib.SMTPException, OSError) as error:
            talk.add("conversation", Verdict.FAIL, msg("The conversation broke off: {why}", why=_why(error)))
        finally:
            if client is not None:
                client.close()

    def _connect(self, route: Route, addresses: Sequence[str], talk: _Talk | None) -> _Client | None:
        """A connection to the first address that takes one, its banner read; None (with a finding) if none does."""
        port = route.port or 25
        problems = []
        for address in addresses[:4]:
            client = _Client(route.host, self._seconds, self._longest)
            try:
                client.banner = client.connect(address, port)
            except (smtplib.SMTPException, OSError) as error:
                client.close()
                problems.append(f"{address}: {_why(error)}")
                continue
            if talk is not None:
                talk.add(
                    "connect",
                    Verdict.PASS,
                    msg("{address} takes connections on port {port}", address=address, port=port),
                )
            return client
        if talk is not None:
            talk.add(
                "connect",
                Verdict.FAIL,
                msg("No connection on port {port}: {problems}", port=port, problems="; ".join(problems)),
                msg("The host takes connections from here."),
                msg("Check host, port and the firewall between the filter and the host."),
            )
        return None

    def _greet(self, client: _Client, talk: _Talk) -> bool:
        code, text = client.banner
        banner = f"{code} {_line(text)}"
        if code != 220:
            talk.add(
                "banner",
                Verdict.FAIL,
                msg("It answers “{banner}”", banner=banner),
                msg("A banner with 220."),
                msg("The host refuses to talk: see why in its own log."),
            )
            return False
        talk.add("banner", Verdict.PASS, msg("{banner}", banner=banner))
        code, text = client.ehlo(_HELO)
        if code >= 400:
            talk.add("banner", Verdict.FAIL, msg("EHLO is refused: {answer}", answer=f"{code} {_line(text)}"))
            return False
        return True

    def _start_tls(
        self, client: _Client, route: Route, addresses: Sequence[str], talk: _Talk
    ) -> _Client | None:
        """The conversation on, encrypted where that is offered. A bad certificate is a finding, not the end."""
        if not client.has_extn("starttls"):
            talk.add(
                "starttls",
                Verdict.WARN,
                msg("STARTTLS is not offered: mail would travel in clear text"),
                msg("STARTTLS is offered."),
                msg("Switch TLS on at the host."),
            )
            return client
        try:
            client.starttls(context=self._context(verify=True))
        except ssl.SSLCertVerificationError as error:
            client.close()
            return self._without_verification(route, addresses, talk, _certificate_problem(error))
        except (ssl.SSLError, smtplib.SMTPException, OSError) as error:
            talk.add("starttls", Verdict.FAIL, msg("STARTTLS is offered and fails: {why}", why=_why(error)))
            return None
        talk.add("starttls", Verdict.PASS, msg("{version}", version=client.tls_version()))
        self._certificate(client, talk)
        client.ehlo(_HELO)
        return client

    def _without_verification(
        self, route: Route, addresses: Sequence[str], talk: _Talk, problem: Message
    ) -> _Client | None:
        client = self._connect(route, addresses, None)
        if client is None:
            return None
        client.ehlo(_HELO)
        client.starttls(context=self._context(verify=False))
        talk.add("starttls", Verdict.PASS, msg("{version}", version=client.tls_version()))
        talk.add(
            "certificate",
            Verdict.WARN,
            problem,
            msg("A certificate for {host} from a known authority, not expired.", host=route.host),
            msg("Filters that insist on a valid certificate will not deliver there. Renew or replace it."),
        )
        client.ehlo(_HELO)
        return client

    def _certificate(self, client: _Client, talk: _Talk) -> None:
        left = client.certificate_days(self._clock())
        soon = left is not None and left < EXPIRES_SOON_DAYS
        talk.add(
            "certificate",
            Verdict.WARN if soon else Verdict.PASS,
            msg("valid for {days} more days", days="?" if left is None else left),
            None,
            msg("Renew it soon.") if soon else None,
        )

    def _recipient(self, client: _Client, domain: str, talk: _Talk) -> None:
        address = f"postmaster@{domain}"
        code, text = client.mail("")
        if code >= 400:
            talk.add(
                "recipient",
                Verdict.FAIL,
                msg("The empty sender is refused: {answer}", answer=f"{code} {_line(text)}"),
            )
            return
        code, text = client.rcpt(address)
        answer = f"{code} {_line(text)}"
        if code < 300:
            talk.add("recipient", Verdict.PASS, msg("{address} is accepted", address=address))
        else:
            talk.add(
                "recipient",
                Verdict.FAIL if code >= 500 else Verdict.WARN,
                msg("{address} is refused: {answer}", address=address, answer=answer),
                msg("The host accepts mail for this domain."),
                msg(
                    "Tell the host that it is responsible for the domain, or that it accepts mail from the filter."
                ),
            )
        code, _ = client.rcpt(_FOREIGN)
        if code < 300:
            talk.add(
                "relay",
                Verdict.WARN,
                msg("It also accepts mail for a domain that is not its own"),
                msg("Foreign domains are refused."),
                msg("It may be an open relay (or trusts this machine): check its relay settings."),
            )
        client.quit()

    def _context(self, *, verify: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file:
            context.load_verify_locations(cafile=self._ca_file)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class _Client(smtplib.SMTP):
    """An SMTP client that connects to an address and checks the certificate for the host's name."""

    def __init__(self, host: str, seconds: float, longest: float) -> None:
        super().__init__(timeout=seconds, local_hostname=_HELO)
        self._watch = threading.Timer(longest, self._hang_up)
        self._watch.daemon = True
        self._watch.start()
        self._host = host  # smtplib checks the certificate against this name, whatever address it connects to
        self.too_long = False
        self.banner: tuple[int, bytes] = (0, b"")

    def close(self) -> None:
        """Closes the connection, and ends the watch over it."""
        if hasattr(self, "_watch"):  # the base class closes before it is set up
            self._watch.cancel()
        super().close()

    def getreply(self) -> tuple[int, bytes]:
        """The host's answer. Raises TimeoutError when the whole conversation took too long."""
        try:
            answer = super().getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if self.too_long:
                raise TimeoutError from error
            raise
        if self.too_long:  # what was read when the line was cut
            raise TimeoutError
        return answer

    def _hang_up(self) -> None:
        """Time is over: whatever is waited for fails now."""
        self.too_long = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def tls_version(self) -> str:
        """What encrypts the conversation, e.g. "TLSv1.3"."""
        return (self.sock.version() or "TLS") if isinstance(self.sock, ssl.SSLSocket) else ""

    def certificate_days(self, now: datetime) -> int | None:
        """Whole days that the peer's certificate is still valid."""
        if not isinstance(self.sock, ssl.SSLSocket):
            return None
        encoded = self.sock.getpeercert(binary_form=True)
        if not encoded:
            return None
        return (x509.load_der_x509_certificate(encoded).not_valid_after_utc - now.astimezone(UTC)).days


def _certificate_problem(error: ssl.SSLCertVerificationError) -> Message:
    return msg("The certificate is not trusted: {why}", why=error.verify_message or "it cannot be verified")


def _line(text: bytes | str) -> str:
    """The first line of an answer, shortened and made harmless."""
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return (
        "".join(c if c.isprintable() else " " for c in decoded.splitlines()[0] if decoded)[:200]
        if decoded
        else ""
    )


def _why(error: BaseException) -> str:
    """A failure in a few words."""
    if isinstance(error, socket.timeout | TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the host closed the connection"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_line(error.smtp_error)}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
