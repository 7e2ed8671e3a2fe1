"""checkdmarc asks DNS by itself: here it asks the connection's name servers, so often and so long and not more."""

from __future__ import annotations

import time
from typing import Any

import checkdmarc.utils
import dns.exception
import dns.resolver
from expiringdict import ExpiringDict

from app.checks.resolver import Resolver

# The library keeps answers by name alone, whoever was asked: one connection would get the answers of another's name
# servers, and a record that was just published would stay unseen.
checkdmarc.utils.DNS_CACHE = ExpiringDict(max_len=1, max_age_seconds=0)

MOST_QUESTIONS = 80
"""Questions for one record. SPF allows ten terms that look something up, each of which costs a few."""


class TooManyQuestions(dns.exception.DNSException):
    """A record leads to more questions than any receiver would ask."""


class Asking(dns.resolver.Resolver):
    """The connection's resolver for one check. It remembers which answers stayed out, for then nothing is certain."""

    def __init__(self, resolver: Resolver, seconds: float) -> None:
        super().__init__(configure=False)
        self.nameservers = resolver.library.nameservers
        self.timeout = resolver.library.timeout
        self.lifetime = min(resolver.library.lifetime, seconds)
        self._until = time.monotonic() + seconds
        self._asked = 0
        self.unanswered: list[str] = []
        self.too_many = False

    def resolve(self, qname: Any, *args: Any, **kwargs: Any) -> dns.resolver.Answer:
        """As the library's own, without search lists. Raises TooManyQuestions beyond the limit, Timeout when time is over."""
        self._asked += 1
        if self._asked > MOST_QUESTIONS:
            self.too_many = True
            raise TooManyQuestions
        left = self._until - time.monotonic()
        if left <= 0:
            self._note(qname)
            raise dns.exception.Timeout(timeout=0)  # type: ignore[no-untyped-call]
        kwargs["lifetime"] = min(self.lifetime, left)
        kwargs["search"] = False
        try:
            return super().resolve(qname, *args, **kwargs)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            raise
        except dns.exception.DNSException:
            self._note(qname)
            raise

    def _note(self, name: Any) -> None:
        self.unanswered.append(str(name).rstrip(".").lower())
