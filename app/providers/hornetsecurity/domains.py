"""Domains are added as customers of a partner (Hornetsecurity contract sheet, 5.13, `/service_dashboard/customers/`).

`PUT /domains/` adds alias domains only: a primary domain comes with its customer. Removing: `removals.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.capabilities import Capability
from app.core.commands import AddDomain, RemoveDomain
from app.core.errors import Conflict, Invalid, NotFound, NotSupported, NotThere
from app.core.model import Route
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity import routes as route_steps
from app.providers.hornetsecurity.aliases import add_steps
from app.providers.hornetsecurity.card import (
    ADMIN,
    DOMAIN_FIELDS,
    FILTER,
    NO_PARTNER,
    OFF,
    ON,
    OWNER,
    REFERENCE,
)
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.places import Place, Places
from app.providers.hornetsecurity.routes import check_ours, plain_routes, routes_to_json
from app.providers.hornetsecurity.wire import NoPermission, boolean, read_answer
from app.providers.hornetsecurity.wire_domains import environment_routes, numbered, same_routes
from app.providers.hornetsecurity.wire_tree import PARTNER, USER, Thing

Json = Any

CALL = "POST /service_dashboard/customers/"


class Domains:
    """Adds customers with their domains."""

    def __init__(self, panel: ControlPanel, places: Places) -> None:
        self._panel = panel
        self._places = places

    def plan(self, command: AddDomain) -> list[Step]:
        """A step each for the customer, its routes and its aliases; of a customer that is there only what is missing.

        Raises Invalid for a field, NotSupported without a partner to add it to, Conflict when it is there with other
        routes, with further aliases, below another partner, or out of sight.
        """
        options = _options(command.options)
        routes = numbered(plain_routes(command.routes))
        try:
            place = self._places.find(command.domain)
        except NotFound:
            return self._all_steps(command, options, routes)
        except NoPermission as error:
            text = msg(
                "The panel has {domain} already, out of this user's sight. Nothing was sent.",
                domain=command.domain,
            )
            raise Conflict(text) from error
        return self._missing_steps(command, options, routes, place)

    def _all_steps(
        self, command: AddDomain, options: Mapping[str, str], routes: Sequence[Route]
    ) -> list[Step]:
        partner = self._partner(options[OWNER])
        body: dict[str, Json] = {"name": command.domain, "parent": partner.id}
        if options[ADMIN]:
            body["admin"] = self._named(options[ADMIN], ADMIN, USER).id
        if options[REFERENCE]:
            body["external_reference"] = options[REFERENCE]
        steps = [_customer_step(command, partner, body)]
        if routes:
            steps.append(_route_step(command, options, (), routes))
        return steps + add_steps(command.connection, command.domain, (), command.aliases)

    def _missing_steps(
        self, command: AddDomain, options: Mapping[str, str], routes: Sequence[Route], place: Place
    ) -> list[Step]:
        environment = self._places.at_primary(place, self._places.environment)
        now, aliases = environment_routes(environment), tuple(place.aliases)
        elsewhere = options[OWNER] not in ("", place.customer.parent, str(place.customer.parent_id))
        if elsewhere or (now and not same_routes(routes, now)) or not set(aliases) <= set(command.aliases):
            text = msg(
                "{domain} is already there, with other routes or aliases or below another partner.",
                domain=command.domain,
            )
            raise Conflict(text, {"routes": routes_to_json(now), "aliases": list(aliases)})
        steps = []
        filtered = boolean(environment.get("enabled")) or options[FILTER] == OFF
        if routes and not (now and filtered):
            check_ours(command.domain, environment)
            steps.append(_route_step(command, options, now, routes, place.ref))
        return steps + add_steps(command.connection, command.domain, aliases, command.aliases, place.ref)

    def _partner(self, wanted: str) -> Thing:
        """The partner that gets the customer: the one that is wanted, else the only one that the connection has."""
        if wanted:
            return self._named(wanted, OWNER, PARTNER)
        partners = [node for node in self._places.hierarchy.roots() if node.kind == PARTNER]
        if not partners:
            raise NotSupported(Capability.DOMAIN_ADD, NO_PARTNER)
        if len(partners) > 1:
            names = ", ".join(node.name for node in partners)
            raise _invalid(OWNER, msg("Choose one of {choices}.", choices=names))
        return Thing(partners[0].id, partners[0].name, PARTNER)

    def _named(self, wanted: str, option: str, kind: str) -> Thing:
        """The object that an option names by its name or id. Raises Invalid when there is none, or of another kind."""
        hierarchy = self._places.hierarchy
        try:
            found = hierarchy.by_id(int(wanted)) if wanted.isdecimal() else hierarchy.by_name(wanted)
        except (NotThere, NoPermission) as error:
            raise _invalid(option, msg("The panel knows no “{name}”.", name=wanted)) from error
        if found.kind not in (kind, ""):
            raise _invalid(option, msg("“{name}” is a {kind} of the panel.", name=wanted, kind=found.kind))
        return found

    def apply(self, step: Step) -> Applied:
        """Sends the customer, once."""
        body = step.args["body"]
        read_answer(self._panel.write(CALL, query={"object_id": body["parent"]}, body=body))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the customer is there, below the partner that was wanted; routes and aliases are steps of their own."""
        place = self._places.find_or_none(step.domain or "")
        if place is None:
            return Observed(Seen.NOT_DONE)
        partner = place.customer.parent_id
        same = partner is None or partner == step.args["body"]["parent"]
        return Observed(Seen.DONE if same else Seen.DIFFERS, {"partner": place.customer.parent})


def _options(given: Mapping[str, str]) -> dict[str, str]:
    """The fields of a new domain, with their defaults. Raises Invalid."""
    known = {setting.name: setting for setting in DOMAIN_FIELDS}
    problems: dict[str, Message] = {
        f"options.{name}": msg("Hornetsecurity has no such field.") for name in given.keys() - known.keys()
    }
    options = {name: given.get(name, "").strip() or known[name].default for name in known}
    if options[FILTER] not in (ON, OFF):
        problems[f"options.{FILTER}"] = msg("Choose one of {choices}.", choices=f"{ON}, {OFF}")
    if problems:
        raise Invalid(problems)
    return options


def _invalid(option: str, problem: Message) -> Invalid:
    return Invalid({f"options.{option}": problem})


def _customer_step(command: AddDomain, partner: Thing, body: Mapping[str, Json]) -> Step:
    back = {"command": RemoveDomain.command, "connection": command.connection, "domain": command.domain}
    return Step(
        verb=Verb.DOMAIN_ADD,
        subject=command.domain,
        domain=command.domain,
        args={"call": CALL, "body": body},
        after={"partner": partner.name},
        inverse=[back],
    )


def _route_step(
    command: AddDomain,
    options: Mapping[str, str],
    now: Sequence[Route],
    wanted: Sequence[Route],
    ref: Json = None,
) -> Step:
    switch_on = options[FILTER] == ON
    return route_steps.step(command.connection, command.domain, now, wanted, switch_on=switch_on, ref=ref)
