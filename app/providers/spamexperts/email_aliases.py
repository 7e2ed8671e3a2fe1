"""E-mail aliases through the Control Panel API, the only one that has them: a pair of alias and mailbox (contract sheet, 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.commands import AddEmailAlias, EditEmailAlias, RemoveEmailAlias
from app.core.email_aliases import EmailAlias, EmailAliasPage, EmailAliasQuery, Recipient, RecipientKind
from app.core.errors import Conflict, Invalid, NotFound, NotThere
from app.core.names import NameProblem, display, mail_address
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spamexperts.control_panel import ControlPanelApi
from app.providers.spamexperts.reads import not_found
from app.providers.spamexperts.wire import Odd, judged
from app.providers.spamexperts.wire_panel import read_panel_rows

Json = Any
EmailCommand = AddEmailAlias | EditEmailAlias | RemoveEmailAlias


class EmailAliases:
    """Lists, adds, moves and removes the e-mail aliases of one connection's domains."""

    def __init__(self, panel: ControlPanelApi) -> None:
        self._panel = panel

    # --- reading ----------------------------------------------------------------------------------------------------

    def page(self, domain: str, query: EmailAliasQuery) -> EmailAliasPage:
        """One page by address, of the whole list that the one call gives. Raises NotFound."""
        rows = [alias for alias in self._all(domain).values() if _matches(alias, query)]
        start = (query.page - 1) * query.size
        return EmailAliasPage(
            tuple(rows[start : start + query.size]), len(rows), start + query.size < len(rows)
        )

    def read(self, domain: str, address: str) -> EmailAlias:
        """One alias. Raises NotFound."""
        found = self._all(domain).get(address.lower())
        if found is None:
            raise _no_alias(domain, address)
        return found

    def _all(self, domain: str) -> dict[str, EmailAlias]:
        """All of a domain by their addresses, in order. Raises NotFound."""
        try:
            answer = self._panel.answer("emailalias/list", {"domain": domain})
            pairs = sorted(_pairs(answer))
        except NotThere as gone:
            raise not_found(domain) from gone
        found: dict[str, list[str]] = {}
        for alias, mailbox in pairs:
            found.setdefault(alias, []).append(mailbox)
        return {
            alias: EmailAlias(alias, tuple(Recipient(one, RecipientKind.MAILBOX) for one in mailboxes))
            for alias, mailboxes in found.items()
        }

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan_add(self, command: AddEmailAlias) -> list[Step]:
        """One step, none when the alias leads there already. Raises NotFound, Invalid, Conflict when it leads elsewhere."""
        _check_address(command.domain, command.address, "address")
        mailbox = _one_mailbox(command.domain, command.recipients)
        return self._coming(command, command.address, mailbox, self._all(command.domain))

    def plan_edit(self, command: EditEmailAlias) -> list[Step]:
        """Two steps, for there is no call that changes an alias; the list holds each alias once, so one that leads elsewhere
        goes before it comes. Raises NotFound, Invalid, Conflict when it moved or the new address is taken."""
        target = (command.new_address or command.address).lower()
        _check_address(command.domain, target, "new_address")
        aliases = self._all(command.domain)
        there = aliases.get(command.address.lower())
        if there is None:
            return self._rest_of_edit(command, target, aliases)
        now = _mailboxes(there)
        if command.expected is not None and sorted(_lower(command.expected)) != now:
            text = msg(
                "The recipients of {address} are no longer what you saw. Nothing was sent.",
                address=there.address,
            )
            raise Conflict(text, _state(there.address, now))
        wanted = _one_mailbox(command.domain, now if command.recipients is None else command.recipients)
        if target == there.address and now == [wanted]:
            return []
        removals = [_step(command, there.address, mailbox, add=False) for mailbox in now]
        if target == there.address:
            return [*removals, _step(command, target, wanted, add=True)]
        return [*self._coming(command, target, wanted, aliases), *removals]

    def _rest_of_edit(
        self, command: EditEmailAlias, target: str, aliases: dict[str, EmailAlias]
    ) -> list[Step]:
        """What is left of an edit that broke off after the alias went, so that it can be finished by planning it again.

        Raises NotFound where nothing says where it should lead.
        """
        there = aliases.get(target)
        if target != command.address.lower():
            if there is None:
                raise _no_alias(command.domain, command.address)
            wanted = _mailboxes(there) if command.recipients is None else command.recipients
        elif command.recipients is None:
            raise _no_alias(command.domain, command.address)
        else:
            wanted = command.recipients
        return self._coming(command, target, _one_mailbox(command.domain, wanted), aliases)

    def _coming(
        self, command: EmailCommand, address: str, mailbox: str, aliases: dict[str, EmailAlias]
    ) -> list[Step]:
        """One step, none when the alias leads there already. Raises Conflict when it leads elsewhere."""
        there = aliases.get(address.lower())
        if there is None:
            return [_step(command, address, mailbox, add=True)]
        if _mailboxes(there) != [mailbox]:
            text = msg("{address} is already there, with other recipients.", address=address)
            raise Conflict(text, _state(there.address, _mailboxes(there)))
        return []

    def plan_remove(self, command: RemoveEmailAlias) -> list[Step]:
        """One step, none when the alias is gone already. Raises NotFound for the domain."""
        there = self._all(command.domain).get(command.address.lower())
        mailboxes = [] if there is None else _mailboxes(there)
        return [_step(command, command.address, mailbox, add=False) for mailbox in mailboxes]

    def observe(self, step: Step) -> Observed:
        """Whether the alias leads to the mailbox, or no longer does."""
        state = step.after or step.before or {}
        address, [mailbox] = state["address"], state["recipients"]
        try:
            there = self._all(step.domain or "").get(address)
        except NotFound:
            return Observed(Seen.DIFFERS)
        now = [] if there is None else _mailboxes(there)
        seen = _state(address, now)
        if step.verb is Verb.EMAIL_ALIAS_REMOVE:
            return Observed(Seen.NOT_DONE if mailbox in now else Seen.DONE, seen)
        if mailbox in now:
            return Observed(Seen.DONE, seen)
        return Observed(Seen.DIFFERS if now else Seen.NOT_DONE, seen)


