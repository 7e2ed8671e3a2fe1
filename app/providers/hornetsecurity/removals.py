"""Domains are removed with their customer (Hornetsecurity contract sheet, 5.13, `/service_dashboard/customers/`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from app.core.commands import AddDomain, RemoveDomain, SetSetting, parse, route_inputs
from app.core.errors import Conflict, Invalid, Malformed, NotFound, Rejected
from app.core.model import Connection, Route
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.hornetsecurity.card import FILTER, OFF, ON, OWNER, REFERENCE
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.places import Place, Places
from app.providers.hornetsecurity.routes import routes_to_json
from app.providers.hornetsecurity.settings import own_values
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire import NoPermission, boolean, read_answer
from app.providers.hornetsecurity.wire_domains import environment_routes, hosted_elsewhere
from app.providers.hornetsecurity.wire_tree import same_name

Json = Any

CALL = "DELETE /service_dashboard/customers/{target_id}/"

_LOST_FOR_EVER = (
    msg("Users, groups and roles of the customer, its branding and its booked products."),
    msg(
        "Allow and deny lists, compliance rules, content control, the checks of SPF, DKIM and DMARC, and secondary "
        "environments."
    ),
    msg("Quarantined and archived mail, logs and statistics of the customer."),
)
_LOST_ROUTES = msg("Where its mail goes: that cannot be read, or cannot be set by a call.")
_LOST_CUSTOMER = msg("The customer itself: its name or an alias is one that cannot be added by a call.")


class Removals:
    """Removes customers with their domains."""

    def __init__(self, connection: Connection, panel: ControlPanel, places: Places) -> None:
        self._parallel = connection.parallel
        self._panel = panel
        self._places = places

    def plan(self, command: RemoveDomain) -> list[Step]:
        """One step; before it everything that can be read is read. Raises NotFound."""
        place = self._places.find(command.domain)
        calls: list[Callable[[], Any]] = [
            partial(self._readable, place, self._places.environment),
            partial(self._readable, place, self._places.handling),
            partial(self._places.mailboxes, place.customer),
        ]
        environment, handling, boxes = side_by_side(lambda call: call(), calls, self._parallel)
        routes, settings = _routes_to_bring_back(environment), own_values(handling)
        inverse = _bring_back(command, place, routes or (), environment, settings)
        lost = [_lost_mailboxes(boxes), *_LOST_FOR_EVER]
        if inverse is None:
            lost.insert(0, _LOST_CUSTOMER)
        elif routes is None:
            lost.insert(0, _LOST_ROUTES)
        before = {
            "routes": routes_to_json(routes or ()),
            "aliases": list(place.aliases),
            "partner": place.customer.parent,
            "mailboxes": boxes,
            "settings": settings,
            "environment": dict(environment),
        }
        return [
            Step(
                verb=Verb.DOMAIN_REMOVE,
                subject=command.domain,
                domain=command.domain,
                args={"call": CALL, "target_id": place.customer.id},
                before=before,
                inverse=inverse,
                lost=lost,
            )
        ]

    def apply(self, step: Step) -> Applied:
        """Removes the customer that the plan found, once, after a look that the id still bears its name."""
        target_id = int(step.args["target_id"])
        with nothing_sent():
            found = self._places.hierarchy.by_id(target_id)
        if not same_name(found.name, step.domain or ""):
            text = msg("The panel has another customer in the place of {domain}.", domain=step.domain)
            raise Conflict(text, {"name": found.name})
        read_answer(self._panel.write(CALL, ids={"target_id": target_id}))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the customer is gone; one of that name with another id is a new one."""
        place = self._places.find_or_none(step.domain or "")
        if place is None:
            return Observed(Seen.DONE)
        same = place.customer.id == step.args["target_id"]
        return Observed(Seen.NOT_DONE if same else Seen.DIFFERS, {"aliases": list(place.aliases)})

    def _readable(self, place: Place, read: Callable[[int], Mapping[str, Json]]) -> Mapping[str, Json]:
        """What `read` reads of the primary domain, nothing where that is closed to us."""
        try:
            return self._places.at_primary(place, read)
        except (Rejected, NoPermission, NotFound):
            return {}


def _routes_to_bring_back(environment: Mapping[str, Json]) -> tuple[Route, ...] | None:
    """The routes of an environment, None where they cannot be set again by a call."""
    if not environment or hosted_elsewhere(environment):
        return None
    try:
        return environment_routes(environment)
    except Malformed:
        return None


def _lost_mailboxes(boxes: int | None) -> Message:
    if boxes is None:
        return msg("All mailboxes of the customer with their mail; the panel does not tell how many.")
    return msg("{count} mailboxes of the customer with their mail.", count=boxes)


def _bring_back(
    command: RemoveDomain,
    place: Place,
    routes: tuple[Route, ...],
    environment: Mapping[str, Json],
    settings: Mapping[str, str],
) -> list[dict[str, Json]] | None:
    """The commands that add the customer again with its routes, aliases and settings; None where they cannot be said."""
    whose = {"connection": command.connection, "domain": command.domain}
    options = {
        FILTER: ON if boolean(environment.get("enabled")) else OFF,
        REFERENCE: place.customer.reference,
    }
    if place.customer.parent_id is not None:
        options[OWNER] = str(place.customer.parent_id)
    wish = {
        "routes": route_inputs(routes),
        "aliases": list(place.aliases),
        "options": {name: value for name, value in options.items() if value},
    }
    try:
        add = parse(AddDomain, {**whose, **wish})
        sets = [
            parse(SetSetting, {**whose, "name": name, "value": value}) for name, value in settings.items()
        ]
    except Invalid:
        return None
    return [add.to_json(), *(one.to_json() for one in sets)]
