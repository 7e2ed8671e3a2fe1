"""Read the journal, undo a change, close one that nobody could settle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.core.actor import Actor, Right, system_actor
from app.core.commands import ActOnResource, Command, RemoveDomain, as_undoer, from_json
from app.core.contents import lacks_contents
from app.core.errors import Conflict, Forbidden, GatehouseError, Invalid, NotFound, NotSupported
from app.core.model import Connection
from app.core.names import NameProblem, display, domain_name
from app.core.plan import Link, Observed, Report, Seen, State, Tone
from app.core.ports import Change, ChangeQuery, Connections, Feedback, Journal
from app.core.sentences import command_sentence, past
from app.core.text import Message, msg
from app.operations.executor import Execution, Executor, Plan
from app.operations.guard import check_typed
from app.operations.pool import DriverPool
from app.operations.reports import report_of
from app.operations.settle import Settler


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One page of the journal, newest first; `next_id` for the next page, None at the end."""

    rows: Sequence[Change]
    next_id: int | None


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing a change would do, as it stands now. `typed`: the name of what goes, which a person types; "" for none."""

    change: Change
    plans: tuple[Plan, ...]
    lost: tuple[Message, ...]
    typed: str


class ChangeService:
    """The use cases around the journal."""

    def __init__(
        self,
        journal: Journal,
        connections: Connections,
        pool: DriverPool,
        executor: Executor,
        settler: Settler,
        feedback: Feedback,
    ) -> None:
        self._journal = journal
        self._connections = connections
        self._pool = pool
        self._executor = executor
        self._settler = settler
        self._feedback = feedback

    def page(self, actor: Actor, query: ChangeQuery) -> ChangePage:
        """One page of changes in the actor's scope. The domain of the query may be written as people read it."""
        actor.require(Right.VIEW_CHANGES)
        rows = self._journal.page(actor, replace(query, domain=_stored(query.domain)))
        more = len(rows) > query.size
        rows = rows[: query.size]
        return ChangePage(rows, rows[-1].id if more and rows else None)

    def export(self, actor: Actor, query: ChangeQuery) -> Iterator[Change]:
        """All changes of a query, newest first, read page by page."""
        actor.require(Right.EXPORT)
        query = replace(query, size=500)
        while True:
            page = self.page(actor, query)
            yield from page.rows
            if page.next_id is None:
                return
            query = replace(query, before_id=page.next_id)

    def get(self, actor: Actor, change_id: int) -> Change:
        """One change. Raises NotFound, also outside the scope."""
        actor.require(Right.VIEW_CHANGES)
        change = self._journal.get(actor, change_id)
        if change is None:
            raise NotFound(msg("There is no change {id}.", id=change_id))
        return change

    def siblings(self, actor: Actor, change: Change) -> list[Change]:
        """All steps of the same wish, in order."""
        if change.actor_id != actor.user_id or change.actor_name != actor.name:
            return [change]
        return self._journal.by_request(actor, change.request_key) or [change]

    def why_not_undoable(self, change: Change) -> Message | None:
        """Why a change cannot be undone, None if it can (upstream is asked only when it is tried)."""
        if change.state is not State.DONE:
            return msg("Only a change that was done can be undone.")
        if change.undone_by is not None:
            return msg("It was undone already.")
        if change.step.inverse is None:
            return msg("There is no way back: the upstream has no call for it.")
        return None

    def reason_of(self, change: Change) -> str:
        """Why the person did it, in their words; "" where they gave none."""
        return str(change.step.args.get("reason") or (change.command or {}).get("reason") or "")

    def may_undo(self, actor: Actor, change: Change) -> bool:
        """Whether the person may do what undoing wishes. No upstream is asked."""
        who = _undoer(actor, change)
        try:
            for data in change.step.inverse or ():
                self._executor.connection(who, from_json(data))
        except (Forbidden, Invalid, NotFound):
            return False
        return True

    def undo_plan(self, actor: Actor, change_id: int) -> UndoPlan:
        """What undoing would send. Raises Conflict when somebody changed it since, NotSupported when there is no way."""
        change = self.get(actor, change_id)
        reason = self.why_not_undoable(change)
        if reason is not None:
            raise NotSupported("undo", reason)
        commands, actor = [from_json(data) for data in change.step.inverse or ()], _undoer(actor, change)
        for command in commands:
            self._executor.connection(actor, command)
        if not self._begun(actor, change):
            self._still_so(actor, change)
        plans = tuple(self._first_plans(actor, commands))
        return UndoPlan(change, plans, tuple(change.step.lost), self._to_type(change, commands))

    def to_type(self, actor: Actor, change_id: int) -> str:
        """What must be typed before a change is undone: the name of the domain or resource that this removes; "" for nothing."""
        change = self.get(actor, change_id)
        return self._to_type(change, [from_json(data) for data in change.step.inverse or ()])

    def _to_type(self, change: Change, commands: Sequence[Command]) -> str:
        """The same name as for the removal itself."""
        for command in commands:
            if isinstance(command, RemoveDomain):
                return display(command.domain)
            if isinstance(command, ActOnResource) and self._takes_away(change, command):
                return command.key or change.step.subject
        return ""

    def _takes_away(self, change: Change, command: ActOnResource) -> bool:
        connection = self._connections.get(system_actor(), change.connection)
        kind = self._pool.recent_card(connection).resource(command.kind) if connection else None
        action = kind.action(command.action) if kind else None
        return action is not None and action.risk

    def undo(self, actor: Actor, change_id: int, request_key: str, *, typed: str = "") -> list[Execution]:
        """Undoes a change: its inverse commands one after the other, each planned when its turn comes.

        Stops at the first that fails and says what was done; undoing once more then does the rest. Where undoing removes
        something, its name must be typed (`to_type`). The same key again sends nothing.
        """
        change = self.get(actor, change_id)
        again = any(c.undo_of == change.id for c in self._journal.by_request(actor, f"{request_key}-0"))
        reason = self.why_not_undoable(change)
        if reason is not None and not again:
            raise NotSupported("undo", reason)
        commands, actor = [from_json(data) for data in change.step.inverse or ()], _undoer(actor, change)
        if wanted := self._to_type(change, commands):
            check_typed(wanted, display(typed.strip().lower()))
        for command in commands:
            self._executor.connection(actor, command)
        if not again and not self._begun(actor, change):
            self._still_so(actor, change)
        executions, error = self._run_all(actor, change, commands, request_key)
        self._report_undo(change, executions, len(commands), error)
        return executions

    def why_not_finishable(self, siblings: Sequence[Change]) -> Message | None:
        """Why the rest of a wish cannot be planned again, None if it can: some step of it was not done."""
        if all(change.state is State.DONE for change in siblings):
            return msg("Everything of it was done.")
        if any(change.state.open for change in siblings):
            return msg("First it must be known what became of its open step.")
        if siblings[0].command is None:
            return msg("The wish behind it is not known.")
        if lacks_contents(siblings[0].command):
            return msg(
                "What was written or attached is not kept here, so it cannot be sent again. Do it anew."
            )
        return None

    def finish_plan(self, actor: Actor, change_id: int) -> Plan:
        """What is left of the wish that a change was a part of, planned from what is there now. Nothing is sent."""
        return self._executor.plan(actor, self._unfinished(actor, change_id))

    def finish(
        self, actor: Actor, change_id: int, request_key: str, *, confirmed: str = "", typed: str = ""
    ) -> Execution:
        """Sends what is left of a wish; where that removes a domain, its name must be typed.

        Raises the first failure when nothing at all was done.
        """
        command = self._unfinished(actor, change_id)
        if isinstance(command, RemoveDomain):
            check_typed(display(command.domain), display(typed.strip().lower()))
        execution = self._executor.execute(actor, command, request_key=request_key, confirmed=confirmed)
        execution.raise_if_nothing_done()
        self._feedback.show(report_of(execution, msg("Finished: {what}.", what=command_sentence(command))))
        return execution

    def _unfinished(self, actor: Actor, change_id: int) -> Command:
        siblings = self.siblings(actor, self.get(actor, change_id))
        reason = self.why_not_finishable(siblings)
        if reason is not None:
            raise NotSupported("finish", reason)
        return from_json(siblings[0].command or {})

    def look(self, actor: Actor, change_id: int) -> State:
        """Looks upstream now what became of an open change, and closes it where that tells."""
        actor.require(Right.SETTLE_CHANGES)
        change = self._open(actor, change_id)
        connection = self._connection(actor, change)
        state = self._settler.settle(connection, change, by=actor.name)
        if state.open:
            self._feedback.show(
                Report(msg("The upstream cannot tell yet; the change stays open."), Tone.PARTIAL)
            )
        else:
            done = state is State.DONE
            text = (
                msg("The change was done.")
                if done
                else msg("The change was not done; it can be tried again.")
            )
            self._feedback.show(Report(text))
        return state

    def close(self, actor: Actor, change_id: int, state: State, note: str) -> None:
        """A person closes an open change as done or not done, with a note that says how they know."""
        actor.require(Right.SETTLE_CHANGES)
        change = self._open(actor, change_id)
        if state not in (State.DONE, State.UNREACHABLE):
            raise Invalid({"state": msg("Choose “done” or “not done”.")})
        if not note.strip():
            raise Invalid({"note": msg("Say in a few words how you know.")})
        if not self._journal.settle(change.id, state, by=actor.name, note=note.strip()[:2000]):
            raise Conflict(msg("Somebody closed it in the meantime."))
        self._feedback.show(Report(msg("Closed. Your note stands in the journal.")))

    # --- inner parts ---

    def _open(self, actor: Actor, change_id: int) -> Change:
        change = self.get(actor, change_id)
        if not change.state.open:
            raise Conflict(msg("This change is closed already."))
        return change

    def _connection(self, actor: Actor, change: Change) -> Connection:
        connection = self._connections.get(actor, change.connection)
        if connection is None:
            raise NotFound(msg("The connection “{key}” is gone.", key=change.connection))
        return connection

    def _still_so(self, actor: Actor, change: Change) -> None:
        """Raises Conflict when what the change did is no longer there as it did it."""
        connection = self._connection(actor, change)
        observed: Observed = self._pool.driver(connection).observe(change.step)
        if observed.seen is Seen.DONE:
            return
        if observed.seen is Seen.CANNOT_TELL:
            raise NotSupported(
                "undo", msg("The upstream cannot tell whether it is still so. Nothing was changed.")
            )
        raise Conflict(
            msg("Somebody changed it since, so undoing would overwrite their work. Nothing was changed."),
            observed.now,
        )

    def _first_plans(self, actor: Actor, commands: Sequence[Command]) -> Iterator[Plan]:
        """The first command's plan; later ones need what it makes, so they are shown as wishes only."""
        for number, command in enumerate(commands):
            if number == 0:
                yield self._executor.plan(actor, command)
                continue
            connection = self._executor.connection(actor, command)
            yield Plan(command, connection, ())

    def _begun(self, actor: Actor, change: Change) -> bool:
        """A part of the change was undone before: what is there now is our own doing."""
        return bool(self._journal.page(actor, ChangeQuery(undo_of=change.id, states=(State.DONE,), size=1)))

    def _run_all(
        self, actor: Actor, change: Change, commands: Sequence[Command], request_key: str
    ) -> tuple[list[Execution], GatehouseError | None]:
        """Runs the commands until one fails, whose error is in the answer; it is raised when nothing at all was done."""
        executions: list[Execution] = []
        error: GatehouseError | None = None
        for number, command in enumerate(commands):
            try:
                execution = self._executor.execute(
                    actor, command, request_key=f"{request_key}-{number}", undo_of=change.id, refresh=False
                )
            except GatehouseError as refused:  # while it was planned: the commands before it were sent
                error = refused
            else:
                executions.append(execution)
                error = execution.error
            if error is not None:
                break
        outcomes = [outcome for execution in executions for outcome in execution.outcomes]
        if executions:
            self._executor.refresh(executions[0].connection, outcomes)
        done = next((outcome for outcome in outcomes if outcome.state is State.DONE), None)
        if error is not None and done is None:
            raise error
        if error is None and done is not None:
            self._journal.link_undo(change.id, done.change_id)
        return executions, error

    def _report_undo(
        self, change: Change, executions: Sequence[Execution], wanted: int, failed: GatehouseError | None
    ) -> None:
        what = past(change.step.verb)
        if failed is None:
            text = msg("Undone: {what} ({subject}).", what=what, subject=display(change.step.subject))
            self._feedback.show(Report(text, Tone.OK, tuple(o for e in executions for o in e.outcomes)))
            return
        done = sum(1 for e in executions if e.error is None)
        text = msg(
            "{done} of {wanted} parts were undone; then: {problem}",
            done=done,
            wanted=wanted,
            problem=failed.message,
        )
        link = Link(msg("Undo the rest"), "change.undo", {"id": change.id})
        outcomes = tuple(o for e in executions for o in e.outcomes)
        self._feedback.show(Report(text, Tone.PARTIAL, outcomes, (link,)))


def _undoer(actor: Actor, change: Change) -> Actor:
    """The person with the rights that they have over a change of their own (`commands.as_undoer`)."""
    own = (change.actor_id, change.actor_name) == (actor.user_id, actor.name)
    return as_undoer(actor, change.step) if own else actor


def _stored(domain: str) -> str:
    """The domain as the journal holds it; what is no domain stays, and finds nothing."""
    try:
        return domain_name(domain) if domain.strip() else ""
    except NameProblem:
        return domain
