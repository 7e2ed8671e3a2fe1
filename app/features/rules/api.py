"""Filtering rules over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import Response
from pydantic import AwareDatetime, BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import AddRules, EditRule, RemoveRules, ReplaceRules, RuleCommand, SpreadRule, parse
from app.core.errors import NotFound
from app.core.names import NameProblem, domain_name
from app.core.rule_ports import RuleQuery, RuleRow
from app.core.rules import Mark
from app.features.rules.owners import withdrawals
from app.features.rules.service import RuleService
from app.web.api import Body, Paged, Query, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with

api = blueprint("rules", "Rules")

WHOLE = "default"
Kind = Literal["sender", "recipient", "attachment", "uri", "ip", "link"]
Action = Literal["allow", "block", "skip"]
Sort = Literal[
    "pattern",
    "-pattern",
    "domain",
    "-domain",
    "connection",
    "-connection",
    "kind",
    "-kind",
    "action",
    "-action",
    "expires",
    "-expires",
]


class RuleOut(BaseModel):
    """A rule. `domain` null: of the whole connection; `mailbox` null: of the whole domain; `spf` null: not known."""

    id: str = Field(description="Its short name within its domain.")
    connection: str
    domain: str | None
    mailbox: str | None
    kind: str
    action: str
    pattern: str
    part: str = Field(description="What it looks at, where its kind leaves that open.")
    note: str
    expires: datetime | None
    expired: bool
    spf: bool | None
    mark: str | None = Field(description="shadowed or conflict, beside the other rules of its domain.")
    read_only: bool
    read_at: datetime


class CoverageOut(BaseModel):
    """How much of a connection's rules is stored."""

    connection: str
    domains: int
    read: int
    complete: int = Field(description="Domains that were read with all their mailboxes.")
    oldest: datetime | None
    problem: str | None = None


class RulesOut(BaseModel):
    """One page of the stored rules, and how much of all there is they are. `next` is the value of `page` for the next one."""

    items: list[RuleOut]
    total: int
    total_capped: bool
    page: int
    size: int
    next: int | None
    coverage: list[CoverageOut]


class RulesQuery(Paged):
    """Which rules: from what was read, so no upstream is asked."""

    q: str = Field(default="", max_length=253, description="Part of a pattern, note, domain or mailbox.")
    sender: str = Field(default="", max_length=320, description="Rules that name this address or domain.")
    connection: str = Field(default="", max_length=64)
    domain: str = Field(default="", max_length=253)
    kind: Literal["", "sender", "recipient", "attachment", "uri", "ip", "link"] = ""
    action: Literal["", "allow", "block", "skip", "protected"] = ""
    mark: Literal["", "expired", "shadowed", "conflict"] = ""
    sort: Sort = "pattern"


class OwnerQuery(Query):
    """Whose rules: the domain's own, or those of one of its mailboxes."""

    mailbox: str = Field(default="", max_length=320)


class OwnedRulesOut(BaseModel):
    """The rules of a domain, a mailbox or a whole connection, read live; `problems`: what could not be."""

    items: list[RuleOut]
    problems: list[str]
    shared: list[str] = Field(description="What a change here means for other domains; empty: nothing.")


class RuleIn(Body):
    """A rule. `part` empty: what the upstream takes for granted. `spf`: for allowed senders only."""

    kind: Kind = "sender"
    action: Action
    pattern: str = Field(examples=["partner.example"])
    part: str = ""
    mailbox: str | None = None
    note: str = ""
    expires: AwareDatetime | None = Field(default=None, strict=False)
    spf: bool | None = None


class SeenRuleIn(RuleIn):
    """A rule as it was seen."""


class RulesIn(Body):
    """Rules to add."""

    rules: list[RuleIn]


class EditRuleIn(Body):
    """Put `new` in the place of `old`; refused when `old` is no longer there like that."""

    old: SeenRuleIn
    new: RuleIn


class ReplaceRulesIn(Body):
    """All rules of one kind and owner. `expected`: refuse when it is no longer these."""

    kind: Kind = "sender"
    mailbox: str | None = None
    rules: list[RuleIn]
    expected: list[SeenRuleIn] | None = None


