"""All kinds of resources of one connection: read, planned, sent and looked for through whichever API has them."""

from __future__ import annotations

from app.core.commands import ActOnResource
from app.core.errors import NotFound
from app.core.model import Connection
from app.core.plan import Applied, Observed, Step
from app.core.resource_plans import ResourcePlans, key_from_fields, place_of, values_to_send
from app.core.resources import Resource, ResourceAt, ResourceKind, ResourcePage, ResourceQuery
from app.core.secret import Secret
from app.core.text import msg
from app.providers.spamexperts.control_panel import ControlPanelApi, read_panel
from app.providers.spamexperts.kinds import outgoing, people, recipients, records
from app.providers.spamexperts.kinds.base import Apis, Kept, Sending
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import read_change

ALL: tuple[Kept, ...] = (
    recipients.LOCAL_RECIPIENTS,
    records.OWN_QUARANTINES,
    people.EMAIL_USERS,
    people.DOMAIN_USERS,
    people.IN_THE_PANEL,
    people.CONTACT,
    people.ADMIN_CONTACT,
    people.ADMIN_OF_DOMAIN,
    records.DELIVERY_ERRORS,
    outgoing.OUTGOING_USERS,
    outgoing.LOCKED_IDENTITIES,
    outgoing.OUTGOING_INTERFACES,
    recipients.OUTGOING_BLOCKED,
    recipients.TRUSTED_ADDRESSES,
    records.ALL_OUTGOING_USERS,
    outgoing.SERVERS,
    people.WEB_ADMINS,
    people.ADMIN_GROUPS,
    records.CALL_LOG,
)

KINDS: tuple[ResourceKind, ...] = tuple(kept.kind for kept in ALL)
_BY_NAME = {kept.kind.name: kept for kept in ALL}


class Resources:
    """The kinds of one connection."""

    def __init__(self, connection: Connection, software: SoftwareApi, panel: ControlPanelApi) -> None:
        self._apis = Apis(connection, software, panel)
        self._plans = ResourcePlans(KINDS, self, key_of=_key_of)

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:  # noqa: ARG002
        """See ResourceReader. No list is paged by the upstream."""
        rows = _kept(kind).rows(self._apis, at)
        return ResourcePage(rows, total=len(rows))

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See ResourceReader."""
        return _kept(kind).read(self._apis, at, key)

    def plan(self, command: ActOnResource) -> list[Step]:
        """See ResourcePlans."""
        return self._plans.plan(command)

    def observe(self, step: Step) -> Observed:
        """See ResourcePlans."""
        return self._plans.observe(step)

    def apply(self, step: Step) -> Applied:
        """Sends the action's call through the API that it belongs to."""
        kept, action = _kept(str(step.args["kind"])), str(step.args["action"])
        sending = Sending(
            place_of(step),
            str(step.args.get("key") or ""),
            values_to_send(step),
            step.ref,
            dict(step.args.get("now", {})),
        )
        call, arguments = kept.sends[action](sending)
        if call.startswith("api_"):
            return read_change(self._apis.software.write(call, arguments))
        answer = self._apis.panel.answer(call, arguments)
        found = kept.kind.action(action)
        if found is not None and found.secret and kept.answer is not None:
            return Applied(secret=Secret(kept.answer(self._apis, answer)))
        read_panel(answer)
        return Applied()


def _kept(kind: str) -> Kept:
    kept = _BY_NAME.get(kind)
    if kept is None:
        raise NotFound(msg("SpamExperts has nothing called “{kind}”.", kind=kind))
    return kept


def _key_of(kind: ResourceKind, command: ActOnResource) -> str:
    """The key that a new one will have."""
    named = _BY_NAME[kind.name].key
    return key_from_fields(kind, command) if named is None else named(command.domain or "", command.values)


class WithResources:
    """What the drivers of all connections have in common: the kinds, each through the API that it belongs to."""

    _resources: Resources

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See ResourceReader."""
        return self._resources.list_resources(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See ResourceReader."""
        return self._resources.read_resource(kind, at, key)
