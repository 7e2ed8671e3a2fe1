"""Preview what a wish means for each chosen domain, and start it as a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card, SettingsReader
from app.core.commands import (
    AddAliases,
    AddRoute,
    AddRules,
    Command,
    DisableDomain,
    EnableDomain,
    RemoveDomain,
    ReplaceRouteHost,
    RestoreDomain,
    SetRoutes,
    SetSetting,
    parse,
)
from app.core.errors import Conflict, GatehouseError, Invalid, NotSupported
from app.core.model import DomainStatus, Route
from app.core.names import NameProblem, display
from app.core.plan import Link, Report, checksum
from app.core.ports import Connections, DomainQuery, DomainRow, Feedback, Inventory, Jobs, NewItem, Queue
from app.core.routes import format_routes, parse_routes
from app.core.rules import RuleKind, RuleShape, shape_of
from app.core.text import Message, msg
from app.features.rules.lines import moment_in
from app.features.rules.service import filled_command
from app.operations.executor import check_limits
from app.operations.guard import check_sum, check_typed, needs_typing
from app.operations.pool import DriverPool

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which domains: those named, or (with `everything`) all that a list shows."""

    names: tuple[tuple[str, str], ...] = ()
    query: DomainQuery | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What the wish means for one domain: old -> new, or why it is skipped. `note`: whom it changes beside; `account`: the
    account whose domains it changes together."""

    connection: str
    name: str
    old: str
    new: str
    skipped: Message | None
    command: Mapping[str, Any] | None
    note: Message | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bulk wish would do. `checksum` names exactly these commands; `typed` must be typed when it is not ""."""

    action: str
    rows: Sequence[PreviewRow]
    checksum: str
    typed: str

    @property
    def todo(self) -> list[PreviewRow]:
        """The rows that something will be done for."""
        return [row for row in self.rows if row.command is not None]

    @property
    def skipped(self) -> list[PreviewRow]:
        """The rows that are left alone."""
        return [row for row in self.rows if row.command is None]


ACTIONS: Mapping[str, tuple[Message, Right]] = {
    "refresh": (msg("Read again"), Right.SYNC),
    "check_health": (msg("Check health"), Right.RUN_HEALTH),
    "add_route": (msg("Add a route"), Right.CHANGE_DOMAINS),
    "replace_host": (msg("Replace a route host"), Right.CHANGE_DOMAINS),
    "set_routes": (msg("Replace all routes"), Right.CHANGE_DOMAINS),
    "add_alias": (msg("Add an alias"), Right.CHANGE_DOMAINS),
    "add_rule": (msg("Add a rule"), Right.CHANGE_RULES),
    "set_setting": (msg("Set a setting"), Right.CHANGE_POLICIES),
    "reset_setting": (msg("Reset a setting"), Right.CHANGE_POLICIES),
    "enable": (msg("Enable"), Right.CHANGE_DOMAINS),
    "disable": (msg("Disable"), Right.CHANGE_DOMAINS),
    "restore": (msg("Restore"), Right.CHANGE_DOMAINS),
    "remove": (msg("Remove"), Right.REMOVE_DOMAINS),
}

# What changes nothing upstream, as the item of a job that does it.
_WITHOUT_CHANGE: Mapping[str, Mapping[str, Any]] = {
    "refresh": {"command": "refresh"},
    "check_health": {"command": "health", "run": True},
}


