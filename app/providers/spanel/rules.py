"""The sender lists of SpamAssassin as rules (SPanel contract sheet, 5.2).

They belong to an account: whichever of its domains they are read or changed through, they hold for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from app.core.commands import AddRules, EditRule, RemoveRules, ReplaceRules, RuleCommand
from app.core.errors import NotFound, NotSupported
from app.core.model import Connection
from app.core.plan import Applied, Observed, Step, Verb
from app.core.rule_plans import adding_back, difference, found, is_new, made, observed, subject_of
from app.core.rules import Rule, RuleAction, RuleKind, RuleReading, RuleSeen, check_shapes, rule_of
from app.core.text import msg
from app.providers.spanel.accounts import Place
from app.providers.spanel.domains import Domains
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.parallel import in_order
from app.providers.spanel.wire import read_change, read_rows, shown
from app.providers.spanel.wire_rules import LISTS, SHAPES

Json = Any

_READ, _ADD, _REMOVE = (
    "email/listspamassassinsenders",
    "email/addspamassassinsender",
    "email/removespamassassinsender",
)


class SenderRules:
    """Reads and changes the sender lists of the accounts of one connection."""

    def __init__(self, connection: Connection, api: PanelApi, domains: Domains) -> None:
        self._key = connection.key
        self._api = api
        self._domains = domains

    # --- reading --------------------------------------------------------------------------------------------

    def read(self, domain: str | None, mailbox: str = "", hint: str = "") -> RuleReading:
        """See `RuleReader.read_rules`: both lists of the domain's account, side by side."""
        if domain is None or mailbox:
            raise NotSupported(
                "rules_read", msg("SPanel has sender lists of accounts only, read through their domains.")
            )
        place = self._domains.locate(domain, hint)
        return RuleReading(tuple(self._of(place.user, domain)), shared_with=_others(place, domain))

    def _of(self, account: str, domain: str) -> list[Rule]:
        reads = [partial(self._list, account, domain, action) for action in LISTS]
        return [rule for rules in in_order(reads, len(reads)) for rule in rules]

    def _list(self, account: str, domain: str, action: RuleAction) -> list[Rule]:
        rows = read_rows(self._api.read(_READ, {"type": LISTS[action]}, account=account))
        senders = {sender.lower(): sender for row in rows if (sender := shown(row.get("sender"), 320))}
        return [
            Rule(self._key, domain, RuleKind.SENDER, action, pattern, ref={"sender": sender})
            for pattern, sender in senders.items()
        ]

    # --- plans ----------------------------------------------------------------------------------------------

    def plan(self, command: RuleCommand) -> list[Step]:
        """The calls that lead from the lists of the domain's account to those wished for.

        Raises NotFound, NotSupported, and Conflict when the person saw other lists.
        """
        check_shapes("SPanel", SHAPES, command.domain, command.named)
        if command.domain is None:
            raise NotSupported("rules_write", msg("SPanel has sender lists of accounts only."))
        place = self._domains.locate(command.domain)
        now = self._of(place.user, command.domain)
        others = _others(place, command.domain)
        steps = _way(command, place.user, now, _wanted(command, now))
        return [replace(step, args={**step.args, "shared_with": list(others)}) for step in steps]

    def apply(self, step: Step) -> Applied:
        """Sends the step's one call."""
        args = step.args
        read_change(self._api.write(args["call"], args["params"], account=str(args["account"])))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the lists hold what the step wanted."""
        return observed(step, self._of(str(step.args["account"]), step.domain or ""))


def _others(place: Place, domain: str) -> tuple[str, ...]:
    """The other domains of the account."""
    return tuple(sorted(place.names - {domain}))


# --- What is wished for -----------------------------------------------------------------------------------------


def _wanted(command: RuleCommand, now: Sequence[Rule]) -> list[Rule]:
    """The rules as the command wants them, given those there are."""

    def made_rule(wish: RuleSeen) -> Rule:
        return rule_of(command.connection, command.domain, wish)

    if isinstance(command, AddRules):
        return [*now, *(made_rule(wish) for wish in command.rules if is_new(wish, now))]
    if isinstance(command, RemoveRules):
        gone = {wish.identity for wish in command.rules}
        return [rule for rule in now if rule.identity not in gone]
    if isinstance(command, EditRule):
        return _edited(command, now)
    if isinstance(command, ReplaceRules):
        difference(command, now)
        return [found(wish, now) or made_rule(wish) for wish in command.rules]
    raise NotSupported("rules_write", msg("SPanel takes no rule for several accounts in one call."))


def _edited(command: EditRule, now: Sequence[Rule]) -> list[Rule]:
    """The new rule in the place of the old one; what broke off in between is finished by the same wish."""
    old, new = found(command.old, now), found(command.new, now)
    same = command.old.identity == command.new.identity
    other_list = command.old.pattern == command.new.pattern and not same
    if old is None and new is None and not other_list:
        raise NotFound(msg("The rule {rule} is not there any more.", rule=command.old.pattern))
    kept = [rule for rule in now if rule is not old or same]
    return kept if new is not None else [*kept, rule_of(command.connection, command.domain, command.new)]


# --- Steps --------------------------------------------------------------------------------------------------------


def _way(command: RuleCommand, account: str, now: Sequence[Rule], wanted: Sequence[Rule]) -> Iterator[Step]:
    """First what only comes, then the senders of whom something goes.

    The removing call names no list and takes a sender off both, so what shall stay of such a sender is added again.
    """
    there = {rule.identity for rule in now}
    staying = {rule.identity for rule in wanted}
    leaving = dict.fromkeys(rule.pattern for rule in now if rule.identity not in staying)
    for rule in wanted:
        if rule.identity not in there and rule.pattern not in leaving:
            yield _add_step(command, account, rule)
    for pattern in leaving:
        yield _remove_step(command, account, [rule for rule in now if rule.pattern == pattern])
        for rule in wanted:
            if rule.pattern == pattern:
                yield _add_step(command, account, rule)


def _add_step(command: RuleCommand, account: str, rule: Rule) -> Step:
    back = made(RemoveRules, command, rules=[rule.to_json()])
    params = {"type": LISTS[rule.action], "sender": _sender(rule)}
    return _step(Verb.RULE_ADD, command, account, _ADD, params, before=[], after=[rule], back=[back])


def _remove_step(command: RuleCommand, account: str, rules: Sequence[Rule]) -> Step:
    back = [adding_back(command, rule) for rule in rules]
    exact = [one if _brings(one, rule) else None for one, rule in zip(back, rules, strict=True)]
    params = {"sender": _sender(rules[0])}
    return _step(Verb.RULE_REMOVE, command, account, _REMOVE, params, before=rules, after=[], back=exact)


def _brings(back: RuleCommand | None, rule: Rule) -> bool:
    """Whether the command brings just this rule: what we take as input may be narrower than what was there."""
    return back is not None and [wish.identity for wish in back.named] == [rule.identity]


def _sender(rule: Rule) -> str:
    """The sender as the panel writes it, else as we do."""
    return str((rule.ref or {}).get("sender") or rule.pattern)


def _step(
    verb: Verb,
    command: RuleCommand,
    account: str,
    call: str,
    params: dict[str, Json],
    *,
    before: Sequence[Rule],
    after: Sequence[Rule],
    back: Iterable[RuleCommand | None],
) -> Step:
    commands = list(back)
    inverse = [one.to_json() for one in commands if one is not None]
    lost = [
        msg(
            "A sender that SPanel takes in this form only in its own pages: {sender}.",
            sender=params["sender"],
        )
    ]
    return Step(
        verb=verb,
        subject=subject_of(command.domain or "", [*before, *after]),
        domain=command.domain,
        args={"account": account, "call": call, "params": params},
        before={"rules": [rule.to_json() for rule in before]},
        after={"rules": [rule.to_json() for rule in after]},
        inverse=inverse or None,
        lost=lost if None in commands else [],
    )
