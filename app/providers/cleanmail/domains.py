"""Domains come, go, and come back (Cleanmail REST API manual, 5.5.1, 5.5.6 and 5.5.15; Cleanmail contract notes, 11)."""

from __future__ import annotations

from typing import Any

from app.core.commands import AddDomain, RemoveDomain, parse, route_inputs
from app.core.errors import Conflict, Invalid, NotSupported
from app.core.model import DomainStatus, Route
from app.core.names import display
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.cleanmail.aliases import add_steps
from app.providers.cleanmail.details import mx_header, restore_step
from app.providers.cleanmail.options import Options
from app.providers.cleanmail.platforms import ROUTES, routes_of, same_routes
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.routes import Routes, routes_from_json, routes_to_json
from app.providers.cleanmail.wire_domains import (
    KEPT_ON_RESTORE,
    Record,
    fields_of,
    new_domain,
    options_of,
)

Json = Any

_LOST = (
    msg(
        "Nothing as long as Cleanmail has not purged the domain: undoing takes the deletion back, with mailboxes, rules and "
        "stored mail. How long that is, it tells only afterwards (as its purge date)."
    ),
    msg(
        "After that: mailboxes, mail aliases, rules, policies, further platforms, DKIM keys, administrators' access and "
        "stored mail. Only the domain with its routes, aliases and main fields can then be added anew."
    ),
)


