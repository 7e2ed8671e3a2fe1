"""The only place that makes a resolver, from the connection's setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dns.exception
import dns.resolver
from dns.nameserver import Do53Nameserver

from app.core.text import Message, msg


class LookupFailed(Exception):
    """A name could not be looked up. `message` says why; `absent`: DNS said for certain that there is nothing."""

    def __init__(self, message: Message, *, absent: bool = False) -> None:
        super().__init__(str(message))
        self.message = message
        self.absent = absent


@dataclass(frozen=True, slots=True)
class MxRecord:
    """One MX record."""

    preference: int
    host: str


class Resolver:
    """Looks names up at the name servers of a connection, or at the system's when it names none."""

    def __init__(self, servers: Sequence[str] = (), seconds: float = 4.0) -> None:
        self._resolver = dns.resolver.Resolver(configure=not servers)
        if servers:
            self._resolver.nameservers = [_server(text) for text in servers]
        self._resolver.lifetime = seconds
        self._resolver.timeout = min(2.0, seconds)

    def addresses(self, host: str) -> list[str]:
        """IPv4, then IPv6 addresses of a host. Raises LookupFailed."""
        found: list[str] = []
        failure: LookupFailed | None = None
        for kind in ("A", "AAAA"):
            try:
                found += [item.address for item in self._ask(host, kind)]
            except LookupFailed as error:
                failure = error if failure is None or failure.absent else failure
        if not found and failure is not None:
            raise failure
        return found

    def mx(self, domain: str) -> list[MxRecord]:
        """MX records by preference. Raises LookupFailed."""
        records = [
            MxRecord(item.preference, item.exchange.to_text(omit_final_dot=True).lower())
            for item in self._ask(domain, "MX")
        ]
        return sorted(records, key=lambda record: (record.preference, record.host))

    def texts(self, name: str) -> list[str]:
        """The texts of a name's TXT records, their pieces joined. Raises LookupFailed."""
        return [b"".join(item.strings).decode("utf-8", "replace") for item in self._ask(name, "TXT")]

    @property
    def library(self) -> dns.resolver.Resolver:
        """The resolver itself, for a library that asks by itself."""
        return self._resolver

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer:
        try:
            return self._resolver.resolve(name, kind, search=False)
        except dns.resolver.NXDOMAIN as error:
            raise LookupFailed(msg("{name} does not exist in DNS.", name=name), absent=True) from error
        except dns.resolver.NoAnswer as error:
            raise LookupFailed(
                msg("{name} has no {kind} record.", name=name, kind=kind), absent=True
            ) from error
        except dns.exception.Timeout as error:
            raise LookupFailed(
                msg("The name servers did not answer for {name} in time.", name=name)
            ) from error
        except dns.resolver.NoNameservers as error:
            raise LookupFailed(msg("The name servers refuse to answer for {name}.", name=name)) from error
        except dns.exception.DNSException as error:
            raise LookupFailed(
                msg("{name} cannot be looked up: {why}", name=name, why=type(error).__name__)
            ) from error


def _server(text: str) -> Do53Nameserver:
    """A name server from `IP`, `IP:port` or `[IPv6]:port`."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]:")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    return Do53Nameserver(host, int(port or 53))
