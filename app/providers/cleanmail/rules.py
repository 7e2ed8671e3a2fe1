"""Filtering rules: senders, attachments and links (Cleanmail REST API manual, 5.8 to 5.10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from app.core.commands import AddRules, Command, EditRule, RemoveRules, ReplaceRules, RuleCommand
from app.core.errors import Conflict, NotFound, NotSupported, NotThere, UpstreamError
from app.core.model import Connection
from app.core.names import display
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
from app.core.rules import Rule, RuleKind, RuleReading, RuleSeen, check_shapes, rule_of
from app.core.text import Message, msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.pages import Pages
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import id_of, read_rows, text_of
from app.providers.cleanmail.wire_rules import SHAPES, Owner, filter_to_wire, read_rule, sender_to_wire
from app.providers.cleanmail.writes import alive, just_before

Json = Any

_LISTS = {
    RuleKind.ATTACHMENT: "getDomainAttachmentFilters",
    RuleKind.URI: "getDomainUriBlFilters",
}
_ADD = {RuleKind.ATTACHMENT: "addAttachmentFilterToDomain", RuleKind.URI: "addUriBlFilterToDomain"}
_EDIT = {RuleKind.ATTACHMENT: "editAttachmentFilter", RuleKind.URI: "editUriBlFilter"}
_DELETE = {RuleKind.ATTACHMENT: "deleteAttachmentFilter", RuleKind.URI: "deleteUriBlFilter"}
_SLOT = {RuleKind.ATTACHMENT: "attachmentId", RuleKind.URI: "uriId"}


class Rules:
    """Reads and changes the rules of one connection's domains and mailboxes."""

    def __init__(self, connection: Connection, reads: Reads, client: Client) -> None:
        self._key = connection.key
        self._reads = reads
        self._client = client
        self._pages = Pages(client, max(1, connection.parallel // 2))

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, domain: str | None, mailbox: str = "", ref: Json = None) -> RuleReading:
        """See `RuleReader.read_rules`: for a domain its three lists side by side."""
        if domain is None:
            raise NotSupported("rules_read", msg("Cleanmail has rules of domains and mailboxes only."))
        user = id_of(ref, "user") if mailbox and isinstance(ref, dict) else ""
        owner = Owner(self._key, domain, user, mailbox) if user else self._owner(domain, mailbox, ref)
        kinds = [RuleKind.SENDER] if mailbox else [shape.kind for shape in SHAPES]
        found: list[Rule] = []
        problems: dict[RuleKind, Message] = {}
        errors: list[UpstreamError] = []
        asks = [partial(self._tried, owner, kind) for kind in kinds]
        for kind, answer in zip(kinds, in_order(asks, len(asks)), strict=True):
            if isinstance(answer, UpstreamError):
                problems[kind] = answer.message
                errors.append(answer)
            else:
                found += answer
        if len(errors) == len(kinds):
            raise errors[0]
        return RuleReading(tuple(found), problems)

    def mailboxes(self, domain: str, ref: Json = None) -> Iterator[tuple[str, Json]]:
        """The users of a domain, by address, each with its id."""
        identity = self._reads.record(domain, ref).id
        for rows in self._pages.rows("listDomainUsers", {"domainId": identity}):
            for row in rows:
                if email := text_of(row, "email", 320).lower():
                    yield email, {"user": id_of(row)}

    def _tried(self, owner: Owner, kind: RuleKind) -> list[Rule] | UpstreamError:
        try:
            return self._list(owner, kind)
        except UpstreamError as error:
            return error

    def _list(self, owner: Owner, kind: RuleKind) -> list[Rule]:
        operation, slot = _LISTS.get(kind, "getDomainFilterRules"), "domainId"
        if owner.mailbox:
            operation, slot = "getUserFilterRules", "userId"
        pages = self._pages.rows(operation, {slot: owner.id})
        return [read_rule(owner, kind, row) for rows in pages for row in rows]

    def _owner(self, domain: str, mailbox: str, ref: Json = None, *, living: bool = False) -> Owner:
        """Whose rules, with the id. Raises NotFound; with `living` Conflict for a deleted domain."""
        record = self._reads.record(domain, ref)
        if living:
            alive(record)
        if not mailbox:
            return Owner(self._key, domain, record.id)
        rows = read_rows(self._client.call("listDomainUsers", {"domainId": record.id, "email": mailbox}))
        found = next((row for row in rows if text_of(row, "email", 320).lower() == mailbox), None)
        if found is None or not id_of(found):
            raise NotFound(
                msg("{mailbox} is no mailbox of {domain}.", mailbox=mailbox, domain=display(domain))
            )
        return Owner(self._key, domain, id_of(found), mailbox)

    def of_owner(self, domain: str, mailbox: str, *, living: bool = False) -> list[Rule]:
        """The sender rules of one owner. Raises NotFound; with `living` Conflict for a deleted domain."""
        return self._list(self._owner(domain, mailbox, living=living), RuleKind.SENDER)

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddRules) -> list[Step]:
        """One step for all sender rules of an owner, one for each rule on attachments or links; none for what is there.

        Raises NotFound, Conflict when a rule is there with another note, expiry or SPF condition.
        """
        steps: list[Step] = []
        for (kind, mailbox), wishes in by_list(command.rules):
            owner, now = self._now(command, kind, mailbox)
            new = [wish for wish in wishes if is_new(wish, now)]
            steps += _add_steps(command, owner, kind, new)
        return steps

    def plan_remove(self, command: RemoveRules) -> list[Step]:
        """A step for each rule that is there. Raises NotFound, NotSupported for a protected one."""
        steps: list[Step] = []
        for (kind, mailbox), wishes in by_list(command.rules):
            owner, now = self._now(command, kind, mailbox)
            there = [rule for wish in wishes if (rule := found(wish, now)) is not None]
            steps += [_remove_step(command, owner, writable(rule)) for rule in there]
        return steps

    def plan_edit(self, command: EditRule) -> list[Step]:
        """One step, or none when it is so already. Raises NotFound, and Conflict when it is not as the person saw it."""
        owner, now = self._now(command, command.old.kind, command.old.mailbox or "")
        old, new = found(command.old, now), found(command.new, now)
        if new is not None and command.new.same_as(new):
            return []
        if old is None:
            raise NotFound(msg("The rule {rule} is not there any more.", rule=command.old.pattern))
        if not command.old.same_as(old):
            raise Conflict(
                msg("Somebody changed the rule {rule} since. Nothing was sent.", rule=old.pattern),
                old.to_json(),
            )
        if new is not None and new is not old:
            raise Conflict(msg("There is such a rule for {rule} already.", rule=new.pattern), new.to_json())
        return [_edit_step(command, owner, writable(old), command.new)]

    def plan_replace(self, command: ReplaceRules) -> list[Step]:
        """The way from what is there to the list.

        Sender rules without a protected one among them are replaced by one call. Else by single steps: the manual does not
        say that the call leaves protected rules alone. Raises NotFound, and Conflict when the person saw another list.
        """
        owner, now = self._now(command, command.kind, command.mailbox or "")
        way = difference(command, now)
        if not way:
            return []
        if command.kind is RuleKind.SENDER and not any(rule.read_only for rule in now):
            return [_replace_step(command, owner, now)]
        return [
            *(_remove_step(command, owner, rule) for rule in way.gone),
            *(_edit_step(command, owner, rule, wish) for rule, wish in way.changed),
            *_add_steps(command, owner, command.kind, way.new),
        ]

    def _now(self, command: RuleCommand, kind: RuleKind, mailbox: str | None) -> tuple[Owner, list[Rule]]:
        check_shapes("Cleanmail", SHAPES, command.domain, command.named)
        if command.domain is None:
            raise NotSupported("rules_write", msg("Cleanmail has rules of domains and mailboxes only."))
        owner = self._owner(command.domain, mailbox or "", living=True)
        return owner, self._list(owner, kind)

    # --- sending, and what became of it -------------------------------------------------------------------------------

    def apply(self, step: Step) -> Applied:
        """Finds the owner and the rule as they are now, and sends the step's one call; nothing for a rule that is gone."""
        args = step.args
        with just_before(step):
            owner = self._owner(step.domain or "", args["mailbox"], step.ref)
            arguments = {**args["arguments"], **self._ids(owner, step)}
        if None in arguments.values():
            if step.verb is Verb.RULE_REMOVE:
                return Applied()
            raise NotThere(str(msg("The rule {rule} is not there any more.", rule=step.subject)))
        self._client.ask(args["call"], arguments)
        return Applied()

    def _ids(self, owner: Owner, step: Step) -> dict[str, str | None]:
        """The ids that the call needs: of the owner, and of the rule (None when it is gone)."""
        kind, identity = RuleKind(step.args["kind"]), step.args.get("identity")
        whose = {"userId" if owner.mailbox else "domainId": owner.id}
        if identity is None:
            return dict(whose)
        rule = next((rule for rule in self._list(owner, kind) if list(rule.identity) == identity), None)
        one = None if rule is None else rule.ref["id"]
        return {**whose, "wbItemId": one} if kind is RuleKind.SENDER else {_SLOT[kind]: one}

    def observe(self, step: Step) -> Observed:
        """Whether the rules of the step are as it wanted them."""
        kind, mailbox = RuleKind(step.args["kind"]), step.args["mailbox"]
        try:
            now = self._list(self._owner(step.domain or "", mailbox, step.ref), kind)
        except NotFound:
            return Observed(Seen.DIFFERS)
        return observed(step, now)


