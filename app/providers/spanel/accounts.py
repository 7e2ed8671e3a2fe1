"""Accounts and their domains: which account has which domain (SPanel contract sheet, 4 and 5.1)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from app.core.errors import BadCredentials, NotThere, Rejected
from app.core.model import Connection
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.parallel import in_order
from app.providers.spanel.wire import Account, Site, read_accounts, read_sites

REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a domain is: its account, what that account's list says of it, and the account's domains."""

    user: str
    site: Site
    names: frozenset[str] = frozenset()


class Accounts:
    """The accounts that one connection opens.

    No call tells which account has a domain, so what lists have shown is remembered as a hint: a hint costs
    one call to confirm, a search up to one call for each account. A wrong hint leads to the search, never to
    a wrong answer.
    """

    def __init__(self, connection: Connection, api: PanelApi) -> None:
        self._api = api
        self._threads = connection.parallel
        self._known: dict[str, str] = {}
        self._visited: set[str] = set()
        self._just_removed: set[str] = set()
        self._lock = threading.Lock()
        self._searching = threading.Lock()

    # --- reading --------------------------------------------------------------------------------------------

    def all(self) -> list[Account]:
        """All accounts that are open: by one call with an admin token, by none with a client token."""
        if not self._api.opens_all:
            return [Account(self._api.account)]
        return read_accounts(self._api.read("accounts/listaccounts"))

    def one(self, user: str) -> Account:
        """One account; with a client token only its name is known. Rows of others are left out."""
        if not self._api.opens_all:
            return Account(user)
        try:
            rows = read_accounts(self._api.read("accounts/listaccounts", {"accountuser": user}))
        except NotThere:
            rows = []
        return next((account for account in rows if account.user == user), Account(user))

    def sites(self, account: Account) -> list[Site]:
        """The domains of one account, its main domain among them where that is known. Raises NotThere."""
        sites = read_sites(self._api.read("domain/listdomains", account=account.user))
        if account.domain and all(site.name != account.domain for site in sites):
            sites.insert(0, Site(account.domain, main=True))
        self._remember(account.user, (site.name for site in sites))
        return sites

    def each(self) -> Iterator[tuple[Account, list[Site]]]:
        """All accounts with their domains, one call for each, few at a time."""
        calls = (partial(self._with_sites, account) for account in self.all())
        return in_order(calls, self._threads)

    def _with_sites(self, account: Account) -> tuple[Account, list[Site]]:
        """An account that went meanwhile has no domains, a suspended one that may not be asked its main one.

        Every other failure is raised: an account left out would look as if its domains were gone.
        """
        try:
            return account, self.sites(account)
        except NotThere:
            if not self._api.opens_all:
                raise
            return account, []
        except (Rejected, BadCredentials):
            if not account.suspended:
                raise
            return account, [Site(account.domain, main=True)] if account.domain else []

    # --- finding --------------------------------------------------------------------------------------------

    def locate(self, name: str, hint: str = "") -> Place | None:
        """The account that has the domain, None when none has. `hint`: the account that probably has it."""
        everywhere = self._api.opens_all
        hints = (hint, self._known.get(name, "")) if everywhere else (self._api.account,)
        for user in dict.fromkeys(filter(None, hints)):
            place = self._within(Account(user), name)
            if place is not None:
                return place
        with self._lock:
            removed = name in self._just_removed
            self._just_removed.discard(name)
        return None if removed or not everywhere else self._search(name)

    def _within(self, account: Account, name: str) -> Place | None:
        """The domain in this account, None when it is not there or there is no such account."""
        try:
            return _place(account, self.sites(account), name)
        except NotThere:
            return None

    def _search(self, name: str) -> Place | None:
        """Looks through all accounts: that with this main domain first, then those never looked at before.

        One search at a time: whoever waited finds what the one before has seen.
        """
        with self._searching:
            seen = self._known.get(name)
            found = self._within(Account(seen), name) if seen else None
            if found is not None:
                return found
            accounts = sorted(self.all(), key=lambda a: (a.domain != name, a.user in self._visited))
            calls = (partial(self._with_sites, account) for account in accounts)
            with closing(in_order(calls, self._threads)) as answers:
                places = (_place(account, sites, name) for account, sites in answers)
                return next(filter(None, places), None)

    # --- remembering ----------------------------------------------------------------------------------------

    def added(self, user: str, name: str) -> None:
        """The account has this domain from now on."""
        self._remember(user, [name])

    def removed(self, name: str) -> None:
        """The domain is gone. The next look for it, which follows every change, need not search."""
        with self._lock:
            self._known.pop(name, None)
            self._just_removed.add(name)

    def _remember(self, user: str, names: Iterable[str]) -> None:
        with self._lock:
            self._visited.add(user)
            for name in names:
                self._known[name] = user
                self._just_removed.discard(name)
            while len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]


def _place(account: Account, sites: Sequence[Site], name: str) -> Place | None:
    names = frozenset(site.name for site in sites)
    return next((Place(account.user, site, names) for site in sites if site.name == name), None)
