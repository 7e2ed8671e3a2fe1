"""List, show and act on what the upstreams keep: every kind of every card, by one set of use cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.core.actor import Actor, Right
from app.core.capabilities import Card
from app.core.commands import ActOnResource, may_wish, parse
from app.core.errors import GatehouseError, Invalid, NotFound, NotSupported
from app.core.model import Connection
from app.core.names import display
from app.core.plan import RESOURCE_VERBS, Link, Report, State
from app.core.ports import (
    Change,
    ChangeQuery,
    Connections,
    DomainQuery,
    DomainRow,
    Feedback,
    Inventory,
    Jobs,
    Journal,
    NewItem,
    Queue,
)
from app.core.resource_values import checked_values
from app.core.resources import (
    DOMAIN,
    Action,
    Area,
    Resource,
    ResourceAt,
    ResourceKind,
    ResourcePage,
    ResourcePreviewer,
    ResourceQuery,
    ResourceReader,
    of_domain,
)
from app.core.secret import Secret
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor
from app.operations.gather import Gather
from app.operations.guard import check_typed, needs_typing
from app.operations.live import LiveDomain, LiveDomains
from app.operations.pool import DriverPool
from app.operations.reports import report_of
from app.operations.resources import action_of, check_place, kind_of, with_checked_values

R = TypeVar("R")

MOST_EXPORTED = 20_000
MOST_AT_ONCE = 500
EXPORT_SIZE = 500
HISTORY = 10


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of a connection, and why it cannot be read there (None: it can). `usable`: something of it can be read or done.
    `behind`: what belongs to each one, for the person who looks."""

    kind: ResourceKind
    closed: Message | None
    usable: bool = True
    behind: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A connection with its kinds of an area that stand by themselves or belong to domains."""

    connection: Connection
    kinds: Sequence[KindRow]


@dataclass(frozen=True, slots=True)
class Spot:
    """A kind of a connection at a place, checked: it exists, and the person may read it."""

    connection: Connection
    card: Card
    kind: ResourceKind
    at: ResourceAt

    @property
    def closed(self) -> Message | None:
        """Why it cannot be read."""
        return self.card.closed_kind(self.kind)

    @property
    def parent(self) -> ResourceKind | None:
        """The kind of what it belongs to, where that is a kind."""
        return self.card.resource(self.kind.parent) if self.kind.parent != DOMAIN else None

    @property
    def children(self) -> list[ResourceKind]:
        """The kinds that belong to one of this kind."""
        return [kind for kind in self.card.resources if kind.parent == self.kind.name]

    def gaps(self) -> dict[str, Message]:
        """The reason for each action that this connection cannot do, by its name."""
        reasons = ((action.name, self.card.closed_action(action)) for action in self.kind.actions)
        return {name: reason for name, reason in reasons if reason is not None}


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list with what it was asked for; `page` None: `problem` says why it could not be read."""

    spot: Spot
    query: ResourceQuery
    page: ResourcePage | None
    problem: Message | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One resource; None: `problem` says why it could not be read."""

    spot: Spot
    resource: Resource | None
    problem: Message | None
    history: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of an action. `secret`: what the upstream tells this once, None where it told nothing (again)."""

    execution: Execution
    secret: Secret | None
    key: str


