"""The pages of rules: all that are stored, and those of one domain read live."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace as replaced
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.capabilities import Capability
from app.core.commands import (
    MOST_OWNERS,
    AddRules,
    EditRule,
    RemoveRules,
    ReplaceRules,
    SpreadRule,
    parse,
)
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.names import NameProblem, display, domain_name, mail_address
from app.core.rule_plans import Difference, difference
from app.core.rule_ports import RuleQuery, RuleRow
from app.core.rules import MARKS, PARTS, Mark, Rule, RuleAction, RuleKind, rule_of
from app.core.text import msg
from app.features.rules.forms import (
    AddRulesForm,
    EditRuleForm,
    ReplaceRulesForm,
    SpreadRuleForm,
    kind_choices,
)
from app.features.rules.lines import lines_of, rules_in
from app.features.rules.owners import chosen_removals
from app.features.rules.service import OwnedRules, RuleService
from app.web.confirm import ConfirmForm
from app.web.errors import show_problem, tried
from app.web.feedback import register_link
from app.web.forms import apply_problems
from app.web.paging import Pager, Sort, page_number
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service
from app.web.tables import csv_answer, xlsx_answer

register_link(
    "rules.mailbox",
    lambda params: {
        "url": url_for(
            "rules.show", key=params["connection"], name=params["domain"], mailbox=params["mailbox"]
        )
    },
)

bp = Blueprint("rules", __name__, url_prefix="/rules")

WHOLE = "default"  # in addresses: the rules of a whole connection
SORTS = ("pattern", "domain", "connection", "kind", "action", "expires")
SIZES = (25, 50, 100, 200)
FILTER_MARKS = ("expired", "shadowed", "conflict")
TONES = {
    RuleAction.ALLOW: "green",
    RuleAction.BLOCK: "red",
    RuleAction.PROTECTED: "blue",
    RuleAction.SKIP: "grey",
}


def query_of(args: Mapping[str, str]) -> RuleQuery:
    """The filters that an address names. What makes no sense is left out."""
    text = {
        name: args.get(name, "").replace("\x00", "").strip()[:320]
        for name in ("q", "sender", "connection", "domain")
    }
    known: dict[str, set[Any]] = {"kind": set(RuleKind), "action": set(RuleAction), "mark": set(FILTER_MARKS)}
    chosen = {name: (args[name],) if args.get(name) in values else () for name, values in known.items()}
    try:
        domain = domain_name(text["domain"]) if text["domain"] else ""
    except NameProblem:
        domain = text["domain"]
    return RuleQuery(
        text=text["q"],
        sender=text["sender"],
        connections=(text["connection"],) if text["connection"] else (),
        domain=domain,
        kinds=chosen["kind"],
        actions=chosen["action"],
        marks=chosen["mark"],
    )


def _query_from_url() -> RuleQuery:
    sort, size = Sort.from_url(SORTS, "pattern"), request.args.get("size", "50")
    return replaced(
        query_of(request.args),
        sort=sort.key,
        descending=sort.descending,
        page=page_number(),
        size=int(size) if size.isdigit() and int(size) in SIZES else 50,
    )


@bp.get("/")
@right(Right.VIEW_RULES)
def index(actor: Actor) -> Any:
    """All stored rules of all connections; with `sender` those that name it."""
    query, status, problem = _query_from_url(), 200, ""
    rules = service(RuleService)
    try:
        found = rules.list_page(actor, query)
    except Invalid as error:
        status, problem = 422, translated(error.fields["sender"])
        query = RuleQuery(page=query.page)
        found = rules.list_page(actor, query)
    page = render_template(
        "rules/index.html",
        found=found,
        query=found.page.query,
        problem=problem,
        asked=request.args.get("sender", "")[:320],
        may_remove=bool(found.page.query.sender) and actor.may(Right.CHANGE_RULES),
        may_spread=bool(rules.spreadable(actor)[0])
        and (actor.may(Right.CHANGE_RULES) or actor.may(Right.ADD_EXPIRING_RULES)),
        rows=[
            shown_row(row, found.names, found.now, row.mark, shared=row.rule.connection in found.shared)
            for row in found.page.rows
        ],
        pager=Pager.of(query.page, query.size, found.page.total, found.page.total_capped),
        sort=Sort(query.sort, query.descending, "pattern"),
        connection_choices=[("", _("Every connection")), *found.names.items()],
        kind_choices=kind_choices(),
        action_choices=[("", _("Every action")), *((a.value, translated(a.label)) for a in RuleAction)],
        mark_choices=[
            ("", _("With and without marks")),
            ("expired", _("expired")),
            *((mark.value, translated(text)) for mark, text in MARKS.items()),
        ],
        form=ConfirmForm(),
    )
    return page, status


def shown_row(
    row: RuleRow, names: Mapping[str, str], now: Any, mark: Mark | None, *, shared: bool = False
) -> dict[str, Any]:
    """A rule as the tables draw it. `shared`: it holds for all domains of its domain's account."""
    rule = row.rule
    badges = [(_("expired"), "grey")] if rule.expired(now) else []
    if mark is not None and not badges:
        badges.append((translated(MARKS[mark]), "orange"))
    if row.stale:
        badges.append((_("old"), "orange"))
    if shared:
        badges.append((_("whole account"), "blue"))
    key: dict[str, Any] = {"key": rule.connection, "name": rule.domain or WHOLE}
    mailbox: dict[str, Any] = {"mailbox": rule.mailbox} if rule.mailbox else {}
    return {
        "id": rule.id,
        "value": json.dumps(rule.to_json()),
        "choice": json.dumps({"connection": rule.connection, "domain": rule.domain, "rule": rule.to_json()}),
        "pattern": display(rule.pattern)
        if rule.kind is RuleKind.SENDER and "@" not in rule.pattern
        else rule.pattern,
        "note": rule.note,
        "kind": translated(rule.kind.label),
        "action": translated(rule.action.label),
        "tone": TONES[rule.action],
        "part": translated(PARTS[rule.part])
        if rule.part and rule.part != "both" and rule.part in PARTS
        else "",
        "spf": rule.spf,
        "expires": rule.expires,
        "connection": names.get(rule.connection, rule.connection),
        "owner": rule.mailbox or (display(rule.domain) if rule.domain else _("all domains")),
        "url": url_for("rules.show", **key, **mailbox),
        "edit_url": url_for("rules.edit", rule_id=rule.id, **key, **mailbox),
        "badges": badges,
        "read_at": row.read_at,
        "read_only": rule.read_only,
    }


