"""Allow and deny lists of customers and their users as filtering rules (contract sheet, 5.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from app.core.commands import AddRules, Command, EditRule, RemoveRules, ReplaceRules, RuleCommand
from app.core.errors import Conflict, NotFound, NotSupported, NotThere
from app.core.model import Connection
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.rule_plans import (
    adding_back,
    by_list,
    difference,
    found,
    is_new,
    made,
    observed,
    subject_of,
    writable,
)
from app.core.rules import Rule, RuleAction, RuleReading, RuleSeen, check_shapes, rule_of
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import ControlPanel, nothing_sent
from app.providers.hornetsecurity.places import Places
from app.providers.hornetsecurity.side_by_side import side_by_side
from app.providers.hornetsecurity.wire import number, read_answer
from app.providers.hornetsecurity.wire_lists import (
    DEFAULT_FLAGS,
    SHAPES,
    TYPES,
    Owner,
    check_items,
    entry_to_wire,
    owner_of,
    read_entries,
    read_entry,
)

Json = Any

LIST, WRITE, DELETE = (
    "GET /emails/black_white_list/",
    "POST /emails/black_white_list/",
    "DELETE /emails/black_white_list/{bwl_id}/",
)
PAGE = 500
"""Entries that we ask for at once."""

_ONLY_DOMAINS = msg("Hornetsecurity has lists of customers and of single users only.")
_FLAGS_LOST = msg("Which filters the entry passes by: it comes back with the panel's usual ones.")


class Rules:
    """Reads and changes the lists of one connection's customers and users."""

    def __init__(self, connection: Connection, panel: ControlPanel, places: Places) -> None:
        self._connection = connection
        self._panel = panel
        self._places = places

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:
        """See `RuleReader.read_rules`: both lists side by side. The list of a customer holds the entries of its users too;
        they are left out here."""
        return RuleReading(tuple(self._of(self._owner(domain, mailbox, ref))))

    def mailboxes(self, domain: str) -> Iterator[tuple[str, Json]]:
        """The users that have entries, as the lists of the customer name them."""
        customer = self._places.hierarchy.customer(domain)
        owner = Owner(self._connection.key, domain, customer.id, customer.name)
        names = {name for _, rows in self._rows(owner) for name in map(owner_of, rows)}
        for name in sorted(names):
            if "@" in name and name.rsplit("@", 1)[1] == domain:
                yield name, {"user": self._places.hierarchy.user(name).id}

    def _owner(self, domain: str | None, mailbox: str, ref: Json = None) -> Owner:
        """Whose list, with the object id. Raises NotSupported, NotFound, NoPermission."""
        if domain is None:
            raise NotSupported("rules_read", _ONLY_DOMAINS)
        if not mailbox:
            customer = self._places.hierarchy.customer(domain)
            return Owner(self._connection.key, domain, customer.id, customer.name.lower())
        hinted = number(ref.get("user")) if isinstance(ref, dict) else None
        object_id = self._places.hierarchy.user(mailbox).id if hinted is None else hinted
        return Owner(self._connection.key, domain, object_id, mailbox, mailbox)

    def _of(self, owner: Owner, value: str = "") -> list[Rule]:
        """The owner's own entries; with `value` only those that hold it."""
        rules: list[Rule] = []
        for action, rows in self._rows(owner, value):
            own = (row for row in rows if owner_of(row) == owner.name.lower())
            rules += [rule for row in own if (rule := read_entry(owner, action, row)) is not None]
        return rules

    def _rows(self, owner: Owner, value: str = "") -> list[tuple[RuleAction, list[Any]]]:
        actions = list(TYPES)
        asks = [partial(self._list, owner.id, TYPES[action], value) for action in actions]
        return list(zip(actions, side_by_side(_call, asks, self._connection.parallel), strict=True))

    def _list(self, object_id: int, kind: int, value: str) -> list[Any]:
        rows: dict[int, Any] = {}
        page = 0
        while True:
            query: dict[str, str | int] = {"object_id": object_id, "type": kind, "page": page, "limit": PAGE}
            if value:
                query["value"] = value
            listed = read_entries(self._panel.read(LIST, query=query))
            new = {number(row.get("id")) or -len(rows) - 1: row for row in listed.rows}
            fresh = new.keys() - rows.keys()
            rows |= new
            if not listed.more or not fresh:
                return list(rows.values())
            page += 1

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddRules) -> list[Step]:
        """A step for each rule that is not there yet. The panel moves an entry from the opposite list, so that is part of
        the step. Raises NotFound, Conflict when a rule is there with another note."""
        steps: list[Step] = []
        for (_, mailbox), wishes in by_list(command.rules):
            owner, now = self._now(command, mailbox)
            steps += [_add_step(command, owner, wish, now) for wish in wishes if is_new(wish, now)]
        return steps

    def plan_remove(self, command: RemoveRules) -> list[Step]:
        """A step for each rule that is there. Raises NotFound."""
        steps: list[Step] = []
        for (_, mailbox), wishes in by_list(command.rules):
            owner, now = self._now(command, mailbox)
            there = [rule for wish in wishes if (rule := found(wish, now)) is not None]
            steps += [_remove_step(command, owner, rule) for rule in there]
        return steps

    def plan_edit(self, command: EditRule) -> list[Step]:
        """A changed note is one call; another value is an addition and then a removal, so that an edit that breaks off loses
        nothing and can be finished. Raises NotFound, and Conflict when it is not as the person saw it."""
        owner, now = self._now(command, command.old.mailbox or "")
        old, new = found(command.old, now), found(command.new, now)
        if new is not None and command.new.same_as(new):  # what is left of an edit that broke off
            return [] if old is None or old is new else [_remove_step(command, owner, old)]
        if old is None:
            raise NotFound(msg("The rule {rule} is not there any more.", rule=command.old.pattern))
        if not command.old.same_as(old):
            raise Conflict(
                msg("Somebody changed the rule {rule} since. Nothing was sent.", rule=old.pattern),
                old.to_json(),
            )
        if new is not None and new is not old:
            raise Conflict(msg("There is such a rule for {rule} already.", rule=new.pattern), new.to_json())
        if new is old:
            return [_edit_step(command, owner, writable(old), command.new)]
        return _changed_value(command, owner, old, command.new, now)

    def plan_replace(self, command: ReplaceRules) -> list[Step]:
        """The way from what is there to the list, entry by entry: the panel's own replacing tells nothing of single ones."""
        owner, everything = self._now(command, command.mailbox or "")
        now = [rule for rule in everything if rule.kind is command.kind]
        way = difference(command, now)
        removed = [_remove_step(command, owner, rule) for rule in way.gone]
        left = [rule for rule in everything if rule not in way.gone]
        return [
            *removed,
            *(_edit_step(command, owner, rule, wish) for rule, wish in way.changed),
            *(_add_step(command, owner, wish, left) for wish in way.new),
        ]

    def _now(self, command: RuleCommand, mailbox: str) -> tuple[Owner, list[Rule]]:
        check_shapes("Hornetsecurity", SHAPES, command.domain, command.named)
        owner = self._owner(command.domain, mailbox)
        return owner, self._of(owner)

    # --- sending, and what became of it -------------------------------------------------------------------------------

    def apply(self, step: Step) -> Applied:
        """Finds owner and entry as they are now, and sends the step's one call; nothing for an entry that is gone."""
        wish = RuleSeen.model_validate(step.args["rule"])
        with nothing_sent():
            owner = self._owner(step.domain, step.args["mailbox"])
            there = None if step.verb is Verb.RULE_ADD else found(wish, self._of(owner, wish.pattern))
        if step.verb is Verb.RULE_REMOVE:
            if there is not None:
                query = {"object_id": owner.id, "type": TYPES[there.action]}
                read_answer(self._panel.write(DELETE, ids={"bwl_id": there.ref["id"]}, query=query))
            return Applied()
        if step.verb is Verb.RULE_EDIT and there is None:
            raise NotThere(str(msg("The rule {rule} is not there any more.", rule=step.subject)))
        item = entry_to_wire(wish, None if there is None else there.ref)
        check_items(self._panel.write(WRITE, query={"object_id": owner.id}, body=[item]))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the entries of the step are as it wanted them."""
        try:
            return observed(step, self._of(self._owner(step.domain, step.args["mailbox"])))
        except NotFound:
            return Observed(Seen.DIFFERS)


# --- Steps ------------------------------------------------------------------------------------------------------------


def _opposite(wish: RuleSeen, now: Sequence[Rule]) -> Rule | None:
    """The entry of the other list with the same value: the panel moves it (`move_from_list`)."""
    same = (rule for rule in now if (rule.kind, rule.pattern) == (wish.kind, wish.pattern))
    return next((rule for rule in same if rule.action is not wish.action), None)


def _add_step(command: RuleCommand, owner: Owner, wish: RuleSeen, now: Sequence[Rule]) -> Step:
    rule, moved = rule_of(command.connection, command.domain, wish), _opposite(wish, now)
    if moved is not None:
        back: Command | None = adding_back(command, moved)
    else:
        seen = RuleSeen.model_validate(rule.to_json())
        back = RemoveRules(connection=command.connection, domain=command.domain, rules=[seen])
    return _step(Verb.RULE_ADD, owner, rule, wish, before=[moved] if moved else [], after=[rule], back=back)


def _remove_step(command: RuleCommand, owner: Owner, rule: Rule) -> Step:
    seen = RuleSeen.model_validate(rule.to_json())
    back = adding_back(command, rule)
    lost = [_FLAGS_LOST] if rule.ref["flags"] not in ({}, DEFAULT_FLAGS) else []
    return _step(Verb.RULE_REMOVE, owner, rule, seen, before=[rule], after=[], back=back, lost=lost)


def _edit_step(command: RuleCommand, owner: Owner, old: Rule, wish: RuleSeen) -> Step:
    new = rule_of(command.connection, command.domain, wish)
    back = made(EditRule, command, old=new.to_json(), new=old.to_json())
    return _step(Verb.RULE_EDIT, owner, new, wish, before=[old], after=[new], back=back)


def _changed_value(
    command: EditRule, owner: Owner, old: Rule, wish: RuleSeen, now: Sequence[Rule]
) -> list[Step]:
    if (old.kind, old.pattern) == (wish.kind, wish.pattern):  # it only changes sides, which one call does
        return [_add_step(command, owner, wish, now)]
    return [_add_step(command, owner, wish, now), _remove_step(command, owner, old)]


def _step(
    verb: Verb,
    owner: Owner,
    rule: Rule,
    wish: RuleSeen,
    *,
    before: Sequence[Rule],
    after: Sequence[Rule],
    back: Command | None,
    lost: Sequence[Message] = (),
) -> Step:
    no_way = [msg("The rule that is there holds what cannot be entered here.")] if back is None else []
    return Step(
        verb=verb,
        subject=subject_of(owner.mailbox or owner.domain, [rule]),
        domain=owner.domain,
        args={
            "call": DELETE if verb is Verb.RULE_REMOVE else WRITE,
            "mailbox": owner.mailbox,
            "rule": rule_of(owner.connection, owner.domain, wish).to_json(),
        },
        before={"rules": [one.to_json() for one in before]},
        after={"rules": [one.to_json() for one in after]},
        inverse=None if back is None else [back.to_json()],
        lost=[*lost, *no_way],
    )


def _call(call: Callable[[], Any]) -> Any:
    return call()
