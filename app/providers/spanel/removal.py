"""Removing a domain; what can be read of it is kept first (SPanel contract sheet, 5.1 and 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from app.core.commands import AddDomain, RemoveDomain, parse, route_inputs
from app.core.errors import Invalid, NotSupported, NotThere, Rejected
from app.core.model import Connection, Route
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.spanel import inferred
from app.providers.spanel.accounts import Accounts, Place
from app.providers.spanel.card import ACCOUNT, PATH
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.parallel import in_order
from app.providers.spanel.routes import Routes, remote
from app.providers.spanel.wire import Account, belongs, read_answer, read_change, read_rows

Json = Any


class Removal:
    """Plans and carries out the removal of domains."""

    def __init__(self, connection: Connection, api: PanelApi, accounts: Accounts, routes: Routes) -> None:
        self._connection = connection
        self._api = api
        self._accounts = accounts
        self._routes = routes

    def plan(self, command: RemoveDomain, place: Place) -> list[Step]:
        """One step. `before` holds what ten reads tell. Raises NotSupported for an account's main domain."""
        name = command.domain
        main = place.site.main or self._accounts.one(place.user).domain == name
        if main and inferred.MAIN_DOMAIN_STAYS:
            raise NotSupported(
                command.capability,
                msg(
                    "{domain} is the main domain of the account {account}: SPanel removes it only together "
                    "with the account. Nothing was sent.",
                    domain=display(name),
                    account=place.user,
                ),
            )
        routes = self._routes_or_none(place.user, name)
        belongings, refused = self._belongings(place.user, name)
        before: dict[str, Json] = {"account": place.user, "folder": place.site.folder, **belongings}
        if place.site.modsecurity:
            before["ModSecurity"] = place.site.modsecurity
        if routes is not None:
            before["routes"] = [route.to_json() for route in routes]
        else:
            refused = ["routes", *refused]
        return [
            Step(
                verb=Verb.DOMAIN_REMOVE,
                subject=name,
                domain=name,
                args={"account": place.user, "domain": name},
                before=before,
                inverse=self._inverse(place, routes or ()),
                lost=_lost(place, belongings, refused),
                ref={"account": place.user},
            )
        ]

    def _routes_or_none(self, user: str, name: str) -> tuple[Route, ...] | None:
        try:
            return self._routes.read(user, name)
        except Rejected:
            return None

    def _belongings(self, user: str, name: str) -> tuple[dict[str, Json], list[str]]:
        """What belongs to the domain, by names for people; and the names of what the panel does not tell."""
        calls = [partial(self._listed, user, name, entry) for entry in inferred.BELONGINGS]
        calls += [partial(self._told, user, name, action) for _, action in inferred.OF_THE_DOMAIN]
        names = [entry[0] for entry in inferred.BELONGINGS] + [label for label, _ in inferred.OF_THE_DOMAIN]
        found = dict(zip(names, in_order(calls, self._connection.parallel), strict=True))
        refused = [label for label, value in found.items() if value is None]
        return {label: value for label, value in found.items() if value}, refused

    def _listed(self, user: str, name: str, entry: tuple[str, str, tuple[str, ...], str]) -> Json:
        """What of an account's list belongs to the domain, cut to what is worth keeping; None if refused."""
        _, action, keys, owner = entry
        try:
            rows = read_rows(self._api.read(action, account=user))
        except Rejected:
            return None
        own = (row for row in rows if belongs(row.get(owner), name))
        return [{key: row[key] for key in keys if row.get(key) not in (None, "")} for row in own]

    def _told(self, user: str, name: str, action: str) -> Json:
        """What a read about the domain itself answers; None if refused."""
        try:
            return read_answer(self._api.read(action, {"domain": name}, account=user)).get("data")
        except Rejected:
            return None

    def _inverse(self, place: Place, routes: Sequence[Route]) -> list[dict[str, Json]] | None:
        """The command that adds the domain again where it was, with its remote routes."""
        options = {ACCOUNT: place.user}
        if place.site.folder:
            options[PATH] = inferred.below_home(place.site.folder, place.user)
        wish = {
            "connection": self._connection.key,
            "domain": place.site.name,
            "options": options,
            "routes": route_inputs(tuple(remote(routes))),
        }
        try:
            return [parse(AddDomain, wish).to_json()]
        except Invalid:
            return None

    def apply(self, step: Step) -> Applied:
        """Sends the step, once."""
        name = str(step.args["domain"])
        account = str(step.args["account"])
        read_change(self._api.write("domain/removedomain", {"domain": name}, account=account))
        self._accounts.removed(name)
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the account has the domain no more."""
        name, user = str(step.args["domain"]), str(step.args["account"])
        try:
            sites = self._accounts.sites(Account(user))
        except NotThere:
            sites = []
        site = next((site for site in sites if site.name == name), None)
        if site is None:
            self._accounts.removed(name)
            return Observed(Seen.DONE)
        return Observed(Seen.NOT_DONE, {"account": user, "folder": site.folder})


def _lost(place: Place, belongings: Mapping[str, Json], refused: Sequence[str]) -> list[Message]:
    """What undo cannot bring back."""
    texts = []
    if belongings.get("mailboxes"):
        count = len(belongings["mailboxes"])
        texts.append(msg("Its {count} mailboxes, with their mail and passwords.", count=count))
    others = [label for label in belongings if label != "mailboxes"]
    if others:
        texts.append(
            msg(
                "What SPanel takes along of these; they are kept here and can be made again by hand: {what}.",
                what=", ".join(others),
            )
        )
    if refused:
        texts.append(msg("What the panel did not tell and nobody can keep: {what}.", what=", ".join(refused)))
    folder = place.site.folder or msg("its folder")
    return [
        *texts,
        msg("Its files need no bringing back: they stay on the server, in {folder}.", folder=folder),
    ]