class BulkService:
    """The use cases around work on many domains."""

    def __init__(
        self,
        inventory: Inventory,
        connections: Connections,
        pool: DriverPool,
        jobs: Jobs,
        queue: Queue,
        feedback: Feedback,
    ) -> None:
        self._inventory = inventory
        self._connections = connections
        self._pool = pool
        self._jobs = jobs
        self._queue = queue
        self._feedback = feedback

    def selected(self, actor: Actor, selection: Selection) -> list[DomainRow]:
        """The chosen domains that exist in the scope. Raises Invalid for none or too many."""
        if selection.query is not None:
            rows = list(_first(self._inventory.iterate(actor, selection.query), MOST + 1))
        else:
            rows = self._inventory.find(actor, selection.names[: MOST + 1])
        if not rows:
            raise Invalid({"selected": msg("Choose at least one domain.")})
        if len(rows) > MOST:
            raise Invalid({"selected": msg("Choose at most {most} domains at once.", most=MOST)})
        return rows

    def setting_choices(self, actor: Actor, selection: Selection) -> list[tuple[str, Message]]:
        """(name, label) of the settings that every chosen connection knows."""
        keys = {key for key, _ in selection.names} or set(
            selection.query.connections if selection.query else ()
        )
        shared: dict[str, Message] | None = None
        for connection in self._connections.visible(actor):
            if (keys and connection.key not in keys) or not connection.enabled:
                continue
            if Capability.SETTINGS_WRITE not in self._pool.card(connection).can:
                continue
            driver = self._pool.driver(connection)
            if isinstance(driver, SettingsReader):
                known = {f.name: f.label for f in driver.setting_fields() if f.writable}
                shared = known if shared is None else {n: m for n, m in shared.items() if n in known}
        return list((shared or {}).items())

    def rule_shapes(self, actor: Actor, selection: Selection) -> list[RuleShape]:
        """What rules of the chosen connections can say, each kind once with all its actions."""
        keys = {key for key, _ in selection.names} or set(
            selection.query.connections if selection.query else ()
        )
        visible = [c for c in self._connections.visible(actor) if c.enabled and (not keys or c.key in keys)]
        found: dict[RuleKind, RuleShape] = {}
        for card in self._pool.cards(visible).values():
            for shape in card.rules if Capability.RULES_WRITE in card.can else ():
                known = found.get(shape.kind)
                actions = (*(known.actions if known else ()), *shape.actions)
                found[shape.kind] = replace(shape, actions=tuple(dict.fromkeys(actions)))
        return list(found.values())

    def preview(self, actor: Actor, action: str, selection: Selection, values: Mapping[str, str]) -> Preview:
        """What the wish means for each chosen domain, from the inventory. Nothing is sent. Raises Invalid by field."""
        label = ACTIONS.get(action)
        if label is None:
            raise Invalid({"action": msg("Choose what to do.")})
        actor.require(Right.BULK)
        actor.require(label[1])
        rows = self.selected(actor, selection)
        cards = self._cards(actor, rows)
        check_values(action, values, rows)
        previews = once_each(
            self._preview_row(action, row, values, cards.get(row.connection)) for row in rows
        )
        commands = [row.command for row in previews if row.command is not None]
        removals = len(commands) if action == "remove" else 0
        typed = (
            str(len(commands))
            if needs_typing(len(commands), removals) and action not in _WITHOUT_CHANGE
            else ""
        )
        return Preview(action, previews, checksum(commands), typed)

    def start(
        self,
        actor: Actor,
        action: str,
        selection: Selection,
        values: Mapping[str, str],
        *,
        request_key: str,
        confirmed: str,
        typed: str,
    ) -> int:
        """Starts the job that a person confirmed; the same key again gives the same job.

        Raises Conflict when it would no longer be the same, Invalid when the number was not typed.
        """
        started = self._jobs.by_request(actor, request_key)
        if started is not None:
            return started
        preview = self.preview(actor, action, selection, values)
        check_sum(confirmed, preview.checksum)
        if preview.typed:
            check_typed(preview.typed, typed)
        todo = preview.todo
        if not todo:
            raise Conflict(msg("There is nothing to do: every chosen domain is skipped."))
        title = msg("{action}: {count} domains", action=ACTIONS[action][0], count=len(todo))
        job_id = self._jobs.create(
            actor,
            "bulk",
            title,
            (NewItem(row.name, row.command or {}) for row in todo),
            params={"connections": sorted({row.connection for row in todo})},
            request_key=request_key,
        )
        self._queue.nudge(job_id)
        link = Link(msg("Watch it"), "job.show", {"id": job_id})
        self._feedback.show(Report(msg("Started: {title}.", title=title), links=(link,)))
        return job_id

    # --- inner parts ---

    def _cards(self, actor: Actor, rows: Iterable[DomainRow]) -> dict[str, Card]:
        keys = {row.connection for row in rows}
        return self._pool.cards([c for c in self._connections.visible(actor) if c.key in keys and c.enabled])

    def _preview_row(
        self, action: str, row: DomainRow, values: Mapping[str, str], card: Card | None
    ) -> PreviewRow:
        if card is None:
            return _skip(row, msg("Its connection is switched off or gone."))
        if action in _WITHOUT_CHANGE:
            command = {**_WITHOUT_CHANGE[action], "connection": row.connection, "domain": row.name}
            return PreviewRow(row.connection, row.name, "", "", None, command)
        try:
            wish = template_command(action, values, row)
            if isinstance(wish, AddRules):
                wish = filled_command(wish, card.rules)
            if wish.capability not in card.can:
                raise NotSupported(wish.capability, card.reason(wish.capability))
            check_limits(card, wish)
        except Invalid as error:
            return _skip(row, next(iter(error.fields.values())))
        except GatehouseError as error:
            return _skip(row, error.message)
        old, new, reason = _old_and_new(row, wish)
        if reason is not None:
            return _skip(row, reason, old)
        done = PreviewRow(row.connection, row.name, old, new, None, wish.to_json())
        meaning = shared_by(wish, card)
        if meaning is None:
            return done
        note = msg("{meaning} Its account: {account}.", meaning=meaning, account=row.account)
        return replace(done, note=note, account=row.account)


