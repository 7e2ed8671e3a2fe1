"""Domains: list, read, add (SPanel contract sheet, 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app.core.capabilities import Capability, require
from app.core.commands import AddDomain, RemoveDomain
from app.core.errors import Conflict, Invalid, NotFound, NotThere, Rejected
from app.core.model import Connection, Domain, DomainStatus, Route
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.spanel import inferred
from app.providers.spanel.accounts import Accounts, Place
from app.providers.spanel.card import ACCOUNT, CARD, PATH
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.parallel import in_order
from app.providers.spanel.routes import Routes
from app.providers.spanel.wire import Account, Site, belongs, read_change, read_rows, same_folder, shown

Json = Any

BATCH = 500


class Domains:
    """The domains of one connection."""

    def __init__(self, connection: Connection, api: PanelApi, accounts: Accounts, routes: Routes) -> None:
        self._connection = connection
        self._api = api
        self._accounts = accounts
        self._routes = routes

    # --- reading --------------------------------------------------------------------------------------------

    def batches(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches. Routes are not read here: that would cost a call for each domain."""
        batch: list[Domain] = []
        for account, sites in self._accounts.each():
            batch += [self._domain(account, site) for site in sites]
            while len(batch) >= BATCH:
                yield batch[:BATCH]
                del batch[:BATCH]
        if batch:
            yield batch

    def locate(self, name: str, hint: str = "") -> Place:
        """Where the domain is. Raises NotFound."""
        place = self._accounts.locate(name, hint)
        if place is None:
            raise NotFound(msg("{domain} is not on this server.", domain=display(name)))
        return place

    def read(self, name: str, hint: str = "") -> Domain:
        """One domain with routes and subdomains: a call to find it, three side by side. Raises NotFound."""
        place = self.locate(name, hint)
        parts: list[Callable[[], Any]] = [
            lambda: self._accounts.one(place.user),
            lambda: self._routes_or_none(place.user, name),
            lambda: self._subdomains(place.user, name),
        ]
        account, routes, subdomains = in_order(parts, self._connection.parallel)
        return self._domain(account, place.site, routes, subdomains)

    def _routes_or_none(self, user: str, name: str) -> tuple[Route, ...] | None:
        try:
            return self._routes.read(user, name)
        except Rejected:
            return None

    def _subdomains(self, user: str, name: str) -> str:
        """Their names in one line, "" for none and where the panel refuses to tell."""
        try:
            rows = read_rows(self._api.read("domain/listsubdomains", account=user))
        except Rejected:
            return ""
        return ", ".join(
            sorted(shown(r.get("subdomain"), 255) for r in rows if belongs(r.get("domain"), name))
        )

    def _domain(
        self, account: Account, site: Site, routes: tuple[Route, ...] | None = None, subdomains: str = ""
    ) -> Domain:
        facts = {
            "folder": site.folder,
            "main domain of the account": "yes" if site.main else "",
            "package": account.package,
            "mailboxes of the account": account.mailboxes,
            "ModSecurity": site.modsecurity,
            "subdomains": subdomains,
        }
        return Domain(
            connection=self._connection.key,
            name=site.name,
            aliases=None,
            routes=routes,
            status=DomainStatus.DISABLED if account.suspended else DomainStatus.ACTIVE,
            account=account.user,
            ref={"account": account.user},
            extra={name: value for name, value in facts.items() if value},
        )

    # --- adding ---------------------------------------------------------------------------------------------

    def plan_add(self, command: AddDomain) -> list[Step]:
        """One step, a second one for routes; none when the account has the domain just so already.

        What an earlier attempt left half done is finished. Raises NotSupported for aliases and for routes
        that cannot be expressed, Invalid for a field, Conflict when the account has the domain with another
        folder or other routes.
        """
        if command.aliases:
            require(CARD, Capability.ALIASES_WRITE)
        user, path = self._fields(command.options, command.domain)
        routes = self._routes.wished_anew(command.routes)
        there = self._in_account(user, command.domain)
        if there is not None:
            _check_folder(there, command.options.get(PATH, "").strip())
            return self._routes.finish(user, command.domain, routes) if routes else []
        steps = [self._step(user, command.domain, path)]
        return [*steps, self._routes.step_for_new(user, command.domain, routes)] if routes else steps

    def _fields(self, options: Mapping[str, str], domain: str) -> tuple[str, str]:
        """Account and folder. Raises Invalid."""
        problems: dict[str, Message] = {
            f"options.{name}": msg("SPanel has no such field.") for name in options.keys() - {ACCOUNT, PATH}
        }
        user = options.get(ACCOUNT, "").strip() or self._api.account
        path = options.get(PATH, "").strip().rstrip("/") or inferred.default_path(domain)
        if not user:
            problems[f"options.{ACCOUNT}"] = msg("Name the account that shall own the domain.")
        elif not self._api.opens_all and user != self._api.account:
            problems[f"options.{ACCOUNT}"] = msg(
                "The connection's token opens the account {account} only.", account=self._api.account
            )
        if ".." in path.split("/"):
            problems[f"options.{PATH}"] = msg("Name a folder below the home folder, without “..”.")
        if problems:
            raise Invalid(problems)
        return user, path

    def _in_account(self, user: str, name: str) -> Place | None:
        """The domain in this account. Raises Invalid when there is no such account."""
        try:
            sites = self._accounts.sites(Account(user))
        except NotThere as error:
            problem = msg("SPanel has no account {account}.", account=user)
            raise Invalid({f"options.{ACCOUNT}": problem}) from error
        return next((Place(user, site) for site in sites if site.name == name), None)

    def _step(self, user: str, name: str, path: str) -> Step:
        remove = RemoveDomain(connection=self._connection.key, domain=name)
        return Step(
            verb=Verb.DOMAIN_ADD,
            subject=name,
            domain=name,
            args={"account": user, "domain": name, "path": path},
            after={"account": user, "folder": path},
            inverse=[remove.to_json()],
            lost=[msg("The folder {folder}: it stays on the server.", folder=path)],
            ref={"account": user},
        )

    def add(self, step: Step) -> Applied:
        """Sends the step, once."""
        user, name = str(step.args["account"]), str(step.args["domain"])
        params = inferred.domain_params(name, str(step.args["path"]))
        read_change(self._api.write("domain/adddomain", params, account=user))
        self._accounts.added(user, name)
        return Applied()

    def observe_add(self, step: Step) -> Observed:
        """Whether the account has the domain in the step's folder."""
        user, name = str(step.args["account"]), str(step.args["domain"])
        try:
            sites = self._accounts.sites(Account(user))
        except NotThere:
            return Observed(Seen.NOT_DONE)
        site = next((site for site in sites if site.name == name), None)
        if site is None:
            return Observed(Seen.NOT_DONE)
        done = not site.folder or same_folder(site.folder, str(step.args["path"]))
        return Observed(Seen.DONE if done else Seen.DIFFERS, {"account": user, "folder": site.folder})


def _check_folder(there: Place, wanted: str) -> None:
    """Raises Conflict when the domain is there in another folder than the one that was asked for."""
    if wanted and not same_folder(there.site.folder, wanted):
        raise Conflict(
            msg(
                "{account} has {domain} already, in the folder {folder}. Nothing was changed.",
                account=there.user,
                domain=display(there.site.name),
                folder=there.site.folder,
            ),
            {"account": there.user, "folder": there.site.folder},
        )
