"""From a rule and its owners to one wish for each domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.core.commands import MOST_RULES, RemoveRules, parse
from app.core.errors import Invalid
from app.core.names import NameProblem
from app.core.rule_plans import rules_of_owners
from app.core.rules import rule_owner, sender_pattern
from app.core.text import msg


def withdrawals(connection: str, owners: Iterable[str], rule: Mapping[str, Any]) -> list[RemoveRules]:
    """The wishes that take a sender rule from these owners. Raises Invalid."""
    try:
        names = list(dict.fromkeys(rule_owner(owner) for owner in owners))
    except NameProblem as problem:
        raise Invalid({"owners": problem.message}) from problem
    try:
        seen = {**rule, "pattern": sender_pattern(str(rule.get("pattern", "")))}
    except NameProblem as problem:
        raise Invalid({"pattern": problem.message}) from problem
    return _removals(
        {(connection, domain): rules for domain, rules in rules_of_owners(names, seen).items()}, "owners"
    )


def chosen_removals(chosen: Sequence[Mapping[str, Any]]) -> list[RemoveRules]:
    """The wishes for rules as the page shows them, each with its connection and domain. Raises Invalid."""
    lists: dict[tuple[str, str], list[Any]] = {}
    for one in chosen:
        whose = str(one.get("connection", "")), str(one.get("domain", ""))
        lists.setdefault(whose, []).append(one.get("rule"))
    return _removals(lists, "rule")


def _removals(lists: Mapping[tuple[str, str], list[Any]], field: str) -> list[RemoveRules]:
    if not lists:
        raise Invalid({field: msg("Choose at least one.")})
    if sum(map(len, lists.values())) > MOST_RULES:
        raise Invalid({field: msg("More than {count} at once are not accepted.", count=MOST_RULES)})
    return [
        parse(RemoveRules, {"connection": connection, "domain": domain or None, "rules": rules})
        for (connection, domain), rules in lists.items()
    ]
