"""What the drivers' plans for filtering rules share: what is there, what differs, and what a look upstream says of a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.core.commands import AddRules, ReplaceRules, RuleCommand
from app.core.errors import Conflict, NotSupported
from app.core.plan import Observed, Seen, Step, Verb
from app.core.rules import Rule, RuleInput, RuleKind, RuleSeen, owner_parts
from app.core.text import msg

Json = Any


def found(wish: RuleSeen, rules: Iterable[Rule]) -> Rule | None:
    """The rule of this identity, None when there is none."""
    return next((rule for rule in rules if rule.identity == wish.identity), None)


def writable(rule: Rule) -> Rule:
    """The rule; raises NotSupported for one that its upstream protects."""
    if rule.read_only:
        text = msg("The rule {rule} can only be seen, not changed. Nothing was sent.", rule=rule.pattern)
        raise NotSupported("rules_write", text)
    return rule


def is_new(wish: RuleSeen, now: Sequence[Rule]) -> bool:
    """Whether the rule must be added. Raises Conflict when it is there with another note, expiry or SPF condition."""
    rule = found(wish, now)
    if rule is None:
        return True
    if wish.same_as(rule):
        return False
    raise Conflict(
        msg(
            "There is such a rule for {rule} already, with another note, expiry or SPF condition. Nothing was sent.",
            rule=rule.pattern,
        ),
        rule.to_json(),
    )


def by_list(rules: Iterable[RuleSeen]) -> list[tuple[tuple[RuleKind, str], list[RuleSeen]]]:
    """The rules by kind and mailbox."""
    lists: dict[tuple[RuleKind, str], list[RuleSeen]] = {}
    for rule in rules:
        lists.setdefault((rule.kind, rule.mailbox or ""), []).append(rule)
    return list(lists.items())


@dataclass(frozen=True, slots=True)
class Difference:
    """The way from the rules that are there to a list: what goes, what comes, and what is changed (old, new)."""

    gone: Sequence[Rule]
    new: Sequence[RuleInput]
    changed: Sequence[tuple[Rule, RuleInput]]

    def __bool__(self) -> bool:
        return bool(self.gone or self.new or self.changed)


def difference(command: ReplaceRules, now: Sequence[Rule]) -> Difference:
    """What replacing means. Protected rules stay. Raises Conflict when the person saw another list."""
    free = [rule for rule in now if not rule.read_only]
    wanted = {wish.identity for wish in command.rules}
    way = Difference(
        [rule for rule in free if rule.identity not in wanted],
        [wish for wish in command.rules if found(wish, now) is None],
        [
            (rule, wish)
            for wish in command.rules
            if (rule := found(wish, free)) is not None and not wish.same_as(rule)
        ],
    )
    if way and command.expected is not None:
        _check_expected(command.expected, free)
    return way


def _check_expected(expected: Sequence[RuleSeen], free: Sequence[Rule]) -> None:
    seen = {rule.identity: rule for rule in expected}
    same = len(seen) == len(free) and all(
        rule.identity in seen and seen[rule.identity].same_as(rule) for rule in free
    )
    if not same:
        raise Conflict(
            msg("Somebody changed the rules since you saw them. Nothing was sent; look at them once more."),
            {"rules": [rule.to_json() for rule in free]},
        )


def made(model: type[RuleCommand], like: RuleCommand, **fields: Json) -> RuleCommand | None:
    """A command about the same domain; None when what was there does not fit one, so that there is no way back."""
    try:
        return model.model_validate({"connection": like.connection, "domain": like.domain, **fields})
    except ValueError:
        return None


def adding_back(command: RuleCommand, rule: Rule) -> RuleCommand | None:
    """The command that brings a removed rule back."""
    return made(AddRules, command, rules=[rule.to_json()])


def observed(step: Step, now: Iterable[Rule]) -> Observed:
    """What the rules that are there `now` say of a step: those that it names, or all that it replaced."""
    rules = [rule for rule in now if not rule.read_only]
    if step.verb is not Verb.RULES_REPLACE:
        named = [*_rules(step.before), *_rules(step.after)]
        keys = {RuleSeen.model_validate(rule).identity for rule in named}
        rules = [rule for rule in rules if rule.identity in keys]
    there, wanted, before = (
        _as_set(r) for r in ([r.to_json() for r in rules], _rules(step.after), _rules(step.before))
    )
    state = {"rules": [rule.to_json() for rule in rules]}
    if there == wanted:
        return Observed(Seen.DONE, state)
    return Observed(Seen.NOT_DONE if there == before else Seen.DIFFERS, state)


def _rules(state: Mapping[str, Json] | None) -> list[Json]:
    return list((state or {}).get("rules", ()))


def _as_set(rules: Iterable[Json]) -> frozenset[tuple[Any, ...]]:
    read = (RuleSeen.model_validate(one) for one in rules)
    return frozenset((*rule.identity, rule.note, rule.expires, rule.spf) for rule in read)


def subject_of(owner: str, rules: Sequence[Rule]) -> str:
    """What the journal calls rules: whose they are, and the pattern, or how many there are."""
    more = f" + {len(rules) - 1}" if len(rules) > 1 else ""
    return f"{owner}: {rules[0].pattern}{more}"


def rules_of_owners(owners: Iterable[str], rule: Mapping[str, Json]) -> dict[str, list[dict[str, Json]]]:
    """The same rule for each owner, by domain."""
    by_name: dict[str, list[dict[str, Json]]] = {}
    for owner in owners:
        domain, mailbox = owner_parts(owner)
        by_name.setdefault(domain, []).append({**rule, **({"mailbox": mailbox} if mailbox else {})})
    return by_name


def by_domain(step: Step) -> Iterator[Step]:
    """A step about several owners as one about each of their domains; any other as it is, and once more for each domain
    whose rules these are as well (`args["shared_with"]`)."""
    if step.verb is not Verb.RULE_SPREAD:
        yield step
        for name in step.args.get("shared_with", ()):
            yield replace(step, domain=name)
        return
    after = step.after or {}
    for domain, rules in rules_of_owners(after.get("owners", ()), after.get("rule", {})).items():
        yield replace(step, domain=domain, before={"rules": []}, after={"rules": rules})