class SpreadRuleIn(Body):
    """One sender rule for several owners of a connection: domains, and addresses of mailboxes."""

    connection: str
    owners: list[str] = Field(examples=[["example.org", "anna@example.net"]])
    action: Literal["allow", "block"]
    pattern: str = Field(examples=["partner.example"])
    note: str = ""
    expires: AwareDatetime | None = Field(default=None, strict=False)
    spf: bool | None = None


class WithdrawRuleIn(Body):
    """A sender rule, and whose it shall no longer be."""

    connection: str
    owners: list[str]
    action: Literal["allow", "block"]
    pattern: str


class ReadRulesIn(Body):
    """Which connection; empty: all."""

    connection: str = ""


class RulesJobOut(BaseModel):
    """The job that reads."""

    job: int


@api.get("/rules")
@api_right(Right.VIEW_RULES)
@api.input(RulesQuery, location="query")
@api.output(RulesOut)
def list_rules(actor: Actor, query_data: RulesQuery) -> RulesOut:
    """List the rules that were read, of all connections; with `sender` those that name it."""
    query = RuleQuery(
        text=query_data.q,
        sender=query_data.sender,
        connections=_one(query_data.connection),
        domain=query_data.domain,
        kinds=_one(query_data.kind),
        actions=_one(query_data.action),
        marks=_one(query_data.mark),
        sort=query_data.sort.removeprefix("-"),
        descending=query_data.sort.startswith("-"),
        page=query_data.page,
        size=query_data.size,
    )
    found = service_with(RuleService, CollectFeedback()).list_page(actor, query)
    page = found.page
    further = page.total_capped or query.page * query.size < page.total
    return RulesOut(
        items=[rule_out(row, found.now, row.mark) for row in page.rows],
        total=page.total,
        total_capped=page.total_capped,
        page=query.page,
        size=query.size,
        next=query.page + 1 if further and page.rows else None,
        coverage=[
            CoverageOut(
                connection=one.connection.key,
                domains=one.total,
                read=one.read.domains,
                complete=one.read.complete,
                oldest=one.read.oldest,
                problem=text_out(one.gap),
            )
            for one in found.coverage
        ],
    )


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def rule_out(row: RuleRow, now: datetime, mark: Mark | None) -> RuleOut:
    """A rule as JSON."""
    rule = row.rule
    return RuleOut(
        id=rule.id,
        connection=rule.connection,
        domain=rule.domain or None,
        mailbox=rule.mailbox or None,
        kind=rule.kind.value,
        action=rule.action.value,
        pattern=rule.pattern,
        part=rule.part,
        note=rule.note,
        expires=rule.expires,
        expired=rule.expired(now),
        spf=rule.spf,
        mark=mark.value if mark else None,
        read_only=rule.read_only,
        read_at=row.read_at,
    )


@api.post("/rules/read")
@api_right(Right.SYNC)
@api.input(ReadRulesIn, location="json")
@api.output(RulesJobOut, status_code=202)
def read_rules(actor: Actor, json_data: ReadRulesIn) -> RulesJobOut:
    """Read the rules of every domain of a connection, or of all, with their mailboxes, as a job."""
    rules = service_with(RuleService, CollectFeedback())
    return RulesJobOut(job=rules.read_everywhere(actor, json_data.connection, request_key()))


@api.post("/rules/spread")
@api_right(Right.VIEW_RULES)
@api.input(SpreadRuleIn, location="json")
@api.output(ReportOut)
def spread_rule(actor: Actor, json_data: SpreadRuleIn) -> Response:
    """Add one sender rule to several owners by one call. Needs “change_rules”, or “add_expiring_rules” for 30 days."""
    rule = json_data.model_dump(exclude_none=True, exclude={"connection", "owners"})
    data = {"connection": json_data.connection, "owners": json_data.owners, "rule": rule}
    feedback = CollectFeedback()
    execution = service_with(RuleService, feedback).spread(actor, parse(SpreadRule, data), request_key())
    return written(feedback.reports, execution.outcomes)


