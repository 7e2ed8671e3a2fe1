"""Sends steps safely: journal "intended", send once, journal what came of it, stop at the first failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from app.core.actor import Actor
from app.core.contents import without_contents
from app.core.errors import (
    AlreadyThere,
    Conflict,
    GatehouseError,
    Malformed,
    NotThere,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
    UpstreamError,
)
from app.core.plan import RESOURCE_VERBS, Applied, Observed, Outcome, Seen, State, Step
from app.core.ports import CallRecord, Change, DuplicateRequest, Journal
from app.core.text import Message, msg

TWIN_PATIENCE = 50  # looks at the same request in another thread or process
TWIN_PAUSE = 0.1  # seconds between two looks


class Sender(Protocol):
    """What sends a step and looks what became of it: a driver, or a part of one."""

    def apply(self, step: Step) -> Applied:
        """See Driver."""
        ...

    def observe(self, step: Step) -> Observed:
        """See Driver."""
        ...


CollectCalls = Callable[[], AbstractContextManager[list[CallRecord]]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Under what the steps of one wish are journalled. `texts`: names of values of which only a checksum is kept."""

    request_key: str
    command_sum: str
    command: Mapping[str, Any] | None = None
    job_id: int | None = None
    item_id: int | None = None
    undo_of: int | None = None
    texts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a list of steps. `error` is that of the step which failed; `repeated`: it had all been sent before."""

    outcomes: tuple[Outcome, ...]
    error: GatehouseError | None = None
    repeated: bool = False

    @property
    def nothing_done(self) -> bool:
        """No step was done."""
        return not any(outcome.state is State.DONE for outcome in self.outcomes)


class Runner:
    """Runs the steps of a plan against a driver, each journalled before it is sent."""

    def __init__(
        self, journal: Journal, collect_calls: CollectCalls, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._journal = journal
        self._collect_calls = collect_calls
        self._sleep = sleep

    def earlier(self, actor: Actor, ticket: Ticket) -> Run | None:
        """What this person's same request came to before, or None. Raises Conflict when it was another wish.

        One that another thread or process is just sending is waited for, a few seconds at most.
        """
        changes = self._journal.by_request(actor, ticket.request_key)
        if not changes:
            return None
        if changes[0].command_sum != ticket.command_sum:
            raise Conflict(
                msg(
                    "This form (or Idempotency-Key) was already used for another change. Nothing was changed."
                )
            )
        for _ in range(TWIN_PATIENCE):
            if not _being_sent(changes):
                break
            self._sleep(TWIN_PAUSE)
            changes = self._journal.by_request(actor, ticket.request_key)
        return self._replay(changes)

    def run(
        self, actor: Actor, connection: str, driver: Sender, steps: Sequence[Step], ticket: Ticket
    ) -> Run:
        """Sends the steps in order; after a failure the rest is journalled as skipped.

        Never raises for what an upstream did: the error is in the answer. Two calls with the same request key send
        nothing twice; the later one waits for the earlier one's outcome.
        """
        outcomes: list[Outcome] = []
        error: GatehouseError | None = None
        for number, step in enumerate(steps):
            try:
                change_id = self._intend(actor, connection, step, ticket, number, len(steps))
            except DuplicateRequest:
                return self.earlier(actor, ticket) or Run(tuple(outcomes), error)
            if error is not None:
                outcomes.append(self._skip(change_id, step))
                continue
            outcome, error = self._send(change_id, driver, step)
            outcomes.append(outcome)
        return Run(tuple(outcomes), error)

    def _intend(
        self, actor: Actor, connection: str, step: Step, ticket: Ticket, number: int, steps: int
    ) -> int:
        command = ticket.command
        if (
            step.verb in RESOURCE_VERBS
        ):  # it is sent as it is here; no look and no undo needs a file or a letter again
            step = Step.from_json(without_contents(step.to_json(), ticket.texts))
            command = without_contents(command, ticket.texts)
        return self._journal.intend(
            actor,
            connection,
            step,
            request_key=ticket.request_key,
            step_no=number,
            steps=steps,
            command_sum=ticket.command_sum,
            command=command,
            job_id=ticket.job_id,
            item_id=ticket.item_id,
            undo_of=ticket.undo_of,
        )

    def _skip(self, change_id: int, step: Step) -> Outcome:
        problem = msg("Not sent, because an earlier step failed.")
        self._journal.close(change_id, State.SKIPPED, problem=problem)
        return Outcome(step, State.SKIPPED, change_id, problem)

    def _send(self, change_id: int, driver: Sender, step: Step) -> tuple[Outcome, GatehouseError | None]:
        started = time.monotonic()
        applied, error = Applied(), None
        with self._collect_calls() as calls:
            try:
                applied = driver.apply(step)
                state = State.DONE
            except (AlreadyThere, NotThere) as refused:
                state, error = self._already_so(driver, step, refused)
            except GatehouseError as failure:
                state, error = state_of(failure), failure
        self._journal.close(
            change_id,
            state,
            problem=error.message if error else None,
            applied=applied,
            ms=(time.monotonic() - started) * 1000,
            calls=calls,
        )
        problem = error.message if error else None
        return Outcome(step, state, change_id, problem, applied.warnings, applied.secret), error

    def _already_so(
        self, driver: Sender, step: Step, refused: Rejected
    ) -> tuple[State, GatehouseError | None]:
        """Upstream says the effect is already there: that is "done" when it is what was wished, else a conflict."""
        try:
            seen = driver.observe(step)
        except UpstreamError:
            return State.REJECTED, refused
        if seen.seen is Seen.DONE:
            return State.DONE, None
        conflict = Conflict(
            msg("It is already there, but not as wished: “{words}”", words=refused.words), seen.now
        )
        return State.REJECTED, conflict if isinstance(refused, AlreadyThere) else refused

    def _replay(self, changes: Sequence[Change]) -> Run:
        outcomes = tuple(Outcome(c.step, c.state, c.id, c.problem, tuple(c.warnings)) for c in changes)
        failed = next((c for c in changes if c.state not in (State.DONE, State.SKIPPED)), None)
        error = None if failed is None else error_of(failed.state, failed.problem)
        if failed is None and _being_sent(changes):
            error = OutcomeUnknown(msg("The same change is still being sent. Look at Changes in a moment."))
        return Run(outcomes, error, repeated=True)


def _being_sent(changes: Sequence[Change]) -> bool:
    """Whether the request has not come to its end: a step is on its way, or not begun."""
    return len(changes) < changes[0].steps or any(change.state is State.INTENDED for change in changes)


def state_of(error: GatehouseError) -> State:
    """The journal's state for a step that ended with this error."""
    if isinstance(error, OutcomeUnknown | Malformed):
        return State.UNKNOWN
    if isinstance(error, Unreachable | RateLimited):
        return State.UNREACHABLE
    return State.REJECTED


def error_of(state: State, problem: Message | None) -> GatehouseError:
    """An error like the one that led to the state, for a change that is told a second time."""
    text = problem or msg("The outcome is not known yet.")
    kinds: dict[State, Callable[[Message], GatehouseError]] = {
        State.UNKNOWN: OutcomeUnknown,
        State.INTENDED: OutcomeUnknown,
        State.UNREACHABLE: Unreachable,
    }
    return kinds.get(state, Conflict)(text)