COLUMNS = (
    "connection",
    "domain",
    "mailbox",
    "kind",
    "action",
    "pattern",
    "part",
    "spf",
    "expires",
    "note",
    "mark",
    "read_at",
)


@bp.get("/export.<kind>")
@right(Right.EXPORT)
def export(actor: Actor, kind: str) -> Any:
    """What the list shows, all pages of it, as CSV or XLSX."""
    if kind not in ("csv", "xlsx"):
        raise NotFound(msg("Rules are exported as csv or xlsx."))
    rows = (cells_of(row) for row in service(RuleService).export(actor, _query_from_url()))
    answer = csv_answer if kind == "csv" else xlsx_answer
    return answer(f"rules.{kind}", COLUMNS, rows)


def cells_of(row: RuleRow) -> tuple[Any, ...]:
    """A row of the export, in the order of COLUMNS."""
    rule = row.rule
    return (
        rule.connection,
        display(rule.domain),
        rule.mailbox,
        rule.kind.value,
        rule.action.value,
        rule.pattern,
        rule.part,
        "" if rule.spf is None else "yes" if rule.spf else "no",
        rule.expires.isoformat(timespec="seconds") if rule.expires else "",
        rule.note,
        row.mark.value if row.mark else "",
        row.read_at.isoformat(timespec="seconds"),
    )


@bp.post("/read")
@right(Right.SYNC)
def read_everywhere(actor: Actor) -> ResponseReturnValue:
    """Read the rules of every domain of a connection, or of all, as a job."""
    form = ConfirmForm()
    key = request.form.get("connection", "")
    job_id = service(RuleService).read_everywhere(actor, key, form.request_key.data)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


# --- several owners ---------------------------------------------------------------------------------------------------


@bp.route("/spread", methods=["GET", "POST"])
@right(Right.VIEW_RULES)
def spread(actor: Actor) -> Any:
    """Add one sender rule to several domains and mailboxes of a connection by one call."""
    rules, form, status = service(RuleService), SpreadRuleForm(), 200
    connections, gaps = rules.spreadable(actor)
    form.connection.choices = [(c.key, c.name) for c in connections]
    chosen = form.connection.data or request.args.get("connection", "")
    key = next((c.key for c in connections if c.key == chosen), connections[0].key if connections else "")
    shapes = [s for s in rules.offered(actor, key) if s.kind is RuleKind.SENDER] if key else []
    form.offer(shapes)
    form.action.choices = [(a.value, translated(a.label)) for shape in shapes for a in shape.actions]
    if request.method == "GET":
        form.connection.data, form.pattern.data = key, request.args.get("sender", "")[:320]
        form.owners.data = "\n".join(request.args.getlist("owner")[:MOST_OWNERS])
    elif form.validate():
        status = 422
        try:
            rules.spread(actor, parse(SpreadRule, form.wish()), form.request_key.data)
            return redirect(url_for("rules.index", sender=form.pattern.data), 303)
        except Invalid as error:
            apply_problems(form, error, names=_spread_field)
        except GatehouseError as error:  # NotFound too: one of the owners, which are typed
            status = show_problem(form, error)
    page = render_template(
        "rules/spread.html",
        form=form,
        gaps=gaps,
        can=bool(connections),
        may_add=actor.may(Right.CHANGE_RULES) or actor.may(Right.ADD_EXPIRING_RULES),
        only_expiring=not actor.may(Right.CHANGE_RULES),
    )
    return page, status


