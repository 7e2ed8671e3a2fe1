"""Mailboxes, their options and signatures: read, changed, and what became of it (Cleanmail REST API manual, 5.12 to 5.16).

A mailbox is named by its address; its id, which most calls take, is looked up each time, and checked to be of the domain.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from app.core.commands import ActOnResource, parse
from app.core.errors import Invalid, NotFound, NotSupported
from app.core.model import PolicyField, Source
from app.core.names import display
from app.core.plan import Applied, Link, Observed, Step
from app.core.resource_plans import ResourcePlans, place_of, values_to_send
from app.core.resources import Resource, ResourceAt, ResourcePage, ResourceQuery
from app.core.secret import Secret
from app.core.text import Message, msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.compose import Compose
from app.providers.cleanmail.email_aliases import read_alias
from app.providers.cleanmail.kinds import KINDS, MAILBOXES, OPTIONS, SIGNATURE
from app.providers.cleanmail.options import checked, read_option
from app.providers.cleanmail.pages import Pages
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.platforms import Platform
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, moment_of, read_rows, text_of, total_of
from app.providers.cleanmail.wire_domains import Record
from app.providers.cleanmail.writes import alive, just_before

Json = Any

_WIRE = {
    "email": "email",
    "firstname": "firstname",
    "lastname": "lastname",
    "language": "language",
    "status": "status",
    "sender_verify": "senderVerifyOn",
    "password": "password",
    "notify": "sendNotification",
}
_SORTS = {"email": "email", "status": "status", "language": "language", "created": "creationDate"}
_TASKS = {
    "send_welcome": "send_welcome_mail",
    "send_token": "send_token_mail",
    "send_password_reset": "send_password_reset_mail",
}
_LINKS = {
    "rules.mailbox": msg("Its sender rules"),
    "email_aliases.reaching": msg("E-mail aliases that reach it"),
    "mail.mailbox": msg("Its quarantine"),
}
_ON, _OFF = "on", "off"
_REACHING = 40
_THE_ACCOUNT = msg("the account of this connection's token")


class Mailboxes:
    """The mailboxes of one connection's domains, with what belongs to each. `account`: whose token it is, as the connection
    says ("": not known)."""

    def __init__(self, reads: Reads, client: Client, account: str) -> None:
        self._reads = reads
        self._sends_as = account.strip() or str(_THE_ACCOUNT)
        self._compose = Compose(client)
        self._client = client
        self._pages = Pages(client, parallel=1)
        self._plans = ResourcePlans(KINDS, self)

    # --- reading ----------------------------------------------------------------------------------------------------

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """One page of a domain's mailboxes, or all options of a mailbox. Raises NotFound."""
        if kind == MAILBOXES:
            return self._page(self._reads.record(at.domain or ""), query)
        if kind == OPTIONS:
            return ResourcePage([_option(field) for field, _ in self._options(self._user(at))])
        raise _no_kind(kind)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One mailbox with the aliases that reach it, one option, or the signature. Raises NotFound."""
        if kind == MAILBOXES:
            return self._mailbox(at.domain or "", key)
        if kind == OPTIONS:
            return _option(self._one_option(at, key)[0])
        if kind == SIGNATURE:
            answer = self._client.ask("getSign", {"userId": id_of(self._user(at))})
            return Resource("", {"html": signature_of(answer)}, label=at.parent or "")
        raise _no_kind(kind)

    def every(self) -> Iterator[Sequence[str]]:
        """The addresses of all mailboxes that the token sees, page by page."""
        for rows in self._pages.rows("listUsers", {}):
            yield [address for row in rows if (address := text_of(row, "email", 320))]

    def _page(self, record: Record, query: ResourceQuery) -> ResourcePage:
        """One page, by address; the one filter that the API takes has wildcards at both ends."""
        down = query.sort.startswith("-")
        sort = _SORTS.get(query.sort.removeprefix("-"), "email")
        offset = (query.page - 1) * query.size
        asked: dict[str, Json] = {"domainId": record.id, "pageSize": query.size, "offset": offset}
        asked["sort"] = f"-{sort}" if down else sort
        if query.text:
            asked["email"] = f"*{query.text.strip('*')}*"
        answer = self._client.call("listDomainUsers", asked)
        rows = [read_mailbox(row) for row in read_rows(answer) if text_of(row, "email", 320)]
        total = total_of(answer)
        more = len(rows) >= query.size if total is None else offset + len(rows) < total
        return ResourcePage(rows, total, more and bool(rows))

    def _mailbox(self, domain: str, address: str) -> Resource:
        """One mailbox: its row first, then all of it and the aliases that reach it, side by side."""
        record, row = self._found(domain, address)
        aliases: dict[str, Json] = {
            "domainId": record.id,
            "recipient": text_of(row, "email", 320),
            "pageSize": _REACHING,
        }
        asks: list[Callable[[], Any]] = [
            partial(self._client.ask, "singleUser", {"userId": id_of(row)}),
            lambda: read_rows(self._client.call("listEmailAliasesOfDomain", aliases)),
        ]
        whole, reaching = in_order(asks, len(asks))
        found = read_mailbox(
            whole if isinstance(whole, dict) and id_of(whole) == id_of(row) else row, whole=True
        )
        named = [alias.address for one in reaching if (alias := read_alias(one)) is not None]
        values = {**found.values, "aliases": named, "sends_as": self._sends_as}
        where = {"domain": record.name, "mailbox": found.key}
        links = tuple(Link(label, action, where) for action, label in _LINKS.items())
        return replace(found, values=values, links=links)

    def _found(self, domain: str, address: str) -> tuple[Record, Row]:
        """The domain and the row of one of its mailboxes, looked for side by side. Raises NotFound."""
        asks: list[Callable[[], Any]] = [
            partial(self._reads.record, domain),
            partial(self._row, address),
        ]
        record, row = in_order(asks, len(asks))
        if row is None or id_of(row, "domainId") not in ("", record.id):
            raise NotFound(
                msg("{domain} has no mailbox {address}.", domain=display(record.name), address=address[:320])
            )
        return record, row

    def _row(self, address: str) -> Row | None:
        """The row of an address, an international domain also in its Unicode form."""
        local, _, domain = address.rpartition("@")
        if not local or "*" in address:
            return None
        for spelling in dict.fromkeys((address, f"{local}@{display(domain)}")):
            for row in read_rows(self._client.call("listUsers", {"email": spelling})):
                if text_of(row, "email", 320).casefold() == spelling.casefold() and id_of(row):
                    return row
        return None

    def user(self, domain: str, address: str) -> Row:
        """The row of a mailbox, checked to be of the domain. Raises NotFound."""
        return self._found(domain, address)[1]

    def _user(self, at: ResourceAt) -> Row:
        return self.user(at.domain or "", at.parent or "")

    def _options(self, user: Row) -> list[tuple[PolicyField, Row]]:
        rows = read_rows(self._client.call("listUserOptions", {"userId": id_of(user)}))
        return [(field, row) for row in rows if (field := read_option(row, "userScope")) is not None]

    def _one_option(self, at: ResourceAt, name: str) -> tuple[PolicyField, Row, Row]:
        user = self._user(at)
        for field, row in self._options(user):
            if field.name == name:
                return field, row, user
        raise NotFound(msg("Cleanmail has no option “{name}” here.", name=name[:100]))

    # --- plans ------------------------------------------------------------------------------------------------------

    def plan(self, command: ActOnResource) -> list[Step]:
        """One step, or none. Raises NotFound, Invalid, Conflict (deleted domain, moved meanwhile), NotSupported."""
        self._plans.find(command.kind, command.action)
        record = alive(self._reads.record(command.domain or ""))
        if command.kind == MAILBOXES:
            command = self._checked(record, command)
        elif command.kind == OPTIONS:
            command = self._checked_option(command)
        steps = self._plans.plan(command)
        return [self._with_way_back(command, step) for step in steps]

    def _checked(self, record: Record, command: ActOnResource) -> ActOnResource:
        """The wish with the names of policy and platform as Cleanmail writes them. Raises Invalid for those that there are
        not, and for an address of another domain."""
        problems: dict[str, Message] = {}
        address = str(command.values.get("email", ""))
        own = (record.name, *(self._reads.with_aliases(record).alias_names or ()))
        if address and address.rpartition("@")[2].lower() not in own:
            problems["values.email"] = msg(
                "Its part after the @ must be {domain} or one of its aliases.", domain=display(record.name)
            )
        named: dict[str, Json] = {}
        for name, find in (("policy", self._policy), ("platform", self._platform)):
            try:
                if command.values.get(name):
                    named[name], _ = find(record, str(command.values[name]))
            except NotFound as missing:
                problems[f"values.{name}"] = missing.message
        if problems:
            raise Invalid(problems)
        return command.model_copy(update={"values": {**command.values, **named}})

    def _checked_option(self, command: ActOnResource) -> ActOnResource:
        """The wish with the value as it is shown. Raises Invalid, and NotSupported for credentials."""
        field, _, _ = self._one_option(ResourceAt(command.domain, command.parent), command.key)
        if not field.writable:
            raise NotSupported("resources_write", field.problem or msg("It cannot be changed here."))
        if "value" not in command.values:
            return command
        try:
            value = checked(field, str(command.values["value"]))
        except Invalid as error:
            raise Invalid({f"values.{name}": text for name, text in error.fields.items()}) from error
        return command.model_copy(update={"values": {"value": _option_text(value)}})

    def _with_way_back(self, command: ActOnResource, step: Step) -> Step:
        """What was not set here goes back to that, not to a value of its own."""
        back = {(OPTIONS, "edit"): "reset", (SIGNATURE, "edit"): "clear"}.get((command.kind, command.action))
        if back is None or self._set_here(command):
            return step
        data = {
            **command.model_dump(include={"connection", "kind", "domain", "parent", "key"}),
            "action": back,
        }
        return replace(step, inverse=[parse(ActOnResource, data).to_json()], lost=[])

    def _set_here(self, command: ActOnResource) -> bool:
        now = self.read_resource(command.kind, ResourceAt(command.domain, command.parent), command.key)
        return bool(now.values.get("own" if command.kind == OPTIONS else "html"))

    def _policy(self, record: Record, name: str) -> tuple[str, str]:
        """Name and id of the policy of this name. Raises NotFound, naming those that there are."""
        pages = self._pages.rows("listDomainPolicies", {"domainId": record.id})
        found = {text_of(row, "name", 100): id_of(row) for rows in pages for row in rows}
        return _by_name(found, name, display(record.name))

    def _platform(self, record: Record, name: str) -> tuple[str, str]:
        """The same of a platform; one whose name another one has too cannot be told from that."""
        alike: list[Platform] = [one for one in record.platforms if one.name.casefold() == name.casefold()]
        if len(alike) > 1:
            text = msg(
                "{domain} has several platforms “{name}”; they cannot be told apart by name.",
                domain=display(record.name),
                name=name,
            )
            raise NotFound(text)
        return _by_name({one.name: one.id for one in record.platforms}, name, display(record.name))

    # --- sending ----------------------------------------------------------------------------------------------------

    def apply(self, step: Step) -> Applied:
        """Looks the mailbox up once more, and sends the step's call; secrets are plain only here."""
        kind, action = str(step.args["kind"]), str(step.args["action"])
        if kind == MAILBOXES and action == "add":
            return self._add(step)
        at = place_of(step)
        address = str(step.args["key"]) if kind == MAILBOXES else at.parent or ""
        with just_before(step):
            record, row = self._found(at.domain or "", address)
            if step.ref is not None and kind == MAILBOXES and {"id": id_of(row)} != step.ref:
                raise NotFound(msg("{address} is another mailbox by now.", address=address))
        if kind == OPTIONS:
            return self._send_option(step, at)
        if kind == SIGNATURE:
            return self._send_signature(action, id_of(row), values_to_send(step))
        return self._act(action, record, row, step)

    def _add(self, step: Step) -> Applied:
        with just_before(step):
            record = self._reads.record(step.domain or "")
            body = self._body(record, values_to_send(step))
        self._client.ask("newUser", {"status": "ENABLED", **body, "domainId": record.id})
        return Applied()

    def _act(self, action: str, record: Record, row: Row, step: Step) -> Applied:
        user, values = {"userId": id_of(row)}, values_to_send(step)
        address = text_of(row, "email", 320)
        if action == "edit":
            with just_before(step):
                body = self._body(record, values)
            self._client.ask("editUser", {**user, **body})
        elif action in ("enable", "disable"):
            self._client.ask("editUser", {**user, "status": "ENABLED" if action == "enable" else "DISABLED"})
        elif action == "factor_off":
            self._client.ask("editUser", {**user, "mfaType": "NONE"})
        elif action == "remove":
            self._client.ask("deleteUser", user)
        elif action == "compose":
            return self._compose.send(address, values)
        elif action == "sign_in_link":
            return self._sign_in_link(address, values)
        else:
            params = {"recipient": address, **values}
            self._client.ask("executeTask", {"command": _TASKS[action], "params": params})
        return Applied()

    def _sign_in_link(self, address: str, values: Mapping[str, Json]) -> Applied:
        """A link that signs in as the mailbox's owner: it is in the answer, and nowhere else (5.13.1)."""
        made = self._client.ask("temporaryAuthTokens", {"username": address, **values})
        row: Row = made if isinstance(made, dict) else {}
        value = next((row[key] for key in ("url", "token") if isinstance(row.get(key), str) and row[key]), "")
        return Applied(secret=Secret(value) if value else None)

    def _body(self, record: Record, values: Mapping[str, Json]) -> dict[str, Json]:
        """The values of a form in the API's fields. Raises NotFound for a policy or platform that is gone."""
        body = {wire: values[name] for name, wire in _WIRE.items() if name in values}
        if values.get("policy"):
            _, body["policyId"] = self._policy(record, str(values["policy"]))
        if values.get("platform"):
            _, body["platformId"] = self._platform(record, str(values["platform"]))
        return body

    def _send_option(self, step: Step, at: ResourceAt) -> Applied:
        with just_before(step):
            field, row, user = self._one_option(at, str(step.args["key"]))
        if step.args["action"] == "reset":
            self._client.ask("deleteUserOption", {"userId": id_of(user), "optionName": field.name})
            return Applied()
        value = checked(field, str(values_to_send(step)["value"]))
        if isinstance(value, bool):
            value = inferred.flag_to_wire(value, row.get("value"), row.get("parentValue"))
        self._client.ask("setUserOption", {"userId": id_of(user), "name": field.name, "value": value})
        return Applied()

    def _send_signature(self, action: str, user: str, values: Mapping[str, Json]) -> Applied:
        if action == "clear":
            self._client.ask("deleteSign", {"userId": user})
        else:
            html = base64.b64encode(str(values["html"]).encode()).decode("ascii")
            self._client.ask("setSign", {"userId": user, "sign": html})
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether it is as the step wanted it; of mails and links no call tells."""
        return self._plans.observe(step)


# --- Translation ------------------------------------------------------------------------------------------------------


def read_mailbox(row: Row, *, whole: bool = False) -> Resource:
    """A mailbox of any answer. `whole`: of a single read, in which a missing second factor means that it is off (notes 6)."""
    policy, platform = row.get("policy"), row.get("platform")
    factor = text_of(row, "mfaType").upper()
    created, seen = moment_of(row, "creationDate"), moment_of(row, "lastConnectionDate")
    verify = row.get("senderVerifyOn")
    first, last = text_of(row, "firstname", 100), text_of(row, "lastname", 100)
    return Resource(
        text_of(row, "email", 320),
        {
            "email": text_of(row, "email", 320),
            "name": f"{first} {last}".strip(),
            "firstname": first,
            "lastname": last,
            "status": text_of(row, "status", 20).upper(),
            "language": text_of(row, "language", 10).upper(),
            "policy": text_of(policy, "name", 100) if isinstance(policy, dict) else "",
            "platform": text_of(platform, "name", 100) if isinstance(platform, dict) else "",
            "created": created.isoformat() if created else None,
            "last_seen": seen.isoformat() if seen else None,
            "second_factor": (factor not in ("", "NONE")) if factor or whole else None,
            "sender_verify": verify if isinstance(verify, bool) else None,
        },
        ref={"id": id_of(row)},
    )


def signature_of(answer: Json) -> str:
    """The HTML of a signature, "" where there is none; one that is not Base64 is taken as it came (notes 9)."""
    text = answer.get("sign") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text:
        return ""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def _option(field: PolicyField) -> Resource:
    hidden = field.problem is not None
    return Resource(
        field.name,
        {
            "name": field.name,
            "value": None if hidden else _option_text(field.value),
            "own": field.source is Source.OWN,
            "inherited": None if hidden else _option_text(field.default),
            "meaning": str(field.problem or field.help or ""),
            "choices": [value for value, _ in field.choices],
        },
    )


def _option_text(value: Json) -> str:
    if isinstance(value, bool):
        return _ON if value else _OFF
    return "" if value is None else str(value)


def _by_name(ids: Mapping[str, str], name: str, domain: str) -> tuple[str, str]:
    """A name as it is written, and its id. Raises NotFound."""
    for known, identity in ids.items():
        if identity and known.casefold() == name.casefold():
            return known, identity
    names = ", ".join(sorted(ids)[:20])
    raise NotFound(
        msg("{domain} has no “{name}”; there are: {names}.", domain=domain, name=name, names=names)
    )


def _no_kind(kind: str) -> NotFound:
    return NotFound(msg("There is no “{kind}” here.", kind=kind[:80]))
