"""All kinds of the Control Panel: which of them there are, and the way from a wish to the keeper of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.core.commands import ActOnResource
from app.core.errors import NotFound, NotThere
from app.core.model import Connection
from app.core.plan import Applied, Observed, Step
from app.core.resource_plans import ResourcePlans, place_of, values_to_send
from app.core.resources import Resource, ResourceAt, ResourceKind, ResourcePage, ResourceQuery
from app.core.text import msg
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.kinds.access import Contacts, Networks, RoleAssignments
from app.providers.hornetsecurity.kinds.allow_filters import AllowFilters
from app.providers.hornetsecurity.kinds.audit import Auditing
from app.providers.hornetsecurity.kinds.base import Desk, Keeper, Sending
from app.providers.hornetsecurity.kinds.branding import Brandings
from app.providers.hornetsecurity.kinds.customers import Customers, Names
from app.providers.hornetsecurity.kinds.exceptions import AuthenticationExceptions
from app.providers.hornetsecurity.kinds.groups import Forwarders, Groups
from app.providers.hornetsecurity.kinds.mailboxes import Deputies, MailboxAliases, Mailboxes
from app.providers.hornetsecurity.kinds.mailed_statistics import MailedStatistics
from app.providers.hornetsecurity.kinds.routing import ComplianceRules, SecondaryRoutes
from app.providers.hornetsecurity.kinds.sign_in import SignInRules
from app.providers.hornetsecurity.kinds.singles import (
    InfomailFilters,
    QuarantineReports,
    ReleasePermissions,
    Services,
    SupportContacts,
    UserFormats,
)
from app.providers.hornetsecurity.places import Places

_KEEPERS: tuple[type[Keeper], ...] = (
    Customers,
    Services,
    Contacts,
    UserFormats,
    MailedStatistics,
    Names,
    Mailboxes,
    MailboxAliases,
    Deputies,
    Groups,
    Forwarders,
    QuarantineReports,
    ReleasePermissions,
    InfomailFilters,
    SecondaryRoutes,
    ComplianceRules,
    AllowFilters,
    AuthenticationExceptions,
    Brandings,
    SupportContacts,
    RoleAssignments,
    Networks,
    SignInRules,
    Auditing,
)

KINDS: tuple[ResourceKind, ...] = tuple(kind for keeper in _KEEPERS for kind in keeper.kinds)
"""Every kind, as the card names them."""


@contextmanager
def _found() -> Iterator[None]:
    """What the panel says is not there; a missing right or a dead session is never said like that."""
    try:
        yield
    except NotThere as error:
        raise NotFound(error.message) from error


class Resources:
    """The kinds of one connection."""

    def __init__(self, connection: Connection, panel: ControlPanel, places: Places) -> None:
        desk = Desk(connection, panel, places)
        keepers = [keeper(desk) for keeper in _KEEPERS]
        self._keepers = {kind.name: keeper for keeper in keepers for kind in keeper.kinds}
        self._plans = ResourcePlans(KINDS, self)

    def _keeper(self, kind: str) -> Keeper:
        if kind not in self._keepers:
            raise NotFound(msg("Hornetsecurity has no “{kind}”.", kind=kind))
        return self._keepers[kind]

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See ResourceReader."""
        with _found():
            return self._keeper(kind).page(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See ResourceReader."""
        with _found():
            return self._keeper(kind).read(kind, at, key)

    def plan(self, command: ActOnResource) -> list[Step]:
        """A step for each call that the wish needs. Raises NotFound, Conflict, Invalid."""
        _, action = self._plans.find(command.kind, command.action)
        keeper = self._keeper(command.kind)
        if not action.of_one:
            keeper.check(command.kind, command.action, command.values, {})
        parts: Sequence[object] = keeper.parts(command.kind, command.action, command.values) or [
            command.values
        ]
        wishes = [command.model_copy(update={"values": part}) for part in parts]
        steps = [step for wish in wishes for step in self._plans.plan(wish)]
        if action.of_one:
            for step in steps:
                now = {**(step.args.get("now") or {}), **(step.ref if isinstance(step.ref, dict) else {})}
                keeper.check(command.kind, command.action, values_to_send(step), now)
        return steps

    def apply(self, step: Step) -> Applied:
        """Sends one step, once."""
        kind, action = str(step.args["kind"]), str(step.args["action"])
        values = values_to_send(step)
        sending = Sending(kind, action, place_of(step), str(step.args["key"]), values, step.ref)
        return self._keeper(kind).send(sending)

    def observe(self, step: Step) -> Observed:
        """Looks whether the step's effect is there."""
        return self._plans.observe(step)