class ResourceService:
    """The use cases around resources. Reading a kind needs the kind's right, an action its own; both stand on the card."""

    def __init__(
        self,
        executor: Executor,
        connections: Connections,
        inventory: Inventory,
        journal: Journal,
        live: LiveDomains,
        pool: DriverPool,
        gather: Gather,
        jobs: Jobs,
        queue: Queue,
        page_seconds: float,
        feedback: Feedback,
    ) -> None:
        self._executor = executor
        self._connections = connections
        self._inventory = inventory
        self._journal = journal
        self._live = live
        self._pool = pool
        self._gather = gather
        self._jobs = jobs
        self._queue = queue
        self._page_seconds = page_seconds
        self._feedback = feedback

    # --- what there is ------------------------------------------------------------------------------------------------

    def area(self, actor: Actor, area: Area) -> list[AreaRow]:
        """The connections of the scope that have kinds of the area, each with those that the person may read."""
        rows = []
        connections = [c for c in self._connections.visible(actor) if c.enabled]
        cards = self._pool.cards(connections)
        for connection in connections:
            kinds = self._kinds(actor, connection, cards[connection.key], area)
            if kinds:
                rows.append(AreaRow(connection, kinds))
        return rows

    def kinds(self, actor: Actor, key: str) -> tuple[Connection, list[KindRow]]:
        """All kinds of a connection that the person may read. Raises NotFound."""
        connection = self._connection(actor, key)
        card = self._pool.card(connection)
        rows = [_kind_row(card, kind) for kind in card.resources if actor.may(kind.right)]
        return connection, rows

    def card(self, actor: Actor, key: str) -> Card:
        """What the connection can do. Raises NotFound."""
        return self._pool.card(self._connection(actor, key))

    def of_domain(self, actor: Actor, key: str) -> list[KindRow]:
        """The kinds that belong to each domain of a connection."""
        _, rows = self.kinds(actor, key)
        return [row for row in rows if row.kind.parent == DOMAIN]

    def domains(self, actor: Actor, key: str, text: str = "") -> list[DomainRow]:
        """Domains of the connection to choose from, by name, some thirty at most; those with the text in their name."""
        query = DomainQuery(connections=(key,), text=text, size=30)
        return list(self._inventory.page(actor, query).rows)

    def domain(self, actor: Actor, key: str, name: str) -> LiveDomain:
        """The domain as the inventory has it, for the tabs of its pages. Raises NotFound."""
        return self._live.stored(actor, key, name)

    def spot(
        self, actor: Actor, key: str, kind_name: str, domain: str | None = None, parent: str | None = None
    ) -> Spot:
        """The kind at a place. Raises NotFound outside the scope, Forbidden without the kind's right, Invalid for a place
        that does not fit the kind."""
        connection = self._connection(actor, key)
        card = self._pool.card(connection)
        kind = kind_of(card, kind_name)
        actor.require(kind.right)
        check_place(card, kind, domain, parent)
        if not actor.sees(key, domain):
            raise NotFound(
                msg("{domain} is not on {name}.", domain=display(domain or kind.name), name=connection.name)
            )
        return Spot(connection, card, kind, ResourceAt(domain, parent))

    def missing_place(
        self, actor: Actor, key: str, kind_name: str, at: ResourceAt
    ) -> tuple[Spot, str] | None:
        """What must be chosen before the kind can be listed: ("domain", or the name of the parent kind); None: nothing."""
        connection = self._connection(actor, key)
        card = self._pool.card(connection)
        kind = kind_of(card, kind_name)
        actor.require(kind.right)
        spot = Spot(connection, card, kind, at)
        if of_domain(card.resources, kind) and at.domain is None:
            return spot, DOMAIN
        if kind.parent not in ("", DOMAIN) and at.parent is None:
            return spot, kind.parent
        return None

    # --- reading ------------------------------------------------------------------------------------------------------

    def listing(self, actor: Actor, spot: Spot, query: ResourceQuery) -> Listing:
        """One page of a list, read live; an upstream that does not answer is a problem in it. Raises Invalid for a filter
        that the list does not have."""
        actor.require(spot.kind.right)
        unknown = query.filters.keys() - {field.name for field in spot.kind.filters}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise Invalid({"filters": msg("This list has no such filter: {names}.", names=names)})
        if spot.closed is not None or not spot.kind.listable:
            return Listing(spot, query, None, spot.closed)
        page, problem = self._read(lambda: self._page(spot, query))
        if isinstance(problem, NotFound):
            raise problem
        return Listing(spot, query, page, problem.message if problem else None)

    def export(self, actor: Actor, spot: Spot, query: ResourceQuery) -> Iterator[Resource]:
        """All rows of a list, page by page."""
        actor.require(Right.EXPORT)
        actor.require(spot.kind.right)
        query = replace(query, page=1, size=EXPORT_SIZE)
        seen = 0
        while seen < MOST_EXPORTED:
            page = self._page(spot, query)
            yield from page.rows
            seen += len(page.rows)
            if not page.rows or not _more(page, query):
                return
            query = replace(query, page=query.page + 1)

    def show(self, actor: Actor, spot: Spot, key: str) -> Shown:
        """One resource with what was changed of it lately. Raises NotFound."""
        actor.require(spot.kind.right)
        if spot.closed is not None or not spot.kind.readable:
            return Shown(spot, None, spot.closed, self._history(actor, spot, key))
        resource, problem = self._read(lambda: self._reader(spot).read_resource(spot.kind.name, spot.at, key))
        if isinstance(problem, NotFound):
            raise problem
        history = self._history(actor, spot, key)
        return Shown(spot, resource, problem.message if problem else None, history)

    def read(self, actor: Actor, spot: Spot, key: str) -> Resource:
        """One resource. Raises NotFound, NotSupported, and what the read raises."""
        actor.require(spot.kind.right)
        if spot.closed is not None:
            raise NotSupported("resources_read", spot.closed)
        if not spot.kind.readable:
            raise NotSupported("resources_read", spot.kind.note or msg("No call reads this."))
        resource, problem = self._read(lambda: self._reader(spot).read_resource(spot.kind.name, spot.at, key))
        if resource is None:
            raise problem or NotFound(msg("It is not there."))
        return resource

    # --- acting -------------------------------------------------------------------------------------------------------

    def action(self, actor: Actor, spot: Spot, name: str) -> Action:
        """The action, when the person may do it and the connection can. Raises NotFound, Forbidden, NotSupported."""
        action = action_of(spot.card, spot.kind, name)
        actor.require(action.right)
        closed = spot.card.closed_action(action)
        if closed is not None:
            raise NotSupported("resources_write", closed)
        return action

    def preview(
        self, actor: Actor, spot: Spot, action: Action, values: Mapping[str, Any]
    ) -> Sequence[Message]:
        """What the values of an action mean, in the driver's words; no upstream is asked. Raises Invalid."""
        actor.require(action.right)
        driver = self._pool.driver(spot.connection)
        if not isinstance(driver, ResourcePreviewer):
            return ()
        return driver.preview_resource(spot.kind.name, action.name, spot.at, checked_values(action, values))

    def wish(
        self,
        spot: Spot,
        action: Action,
        key: str,
        values: Mapping[str, Any],
        expected: Mapping[str, Any] | None = None,
    ) -> ActOnResource:
        """The command for an action. Raises Invalid."""
        data = {
            "connection": spot.connection.key,
            "kind": spot.kind.name,
            "action": action.name,
            "domain": spot.at.domain,
            "parent": spot.at.parent,
            "key": key,
            "values": dict(values),
            "expected": None if expected is None else dict(expected),
        }
        return parse(ActOnResource, data)

    def act(
        self,
        actor: Actor,
        spot: Spot,
        command: ActOnResource,
        request_key: str,
        *,
        title: str = "",
        typed: str = "",
    ) -> Acted:
        """Carries an action out; one that takes something away when the `title` of what goes was typed. Raises the first
        failure when nothing was done."""
        action = self.action(actor, spot, command.action)
        if action.risk:
            check_typed(title or str(spot.kind.one), typed)
        execution = self._executor.execute(actor, command, request_key=request_key)
        execution.raise_if_nothing_done()
        secret = next((outcome.secret for outcome in execution.outcomes if outcome.secret is not None), None)
        key = next((str(o.step.args.get("key", "")) for o in execution.outcomes), command.key)
        done = Message(
            action.done.template, {**action.done.params, "one": spot.kind.one, "key": title or key}
        )
        if action.secret and secret is None:
            done = msg("{done} What it told cannot be shown (again).", done=done)
        report = report_of(execution, done)
        if execution.outcomes and execution.outcomes[0].state is State.DONE:
            report = self._with_way_on(actor, spot, execution, report)
        self._feedback.show(report)
        return Acted(execution, secret, key)

    def start(
        self,
        actor: Actor,
        spot: Spot,
        action: Action,
        keys: Sequence[str],
        values: Mapping[str, Any],
        request_key: str,
        *,
        typed: str = "",
    ) -> int:
        """Starts a job that does the action for each of these, and returns its id. Raises Invalid for values or confirmation
        that do not fit."""
        actor.require(Right.BULK)
        action = self.action(actor, spot, action.name)
        keys = list(dict.fromkeys(key for key in keys if key))
        self.check_many(action, keys)
        if must_type(action, len(keys)):
            check_typed(str(len(keys)), typed)
        commands = [with_checked_values(spot.card, self.wish(spot, action, key, values)) for key in keys]
        items = [NewItem(f"{spot.kind.one} {command.key}", command.for_job()) for command in commands]
        title = msg("{action}: {count} × {kind}", action=action.label, count=len(items), kind=spot.kind.one)
        job_id = self._jobs.create(actor, "resources", title, items, request_key=request_key)
        self._queue.nudge(job_id)
        link = Link(msg("See the job"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    def check_many(self, action: Action, keys: Sequence[str]) -> None:
        """Raises Invalid unless the action may be done for so many."""
        if not action.many:
            raise Invalid({"selected": msg("This is done for one at a time.")})
        if not keys:
            raise Invalid({"selected": msg("Choose at least one row.")})
        if len(keys) > MOST_AT_ONCE:
            raise Invalid({"selected": msg("Choose at most {most} rows at once.", most=MOST_AT_ONCE)})

    # --- inner parts --------------------------------------------------------------------------------------------------

    def _connection(self, actor: Actor, key: str) -> Connection:
        connection = self._connections.get(actor, key)
        if connection is None or not actor.sees_some_of(key):
            raise NotFound(msg("There is no connection “{key}”.", key=key))
        return connection

    def _kinds(self, actor: Actor, connection: Connection, card: Card, area: Area) -> list[KindRow]:
        """The kinds to begin with: those of other resources are reached from these."""
        return [
            replace(
                _kind_row(card, kind),
                behind=[k.label for k in card.resources if k.parent == kind.name and actor.may(k.right)],
            )
            for kind in card.resources
            if kind.area is area
            and kind.parent in ("", DOMAIN)
            and actor.may(kind.right)
            and (kind.parent == DOMAIN or actor.sees(connection.key))
        ]

    def _reader(self, spot: Spot) -> ResourceReader:
        driver = self._pool.driver(spot.connection)
        if isinstance(driver, ResourceReader):
            return driver
        raise NotSupported("resources_read", msg("{name} has no calls for this.", name=spot.connection.name))

    def _read(self, call: Callable[[], R]) -> tuple[R | None, GatehouseError | None]:
        found = self._gather({"it": call}, self._page_seconds)
        return found.items.get("it"), found.problems.get("it")

    def _page(self, spot: Spot, query: ResourceQuery) -> ResourcePage:
        """A page as the upstream gives it; of a list that comes whole, the part that is asked for."""
        page = self._reader(spot).list_resources(spot.kind.name, spot.at, query)
        return page if spot.kind.paged else cut_out(spot.kind, page, query)

    def _history(self, actor: Actor, spot: Spot, key: str) -> list[Change]:
        """The last changes of one resource."""
        if not actor.may(Right.VIEW_CHANGES):
            return []
        text = key[:200] or str(spot.kind.one)
        query = ChangeQuery(
            connection=spot.connection.key, domain=spot.at.domain or "", text=text, size=HISTORY * 5
        )
        rows = self._journal.page(actor, query)
        return [change for change in rows if _is_about(change, spot, key)][:HISTORY]

    def _with_way_on(self, actor: Actor, spot: Spot, execution: Execution, report: Report) -> Report:
        """The report with the change to look at; “Undo” only for those who may do what undoing wishes."""
        outcome = execution.outcomes[0]
        links = [link for link in report.links if link.action != "change.undo"]
        if len(links) < len(report.links) and self._may_all(actor, spot.card, outcome.step.inverse or ()):
            links = list(report.links)
        link = Link(msg("See the change"), "change.show", {"id": outcome.change_id})
        return replace(report, links=(*links, link))

    def _may_all(self, actor: Actor, card: Card, wishes: Sequence[Mapping[str, Any]]) -> bool:
        if not may_wish(actor, wishes):
            return False
        for data in wishes:
            kind = card.resource(str(data.get("kind")))
            action = kind.action(str(data.get("action"))) if kind else None
            if action is None or not actor.may(action.right):
                return False
        return True


def _kind_row(card: Card, kind: ResourceKind) -> KindRow:
    """A kind as the card has it: what cannot be read may still be added to."""
    closed = card.closed_kind(kind)
    actions = [action for action in kind.actions if not action.of_one and card.closed_action(action) is None]
    return KindRow(kind, closed, closed is None or bool(actions))


def must_type(action: Action, count: int) -> bool:
    """Whether work on so many must be confirmed by typing their number."""
    return needs_typing(count, count if action.risk else 0)


def _more(page: ResourcePage, query: ResourceQuery) -> bool:
    if page.total is not None:
        return query.page * query.size < page.total
    return page.more


def _is_about(change: Change, spot: Spot, key: str) -> bool:
    args = change.step.args
    return (
        change.step.verb in RESOURCE_VERBS
        and args.get("kind") == spot.kind.name
        and args.get("key") == key
        and args.get("parent") == spot.at.parent
    )


# --- lists that come whole --------------------------------------------------------------------------------------------


def cut_out(kind: ResourceKind, page: ResourcePage, query: ResourceQuery) -> ResourcePage:
    """The part of a whole list that is asked for: searched, filtered, sorted, and cut to a page."""
    rows = [row for row in page.rows if _matches(kind, row, query)]
    name = query.sort.removeprefix("-")
    if name:
        rows.sort(key=lambda row: _order(row.values.get(name)), reverse=query.sort.startswith("-"))
    start = (query.page - 1) * query.size
    return replace(
        page, rows=rows[start : start + query.size], total=len(rows), more=len(rows) > start + query.size
    )


def _matches(kind: ResourceKind, row: Resource, query: ResourceQuery) -> bool:
    for field in kind.filters:
        if field.answered:
            continue
        wanted = query.filters.get(field.name, "")
        if wanted and _plain(row.values.get(field.name)).casefold() != wanted.casefold():
            return False
    text = query.text.strip().casefold()
    if not text:
        return True
    shown = (row.values.get(column.name) for column in kind.columns if column.listed)
    return any(text in _plain(value).casefold() for value in (row.key, row.label, *shown))


def _plain(value: Any) -> str:
    """A value as the text that is searched in."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None or isinstance(value, dict) else str(value)


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers before texts, what is missing at the end."""
    if isinstance(value, dict):
        value = value.get("used")
    if value in (None, "", []):
        return (2, 0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    text = _plain(value)
    return (1, 0, text.casefold())
