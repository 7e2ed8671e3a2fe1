"""E-mail aliases, "groups" in paths (Cleanmail REST API manual, 5.15; Cleanmail contract notes, 8, 9 and 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.commands import (
    AddEmailAlias,
    AddRecipients,
    EditEmailAlias,
    RemoveEmailAlias,
    RemoveRecipients,
    parse,
)
from app.core.email_aliases import EmailAlias, EmailAliasPage, EmailAliasQuery, Recipient, RecipientKind
from app.core.errors import Conflict, Invalid, NotFound, NotThere
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, read_rows, rows_of, text_of, total_of
from app.providers.cleanmail.wire_domains import Record
from app.providers.cleanmail.writes import alive, just_before

Json = Any

_KINDS = {
    "USER": RecipientKind.MAILBOX,
    "ALIAS": RecipientKind.ALIAS,
    "EXTERNAL_ADDRESS": RecipientKind.EXTERNAL,
}
_FILTERS = {"address": "email", "recipient": "recipient"}
_CALLS = {
    Verb.RECIPIENTS_ADD: "addAddressesToEmailAlias",
    Verb.RECIPIENT_REMOVE: "deleteEmailAliasRecipient",
}


class EmailAliases:
    """Lists, adds, changes and removes e-mail aliases. An alias is found by its address, its id looked up each time."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    # --- reading ----------------------------------------------------------------------------------------------------

    def page(self, domain: str, query: EmailAliasQuery) -> EmailAliasPage:
        """One page by address; the one filter that the API takes has wildcards at both ends. Raises NotFound."""
        record = self._reads.record(domain)
        offset = (query.page - 1) * query.size
        asked = {"domainId": record.id, "sort": "email", "pageSize": query.size, "offset": offset}
        if query.text:
            asked[_FILTERS.get(query.by, "email")] = f"*{query.text.strip('*')}*"
        answer = self._client.call("listEmailAliasesOfDomain", asked)
        rows = tuple(alias for row in read_rows(answer) if (alias := read_alias(row)) is not None)
        total = total_of(answer)
        more = len(rows) >= query.size if total is None else offset + len(rows) < total
        return EmailAliasPage(rows, total, more and bool(rows))

    def read(self, domain: str, address: str) -> EmailAlias:
        """One alias with all its recipients and their names, which its own call alone shows (5.15.5). Raises NotFound."""
        record = self._reads.record(domain)
        there = self._there(record, address)
        try:
            row = self._client.ask("listTargetedAddressesOfAlias", _ids(record, there))
        except NotThere as gone:
            raise _no_alias(record, address) from gone
        alias = read_alias(row) if isinstance(row, dict) else None
        return there if alias is None or alias.ref["id"] != there.ref["id"] else alias

    def _there(self, record: Record, address: str) -> EmailAlias:
        found = self._find(record, address)
        if found is None:
            raise _no_alias(record, address)
        return found

    def _find(self, record: Record, address: str) -> EmailAlias | None:
        """The alias with this address, an international domain also in its Unicode form."""
        local, _, domain = address.rpartition("@")
        for spelling in dict.fromkeys((address, f"{local}@{display(domain)}")):
            asked = {"domainId": record.id, "email": spelling}
            for row in read_rows(self._client.call("listEmailAliasesOfDomain", asked)):
                alias = read_alias(row)
                if alias is not None and alias.address.lower() == spelling.lower():
                    return alias
        return None

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddEmailAlias) -> list[Step]:
        """One step, none when the alias is there with these recipients. Raises NotFound, Invalid for an address of another
        domain, Conflict when it is there with others."""
        record = self._of_domain(command.domain, command.address, "address")
        there = self._find(record, command.address)
        if there is None:
            return [_add_step(command, record)]
        if _as_set(_addresses(there)) != _as_set(command.recipients):
            text = msg("{address} is already there, with other recipients.", address=command.address)
            raise Conflict(text, _state(there))
        return []

    def plan_edit(self, command: EditEmailAlias) -> list[Step]:
        """One step, or none when it is so already. Raises NotFound, Invalid, Conflict when the recipients moved."""
        target = command.new_address or command.address
        record = self._of_domain(command.domain, target, "new_address")
        there = self._there(record, command.address)
        now = _addresses(there)
        if command.expected is not None and _as_set(command.expected) != _as_set(now):
            raise _moved(command.address, there)
        wanted = now if command.recipients is None else list(command.recipients)
        if target.lower() == there.address.lower() and _as_set(wanted) == _as_set(now):
            return []
        return [_edit_step(command, record, there, target, wanted)]

    def plan_remove(self, command: RemoveEmailAlias) -> list[Step]:
        """One step, none when the alias is gone already. Raises NotFound for the domain, Conflict for a deleted one."""
        record = alive(self._reads.record(command.domain))
        there = self._find(record, command.address)
        if there is None:
            return []
        whose = {"connection": command.connection, "domain": command.domain}
        back = _way_back(AddEmailAlias, {**whose, "address": there.address, "recipients": _addresses(there)})
        return [
            Step(
                verb=Verb.EMAIL_ALIAS_REMOVE,
                subject=there.address,
                domain=command.domain,
                args={"call": "deleteEmailAlias", "address": there.address},
                before=_state(there),
                inverse=back,
                lost=[] if back else [msg("It has a recipient that cannot be entered here.")],
                ref={"id": record.id},
            )
        ]

    def plan_add_recipients(self, command: AddRecipients) -> list[Step]:
        """One step with those that are not there yet, or none. Raises NotFound, Conflict for a deleted domain."""
        record = alive(self._reads.record(command.domain))
        there = self._there(record, command.address)
        now = _addresses(there)
        new = _missing(command.recipients, now)
        if not new:
            return []
        back = RemoveRecipients(**_whose(command, there), recipients=new)
        return [
            _recipients_step(
                Verb.RECIPIENTS_ADD, command, record, there, [*now, *new], new, inverse=[back.to_json()]
            )
        ]

    def plan_remove_recipients(self, command: RemoveRecipients) -> list[Step]:
        """A step for each that is there, for the API takes one at a time. Raises NotFound, Conflict for a deleted domain."""
        record = alive(self._reads.record(command.domain))
        there = self._there(record, command.address)
        left, steps = _addresses(there), []
        for one in [address for address in left if address.lower() in _as_set(command.recipients)]:
            left = [address for address in left if address != one]
            back = _way_back(AddRecipients, {**_whose(command, there), "recipients": [one]})
            lost = [] if back else [msg("It has a recipient that cannot be entered here.")]
            steps.append(
                _recipients_step(
                    Verb.RECIPIENT_REMOVE, command, record, there, left, [one], inverse=back, lost=lost
                )
            )
        return steps

    def _of_domain(self, domain: str, address: str, field: str) -> Record:
        """The domain, when the address is one of its own or of its aliases. Raises Invalid otherwise."""
        record = self._reads.with_aliases(alive(self._reads.record(domain)))
        own = (record.name, *(record.alias_names or ()))
        if address.rpartition("@")[2] not in own:
            text = msg("Its part after the @ must be {domain} or one of its aliases.", domain=display(domain))
            raise Invalid({field: text})
        return record

    # --- sending ----------------------------------------------------------------------------------------------------

    def apply_edit(self, step: Step) -> Applied:
        """Looks the alias up, and sends address and recipients when it is still as planned for. Raises Conflict if not."""
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
            there = self._there(record, step.args["address"])
        if _as_set(_addresses(there)) != _as_set((step.before or {}).get("recipients", ())):
            raise _moved(there.address, there)
        self._client.ask("editEmailAlias", {**_ids(record, there), **step.args["arguments"]})
        return Applied()

    def apply_remove(self, step: Step) -> Applied:
        """Looks the alias up and removes it; nothing when it is gone already."""
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
            there = self._find(record, step.args["address"])
        if there is not None:
            self._client.ask("deleteEmailAlias", {"groupId": there.ref["id"]})
        return Applied()

    def apply_add_recipients(self, step: Step) -> Applied:
        """Looks the alias up and adds those that are still missing; nothing when all are there already."""
        record, there = self._just_before(step)
        new = _missing(step.args["recipients"], _addresses(there))
        if new:
            self._client.ask(step.args["call"], {**_ids(record, there), "body": new})
        return Applied()

    def apply_remove_recipient(self, step: Step) -> Applied:
        """Looks the recipient up, by whose id alone it goes; nothing when it is gone already."""
        record, there = self._just_before(step)
        [gone] = step.args["recipients"]
        identity = next(
            (i for address, i in there.ref["recipients"] if address.lower() == gone.lower()), None
        )
        if identity is not None:
            self._client.ask(step.args["call"], {**_ids(record, there), "addressId": identity})
        return Applied()

    def _just_before(self, step: Step) -> tuple[Record, EmailAlias]:
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
            return record, self._there(record, step.args["address"])

    # --- what became of them ----------------------------------------------------------------------------------------

    def observe(self, step: Step) -> Observed:
        """Whether the alias is there as the step wanted it, or gone as it wanted."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        if record is None:
            return Observed(Seen.DIFFERS)
        target = (step.after or step.before or {}).get("address", "")
        there = self._find(record, target)
        now = None if there is None else _state(there)
        if _same(now, step.after):
            return Observed(Seen.DONE, now)
        before = step.before
        if before is not None and before["address"].lower() != target.lower():
            there = self._find(record, before["address"])
            now = None if there is None else _state(there)
        return Observed(Seen.NOT_DONE if _same(now, before) else Seen.DIFFERS, now)

    def observe_recipients(self, step: Step) -> Observed:
        """Whether the recipients that the step is about are in the alias, or no longer are; the others do not count."""
        record = self._reads.record_or_none(step.domain or "", step.ref)
        there = None if record is None else self._find(record, step.args["address"])
        if there is None:
            return Observed(Seen.DIFFERS)
        missing = _missing(step.args["recipients"], _addresses(there))
        kept = [address for address in step.args["recipients"] if address not in missing]
        undone, done = (missing, kept) if step.verb is Verb.RECIPIENTS_ADD else (kept, missing)
        seen = Seen.DONE if not undone else Seen.DIFFERS if done else Seen.NOT_DONE
        return Observed(seen, _state(there))


def read_alias(row: Row) -> EmailAlias | None:
    """An alias of an answer, None for a row without id or address."""
    identity, address = id_of(row), text_of(row, "email", 320)
    if not identity or not address:
        return None
    rows = [one for one in rows_of(row, "recipients") or () if text_of(one, "email", 320)]
    recipients = tuple(
        Recipient(
            text_of(one, "email", 320),
            _KINDS.get(text_of(one, "type").upper(), RecipientKind.UNKNOWN),
            _name(one),
        )
        for one in rows
    )
    known = [[text_of(one, "email", 320), id_of(one)] for one in rows if id_of(one)]
    return EmailAlias(address, recipients, {"id": identity, "recipients": known})


def _name(row: Row) -> str:
    return " ".join(text for key in ("firstname", "lastname") if (text := text_of(row, key, 100)))


def _addresses(alias: EmailAlias) -> list[str]:
    return [recipient.address for recipient in alias.recipients]


def _missing(wanted: Sequence[str], now: Sequence[str]) -> list[str]:
    """Those of the wanted addresses that are not there."""
    return [address for address in wanted if address.lower() not in _as_set(now)]


def _ids(record: Record, alias: EmailAlias) -> dict[str, Json]:
    return {"domainId": record.id, "groupId": alias.ref["id"]}


def _as_set(addresses: Sequence[str]) -> set[str]:
    """Addresses without their order, which the API does not keep, and without their case."""
    return {address.lower() for address in addresses}


def _state(alias: EmailAlias) -> dict[str, Json]:
    return {"address": alias.address, "recipients": _addresses(alias)}


def _same(one: Mapping[str, Json] | None, other: Mapping[str, Json] | None) -> bool:
    if one is None or other is None:
        return one is other
    same_address = one["address"].lower() == other["address"].lower()
    return same_address and _as_set(one["recipients"]) == _as_set(other["recipients"])


def _no_alias(record: Record, address: str) -> NotFound:
    return NotFound(
        msg("{domain} has no e-mail alias {address}.", domain=display(record.name), address=address)
    )


def _moved(address: str, there: EmailAlias) -> Conflict:
    text = msg("The recipients of {address} are no longer what you saw. Nothing was sent.", address=address)
    return Conflict(text, _state(there))


def _way_back(
    model: type[AddEmailAlias | EditEmailAlias | AddRecipients], data: dict[str, Json]
) -> list[dict[str, Json]] | None:
    """The command as data, None where it would hold what cannot be entered."""
    try:
        parse(model, data)
    except Invalid:
        return None
    return [{"command": model.command, **data}]


def _add_step(command: AddEmailAlias, record: Record) -> Step:
    back = RemoveEmailAlias(connection=command.connection, domain=command.domain, address=command.address)
    return Step(
        verb=Verb.EMAIL_ALIAS_ADD,
        subject=command.address,
        domain=command.domain,
        args={
            "call": "newEmailAlias",
            "arguments": {"email": command.address, "recipients": list(command.recipients)},
        },
        after={"address": command.address, "recipients": list(command.recipients)},
        inverse=[back.to_json()],
        ref={"id": record.id},
    )


def _edit_step(
    command: EditEmailAlias, record: Record, there: EmailAlias, target: str, wanted: Sequence[str]
) -> Step:
    back = {
        "connection": command.connection,
        "domain": command.domain,
        "address": target,
        "recipients": _addresses(there),
        "expected": list(wanted),
    }
    if target.lower() != there.address.lower():
        back["new_address"] = there.address
    inverse = _way_back(EditEmailAlias, back)
    return Step(
        verb=Verb.EMAIL_ALIAS_EDIT,
        subject=there.address,
        domain=command.domain,
        args={
            "call": "editEmailAlias",
            "address": there.address,
            "arguments": {"email": target, "recipients": list(wanted)},
        },
        before=_state(there),
        after={"address": target, "recipients": list(wanted)},
        inverse=inverse,
        lost=[] if inverse else [msg("It has a recipient that cannot be entered here.")],
        ref={"id": record.id},
    )


def _whose(command: AddRecipients | RemoveRecipients, there: EmailAlias) -> dict[str, Json]:
    return {"connection": command.connection, "domain": command.domain, "address": there.address}


def _recipients_step(
    verb: Verb,
    command: AddRecipients | RemoveRecipients,
    record: Record,
    there: EmailAlias,
    then: Sequence[str],
    about: Sequence[str],
    **more: Any,
) -> Step:
    return Step(
        verb=verb,
        subject=f"{there.address}: {', '.join(about[:3])}{'…' if len(about) > 3 else ''}",
        domain=command.domain,
        args={"call": _CALLS[verb], "address": there.address, "recipients": list(about)},
        before=_state(there),
        after={"address": there.address, "recipients": list(then)},
        ref={"id": record.id},
        **more,
    )
