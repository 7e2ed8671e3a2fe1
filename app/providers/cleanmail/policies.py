"""Policies: added, changed and removed, and made the default of their domain (Cleanmail REST API manual, 5.4 and 5.5.15).

A policy belongs to one domain, while the calls that read and change it take its id alone: so it is always looked at first
whether it says that it belongs to that domain, else whether that domain's list has it. Nobody can reach the policy of another
domain by its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.commands import CreatePolicy, EditPolicy, RemovePolicy, SetDomainPolicy, parse
from app.core.errors import BadCredentials, Conflict, Invalid, NotFound, NotThere
from app.core.model import Connection, PolicyField
from app.core.names import NameProblem, display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.policies import ADDRESSES, NamedPolicy, PolicyUse, checked, same, valued
from app.core.text import Message, msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.pages import Pages
from app.providers.cleanmail.policy_fields import (
    BY_NAME,
    FIELDS,
    REQUIRED,
    SERVICES,
    body_of,
    notes_of,
    summary_of,
    values_of,
)
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, text_of
from app.providers.cleanmail.wire_domains import Record
from app.providers.cleanmail.writes import alive, just_before

Json = Any

_NEW_ID = msg("Its id: added again, it gets a new one. Mailboxes are not given to it by themselves.")
_LONGEST_ID = 100


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it came (`raw`), and what we read from it. `own`: it belongs to the domain that lists it."""

    raw: Row
    id: str
    name: str
    values: Mapping[str, Json]
    own: bool = True

    @property
    def state(self) -> dict[str, Json]:
        """Its name and those of its values that are there, as the journal shows them."""
        return {"name": self.name, **{name: v for name, v in self.values.items() if v is not None}}

    def get(self, name: str) -> Json:
        """A value, or the name."""
        return self.name if name == "name" else self.values.get(name)