def _no_alias(domain: str, address: str) -> NotFound:
    return NotFound(msg("{domain} has no e-mail alias {address}.", domain=display(domain), address=address))


def _pairs(answer: Answer) -> list[tuple[str, str]]:
    """Alias and mailbox of each row, in lower case. Raises Malformed."""
    rows = read_panel_rows(answer)
    with judged(answer):
        return [(_address(row, "alias"), _address(row, "email")) for row in rows]


def _address(row: dict[str, Json], name: str) -> str:
    try:
        return mail_address(str(row.get(name) or "")).lower()
    except NameProblem:
        raise Odd(msg("A row of the panel is no e-mail alias."), row) from None


def _matches(alias: EmailAlias, query: EmailAliasQuery) -> bool:
    texts = _mailboxes(alias) if query.by == "recipient" else [alias.address]
    return any(query.text.strip("*").lower() in text for text in texts)


def _mailboxes(alias: EmailAlias) -> list[str]:
    return [recipient.address for recipient in alias.recipients]


def _lower(addresses: Sequence[str]) -> list[str]:
    return [address.lower() for address in addresses]


def _state(address: str, mailboxes: Sequence[str]) -> dict[str, Json]:
    return {"address": address, "recipients": list(mailboxes)}


def _check_address(domain: str, address: str, field: str) -> None:
    """Raises Invalid for an address of another domain."""
    if address.rpartition("@")[2].lower() != domain:
        raise Invalid({field: msg("Its part after the @ must be {domain}.", domain=display(domain))})


def _one_mailbox(domain: str, recipients: Sequence[str]) -> str:
    """The mailbox that an alias leads to. Raises Invalid for several, none, or one elsewhere."""
    mailboxes = list(dict.fromkeys(_lower(recipients)))
    if len(mailboxes) != 1 or mailboxes[0].rpartition("@")[2] != domain:
        text = msg(
            "An alias of SpamExperts leads to exactly one mailbox of {domain}.", domain=display(domain)
        )
        raise Invalid({"recipients": text})
    return mailboxes[0]


def _step(command: EmailCommand, address: str, mailbox: str, *, add: bool) -> Step:
    address = address.lower()
    whose = {"connection": command.connection, "domain": command.domain, "address": address}
    back = RemoveEmailAlias(**whose) if add else AddEmailAlias(**whose, recipients=[mailbox])
    state = _state(address, [mailbox])
    return Step(
        verb=Verb.EMAIL_ALIAS_ADD if add else Verb.EMAIL_ALIAS_REMOVE,
        subject=address,
        domain=command.domain,
        args={
            "call": "emailalias/add" if add else "emailalias/remove",
            "arguments": {
                "domain": command.domain,
                "localpart": mailbox.rpartition("@")[0],
                "alias": address.rpartition("@")[0],
            },
        },
        before=None if add else state,
        after=state if add else None,
        inverse=[back.to_json()],
    )