def shared_by(wish: Command, card: Card) -> Message | None:
    """What a rule means for other domains than its own; None: nothing."""
    if not isinstance(wish, AddRules):
        return None
    shapes = (shape_of(card.rules, rule.kind) for rule in wish.rules)
    return next((shape.shared for shape in shapes if shape is not None and shape.shared is not None), None)


def once_each(rows: Iterable[PreviewRow]) -> list[PreviewRow]:
    """The rows, but of domains that are changed together (by their account) the first alone."""
    first: dict[tuple[str, str], str] = {}
    found = []
    for row in rows:
        known = first.setdefault((row.connection, row.account), row.name) if row.account else row.name
        if known != row.name:
            reason = msg(
                "It is done with {domain}: both belong to the account {account}.",
                domain=display(known),
                account=row.account,
            )
            found.append(replace(row, new="", skipped=reason, command=None, note=None))
        else:
            found.append(row)
    return found


def _first(rows: Iterator[DomainRow], most: int) -> Iterator[DomainRow]:
    for number, row in enumerate(rows):
        if number >= most:
            return
        yield row


def _skip(row: DomainRow, reason: Message, old: str = "") -> PreviewRow:
    return PreviewRow(row.connection, row.name, old, "", reason, None)


def check_values(action: str, values: Mapping[str, str], rows: Iterable[DomainRow]) -> None:
    """Raises Invalid when the wish fits none of the domains; one that it does not fit is left alone for that."""
    problem: Invalid | None = None
    for row in rows:
        try:
            template_command(action, values, row)
        except Invalid as error:
            problem = problem or error
        else:
            return
    if problem is not None:
        raise problem


def template_command(action: str, values: Mapping[str, str], row: DomainRow) -> Command:
    """The command of a bulk wish for one domain. Raises Invalid on the fields of the form."""
    base = {"connection": row.connection, "domain": row.name}
    value = {name: text.strip() for name, text in values.items()}
    makers: dict[str, Any] = {
        "refresh": lambda: parse(RemoveDomain, base),
        "check_health": lambda: parse(RemoveDomain, base),
        "remove": lambda: parse(RemoveDomain, base),
        "enable": lambda: parse(EnableDomain, base),
        "disable": lambda: parse(DisableDomain, base),
        "restore": lambda: parse(RestoreDomain, base),
        "add_route": lambda: parse(
            AddRoute, {**base, "route": {"host": value.get("host", ""), "port": value.get("port") or 25}}
        ),
        "replace_host": lambda: parse(
            ReplaceRouteHost,
            {
                **base,
                "old_host": value.get("old_host", ""),
                "new_host": value.get("host", ""),
                "new_port": value.get("port") or None,
            },
        ),
        "set_routes": lambda: parse(SetRoutes, {**base, "routes": _routes(value.get("routes", ""))}),
        "add_alias": lambda: parse(
            AddAliases, {**base, "aliases": [_alias(value.get("alias", ""), row.name)]}
        ),
        "add_rule": lambda: parse(AddRules, {**base, "rules": [_rule(value)]}),
        "set_setting": lambda: parse(
            SetSetting, {**base, "name": value.get("setting", ""), "value": value.get("value", "")}
        ),
        "reset_setting": lambda: parse(SetSetting, {**base, "name": value.get("setting", ""), "value": None}),
    }
    return makers[action]()  # type: ignore[no-any-return]