class Policies:
    """The policies of one connection's domains."""

    def __init__(self, connection: Connection, reads: Reads, client: Client) -> None:
        self._connection = connection
        self._reads = reads
        self._client = client
        self._pages = Pages(client, max(1, connection.parallel // 2))

    # --- reading ----------------------------------------------------------------------------------------------------

    def fields(self) -> Sequence[PolicyField]:
        """All fields; each value is what a new policy is proposed to have."""
        return FIELDS

    def read_all(self, domain: str) -> list[NamedPolicy]:
        """The policies of a domain by name. Raises NotFound."""
        record = self._reads.record(domain)
        found = [self._named(domain, policy, default_of(record)) for policy in self._of(record)]
        return sorted(found, key=lambda policy: (not policy.default, policy.name.casefold()))

    def read_one(self, domain: str, policy: str) -> NamedPolicy:
        """One policy of a domain with all its values, by its own call. Raises NotFound."""
        record = self._reads.record(domain)
        return self._named(domain, self._one(record, policy), default_of(record))

    def use(self, domain: str, policy: str) -> PolicyUse:
        """Whether it is the domain's default, and for which mailboxes it applies: read from the domain's users."""
        record = self._reads.record(domain)
        return self._use(record, self._one(record, policy))

    def _named(self, domain: str, policy: Policy, default: str) -> NamedPolicy:
        return NamedPolicy(
            connection=self._connection.key,
            domain=domain,
            id=policy.id,
            name=policy.name,
            fields=valued(FIELDS, policy.values),
            default=policy.id == default,
            summary=summary_of(policy.values),
            notes=notes_of(policy.values),
            writable=policy.own,
        )

    def _of(self, record: Record) -> list[Policy]:
        return [
            policy
            for rows in self._pages.rows("listDomainPolicies", {"domainId": record.id})
            for row in rows
            if (policy := read_policy(row, record.id)) is not None
        ]

    def _one(self, record: Record, identity: str | None, name: str | None = None) -> Policy:
        """The policy of this id (else this name) among those of the domain. Raises NotFound."""
        alone = None if identity is None else self._by_id(record, identity)
        if alone is not None:
            return alone
        for policy in self._of(record):
            if policy.id == identity or (identity is None and _alike(policy.name, name or "")):
                return policy
        raise NotFound(msg("{domain} has no such policy (any more).", domain=display(record.name)))

    def _by_id(self, record: Record, identity: str) -> Policy | None:
        """The policy of this id when it says itself that it is this domain's (5.4.3), None when only the list can tell."""
        try:
            row = self._client.ask("singleDomainPolicy", {"policyId": identity})
        except NotThere:
            return None
        except BadCredentials as refused:
            if refused.status == 403:  # it may be another domain's, which this token does not see
                return None
            raise
        if not isinstance(row, dict) or id_of(row) != identity or id_of(row, "domainId") != record.id:
            return None
        return read_policy(row, record.id)

    def _use(self, record: Record, policy: Policy) -> PolicyUse:
        addresses: list[str] = []
        total = 0
        for rows in self._pages.rows("listDomainUsers", {"domainId": record.id}):
            for user in rows:
                applied = user.get("policy")
                if isinstance(applied, dict) and id_of(applied) == policy.id:
                    total += 1
                    addresses.append(text_of(user, "email", 320))
        named = tuple(sorted(address for address in addresses if address)[:ADDRESSES])
        return PolicyUse(policy.id == default_of(record), named, total, default_of(record))

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_create(self, command: CreatePolicy) -> list[Step]:
        """One step, none when it is there as wished. Raises NotFound, Invalid, Conflict (name taken, deleted domain)."""
        wanted = _wanted(command.values)
        values = {**{name: BY_NAME[name].value for name in REQUIRED}, **wanted}
        _check_services(values, values)
        record = alive(self._reads.record(command.domain))
        there = next((p for p in self._of(record) if _alike(p.name, command.name)), None)
        if there is not None:
            if all(same(there.values.get(name), value) for name, value in wanted.items()):
                return []
            text = msg(
                "{domain} already has a policy “{name}”, with other values.",
                domain=display(command.domain),
                name=there.name,
            )
            raise Conflict(text, there.state)
        back = RemovePolicy(connection=command.connection, domain=command.domain, name=command.name)
        return [
            Step(
                verb=Verb.POLICY_ADD,
                subject=_subject(command.domain, command.name),
                domain=command.domain,
                args={"call": "newPolicy", "arguments": {"name": command.name, **body_of(values)}},
                after={"name": command.name, **values},
                inverse=[back.to_json()],
                ref={"id": record.id},
            )
        ]

    def plan_edit(self, command: EditPolicy) -> list[Step]:
        """One step with what really changes, or none. Raises NotFound, Invalid, Conflict (changed since, deleted domain)."""
        wanted = _wanted(command.values)
        if command.name is not None:
            wanted["name"] = command.name
        record = alive(self._reads.record(command.domain))
        policy = self._writable(record, command.policy)
        _check_expected(policy, command.expected or {})
        changed = {name: value for name, value in wanted.items() if not same(policy.get(name), value)}
        if not changed:
            return []
        _check_services({**policy.values, **changed}, changed)
        before = {name: policy.get(name) for name in changed}
        return [
            Step(
                verb=Verb.POLICY_EDIT,
                subject=_subject(command.domain, policy.name),
                domain=command.domain,
                args={"call": "editPolicy", "policy": policy.id, "changes": changed},
                before=before,
                after=changed,
                **_way_back(command, policy, before),
                ref={"id": record.id},
            )
        ]

    def plan_remove(self, command: RemovePolicy) -> list[Step]:
        """One step. Raises NotFound, and Conflict while somebody uses it, saying who (manual, 5.4.2)."""
        record = alive(self._reads.record(command.domain))
        policy = self._writable(record, command.policy, command.name)
        use = self._use(record, policy)
        if use.used:
            raise Conflict(in_use(policy.name, command.domain, use), {"mailboxes": list(use.mailboxes)})
        return [
            Step(
                verb=Verb.POLICY_REMOVE,
                subject=_subject(command.domain, policy.name),
                domain=command.domain,
                args={"call": "deletePolicy", "policy": policy.id},
                before=policy.state,
                **_bring_back(command, policy),
                ref={"id": record.id},
            )
        ]

    def plan_assign(self, command: SetDomainPolicy) -> list[Step]:
        """One step, none when it is the default already. Raises NotFound, Conflict (changed since, deleted domain)."""
        record = alive(self._reads.record(command.domain))
        policy, now = self._one(record, command.policy), default_of(record)
        if command.expected is not None and command.expected != now:
            raise Conflict(
                msg(
                    "Somebody chose another default policy of {domain} since. Nothing was sent.",
                    domain=display(command.domain),
                ),
                _default_state(record),
            )
        if policy.id == now:
            return []
        whose = {"connection": command.connection, "domain": command.domain}
        return [
            Step(
                verb=Verb.POLICY_ASSIGN,
                subject=_subject(command.domain, policy.name),
                domain=command.domain,
                args={"call": "editDomain", "arguments": {"policyId": policy.id}},
                before=_default_state(record),
                after={"policy": policy.name, "id": policy.id},
                inverse=[SetDomainPolicy(**whose, policy=now).to_json()] if now else None,
                ref={"id": record.id},
            )
        ]

    def _writable(self, record: Record, identity: str | None, name: str | None = None) -> Policy:
        policy = self._one(record, identity, name)
        if not policy.own:
            text = msg(
                "The policy “{name}” belongs to another domain. Change it there. Nothing was sent.",
                name=policy.name,
            )
            raise Conflict(text)
        return policy

    # --- sending, and what became of it -----------------------------------------------------------------------------

    def apply_edit(self, step: Step) -> Applied:
        """Reads the policy once more, and sends the changes with what belongs to the same part of it."""
        with just_before(step):
            policy = self._again(step)
        body = body_of(step.args["changes"], policy.raw)
        self._client.ask("editPolicy", {"policyId": policy.id, **body})
        return Applied()

    def apply_remove(self, step: Step) -> Applied:
        """Looks whether the policy is still the domain's, and removes it."""
        with just_before(step):
            policy = self._again(step)
        self._client.ask("deletePolicy", {"policyId": policy.id})
        return Applied()

    def _again(self, step: Step) -> Policy:
        return self._writable(self._reads.record(step.domain or "", step.ref), step.args["policy"])

    def observe_create(self, step: Step) -> Observed:
        """Whether a policy of this name is there with these values."""
        wanted = step.after or {}
        found = self._seen(step)
        policy = None if found is None else next((p for p in found if _alike(p.name, wanted["name"])), None)
        if policy is None:
            return Observed(Seen.NOT_DONE, {"name": None})
        values = {name: value for name, value in wanted.items() if name != "name"}
        good = all(same(policy.get(name), value) for name, value in values.items())
        return Observed(Seen.DONE if good else Seen.DIFFERS, {name: policy.get(name) for name in wanted})

    def observe_edit(self, step: Step) -> Observed:
        """Whether every changed field is as the step wanted it."""
        policy = next((p for p in self._seen(step) or () if p.id == step.args["policy"]), None)
        if policy is None:
            return Observed(Seen.DIFFERS)
        now = {name: policy.get(name) for name in step.args["changes"]}
        if _equal(now, step.after or {}):
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if _equal(now, step.before or {}) else Seen.DIFFERS, now)

    def observe_remove(self, step: Step) -> Observed:
        """Whether the policy is gone; DIFFERS when another one has its name by now."""
        name = str((step.before or {}).get("name"))
        found = [p for p in self._seen(step) or () if p.id == step.args["policy"] or _alike(p.name, name)]
        if not found:
            return Observed(Seen.DONE, {"name": None})
        there = next((p for p in found if p.id == step.args["policy"]), None)
        return Observed(Seen.DIFFERS if there is None else Seen.NOT_DONE, (there or found[0]).state)

    def observe_assign(self, step: Step) -> Observed:
        """Whether the policy is the domain's default."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        now, default = _default_state(record), default_of(record)
        if default == (step.after or {}).get("id"):
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if default == (step.before or {}).get("id") else Seen.DIFFERS, now)

    def _seen(self, step: Step) -> Sequence[Policy] | None:
        """The policies of the step's domain now, None when the domain is gone."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        return None if record is None else self._of(record)


# --- Translation ------------------------------------------------------------------------------------------------------


def read_policy(row: Row, domain_id: str) -> Policy | None:
    """A policy of any answer, None for a row that nobody could name: without an id that an address can carry."""
    identity = id_of(row)
    if not identity or len(identity) > _LONGEST_ID or "/" in identity or not identity.isprintable():
        return None
    owner = id_of(row, "domainId")
    return Policy(
        row, identity, text_of(row, "name", 100) or identity, values_of(row), owner in ("", domain_id)
    )


def default_of(record: Record) -> str:
    """The id of the domain's default policy, "" where the answer does not say."""
    policy = record.raw.get("policy")
    return id_of(policy) if isinstance(policy, dict) else ""


def in_use(name: str, domain: str, use: PolicyUse) -> Message:
    """Why a policy cannot be removed: who uses it."""
    named = ", ".join(use.mailboxes[:5])
    more = use.total - len(use.mailboxes[:5])
    mailboxes = (
        msg("{named} and {more} more", named=named, more=more) if more > 0 else msg("{named}", named=named)
    )
    if use.default:
        return msg(
            "“{name}” cannot be removed: it is the default policy of {domain}, applied to {total} mailboxes. Nothing was sent.",
            name=name,
            domain=display(domain),
            total=use.total,
        )
    return msg(
        "“{name}” cannot be removed: it is used by {mailboxes}. Nothing was sent.",
        name=name,
        mailboxes=mailboxes,
    )


def _default_state(record: Record) -> dict[str, Json]:
    policy = record.raw.get("policy")
    name = text_of(policy, "name", 100) if isinstance(policy, dict) else ""
    return {"policy": name or None, "id": default_of(record)}


def _subject(domain: str, name: str) -> str:
    return f"{domain}: {name}"


def _alike(one: str, other: str) -> bool:
    """Whether two names are the same to Cleanmail."""
    return one.casefold() == other.casefold()


def _equal(now: Mapping[str, Json], wanted: Mapping[str, Json]) -> bool:
    return all(same(now.get(name), value) for name, value in wanted.items())


# --- What a person wants ----------------------------------------------------------------------------------------------


def _wanted(values: Mapping[str, Json]) -> dict[str, Json]:
    """The values of a wish, checked. Raises Invalid by field ("values.spamScore")."""
    found: dict[str, Json] = {}
    problems: dict[str, Message] = {}
    for name, value in values.items():
        field = BY_NAME.get(name)
        try:
            if field is None:
                raise NameProblem(msg("There is no such field."))
            found[name] = checked(field, value)
        except NameProblem as problem:
            problems[f"values.{name}"] = problem.message
    if problems:
        raise Invalid(problems)
    return found


def _check_services(result: Mapping[str, Json], changed: Mapping[str, Json]) -> None:
    """Raises Invalid for a changed field of a service that is off afterwards: Cleanmail keeps no settings of it."""
    problems = {
        f"values.{name}": msg(
            "This counts only while “{service}” is on. Switch that on too.", service=field.needs
        )
        for name in changed
        if (field := BY_NAME.get(name)) and field.needs and result.get(field.needs) is not True
    }
    if problems:
        raise Invalid(problems)


def _check_expected(policy: Policy, expected: Mapping[str, Json]) -> None:
    """Raises Conflict when a field is no longer what the person saw."""
    moved = [name for name, value in expected.items() if not same(policy.get(name), value)]
    if moved:
        text = msg(
            "Somebody changed this policy since you opened it ({fields}). Nothing was sent. Open it again.",
            fields=", ".join(str(BY_NAME[name].label) if name in BY_NAME else name for name in moved[:5]),
        )
        raise Conflict(text, policy.state)


def _way_back(command: EditPolicy, policy: Policy, before: Mapping[str, Json]) -> dict[str, Any]:
    """The inverse of an edit: the values before, with all settings of a service that goes off; those of one that comes on
    go with it again. What a command cannot carry is told as lost."""
    off = [s for s in SERVICES if before.get(s) is True]
    on = [s for s in SERVICES if s in before and before[s] is not True]
    kept = {n: v for n, v in policy.values.items() if v is not None and BY_NAME[n].needs in off}
    values = {n: v for n, v in {**kept, **before}.items() if n != "name" and BY_NAME[n].needs not in on}
    whose = {"connection": command.connection, "domain": command.domain, "policy": policy.id}
    name = {"name": policy.name} if "name" in before else {}
    return _carried(EditPolicy, {**whose, **name, "values": values}, ())


def _bring_back(command: RemovePolicy, policy: Policy) -> dict[str, Any]:
    values = {name: value for name, value in policy.state.items() if name != "name"}
    whose = {"connection": command.connection, "domain": command.domain, "name": policy.name}
    return _carried(CreatePolicy, {**whose, "values": values}, (_NEW_ID,))


def _carried(
    model: type[EditPolicy | CreatePolicy], data: dict[str, Any], lost: Sequence[Message]
) -> dict[str, Any]:
    """The inverse and what it cannot bring back. Values that were missing or that nobody could enter are left out."""
    good, bad = {}, []
    for name, value in data["values"].items():
        try:
            good[name] = checked(BY_NAME[name], value)
        except NameProblem:
            bad.append(name)
    lost = [*lost, *(msg("The value of {field} before.", field=BY_NAME[name].label) for name in bad)]
    try:
        back = parse(model, {**data, "values": good})
    except Invalid:
        return {"inverse": None, "lost": [*lost, msg("What it has now holds what cannot be entered here.")]}
    return {"inverse": [back.to_json()], "lost": lost}
