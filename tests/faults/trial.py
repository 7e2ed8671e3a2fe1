"""One operation under one fault, and what must hold of it afterwards."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from app.core.commands import ActOnResource, Command
from app.core.errors import Conflict, GatehouseError, NotFound
from app.core.model import DomainStatus
from app.core.plan import State
from app.net.calls import collect
from tests.faults import resources
from tests.faults.operations import VIEWS, Read, Write, about, inventory
from tests.operations.world import World, wait_until

OWN = {"delay": {"seconds": 0.5}, "huge": {"size": 900_000}}
"""Parameters of faults: longer than the time-outs, larger than the cap below."""

HURRIED = {"read_timeout": 0.2, "write_timeout": 0.3}
CAPPED = {"body_cap": 2**19}

_numbers = itertools.count(1)


@dataclass
class Tally:
    """How many cases and pages there were, and what went wrong: `lost` and `doubled` changes, pages with an `errors` of
    ours (a status of 500), and everything else."""

    cases: int = 0
    pages: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """All of them in words."""
        return [*self.lost, *self.doubled, *self.errors, *self.other]


@dataclass(frozen=True)
class Clean:
    """The same without a fault: which calls arrive (by name, in order), how often each write, and the states before and
    after it."""

    calls: tuple[str, ...]
    writes: Counter[str]
    before: Any
    after: Any


class Bench:
    """Runs the trials of one provider. Each begins with a fresh upstream and a driver that remembers nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.about = about(world.slug)
        self._clean: dict[str, Clean] = {}

    def fresh(self) -> None:
        """Upstream, inventory and driver as at the start."""
        self.world.sandbox.reset()
        self.world.wired.inventory.forget_connection(self.world.key)
        self.world.connect(**CAPPED)

    def clean(self, operation: Write | Read) -> Clean:
        """What happens without a fault; found out once."""
        known = self._clean.get(operation.name)
        if known is None:
            known = (
                self._clean_write(operation) if isinstance(operation, Write) else self._clean_read(operation)
            )
            self._clean[operation.name] = known
        return known

    def _clean_read(self, read: Read) -> Clean:
        self.fresh()
        found = read.run(self.world, self.about)
        return Clean(self._names(), Counter(), None, found)

    def _clean_write(self, write: Write) -> Clean:
        world = self.world
        self.fresh()
        command = write.prepare(world, self.about)
        before = self.view(command)
        world.reconnect()
        world.log.clear()
        execution = world.do(command)
        assert execution.error is None and execution.outcomes
        names = self._names()
        return Clean(names, self._writes(write), before, self.view(command))

    def _writes(self, write: Write) -> Counter[str]:
        """Which of the calls are the writes, by the upstream's names: the transport and the upstream saw the same order."""
        world = self.world
        self.fresh()
        command = write.prepare(world, self.about)
        writes: Counter[str] = Counter()
        for step in world.driver().plan(command):
            world.log.clear()
            with collect() as records:
                world.driver().apply(step)
            pairs = zip(records, world.log.names(), strict=True)
            writes += Counter(name for record, name in pairs if record.write)
        return writes

    def _names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.world.log.names()))

    # --- a change under a fault -----------------------------------------------------------------------------------

    def change(self, write: Write, fault: dict[str, Any], tally: Tally) -> None:
        """Executes under the fault, looks at the outcome, settles, finishes, and notes in `tally` what is not right."""
        clean, world = self.clean(write), self.world
        case = f"{world.slug} {write.name}: {fault}"
        tally.cases += 1
        self.fresh()
        command = write.prepare(world, self.about)
        self._begin(fault)
        key = f"trial-{next(_numbers)}"
        raised = self._executed(command, key)
        self._end()
        handled = self._handled(clean, fault)
        rows = world.changes(key)
        states = Counter(row.state for row in rows)
        if raised is not None and (rows or handled or self.view(command) != clean.before):
            tally.lost.append(
                f"{case}: stopped before anything was sent ({raised}), and yet: {states}, {handled}"
            )
        if states[State.DONE] > handled.total():
            tally.lost.append(f"{case}: told as done and was not: {states}")
        if handled.total() > states[State.DONE] + states[State.UNKNOWN]:
            tally.lost.append(f"{case}: done and told as {states}")
        self._settle(case, key, handled, tally)
        self._finish(case, write, command, clean, handled, tally)

    def _begin(self, fault: dict[str, Any]) -> None:
        world = self.world
        world.connect(**CAPPED, **(HURRIED if fault["fault"] == "delay" else {}))
        world.log.clear()
        given = {name: value for name, value in fault.items() if value is not None}
        world.faults({**given, **OWN.get(fault["fault"], {})})

    def _executed(self, command: Command, key: str) -> GatehouseError | None:
        """The error of a command that was stopped before anything was sent. Any other kind of exception is a bug."""
        try:
            self.world.do(command, key)
        except GatehouseError as error:
            return error
        return None

    def _end(self) -> None:
        """Waits until the upstream is done with what we gave up on; then all is well, and the driver is new."""
        world = self.world
        slow = lambda: any(c["fault"] == "delay" and c["status"] is None for c in world.log.entries())  # noqa: E731
        wait_until(lambda: not slow())
        world.faults()
        world.connect(**CAPPED)

    def _handled(self, clean: Clean, fault: dict[str, Any]) -> Counter[str]:
        """How often the upstream really did each write: neither spoiled before it was handled, nor refused."""
        spoiled = fault["when"] == "before" and fault["fault"] != "delay"
        return Counter(
            call["call"]
            for call in self.world.log.entries()
            if call["call"] in clean.writes
            and not (spoiled if call["fault"] else (call["status"] or 0) >= 400)
        )

    def _settle(self, case: str, key: str, handled: Counter[str], tally: Tally) -> None:
        world = self.world
        world.wired.settler.settle_request(world.actor, world.connection(), key)
        states = Counter(row.state for row in world.changes(key))
        if states[State.UNKNOWN] or states[State.INTENDED]:
            tally.other.append(f"{case}: not settled: {states}")
        elif states[State.DONE] != handled.total():
            tally.lost.append(f"{case}: {handled.total()} writes were done, and settled as {states}")

    def _finish(
        self,
        case: str,
        write: Write,
        command: Command,
        clean: Clean,
        handled: Counter[str],
        tally: Tally,
    ) -> None:
        """The same wish once more: the upstream ends where it would have, and no write was done twice."""
        world = self.world
        world.log.clear()
        error = self._executed(command, f"trial-{next(_numbers)}")
        there = write.once and handled and isinstance(error, Conflict)
        if error is not None and not there and not isinstance(error, NotFound):
            tally.other.append(f"{case}: cannot be finished: {error}")
        total = handled + Counter(name for name in world.log.names() if name in clean.writes)
        if total - clean.writes and not write.blind:
            tally.doubled.append(f"{case}: {dict(total)} instead of {dict(clean.writes)}")
        if self.view(command) != clean.after:
            tally.lost.append(f"{case}: ends as {self.view(command)} instead of {clean.after}")

    def view(self, command: Command) -> Any:
        """What the wish is about, as it is now."""
        domain, setting = getattr(command, "domain", None), getattr(command, "name", None)
        driver = self.world.driver()
        if isinstance(command, ActOnResource):
            return resources.view(driver, command)
        if command.command in VIEWS:
            return VIEWS[command.command](driver, command)
        if setting is not None:
            return [(f.value, f.source) for f in driver.read_settings(domain, [setting])]
        try:
            found = driver.read_domain(domain)
        except NotFound:
            return None
        if found.status is DomainStatus.DELETED:
            return None
        routes = [(route.host, route.port) for route in found.routes or ()]
        return routes, sorted(found.aliases or ()), found.account, found.status

    # --- settling under a fault -----------------------------------------------------------------------------------

    def settling(self, write: Write, done: bool, fault: dict[str, Any], tally: Tally) -> None:
        """An unknown outcome is looked up while the fault hits: never settled as the opposite of what is."""
        clean, world = self.clean(write), self.world
        case = f"{world.slug} {write.name} ({'done' if done else 'not done'}), looked up under {fault}"
        tally.cases += 1
        self.fresh()
        command = write.prepare(world, self.about)
        silence = {"fault": "hangup", "when": "after"} if done else {"fault": "refuse", "when": "before"}
        self._begin({**silence, "calls": list(clean.writes), "count": 1})
        key = f"trial-{next(_numbers)}"
        world.do(command, key)
        [row] = [change for change in world.changes(key) if change.state is State.UNKNOWN]
        self._begin(fault)
        state = world.wired.settler.settle(world.connection(), row)
        self._end()
        right = State.DONE if done else State.UNREACHABLE
        if state not in (right, State.UNKNOWN):
            tally.lost.append(f"{case}: settled as {state}")
        if state is State.UNKNOWN and world.wired.settler.settle(world.connection(), row) is not right:
            tally.lost.append(f"{case}: settled as {world.states(key)} afterwards")

    # --- a read under a fault -------------------------------------------------------------------------------------

    def read(self, read: Read, fault: dict[str, Any], tally: Tally) -> None:
        """Reads under the fault: the whole truth or an error of ours; and the truth again when the fault is over."""
        clean, world = self.clean(read), self.world
        case = f"{world.slug} {read.name}: {fault}"
        tally.cases += 1
        self.fresh()
        if read.name == "list":
            read.run(world, self.about)
        self._begin(fault)
        shortened = fault["fault"] == "half"
        try:
            found = read.run(world, self.about)
        except NotFound as error:
            if not shortened:
                tally.lost.append(f"{case}: what is there is said to be gone ({error})")
        except GatehouseError:
            pass
        else:
            if found != clean.after and not shortened and not _only_problems(found):
                tally.other.append(f"{case}: found {found}")
        if not shortened and read.name == "list" and inventory(world) != clean.after:
            tally.lost.append(f"{case}: the inventory has changed")
        if fault.get("count"):
            world.faults()
        else:
            self._end()
        if read.run(world, self.about) != clean.after:
            tally.other.append(f"{case}: wrong after the fault is over")


def _only_problems(found: Any) -> bool:
    """Each setting that could not be read says why."""
    return isinstance(found, list) and bool(found) and all(hasattr(item, "template") for item in found)


def matching(names: tuple[str, ...], families: tuple[str, ...]) -> list[str]:
    """Names of calls, those of a family (`api_get_*`) as its one pattern: they differ only in what they are about."""
    found = []
    for name in names:
        pattern = next((family for family in families if fnmatchcase(name, family)), name)
        if pattern not in found:
            found.append(pattern)
    return found