def _alias(pattern: str, name: str) -> str:
    """An alias made for one domain: `{name}` stands for its first label, `{domain}` for all of it.

    Both as people read them: of a punycode label no part can be put together with something else.
    """
    shown = display(name)
    return pattern.replace("{domain}", shown).replace("{name}", shown.split(".", 1)[0])


def _rule(value: Mapping[str, str]) -> dict[str, Any]:
    """A rule of the form, the same for each domain. Raises Invalid."""
    kind, _colon, action = value.get("what", "").partition(":")
    rule: dict[str, Any] = {"kind": kind, "action": action, "pattern": value.get("pattern", "")}
    if value.get("note"):
        rule["note"] = value["note"]
    try:
        expires = moment_in(value.get("until", ""))
    except ValueError as error:
        raise Invalid({"until": msg("Enter a day, such as 2026-12-31.")}) from error
    return rule if expires is None else {**rule, "expires": expires}


def _routes(text: str) -> list[dict[str, Any]]:
    try:
        return [{"host": r.host, "port": r.port or 25} for r in parse_routes(text)]
    except NameProblem as problem:
        raise Invalid({"routes": problem.message}) from problem


def _old_and_new(row: DomainRow, wish: Command) -> tuple[str, str, Message | None]:
    """(old, new, reason to skip) of one domain, as far as the inventory knows."""
    old = format_routes(row.routes)
    if isinstance(wish, RemoveDomain):
        return display(row.name), "", None
    if isinstance(wish, EnableDomain | DisableDomain | RestoreDomain):
        return _status_old_and_new(row, wish)
    if isinstance(wish, SetSetting):
        return (
            "",
            f"{wish.name} = {wish.value}" if wish.value is not None else f"{wish.name}: inherited",
            None,
        )
    if isinstance(wish, AddRules):
        rule = wish.rules[0]
        return (
            "",
            str(
                msg(
                    "{kind}: {action} {pattern}",
                    kind=rule.kind.label,
                    action=rule.action.label,
                    pattern=rule.pattern,
                )
            ),
            None,
        )
    if isinstance(wish, AddAliases):
        aliases = ", ".join(display(alias) for alias in row.aliases or ())
        if wish.aliases[0] in (row.aliases or ()):
            return aliases, "", msg("The alias is there already.")
        return aliases, f"+ {display(wish.aliases[0])}", None
    if isinstance(wish, AddRoute):
        route = wish.route.to_route()
        if any(r.host == route.host and (r.port or 25) == route.port for r in row.routes or ()):
            return old, "", msg("The route is there already.")
        return old, f"{old}, {route}" if old else str(route), None
    if isinstance(wish, ReplaceRouteHost):
        if row.routes is not None and all(r.host != wish.old_host for r in row.routes):
            return old, "", msg("No route of it goes to {host}.", host=wish.old_host)
        return old, format_routes(_replaced(row.routes or (), wish)), None
    if isinstance(wish, SetRoutes):
        new = ", ".join(str(route.to_route()) for route in wish.routes)
        return (old, new, msg("Its routes are so already.")) if new == old else (old, new, None)
    return "", "", None


def _status_old_and_new(
    row: DomainRow, wish: EnableDomain | DisableDomain | RestoreDomain
) -> tuple[str, str, Message | None]:
    """The status of one domain now and then; what is deleted can be restored only."""
    gone = row.status is DomainStatus.DELETED
    if isinstance(wish, RestoreDomain) and not gone:
        return row.status.value, "", msg("It is not deleted.")
    if not isinstance(wish, RestoreDomain) and gone:
        return row.status.value, "", msg("It is marked as deleted: it must be restored first.")
    new = DomainStatus.DISABLED if isinstance(wish, DisableDomain) else DomainStatus.ACTIVE
    reason = msg("It is so already.") if row.status is new else None
    return row.status.value, "" if reason else new.value, reason


def _replaced(routes: Iterable[Route], wish: ReplaceRouteHost) -> tuple[Route, ...]:
    """The routes with the new host in the place of the old one, none of them twice."""
    new = (
        replace(route, host=wish.new_host, port=wish.new_port or route.port)
        if route.host == wish.old_host
        else route
        for route in routes
    )
    return tuple(dict.fromkeys(new))
