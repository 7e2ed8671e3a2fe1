"""Show and change the administrators, API tokens and accesses of an upstream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from app.core.access import AdminPage, DomainAccess, UpstreamAdmin, UpstreamToken
from app.core.actor import Actor, Right
from app.core.capabilities import AccessReader, AdminReader, Capability, Card, TokenReader
from app.core.commands import (
    AddUpstreamAdmin,
    AddUpstreamToken,
    EditUpstreamAdmin,
    RemoveUpstreamAdmin,
    RemoveUpstreamToken,
    RevokeAccess,
    SetAccess,
    SetUsersAccess,
    SwitchOffFactor,
)
from app.core.errors import BadCredentials, GatehouseError, NotFound, NotSupported
from app.core.model import Connection
from app.core.names import display
from app.core.plan import Link, State
from app.core.ports import Connections, Feedback
from app.core.secret import Secret
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor
from app.operations.gather import Gather
from app.operations.guard import check_typed
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of

R = TypeVar("R")

OfAdmin = EditUpstreamAdmin | SwitchOffFactor | RemoveUpstreamAdmin | RemoveUpstreamToken
OfDomain = AddUpstreamAdmin | SetAccess | RevokeAccess | SetUsersAccess


@dataclass(frozen=True, slots=True)
class AdminsPage:
    """The administrators of a connection, or the problem of reading them."""

    connection: Connection
    card: Card
    found: AdminPage | None
    problem: Message | None


@dataclass(frozen=True, slots=True)
class AdminDetail:
    """One administrator with the tokens. `tokens` None: not readable, `tokens_problem` says why."""

    connection: Connection
    card: Card
    admin: UpstreamAdmin
    tokens: Sequence[UpstreamToken] | None
    tokens_problem: Message | None

    def gaps(self) -> dict[str, Message]:
        """The reasons for what the connection cannot do here, by capability."""
        wanted = (Capability.ADMINS_WRITE, Capability.TOKENS_READ, Capability.TOKENS_WRITE)
        own_only = self.card.own_only if self.admin.ours is False else {}
        return {
            c.value: own_only.get(c, self.card.reason(c))
            for c in wanted
            if c not in self.card.can or c in own_only
        }


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Who may manage a domain, or the problem of reading it."""

    found: LiveDomain
    access: DomainAccess | None
    problem: Message | None


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token that was just made. `value` None: the upstream's answer did not come, so nobody will ever see it."""

    execution: Execution
    value: Secret | None