# --- Steps ------------------------------------------------------------------------------------------------------------


def _add_steps(command: RuleCommand, owner: Owner, kind: RuleKind, wishes: Sequence[RuleSeen]) -> list[Step]:
    if not wishes:
        return []
    if kind is RuleKind.SENDER:
        call = "addMailboxRule" if owner.mailbox else "addDomainRule"
        return [_add_step(command, owner, wishes, call, {"body": [sender_to_wire(wish) for wish in wishes]})]
    return [
        _add_step(command, owner, [wish], _ADD[kind], _without_empty(filter_to_wire(wish))) for wish in wishes
    ]


def _without_empty(fields: Mapping[str, Json]) -> dict[str, Json]:
    """A new rule without the note that it has not (a change must say that it is empty now)."""
    return {name: value for name, value in fields.items() if value != ""}


def _add_step(
    command: RuleCommand, owner: Owner, wishes: Sequence[RuleSeen], call: str, arguments: Mapping[str, Json]
) -> Step:
    rules = [_as_sent(command, wish) for wish in wishes]
    back = RemoveRules(
        connection=command.connection,
        domain=command.domain,
        rules=[RuleSeen.model_validate(rule.to_json()) for rule in rules],
    )
    return _step(
        Verb.RULE_ADD,
        owner,
        rules[0].kind,
        subject_of(owner.mailbox or owner.domain, rules),
        call,
        arguments,
        before=[],
        after=rules,
        back=back,
    )


