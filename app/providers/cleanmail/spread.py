"""One sender rule for several owners by one call (Cleanmail REST API manual, 5.9.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from app.core.commands import RemoveRules, SpreadRule
from app.core.errors import BadCredentials, Conflict, NotFound, OutcomeUnknown, Rejected, UpstreamError
from app.core.model import Connection
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.rule_plans import found, rules_of_owners
from app.core.rules import RuleSeen, check_shapes, owner_parts, rule_of
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.rules import Rules
from app.providers.cleanmail.wire import text_of
from app.providers.cleanmail.wire_rules import SHAPES, sender_to_wire

Json = Any


class Spread:
    """Adds a rule to several owners. No call removes one from several: that goes rule by rule."""

    def __init__(self, connection: Connection, rules: Rules, client: Client) -> None:
        self._rules = rules
        self._client = client
        self._threads = max(1, connection.parallel // 2)

    def plan(self, command: SpreadRule) -> list[Step]:
        """One step for the owners that have not such a rule; none when all have it.

        Raises NotFound, and Conflict when one has it with another note, expiry or SPF condition.
        """
        check_shapes("Cleanmail", SHAPES, command.domains[0], command.named)
        now = dict(self._look(command.owners, command.rule, living=True))
        other = [owner for owner, seen in now.items() if seen is Seen.DIFFERS]
        if other:
            text = msg(
                "There is such a rule for {rule} already, with another note, expiry or SPF condition, of {owners}. "
                "Nothing was sent.",
                rule=command.rule.pattern,
                owners=_names(other),
            )
            raise Conflict(text, {"owners": other})
        new = [owner for owner, seen in now.items() if seen is Seen.NOT_DONE]
        return [_step(command, new)] if new else []

    def apply(self, step: Step) -> Applied:
        """Sends the call. Raises OutcomeUnknown when only some owners have the rule then: the manual leaves open whether a
        refused list leaves nothing behind."""
        owners = step.args["owners"]
        try:
            rows = self._client.ask(step.args["call"], step.args["arguments"])
        except (Rejected, BadCredentials) as refused:
            done = self._done_of(step)
            if not done or len(done) == len(owners):
                raise
            text = msg(
                "{problem} These have the rule now all the same: {owners}.",
                problem=refused.message,
                owners=_names(done),
            )
            raise OutcomeUnknown(text, status=refused.status) from refused
        if isinstance(rows, list) and len(rows) < len(owners):
            added = {text_of(row, "owner", 320).lower() for row in rows if isinstance(row, dict)}
            lacking = _names([owner for owner in owners if owner not in added])
            raise OutcomeUnknown(
                msg("The upstream did not add the rule for all: not for {owners}.", owners=lacking)
            )
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether all owners have the rule as it was wished."""
        wish = RuleSeen.model_validate((step.after or {})["rule"])
        try:
            now = dict(self._look(step.args["owners"], wish))
        except NotFound:
            return Observed(Seen.DIFFERS)
        state = {"owners": [owner for owner, seen in now.items() if seen is not Seen.NOT_DONE]}
        all_say = set(now.values())
        return Observed(all_say.pop() if len(all_say) == 1 else Seen.DIFFERS, state)

    def _done_of(self, step: Step) -> list[str]:
        """The owners that have the rule now, none where that cannot be read."""
        try:
            return list((self.observe(step).now or {}).get("owners", ()))
        except UpstreamError:
            return []

    def _look(
        self, owners: Iterable[str], wish: RuleSeen, *, living: bool = False
    ) -> Iterator[tuple[str, Seen]]:
        """Whether each owner has the rule."""
        names = list(owners)
        asks = [partial(self._rules.of_owner, *owner_parts(owner), living=living) for owner in names]
        for owner, rules in zip(names, in_order(asks, self._threads), strict=True):
            own = wish.model_copy(update={"mailbox": owner_parts(owner)[1] or None})
            rule = found(own, rules)
            yield owner, Seen.NOT_DONE if rule is None else Seen.DONE if own.same_as(rule) else Seen.DIFFERS


def _step(command: SpreadRule, owners: list[str]) -> Step:
    body = sender_to_wire(command.rule)
    sent = command.rule.model_copy(update={"spf": body.get("spfOn")})
    rule = rule_of(command.connection, None, sent).to_json()
    back = [
        RemoveRules.model_validate({"connection": command.connection, "domain": domain, "rules": rules})
        for domain, rules in rules_of_owners(owners, rule).items()
    ]
    domains = [one.domain for one in back]
    more = f" + {len(owners) - 1}" if len(owners) > 1 else ""
    return Step(
        verb=Verb.RULE_SPREAD,
        subject=f"{owners[0]}{more}: {rule['pattern']}",
        domain=domains[0] if len(domains) == 1 else None,
        args={
            "call": "addEntries",
            "arguments": {"body": [{"owner": owner, **body} for owner in owners]},
            "owners": owners,
            "domains": domains,
        },
        before={"owners": []},
        after={"owners": owners, "rule": rule},
        inverse=[one.to_json() for one in back],
    )


def _names(owners: list[str]) -> str:
    """A few owners for people."""
    more = f" + {len(owners) - 5}" if len(owners) > 5 else ""
    return ", ".join(display(owner) for owner in owners[:5]) + more
