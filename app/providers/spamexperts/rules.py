"""Sender and recipient lists of domains and of the whole cluster: a call for each entry (contract sheet, 5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.core.commands import AddRules, EditRule, RemoveRules, ReplaceRules, RuleCommand
from app.core.errors import Conflict, NotFound, NotSupported, NotThere, UpstreamError
from app.core.plan import Observed, Seen, Step, Verb
from app.core.rule_plans import adding_back, difference, found, is_new, observed, subject_of
from app.core.rules import Rule, RuleAction, RuleKind, RuleReading, RuleSeen, RuleShape, check_shapes, rule_of
from app.core.text import Message, msg
from app.providers.spamexperts.domain_calls import Said
from app.providers.spamexperts.fields import DEFAULT
from app.providers.spamexperts.lists import Lists
from app.providers.spamexperts.reads import not_found

_ACTIONS = (RuleAction.ALLOW, RuleAction.BLOCK)


class Rules:
    """Reads and changes the lists of one cluster. `shapes`: what they can say."""

    def __init__(self, lists: Lists, shapes: Sequence[RuleShape]) -> None:
        self._lists = lists
        self._shapes = shapes

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, domain: str | None, mailbox: str = "") -> RuleReading:
        """See `RuleReader.read_rules`: four lists, one call each. Raises NotFound."""
        if mailbox:
            raise NotSupported("rules_read", msg("SpamExperts lists the senders of whole domains only."))
        rules: list[Rule] = []
        problems: dict[RuleKind, Message] = {}
        first: UpstreamError | None = None
        for kind in (RuleKind.SENDER, RuleKind.RECIPIENT):
            try:
                rules += self._list(domain, kind)
            except UpstreamError as error:
                if first is not None:
                    raise first from error
                first = error
                problems[kind] = error.message
        return RuleReading(tuple(rules), problems)

    def _list(self, domain: str | None, kind: RuleKind) -> list[Rule]:
        """Both lists of a kind. Raises NotFound when the domain is not there."""
        return [rule for action in _ACTIONS for rule in self._entries(domain, kind, action)]

    def _entries(self, domain: str | None, kind: RuleKind, action: RuleAction) -> list[Rule]:
        _check_kind(kind)
        try:
            return self._lists.entries(domain, kind, action)
        except NotThere as gone:
            if domain is None:
                raise
            raise not_found(domain) from gone

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddRules) -> list[Step]:
        """A step for each rule that is not there. Raises NotFound, Conflict for a sender that is listed another way."""
        now = self._now(command, command.rules)
        return [
            self._add(command, wish) for wish in command.rules if is_new(wish, now) and _is_free(wish, now)
        ]

    def plan_remove(self, command: RemoveRules) -> list[Step]:
        """A step for each rule that is there. Raises NotFound."""
        now = self._now(command, command.rules)
        there = [rule for wish in command.rules if (rule := found(wish, now)) is not None]
        return [self._remove(command, rule) for rule in there]

    def plan_edit(self, command: EditRule) -> list[Step]:
        """Two steps, for there is no call that changes an entry: first the new one, so that what breaks off in between can be
        finished by planning again.

        A list holds each sender once, so an entry that is only compared another way goes first; when it is gone the rest is
        planned all the same. Raises NotFound, and Conflict when such an entry is there already.
        """
        now = self._now(command, [command.old, command.new])
        old, new = found(command.old, now), found(command.new, now)
        if command.old.identity == command.new.identity or (old is None and new is not None):
            return []
        same_entry = _entry(command.old) == _entry(command.new)
        if old is None and not same_entry:
            raise NotFound(msg("The rule {rule} is not there any more.", rule=command.old.pattern))
        _is_free(command.new, [rule for rule in now if rule is not old and rule is not new])
        remove = [] if old is None else [self._remove(command, old)]
        add = [] if new is not None else [self._add(command, command.new)]
        return [*remove, *add] if same_entry else [*add, *remove]

    def plan_replace(self, command: ReplaceRules) -> list[Step]:
        """A step for each entry that goes or comes. (The call that sets a whole list would lose what entries compare.)"""
        check_shapes("SpamExperts", self._shapes, command.domain, command.named)
        way = difference(command, self._list(command.domain, command.kind))
        for rule in way.gone:
            self._lists.check_own(rule)
        return [
            *(self._remove(command, rule) for rule in way.gone),
            *(self._add(command, wish) for wish in way.new),
        ]

    def _now(self, command: RuleCommand, rules: Sequence[RuleSeen]) -> list[Rule]:
        check_shapes("SpamExperts", self._shapes, command.domain, command.named)
        kinds = dict.fromkeys(rule.kind for rule in rules)
        return [rule for kind in kinds for rule in self._list(command.domain, kind)]

    def _add(self, command: RuleCommand, wish: RuleSeen) -> Step:
        rule = rule_of(command.connection, command.domain, wish)
        back = RemoveRules.model_validate(
            {"connection": command.connection, "domain": command.domain, "rules": [rule.to_json()]}
        )
        return _step(Verb.RULE_ADD, rule, self._lists.said(rule, add=True), back)

    def _remove(self, command: RuleCommand, rule: Rule) -> Step:
        said = self._lists.said(rule, add=False)
        return _step(Verb.RULE_REMOVE, rule, said, adding_back(command, rule))

    def observe(self, step: Step) -> Observed:
        """Whether the entry is there (or gone). Where the server does not tell what entries compare, that is not compared."""
        kind = RuleKind(step.args["kind"])
        try:
            now = self._list(step.domain, kind)
        except NotFound:
            return Observed(Seen.DIFFERS)
        if not self._lists.tells_parts and kind is RuleKind.SENDER:
            part = [*(step.before or {}).get("rules", ()), *(step.after or {}).get("rules", ())][0].get(
                "part", ""
            )
            now = [replace(rule, part=part) for rule in now]
        return observed(step, now)


def _check_kind(kind: RuleKind) -> None:
    """Raises NotSupported for a kind without a list."""
    if kind not in (RuleKind.SENDER, RuleKind.RECIPIENT):
        raise NotSupported("rules_write", msg("SpamExperts has no rules of this kind. Nothing was sent."))


def _entry(rule: RuleSeen | Rule) -> tuple[RuleKind, RuleAction, str]:
    """What makes it the same entry of a list: not what it compares."""
    return rule.kind, rule.action, rule.pattern


def _is_free(wish: RuleSeen, now: Sequence[Rule]) -> bool:
    """Raises Conflict when the same list has the sender with another way to compare: it holds each sender once."""
    for rule in now:
        if _entry(rule) == _entry(wish):
            text = msg(
                "{rule} is on this list already, compared another way. Change that entry.", rule=rule.pattern
            )
            raise Conflict(text, rule.to_json())
    return True


def _step(verb: Verb, rule: Rule, said: Said, back: RuleCommand | None) -> Step:
    adds = verb is Verb.RULE_ADD
    return Step(
        verb=verb,
        subject=subject_of(rule.domain or DEFAULT, [rule]),
        domain=rule.domain or None,
        args={**said, "kind": rule.kind.value},
        before={"rules": [] if adds else [rule.to_json()]},
        after={"rules": [rule.to_json()] if adds else []},
        inverse=None if back is None else [back.to_json()],
        lost=[] if back is not None else [msg("The entry that is there is none that can be entered here.")],
    )
