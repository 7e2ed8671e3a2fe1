"""The port `Checker`: our checks with the settings of the connection that a domain belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from app.checks import dkim
from app.checks.dmarc import domain_policy
from app.checks.mx import mail_exchangers
from app.checks.resolver import LookupFailed, Resolver
from app.checks.smtp import RouteTester
from app.checks.spf import sender_policy
from app.core.deadline import remaining
from app.core.dkim import DkimRecord
from app.core.errors import NotFound, Unreachable
from app.core.health import WantedHosts
from app.core.model import Connection, Reading, Route, Tls
from app.core.ports import Clock

_SECONDS = 4.0
_RECORD_SECONDS = 12.0  # for a record that leads to others


class Checks:
    """Looks at DNS and SMTP for the domains of a connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def mx_hosts(self, connection: Connection, domain: str) -> list[str]:
        """See Checker."""
        try:
            return [record.host for record in _resolver(connection).mx(domain)]
        except LookupFailed as error:
            raise (NotFound if error.absent else Unreachable)(error.message) from error

    def test_route(self, connection: Connection, route: Route, domain: str) -> list[Reading]:
        """See Checker."""
        ca_file = connection.ca_file if connection.tls is Tls.CA_FILE else ""
        return RouteTester(Resolver(connection.resolvers), self._clock, ca_file).test(route, domain)

    def mx_records(self, connection: Connection, domain: str, wanted: WantedHosts) -> Reading:
        """See Checker."""
        return mail_exchangers(_resolver(connection), domain, wanted, self._clock)

    def spf_record(self, connection: Connection, domain: str, senders: Sequence[str]) -> Reading:
        """See Checker."""
        seconds = _left(_RECORD_SECONDS)
        return sender_policy(_resolver(connection), domain, senders, self._clock, seconds)

    def dmarc_record(self, connection: Connection, domain: str) -> Reading:
        """See Checker."""
        return domain_policy(_resolver(connection), domain, self._clock, _left(_RECORD_SECONDS))

    def dkim_record(self, connection: Connection, record: DkimRecord) -> Reading:
        """See Checker."""
        return dkim.published(_resolver(connection), record, self._clock)


def _resolver(connection: Connection) -> Resolver:
    """The connection's name servers, asked no longer than the page may wait."""
    return Resolver(connection.resolvers, _left(_SECONDS))


def _left(most: float) -> float:
    """Seconds that there are for it, `most` at the most."""
    left = remaining()
    return most if left is None else max(0.1, min(most, left))
