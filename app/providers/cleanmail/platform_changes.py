"""The platforms of a domain as a list: read, compared, written whole (Cleanmail contract notes, 9 and 15; manual, 6.47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.commands import PlatformInput, SetPlatforms, parse
from app.core.errors import Conflict, Invalid, NotSupported
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.platforms import Platform as Shown
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.platforms import Platform, merged_list, port_of
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import text_of
from app.providers.cleanmail.wire_domains import Record
from app.providers.cleanmail.writes import alive, just_before

Json = Any
Key = tuple[str, bool, tuple[tuple[str, int, str], ...]]


class PlatformChanges:
    """Reads and replaces the platforms of domains."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    def read(self, domain: str) -> list[Shown]:
        """The platforms with the number of mailboxes that each serves. Raises NotFound."""
        record = self._reads.record(domain)
        counts = self._reads.mailboxes(record)
        return [
            Shown(
                one.id,
                one.name,
                one.default,
                one.routes,
                counts.get(one.id),
                text_of(one.raw, "authType", 20),
                text_of(one.raw, "apiType", 20),
                one.seals,
            )
            for one in record.platforms
        ]

    def plan(self, command: SetPlatforms) -> list[Step]:
        """One step, or none when it is so already. Raises NotFound, NotSupported where settings would be erased, Conflict
        when the list moved, or a platform that goes has mailboxes."""
        record = alive(self._reads.record(command.domain))
        now = [_state(one) for one in record.platforms]
        if command.expected is not None and _keys(_wished(command.expected)) != _keys(now):
            raise _moved(record.name, now)
        wanted = _found_again(_wished(command.platforms), now)
        known = {one.id for one in record.platforms}
        if any(one["id"] and one["id"] not in known for one in wanted):
            raise _moved(record.name, now)
        if _keys(wanted) == _keys(now) and _ids(wanted) == _ids(now):
            return []
        _check_sealed(record)
        self._check_unused(record, {one["id"] for one in wanted})
        return [
            Step(
                verb=Verb.PLATFORMS_SET,
                subject=command.domain,
                domain=command.domain,
                args={"call": "editDomain", "platforms": wanted},
                before={"platforms": now},
                after={"platforms": wanted},
                inverse=_back(command, now, wanted),
                ref={"id": record.id},
            )
        ]

    def _check_unused(self, record: Record, kept: set[str]) -> None:
        """Raises Conflict when a platform that goes serves mailboxes, or nobody can tell."""
        gone = [one for one in record.platforms if one.id not in kept]
        counts = self._reads.mailboxes(record) if gone else {}
        for one in gone:
            count = counts.get(one.id)
            if count != 0:
                text = msg(
                    "Platform “{platform}” of {domain} serves {count} mailboxes. Give these another one first. Nothing was sent.",
                    platform=one.name,
                    domain=display(record.name),
                    count=msg("an unknown number of") if count is None else count,
                )
                raise Conflict(text, {"platform": one.name})

    def apply(self, step: Step) -> Applied:
        """Reads the domain again, merges the wish into what is there, and sends all platforms, each with its id.

        Raises Conflict when they are no longer those that were planned for, NotSupported as `plan`; nothing is sent then.
        """
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
        now = [_state(one) for one in record.platforms]
        before = (step.before or {}).get("platforms", [])
        if _keys(now) != _keys(before) or _ids(now) != _ids(before):
            raise _moved(record.name, now)
        _check_sealed(record)
        wanted = [PlatformInput.model_validate(one) for one in step.args["platforms"]]
        wishes = [
            (one.id, one.name, one.default, [route.to_route() for route in one.routes]) for one in wanted
        ]
        body = merged_list(record.platforms, wishes)
        self._client.ask("editDomain", {"domainId": record.id, "platforms": body})
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the platforms are as the step wanted them; new ones have ids of their own then."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        now = [_state(one) for one in record.platforms]
        state, keys = {"platforms": now}, _keys(now)
        if keys == _keys((step.after or {}).get("platforms", [])):
            return Observed(Seen.DONE, state)
        unchanged = keys == _keys((step.before or {}).get("platforms", []))
        return Observed(Seen.NOT_DONE if unchanged else Seen.DIFFERS, state)


def _state(one: Platform) -> dict[str, Json]:
    """A platform as `PlatformInput` reads it."""
    routes = [{"host": r.host, "port": port_of(r), "transport": r.transport.value} for r in one.routes]
    return {"id": one.id, "name": one.name, "default": one.default, "routes": routes}


def _wished(inputs: Sequence[PlatformInput]) -> list[dict[str, Json]]:
    return [one.model_dump(mode="json") for one in inputs]


def _found_again(
    wanted: Sequence[Mapping[str, Json]], now: Sequence[Mapping[str, Json]]
) -> list[dict[str, Json]]:
    """The wishes, one without an id taken for the platform of the same name where there is one: a wish that is planned once
    more must not put another platform in the place of the one that it made, which would lose what it has by then."""
    ids = {one["name"].lower(): one["id"] for one in now}
    named = _ids(wanted)
    found = []
    for one in wanted:
        known = ids.get(one["name"].lower(), "")
        found.append({**one, "id": one["id"] or ("" if known in named else known)})
    return found


def _keys(states: Sequence[Mapping[str, Json]]) -> list[Key]:
    """What makes up a list of platforms, without the ids, which new ones get from the server."""
    return sorted(
        (
            one["name"],
            bool(one["default"]),
            tuple((r["host"], int(r["port"]), str(r["transport"])) for r in one["routes"]),
        )
        for one in states
    )


def _ids(states: Sequence[Mapping[str, Json]]) -> set[str]:
    return {one["id"] for one in states}


def _back(
    command: SetPlatforms, now: Sequence[Mapping[str, Json]], wanted: Sequence[Mapping[str, Json]]
) -> list[dict[str, Json]] | None:
    """The command that brings the list back; a platform that went gets a new id then. None where it cannot be entered."""
    kept = _ids(wanted)
    data = {
        "connection": command.connection,
        "domain": command.domain,
        "platforms": [{**one, "id": one["id"] if one["id"] in kept else ""} for one in now],
        "expected": [{**one, "id": ""} for one in wanted],
    }
    try:
        parse(SetPlatforms, data)
    except Invalid:
        return None
    return [{"command": SetPlatforms.command, **data}]


def _check_sealed(record: Record) -> None:
    sealed = next((one for one in record.platforms if one.seals), None)
    if sealed is not None:
        text = msg(
            "Platform “{platform}” of {domain} has settings of a sign-in or of a mailbox access that Cleanmail does not "
            "show. Writing the platforms could erase them, so change them in Cleanmail's own interface. Nothing was sent.",
            domain=display(record.name),
            platform=sealed.name,
        )
        raise NotSupported("platforms_write", text)


def _moved(domain: str, now: Sequence[Mapping[str, Json]]) -> Conflict:
    text = msg(
        "The platforms of {domain} are no longer what you saw. Nothing was changed.", domain=display(domain)
    )
    return Conflict(text, {"platforms": list(now)})