class AccessService:
    """The use cases around the upstreams' own administrators. All of it needs the right to manage access."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        live: LiveDomains,
        pool: DriverPool,
        gather: Gather,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._live = live
        self._pool = pool
        self._gather = gather
        self._page_seconds = page_seconds
        self._feedback = feedback

    # --- reading ----------------------------------------------------------------------------------------------------

    def overview(self, actor: Actor) -> list[tuple[Connection, Message | None]]:
        """Every connection that the person sees whole, with the reason why its administrators cannot be listed."""
        actor.require(Right.MANAGE_ACCESS)
        connections = [c for c in self._connections.visible(actor) if c.enabled and actor.sees(c.key)]
        cards = self._pool.cards(connections)
        able = Capability.ADMINS_READ
        return [(c, None if able in cards[c.key].can else cards[c.key].reason(able)) for c in connections]

    def admins(self, actor: Actor, key: str, text: str = "", page: int = 1, size: int = 50) -> AdminsPage:
        """One page of the administrators, read live. Raises NotFound outside the scope."""
        connection = self._connection(actor, key)
        card = self._pool.card(connection)
        if Capability.ADMINS_READ not in card.can:
            return AdminsPage(connection, card, None, card.reason(Capability.ADMINS_READ))
        answer, problem = self._read(lambda: self._admin_reader(connection).list_admins(text, page, size))
        return AdminsPage(connection, card, answer, problem.message if problem else None)

    def admin(self, actor: Actor, key: str, login: str) -> AdminDetail:
        """One administrator with the tokens, read side by side. Raises NotFound and what the read raises.

        Where only the connection's own account may see its tokens, another one's are not asked for.
        """
        connection = self._connection(actor, key)
        card, able = self._pool.card(connection), Capability.TOKENS_READ
        closed = None if able in card.can else card.reason(able)
        own_only = card.own_only.get(able)
        calls: dict[str, Callable[[], Any]] = {
            "admin": lambda: self._admin_reader(connection).read_admin(login),
            "tokens": lambda: self._token_reader(connection).list_tokens(login),
        }
        first = calls if closed is None and own_only is None else {"admin": calls["admin"]}
        found = self._gather(first, self._page_seconds)
        if "admin" in found.problems:
            raise found.problems["admin"]
        one: UpstreamAdmin = found.items["admin"]
        if closed is None and own_only is not None:
            if one.ours is False:
                return AdminDetail(connection, card, one, None, own_only)
            found = self._gather({"tokens": calls["tokens"]}, self._page_seconds)
            closed = own_only if isinstance(found.problems.get("tokens"), BadCredentials) else None
        problem = found.problems.get("tokens")
        reason = closed or (problem.message if problem else None)
        return AdminDetail(connection, card, one, found.items.get("tokens"), reason)

    def access(self, actor: Actor, key: str, domain: str) -> AccessPage:
        """Who may manage a domain, read live. Raises NotFound."""
        actor.require(Right.MANAGE_ACCESS)
        found = self._live.read(actor, key, domain, lambda connection: self._asked(connection, domain))
        if Capability.ACCESS_READ not in found.card.can:
            return AccessPage(found, None, found.card.reason(Capability.ACCESS_READ))
        problem = found.problems.get("access")
        return AccessPage(found, found.items.get("access"), problem.message if problem else None)

    def access_of(self, actor: Actor, key: str, domain: str, login: str) -> AccessPage:
        """What one account may do with a domain, read live. Raises NotFound, also where it has no access."""
        actor.require(Right.MANAGE_ACCESS)
        found = self._live.read(actor, key, domain, lambda connection: self._asked(connection, domain, login))
        if Capability.ACCESS_READ not in found.card.can:
            return AccessPage(found, None, found.card.reason(Capability.ACCESS_READ))
        problem = found.problems.get("access")
        if isinstance(problem, NotFound):
            raise problem
        access = found.items.get("access")
        if access is not None and not access.admins:
            raise NotFound(
                msg("{login} has no access to {domain} (any more).", login=login, domain=display(domain))
            )
        return AccessPage(found, access, problem.message if problem else None)

    # --- changing ---------------------------------------------------------------------------------------------------

    def edit(self, actor: Actor, command: EditUpstreamAdmin, request_key: str) -> Execution:
        """Changes an account. Raises the first failure when nothing was done."""
        return self._done(
            actor, command, request_key, msg("The account {login} is changed.", login=command.login)
        )

    def switch_off_factor(
        self, actor: Actor, command: SwitchOffFactor, request_key: str, *, typed: str
    ) -> Execution:
        """Switches a second factor off, when the login was typed."""
        self._checked(actor, command, typed)
        done = msg(
            "The second factor of {login} is off. Its owner can switch it on again after signing in.",
            login=command.login,
        )
        return self._done(actor, command, request_key, done)

    def remove(
        self, actor: Actor, command: RemoveUpstreamAdmin, request_key: str, *, typed: str
    ) -> Execution:
        """Removes an account, when its login was typed."""
        self._checked(actor, command, typed)
        done = msg("The account {login} is removed, with its permissions and tokens.", login=command.login)
        return self._done(actor, command, request_key, done)

    def add_token(self, actor: Actor, command: AddUpstreamToken, request_key: str) -> MadeToken:
        """Makes an API token. Its value is in the answer, once, and nowhere else: not in journal, log or report."""
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        value = next((outcome.secret for outcome in execution.outcomes if outcome.secret is not None), None)
        done = (
            msg("The token “{name}” of {login} is made.", name=command.name, login=command.login)
            if value
            else msg(
                "The token “{name}” of {login} is there, but its value cannot be shown (again). Remove it and make another.",
                name=command.name,
                login=command.login,
            )
        )
        self._feedback.show(report_of(execution, done))
        return MadeToken(execution, value)

    def remove_token(
        self, actor: Actor, command: RemoveUpstreamToken, request_key: str, *, typed: str, name: str
    ) -> Execution:
        """Removes an API token, when its `name` was typed."""
        self._executor.connection(actor, command)
        check_typed(name, typed)
        done = msg("The token “{name}” of {login} is removed.", name=name, login=command.login)
        return self._done(actor, command, request_key, done)

    def set_access(self, actor: Actor, command: SetAccess | AddUpstreamAdmin, request_key: str) -> Execution:
        """Lets an account manage a domain, one that is there or a new one."""
        template = (
            "{login} is added, and may manage {domain}."
            if isinstance(command, AddUpstreamAdmin)
            else "The access of {login} to {domain} is set."
        )
        done = msg(template, login=command.login, domain=display(command.domain))
        return self._done(actor, command, request_key, done)

    def set_users(self, actor: Actor, command: SetUsersAccess, request_key: str) -> Execution:
        """Lets the users of a domain do exactly this."""
        done = msg("What the users of {domain} may do is set.", domain=display(command.domain))
        return self._done(actor, command, request_key, done)

    def revoke(self, actor: Actor, command: RevokeAccess, request_key: str, *, typed: str) -> Execution:
        """Takes an access away, when the login was typed."""
        self._checked(actor, command, typed)
        done = msg(
            "{login} may no longer manage {domain}.", login=command.login, domain=display(command.domain)
        )
        return self._done(actor, command, request_key, done)

    # --- inner parts ------------------------------------------------------------------------------------------------

    def _connection(self, actor: Actor, key: str) -> Connection:
        actor.require(Right.MANAGE_ACCESS)
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees(key):
            raise NotFound(msg("There is no connection “{key}”.", key=key))
        return connection

    def _asked(self, connection: Connection, domain: str, login: str = "") -> Mapping[str, Callable[[], Any]]:
        if Capability.ACCESS_READ not in self._pool.card(connection).can:
            return {}
        if login:
            return {"access": lambda: self._access_reader(connection).read_access_of(domain, login)}
        return {"access": lambda: self._access_reader(connection).read_access(domain)}

    def _admin_reader(self, connection: Connection) -> AdminReader:
        driver = self._pool.driver(connection)
        if isinstance(driver, AdminReader):
            return driver
        raise _no_calls(connection, Capability.ADMINS_READ)

    def _token_reader(self, connection: Connection) -> TokenReader:
        driver = self._pool.driver(connection)
        if isinstance(driver, TokenReader):
            return driver
        raise _no_calls(connection, Capability.TOKENS_READ)

    def _access_reader(self, connection: Connection) -> AccessReader:
        driver = self._pool.driver(connection)
        if isinstance(driver, AccessReader):
            return driver
        raise _no_calls(connection, Capability.ACCESS_READ)

    def _read(self, call: Callable[[], R]) -> tuple[R | None, GatehouseError | None]:
        found = self._gather({"it": call}, self._page_seconds)
        return found.items.get("it"), found.problems.get("it")

    def _checked(self, actor: Actor, command: OfAdmin | RevokeAccess, typed: str) -> None:
        """Raises what `Executor.connection` raises, and Invalid unless the login was typed."""
        self._executor.connection(actor, command)
        check_typed(command.login, typed)

    def _done(self, actor: Actor, command: OfAdmin | OfDomain, request_key: str, done: Message) -> Execution:
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        report = report_of(execution, done)
        if execution.outcomes and execution.outcomes[0].state is State.DONE and not report.links:
            link = Link(msg("See the change"), "change.show", {"id": execution.outcomes[0].change_id})
            report = report.with_links(link)
        self._feedback.show(report)
        return execution


def _no_calls(connection: Connection, capability: Capability) -> NotSupported:
    return NotSupported(capability, msg("{name} has no calls for this.", name=connection.name))
