"""Domains come and go (contract sheet, 4.2 and 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.commands import AddDomain, RemoveDomain, SetSetting, parse, route_inputs
from app.core.errors import BadCredentials, Conflict, Invalid, Malformed, NotSupported, Rejected
from app.core.model import Domain, Route
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.aliases import add_steps
from app.providers.spamexperts.domain_calls import DomainCalls, Said
from app.providers.spamexperts.reads import DomainReads, same_routes
from app.providers.spamexperts.routes import plain_routes, routes_from_json, routes_to_json
from app.providers.spamexperts.settings import Settings

Json = Any

_LOST_FOR_EVER = (
    msg("Allow and block lists of the domain."),
    msg("Local recipients, outgoing users and DKIM keys of the domain."),
    msg("Quarantined and queued messages, logs and statistics of the domain."),
)
_LOST_TO_A_NAME_OR_ROUTE = msg(
    "The domain itself: its routes or aliases are of a kind that cannot be added by a call."
)


class Domains:
    """Adds and removes domains. `settings` None: this API does not show them."""

    def __init__(self, reads: DomainReads, calls: DomainCalls, settings: Settings | None) -> None:
        self._reads = reads
        self._calls = calls
        self._settings = settings

    def plan_add(self, command: AddDomain) -> list[Step]:
        """One step for the domain with its routes, and one for each alias.

        Of a domain that is there with these routes only the missing aliases are left to do. Raises NotSupported without
        a route, Conflict when the domain is there with other routes or with further aliases.
        """
        routes = plain_routes(command.routes)
        if command.options:
            raise NotSupported(
                "domain_add", msg("SpamExperts domains have no further fields. Nothing was sent.")
            )
        if not routes and inferred.NEEDS_DESTINATION:
            raise NotSupported(
                "domain_add", msg("SpamExperts takes a domain with at least one route. Nothing was sent.")
            )
        there = self._reads.read_or_none(command.domain) if command.check_first else None
        if there is None:
            step = _add_step(command, self._calls.add_domain(command.domain, routes), routes)
            return [step, *self._aliases(command, ())]
        aliases = there.aliases or ()
        if not same_routes(routes, there.routes or ()) or not set(aliases) <= set(command.aliases):
            text = msg("{domain} is already there, with other routes or aliases.", domain=command.domain)
            raise Conflict(text, _state(there))
        return self._aliases(command, aliases)

    def _aliases(self, command: AddDomain, now: Sequence[str]) -> list[Step]:
        return add_steps(self._calls, command.connection, command.domain, now, command.aliases)

    def plan_remove(self, command: RemoveDomain) -> list[Step]:
        """One step; before it everything that can be read is read. Raises NotFound."""
        domain = self._reads.read(command.domain)
        settings, lost = self._own_settings(command.domain)
        inverse = _bring_back(command, domain, settings)
        own = {one.name: one.value for one in settings}
        if inverse is None:
            lost.insert(0, _LOST_TO_A_NAME_OR_ROUTE)
        return [
            Step(
                verb=Verb.DOMAIN_REMOVE,
                subject=command.domain,
                domain=command.domain,
                args=self._calls.remove_domain(command.domain),
                before={**_state(domain), "settings": own},
                after=None,
                inverse=inverse,
                lost=[*lost, *_LOST_FOR_EVER],
            )
        ]

    def observe_add(self, step: Step) -> Observed:
        """Whether the domain is there with its routes; aliases are steps of their own."""
        there = self._reads.read_or_none(step.domain or "")
        if there is None:
            return Observed(Seen.NOT_DONE, {"routes": None})
        same = same_routes(there.routes or (), routes_from_json(step.after))
        return Observed(Seen.DONE if same else Seen.DIFFERS, _state(there))

    def observe_remove(self, step: Step) -> Observed:
        """Whether the domain is gone."""
        there = self._reads.read_or_none(step.domain or "")
        if there is None:
            return Observed(Seen.DONE, {"routes": None})
        same = same_routes(there.routes or (), routes_from_json(step.before))
        return Observed(Seen.NOT_DONE if same else Seen.DIFFERS, _state(there))

    def _own_settings(self, domain: str) -> tuple[list[SetSetting], list[Message]]:
        """What would set the domain's own values again, and what cannot be. Where the upstream does not answer its
        error is raised: removing without having seen what goes would be worse."""
        unseen = msg("All settings of the domain: they cannot be read here.")
        if self._settings is None:
            return [], [unseen]
        try:
            back, lost = self._settings.own_values(domain)
        except (Rejected, BadCredentials, Malformed):
            return [], [unseen]
        if not lost:
            return back, []
        return back, [msg("Settings that cannot be read or set again: {names}.", names=", ".join(lost))]


def _state(domain: Domain) -> dict[str, Json]:
    return {"routes": routes_to_json(domain.routes or ()), "aliases": list(domain.aliases or ())}


def _add_step(command: AddDomain, said: Said, routes: Sequence[Route]) -> Step:
    back = {"command": RemoveDomain.command, "connection": command.connection, "domain": command.domain}
    return Step(
        verb=Verb.DOMAIN_ADD,
        subject=command.domain,
        domain=command.domain,
        args=said,
        after={"routes": routes_to_json(routes)},
        inverse=[back],
    )


def _bring_back(
    command: RemoveDomain, domain: Domain, settings: Sequence[SetSetting]
) -> list[dict[str, Json]] | None:
    """The commands that add the domain again and set its own settings, None where they cannot be said."""
    whose = {"connection": command.connection, "domain": command.domain}
    routes = route_inputs(domain.routes)
    if not routes:
        return None
    try:
        add = parse(AddDomain, {**whose, "routes": routes, "aliases": list(domain.aliases or ())})
    except Invalid:
        return None
    return [add.to_json(), *(one.to_json() for one in settings)]