@api.post("/rules/withdraw")
@api_right(Right.CHANGE_RULES)
@api.input(WithdrawRuleIn, location="json")
@api.output(ReportOut)
def withdraw_rule(actor: Actor, json_data: WithdrawRuleIn) -> Response:
    """Remove a sender rule of several owners, one call for each that has it."""
    rule = json_data.model_dump(include={"action", "pattern"})
    commands = withdrawals(json_data.connection, json_data.owners, rule)
    feedback = CollectFeedback()
    outcomes = service_with(RuleService, feedback).withdraw(actor, commands, request_key())
    return written(feedback.reports, outcomes)


@api.get("/domains/<connection>/<domain>/rules")
@api_right(Right.VIEW_RULES)
@api.input(OwnerQuery, location="query")
@api.output(OwnedRulesOut)
def list_domain_rules(actor: Actor, connection: str, domain: str, query_data: OwnerQuery) -> OwnedRulesOut:
    """Read the rules of a domain live (“default”: those of the whole connection)."""
    rules = service_with(RuleService, CollectFeedback())
    found = rules.owned(actor, connection, _domain(domain) or "", query_data.mailbox.strip().lower())
    return OwnedRulesOut(
        items=[rule_out(row, found.now, found.marks.get(row.rule.id)) for row in found.rows],
        problems=[text_out(problem) or "" for problem in found.problems],
        shared=[text_out(text) or "" for text in found.shared],
    )


@api.post("/domains/<connection>/<domain>/rules")
@api_right(Right.VIEW_RULES)
@api.input(RulesIn, location="json")
@api.output(ReportOut)
def add_rules(actor: Actor, connection: str, domain: str, json_data: RulesIn) -> Response:
    """Add rules. Needs “change_rules”, or “add_expiring_rules” for rules that expire within 30 days."""
    return _changed(actor, _parsed(AddRules, connection, domain, json_data))


@api.patch("/domains/<connection>/<domain>/rules")
@api_right(Right.CHANGE_RULES)
@api.input(EditRuleIn, location="json")
@api.output(ReportOut)
def edit_rule(actor: Actor, connection: str, domain: str, json_data: EditRuleIn) -> Response:
    """Change one rule, named as it was seen."""
    return _changed(actor, _parsed(EditRule, connection, domain, json_data))


@api.put("/domains/<connection>/<domain>/rules")
@api_right(Right.CHANGE_RULES)
@api.input(ReplaceRulesIn, location="json")
@api.output(ReportOut)
def replace_rules(actor: Actor, connection: str, domain: str, json_data: ReplaceRulesIn) -> Response:
    """Replace all rules of one kind and owner; protected ones stay."""
    return _changed(actor, _parsed(ReplaceRules, connection, domain, json_data))


@api.delete("/domains/<connection>/<domain>/rules/<rule_id>")
@api_right(Right.CHANGE_RULES)
@api.input(OwnerQuery, location="query")
@api.output(ReportOut)
def remove_rule(actor: Actor, connection: str, domain: str, rule_id: str, query_data: OwnerQuery) -> Response:
    """Remove one rule by the id that the list shows."""
    name = _domain(domain)
    rules = service_with(RuleService, CollectFeedback())
    found = rules.owned(actor, connection, name or "", query_data.mailbox.strip().lower())
    rule = found.rule(rule_id)
    data = {"connection": connection, "domain": name, "rules": [rule.to_json()]}
    return _changed(actor, parse(RemoveRules, data))


def _parsed(model: type[RuleCommand], connection: str, domain: str, body: Body) -> RuleCommand:
    fields: dict[str, Any] = body.model_dump(exclude_none=True)
    return parse(model, {"connection": connection, "domain": _domain(domain), **fields})


def _domain(name: str) -> str | None:
    """The domain of an address, None for a whole connection. Raises NotFound."""
    if name == WHOLE:
        return None
    try:
        return domain_name(name)
    except NameProblem as problem:
        raise NotFound(problem.message) from problem


def _changed(actor: Actor, command: RuleCommand) -> Response:
    feedback = CollectFeedback()
    execution = service_with(RuleService, feedback).change(actor, command, request_key())
    return written(feedback.reports, execution.outcomes)