class Domains:
    """Adds, removes and restores domains."""

    def __init__(self, reads: Reads, routes: Routes, options: Options) -> None:
        self._reads = reads
        self._routes = routes
        self._options = options

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddDomain) -> list[Step]:
        """One step for the domain with its routes, and one for its aliases.

        A domain that is marked as deleted is restored instead, and gets what it then lacks: its name is not free, and
        nothing is made anew over what can still come back. Of one that is there with these routes only aliases can be
        missing. Raises Invalid for a field that does not exist, Conflict when the domain is there and differs.
        """
        fields = fields_of(command.options)
        if len(command.routes) > ROUTES:
            raise NotSupported(
                "routes_write", msg("Cleanmail takes at most {limit} routes. Nothing was sent.", limit=ROUTES)
            )
        there = self._reads.record_or_none(command.domain) or self._reads.deleted(command.domain)
        if there is not None and there.deleted:
            return self._restore_steps(command, there, fields)
        if there is None:
            new = tuple(one.to_route() for one in command.routes)
            first = _add_step(command, new_domain(command.domain, fields, new), new)
            return [first, *add_steps(command.connection, command.domain, (), command.aliases)]
        aliases = self._reads.with_aliases(there).alias_names or ()
        routes, wanted = self._both(command, there)
        if not same_routes(routes or (), wanted) or not set(aliases) <= set(command.aliases):
            text = msg(
                "{domain} is already there, with other routes or aliases.", domain=display(command.domain)
            )
            raise Conflict(text, self._state(there))
        return add_steps(command.connection, command.domain, aliases, command.aliases, there.id)

    def plan_remove(self, command: RemoveDomain) -> list[Step]:
        """One step, or none for a domain that is marked as deleted already. Raises NotFound.

        Cleanmail keeps the domain until it purges it, so the inverse (an AddDomain) is a restore until then.
        """
        record = self._reads.with_aliases(self._reads.record(command.domain))
        if record.deleted:
            return []
        state = self._state(record)
        lost = [*_LOST]
        if record.status is not DomainStatus.ACTIVE:
            lost.insert(0, _comes_back_enabled(record))
        return [
            Step(
                verb=Verb.DOMAIN_REMOVE,
                subject=command.domain,
                domain=command.domain,
                args={"call": "deleteDomain", "arguments": mx_header(skip=command.skip_mx_check)},
                before={**state, "settings": self._options.own_values(record)},
                inverse=[self._bring_back(command, record)],
                lost=lost,
                ref={"id": record.id},
            )
        ]

    # --- what became of them ----------------------------------------------------------------------------------------

    def observe_add(self, step: Step) -> Observed:
        """Whether the domain is there with its routes; aliases are a step of their own."""
        there = self._reads.record_or_none(step.domain or "")
        if there is None:
            return Observed(Seen.NOT_DONE, {"routes": None})
        state = self._state(there)
        same = same_routes(routes_from_json(state), routes_from_json(step.after))
        return Observed(Seen.DONE if same and not there.deleted else Seen.DIFFERS, state)

    def observe_remove(self, step: Step) -> Observed:
        """Whether the domain is marked as deleted, or gone for good."""
        there = self._reads.record_or_none(step.domain or "", step.ref)
        if there is None:
            return Observed(Seen.DONE, {"status": None})
        return Observed(Seen.DONE if there.deleted else Seen.NOT_DONE, self._state(there))

    def observe_restore(self, step: Step) -> Observed:
        """Whether the domain is no longer marked as deleted, and has the fields that came with it."""
        there = self._reads.record_or_none(step.domain or "", step.ref)
        if there is None:
            return Observed(Seen.DIFFERS)
        state = {"status": there.status.value, **_fields_now(there)}
        if there.deleted:
            return Observed(Seen.NOT_DONE, state)
        same = all(state.get(name) == value for name, value in (step.after or {}).items() if name != "status")
        return Observed(Seen.DONE if same else Seen.DIFFERS, state)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _restore_steps(self, command: AddDomain, there: Record, fields: dict[str, Json]) -> list[Step]:
        """The PATCH that takes the deletion back, then what the wish names beyond what comes back.

        Without routes in the wish its own stay; so do its services and switches.
        """
        now = _fields_now(there)
        changed = {name: fields[name] for name in KEPT_ON_RESTORE if fields.get(name, now[name]) != now[name]}
        steps = [restore_step(command.connection, there, changed)]
        routes, wanted = self._both(command, there)
        if wanted and not same_routes(routes or (), wanted):
            steps.append(self._routes.step(command.connection, there, self._reads.default(there), wanted))
        aliases = self._reads.with_aliases(there).alias_names or ()
        return steps + add_steps(command.connection, command.domain, aliases, command.aliases, there.id)

    def _both(self, command: AddDomain, there: Record) -> tuple[tuple[Route, ...] | None, tuple[Route, ...]]:
        """The routes that are there, and those of the wish."""
        now = self._now(there)
        return now, self._routes.meant(command.routes, now or ())

    def _now(self, record: Record) -> tuple[Route, ...] | None:
        return routes_of(record.platforms, self._reads.default(record))

    def _state(self, record: Record) -> dict[str, Json]:
        routes = self._now(record)
        return {
            "status": record.status.value,
            "routes": None if routes is None else routes_to_json(routes),
            "aliases": list(record.alias_names or ()),
        }

    def _bring_back(self, command: RemoveDomain, record: Record) -> dict[str, Json]:
        """The AddDomain that restores the domain or, once it is purged, adds it anew with what we know of it: as data, since
        routes must name their transport. Only its name where the rest has what we would not let anybody enter."""
        whose = {"connection": command.connection, "domain": command.domain}
        known = {
            "routes": route_inputs(self._now(record)),
            "aliases": list(record.alias_names or ()),
            "options": options_of(record),
        }
        try:
            parse(AddDomain, {**whose, **known})
        except Invalid:
            known = {}
        return {"command": AddDomain.command, **whose, **known}


def _fields_now(record: Record) -> dict[str, str]:
    """The fields that a restore can change, as they are; "" for one that is empty."""
    options = options_of(record)
    return {name: options.get(name, "") for name in KEPT_ON_RESTORE}


def _add_step(command: AddDomain, body: dict[str, Json], routes: tuple[Route, ...]) -> Step:
    fields = {name: value for name, value in body.items() if name not in ("name", "platforms")}
    return Step(
        verb=Verb.DOMAIN_ADD,
        subject=command.domain,
        domain=command.domain,
        args={"call": "createDomain", "arguments": body},
        after={"routes": routes_to_json(routes), **fields},
        inverse=[_remove(command)],
    )


def _remove(command: AddDomain) -> dict[str, Json]:
    return RemoveDomain(connection=command.connection, domain=command.domain).to_json()


def _comes_back_enabled(record: Record) -> Message:
    return msg("Its status “{status}”: it comes back enabled.", status=record.status.value)
