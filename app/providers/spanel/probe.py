"""The connection test: which token works for what (SPanel contract sheet, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.core.capabilities import Capability, Found
from app.core.errors import BadCredentials, Rejected
from app.core.text import Message, msg
from app.providers.spanel.accounts import Accounts
from app.providers.spanel.any_call import ADMIN_ONLY, of_account
from app.providers.spanel.card import CARD, NO_ADMIN_TOKEN
from app.providers.spanel.panel_api import PanelApi, contract
from app.providers.spanel.routes import Routes
from app.providers.spanel.wire import Account, read_answer

Json = Any


class Probe:
    """Tests one connection with reads only."""

    def __init__(self, api: PanelApi, accounts: Accounts, routes: Routes) -> None:
        self._api = api
        self._accounts = accounts
        self._routes = routes

    def run(self) -> Found:
        """What the test found. Raises as `_accounts_found`."""
        found = self._accounts_found()
        if self._api.has_admin_token:
            return found
        closed = {call.name: ADMIN_ONLY for call in contract().calls if not of_account(call)}
        return replace(found, missing={Capability.ADMINS_READ: NO_ADMIN_TOKEN, **found.missing}, calls=closed)

    def _accounts_found(self) -> Found:
        """What the test found, by three to five reads. Raises BadCredentials when a token is not accepted at
        all, Unreachable or Malformed when the panel cannot be asked."""
        accounts = self._accounts.all()
        facts = self._facts(accounts)
        if self._api.has_admin_token:
            facts["the panel's own test call"] = self._own_test()
        own = self._api.own_account
        if own:
            facts["domains of the account"] = len(self._accounts.sites(Account(own)))
        sample = _sample(accounts, own)
        if sample is None:
            return Found(facts=facts)
        try:
            sites = self._accounts.sites(sample)
        except BadCredentials as refused:
            return Found(missing=_closed(refused), facts=facts)
        return Found(missing=self._missing_routes(sample.user, [s.name for s in sites]), facts=facts)

    def _facts(self, accounts: Sequence[Account]) -> dict[str, Json]:
        if not self._api.opens_all:
            return {"access": "one account", "account": self._api.account}
        suspended = sum(account.suspended for account in accounts)
        return {"access": "all accounts", "accounts": len(accounts), "suspended accounts": suspended}

    def _own_test(self) -> str:
        """What the panel's own test call says, which other programs use and no document names."""
        try:
            read_answer(self._api.read("toolbox/apicheck"))
        except (Rejected, BadCredentials):
            return "not known to this panel"
        return "answered"

    def _missing_routes(self, user: str, names: Sequence[str]) -> dict[Capability, Message]:
        """The reason when the panel refuses to tell a route: a sub-user's rights or the package may leave
        them out."""
        if not names:
            return {}
        try:
            self._routes.read(user, names[0])
        except Rejected as refused:
            reason = msg("The panel refuses to tell mail routes: “{words}”", words=refused.words)
            return {Capability.ROUTES_READ: reason, Capability.ROUTES_WRITE: reason}
        return {}


def _sample(accounts: Sequence[Account], own: str) -> Account | None:
    """The account on which user functions are tried: one that the client token does not open, where there is
    one."""
    others = [account for account in accounts if account.user != own]
    active = [account for account in others if not account.suspended]
    return next(iter([*active, *others, *accounts]), None)


def _closed(refused: BadCredentials) -> dict[Capability, Message]:
    """Everything is missing when an admin token may not act for an account."""
    reason = msg(
        "This server's admin token may not act for accounts ({problem}). Enter the client token of an "
        "account and leave the admin token out.",
        problem=refused.message,
    )
    return dict.fromkeys(CARD.can, reason)