def _spread_field(path: str) -> str:
    """The form's field for a path of the command: "rule.pattern" is "pattern", "owners.3" is "owners"."""
    return "owners" if path.startswith("owners") else path.removeprefix("rule.")


@bp.post("/withdraw")
@right(Right.CHANGE_RULES)
def withdraw(actor: Actor) -> ResponseReturnValue:
    """Remove the chosen rules of the list, whoever's they are."""
    form = ConfirmForm()
    commands = chosen_removals([_json(text) for text in request.form.getlist("rule")])
    service(RuleService).withdraw(actor, commands, form.request_key.data)
    return redirect(url_for("rules.index", sender=request.form.get("sender", "")[:320] or None), 303)


# --- one domain -------------------------------------------------------------------------------------------------------


def _domain(name: str) -> str:
    """The domain of an address, "" for a whole connection. Raises NotFound."""
    if name == WHOLE:
        return ""
    try:
        return domain_name(name)
    except NameProblem as problem:
        raise NotFound(problem.message) from problem


def _mailbox() -> str:
    """The mailbox that the address names, "" for none. Raises NotFound."""
    text = request.args.get("mailbox", "").strip()[:320]
    try:
        return mail_address(text).lower() if text else ""
    except NameProblem as problem:
        raise NotFound(problem.message) from problem


@bp.route("/<key>/<name>", methods=["GET", "POST"])
@right(Right.VIEW_RULES)
def show(actor: Actor, key: str, name: str) -> Any:
    """The rules of a domain (or a mailbox, or a whole connection), read live; add some, remove chosen ones."""
    rules, domain, mailbox = service(RuleService), _domain(name), _mailbox()
    form, status = AddRulesForm(), 200
    if request.method == "GET":
        form.mailbox.data = mailbox
    else:
        form.offer(rules.offered(actor, key))

        def add() -> None:
            rules.change(actor, _command(form, key, domain), form.request_key.data)

        failed = tried(form, add, partial(apply_problems, names=_field))
        if failed is None:
            return redirect(_here(key, name, mailbox), 303)
        status = failed
    found = rules.owned(actor, key, domain, mailbox)
    if request.method == "GET":
        form.offer(found.shapes)
    return _show_page(actor, found, form, name), status


def _show_page(actor: Actor, found: OwnedRules, form: AddRulesForm, name: str) -> str:
    names = {found.connection.key: found.connection.name}

    def draw(rows: Sequence[RuleRow]) -> list[dict[str, Any]]:
        return [shown_row(row, names, found.now, found.marks.get(row.rule.id)) for row in rows]

    can = Capability.RULES_WRITE in found.card.can
    return render_template(
        "rules/show.html",
        found=found,
        name=name,
        form=form,
        rows=draw(found.rows),
        others=draw(found.others),
        gaps=found.gaps(),
        may_change=can and actor.may(Right.CHANGE_RULES),
        may_add=can and (actor.may(Right.CHANGE_RULES) or actor.may(Right.ADD_EXPIRING_RULES)),
        only_expiring=not actor.may(Right.CHANGE_RULES),
        replaceable=[
            (shape.kind.value, translated(shape.kind.label))
            for shape in found.shapes
            if found.rows or shape.actions
        ],
        helps=[(translated(shape.kind.label), shape.help) for shape in found.shapes if shape.help],
    )


def _here(key: str, name: str, mailbox: str) -> str:
    return url_for("rules.show", key=key, name=name, mailbox=mailbox or None)


def _command(form: AddRulesForm, key: str, domain: str) -> AddRules | RemoveRules:
    base = {"connection": key, "domain": domain or None}
    if "remove" in request.form:
        return parse(RemoveRules, {**base, "rules": [_json(text) for text in request.form.getlist("rule")]})
    return parse(AddRules, {**base, "rules": form.rules()})


def _json(text: str) -> dict[str, Any]:
    """A rule as a hidden field of ours has it. Raises Invalid."""
    damaged = Invalid({"": msg("The form is damaged; load the page again.")})
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged from error
    if not isinstance(value, dict):
        raise damaged
    return value