def _remove_step(command: RuleCommand, owner: Owner, rule: Rule) -> Step:
    call = _DELETE.get(rule.kind, "deleteMailboxRule" if owner.mailbox else "deleteDomainRule")
    back = adding_back(command, rule)
    return _step(
        Verb.RULE_REMOVE,
        owner,
        rule.kind,
        subject_of(owner.mailbox or owner.domain, [rule]),
        call,
        {},
        before=[rule],
        after=[],
        back=back,
    )


def _edit_step(command: RuleCommand, owner: Owner, old: Rule, wish: RuleSeen) -> Step:
    new = _as_sent(command, wish)
    back = made(EditRule, command, old=new.to_json(), new=old.to_json())
    if old.kind is RuleKind.SENDER:
        call = "updateMailboxRule" if owner.mailbox else "updateDomainRule"
        arguments = sender_to_wire(wish)
    else:
        call, arguments = _EDIT[old.kind], filter_to_wire(wish)
    return _step(
        Verb.RULE_EDIT,
        owner,
        old.kind,
        subject_of(owner.mailbox or owner.domain, [new]),
        call,
        arguments,
        before=[old],
        after=[new],
        back=back,
    )


def _replace_step(command: ReplaceRules, owner: Owner, now: Sequence[Rule]) -> Step:
    rules = [_as_sent(command, wish) for wish in command.rules]
    back = made(
        ReplaceRules,
        command,
        mailbox=owner.mailbox or None,
        rules=[rule.to_json() for rule in now],
        expected=[rule.to_json() for rule in rules],
    )
    call = "setMailboxRules" if owner.mailbox else "setDomainRules"
    body = {"body": [sender_to_wire(wish) for wish in command.rules]}
    subject = owner.mailbox or owner.domain
    return _step(
        Verb.RULES_REPLACE, owner, command.kind, subject, call, body, before=now, after=rules, back=back
    )


def _step(
    verb: Verb,
    owner: Owner,
    kind: RuleKind,
    subject: str,
    call: str,
    arguments: Mapping[str, Json],
    *,
    before: Sequence[Rule],
    after: Sequence[Rule],
    back: Command | None,
) -> Step:
    args: dict[str, Json] = {
        "call": call,
        "arguments": dict(arguments),
        "kind": kind.value,
        "mailbox": owner.mailbox,
    }
    if verb in (Verb.RULE_EDIT, Verb.RULE_REMOVE):
        args["identity"] = list(before[0].identity)
    return Step(
        verb=verb,
        subject=subject,
        domain=owner.domain,
        args=args,
        before={"rules": [rule.to_json() for rule in before]},
        after={"rules": [rule.to_json() for rule in after]},
        inverse=None if back is None else [back.to_json()],
        lost=[] if back is not None else [msg("The rule that is there holds what cannot be entered here.")],
        ref=None if owner.mailbox else {"id": owner.id},
    )


def _as_sent(command: RuleCommand, wish: RuleSeen) -> Rule:
    """The rule as it will be read: an SPF condition that was left open has been decided."""
    rule = rule_of(command.connection, command.domain, wish)
    body = sender_to_wire(wish) if wish.kind is RuleKind.SENDER else {}
    return replace(rule, spf=body.get("spfOn"))