def _field(path: str) -> str:
    """The form's field for a path of the command: "rules.0.pattern" is "patterns"."""
    last = path.rsplit(".", 1)[-1]
    renamed = {"pattern": "patterns", "kind": "what", "action": "what"}
    return renamed.get(last, last if path.startswith("rules.") else path)


@bp.route("/<key>/<name>/edit/<rule_id>", methods=["GET", "POST"])
@right(Right.CHANGE_RULES)
def edit(actor: Actor, key: str, name: str, rule_id: str) -> Any:
    """Change one rule; refused when it is no longer as the page showed it."""
    rules, domain, mailbox = service(RuleService), _domain(name), _mailbox()
    form, status = EditRuleForm(), 200
    if request.method == "POST":
        status = 422
        data = {"connection": key, "domain": domain or None}
        try:
            seen = _json(form.seen.data or "")
            kept = {name: value for name, value in seen.items() if name in ("kind", "mailbox")}
            form.offer([shape for shape in rules.offered(actor, key) if shape.kind == seen.get("kind")])
            wish: dict[str, Any] = {
                **kept,
                "action": form.action.data,
                "pattern": form.pattern.data or "",
                **form.said(),
            }
            rules.change(actor, parse(EditRule, {**data, "old": seen, "new": wish}), form.request_key.data)
            return redirect(_here(key, name, mailbox), 303)
        except Invalid as error:
            apply_problems(form, error, names=lambda path: path.removeprefix("new."))
        except NotFound:
            raise
        except GatehouseError as error:
            status = show_problem(form, error)
    found = rules.owned(actor, key, domain, mailbox)
    rule = found.rule(rule_id)
    shape = found.shape(rule.kind)
    if shape is None or rule.read_only:
        raise NotFound(msg("This rule can only be seen, not changed."))
    if request.method == "GET":
        form.offer([shape])
        form.show(rule, shape)
        form.seen.data = json.dumps(rule.to_json())
    form.offer_actions(shape)
    return render_template(
        "rules/edit.html", form=form, found=found, rule=rule, name=name, shape=shape
    ), status


@bp.route("/<key>/<name>/replace", methods=["GET", "POST"])
@right(Right.CHANGE_RULES)
def replace(actor: Actor, key: str, name: str) -> Any:
    """All rules of one kind as lines: what would change is shown first, then sent."""
    rules, domain, mailbox = service(RuleService), _domain(name), _mailbox()
    kind = RuleKind(request.args["kind"]) if request.args.get("kind") in set(RuleKind) else RuleKind.SENDER
    form, status, way, plan = ReplaceRulesForm(), 200, None, None
    found = rules.owned(actor, key, domain, mailbox)
    now = [row.rule for row in found.rows if row.rule.kind is kind]
    if request.method == "GET":
        free = [rule for rule in now if not rule.read_only]
        form.lines.data = lines_of(free)
        form.seen.data = json.dumps({"rules": [rule.to_json() for rule in free]})
    elif form.validate():
        try:
            wanted, seen = rules_in(form.lines.data or "", kind, mailbox), _json(form.seen.data or "")
            data: dict[str, Any] = {
                "connection": key,
                "domain": domain or None,
                "kind": kind,
                "mailbox": mailbox or None,
            }
            command = parse(ReplaceRules, {**data, "rules": wanted, "expected": seen.get("rules")})
            if "start" in request.form:
                rules.change(actor, command, form.request_key.data, form.checksum.data or "")
                return redirect(_here(key, name, mailbox), 303)
            plan = rules.plan(actor, command)
            way = difference(rules.filled(actor, command), now)
            form.checksum.data = plan.checksum
        except Invalid as error:
            status = 422
            apply_problems(form, error, names=lambda _path: "lines")
        except GatehouseError as error:
            status = show_problem(form, error)
    changes = [] if way is None else _changes(way, key, domain)
    return render_template(
        "rules/replace.html", form=form, found=found, name=name, kind=kind, plan=plan, changes=changes
    ), status


def _changes(way: Difference, key: str, domain: str) -> list[tuple[str, str, str]]:
    """The difference as (sign, tone, rule) lines."""
    here = domain or None
    return [
        *(("−", "red", _line(rule)) for rule in way.gone),
        *(("±", "orange", f"{_line(old)} → {_line(rule_of(key, here, new))}") for old, new in way.changed),
        *(("+", "green", _line(rule_of(key, here, new))) for new in way.new),
    ]


def _line(rule: Rule) -> str:
    """A rule as one line of the list, without the empty parts at its end."""
    return lines_of([rule]).strip().rstrip(",")
