"""What a panel keeps beside domains, routes and rules: read, planned, sent and looked at (SPanel contract sheet, 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.core.commands import ActOnResource, parse
from app.core.errors import Conflict, Invalid, NotFound
from app.core.model import Connection
from app.core.plan import Applied, Observed, Seen, Step
from app.core.resource_plans import ResourcePlans, same_value
from app.core.resources import (
    Field,
    Resource,
    ResourceAt,
    ResourceKind,
    ResourcePage,
    ResourceQuery,
)
from app.core.secret import Secret
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spanel import inferred, rows
from app.providers.spanel.accounts import Accounts
from app.providers.spanel.domains import Domains
from app.providers.spanel.kept import PREFIXED, Kept, Unlisted
from app.providers.spanel.kinds import GUESSED, KINDS
from app.providers.spanel.kinds.fields import ALL, LISTED
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.sends import SENDS, TOLD_ONCE, Wish, permissions
from app.providers.spanel.wire import read_answer, read_change, same_folder

Json = Any

_BLIND = tuple(replace(kind, calls=(), listable=False) if kind.name in GUESSED else kind for kind in KINDS)
"""The kinds as they are on a panel that does not know the calls whose names are guesses."""


class Resources:
    """The kinds of one connection."""

    def __init__(self, connection: Connection, api: PanelApi, accounts: Accounts, domains: Domains) -> None:
        self._api = api
        self._kept = Kept(connection, api, accounts, domains)

    # --- reading --------------------------------------------------------------------------------------------

    def page(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See `core.resources.ResourceReader`."""
        return self._kept.list_resources(kind, at, query)

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See `core.resources.ResourceReader`."""
        return self._kept.read_resource(kind, at, key)

    def mailboxes(self) -> Iterator[Sequence[str]]:
        """The addresses of all mailboxes, account by account."""
        return self._kept.every_mailbox()

    # --- plans ----------------------------------------------------------------------------------------------

    def plan(self, command: ActOnResource) -> list[Step]:
        """One step, or none where everything is so already. Raises NotFound, Invalid, and Conflict."""
        if (command.kind, command.action) not in SENDS:
            raise NotFound(msg("SPanel has no “{kind}: {action}”.", kind=command.kind, action=command.action))
        at = ResourceAt(command.domain, command.parent)
        where = self._kept.where(command.kind, at)
        record = command.kind == "dns_records" and command.action == "edit"
        now = self._kept.read_resource(command.kind, at, command.key).values if record else {}
        command = normal(command, where.account, now)
        last = _Last(self._kept)
        try:
            steps = _plans(KINDS, last).plan(command)
        except Unlisted:
            if command.key:
                raise
            steps = _plans(_BLIND, last).plan(command)
        return [_finished(command, step, where.account, last.resource) for step in steps]

    def apply(self, step: Step) -> Applied:
        """Sends the step's one call; a link or a certificate request in the answer is told once."""
        kind, action = str(step.args["kind"]), str(step.args["action"])
        call = _call_of(kind, action)
        wish = Wish.of(step)
        self._kept.spam_filter.about_to_change(wish.account, call)
        answer = self._api.write(call, SENDS[kind, action](wish), account=wish.account)
        told = TOLD_ONCE.get(call)
        if told:
            return Applied(secret=_told(answer, told))
        read_change(answer)
        self._kept.spam_filter.learn(wish.account, call, answer)
        return Applied()

    def observe(self, step: Step) -> Observed:
        """Whether the step's effect is there, as far as the panel tells."""
        try:
            return _plans(KINDS, self._kept).observe(step)
        except Unlisted:
            return Observed(Seen.CANNOT_TELL)


class _Last:
    """A reader that remembers the resource that it read last."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.resource: Resource | None = None

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See `core.resources.ResourceReader`."""
        return self._kept.list_resources(kind, at, query)

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See `core.resources.ResourceReader`."""
        self.resource = None
        self.resource = self._kept.read_resource(kind, at, key)
        return self.resource


def _plans(kinds: tuple[ResourceKind, ...], reader: Any) -> ResourcePlans:
    return ResourcePlans(kinds, reader, same=_same, key_of=_key_of, key_with=_key_with)


def _call_of(kind: str, action: str) -> str:
    found = next(one for one in KINDS if one.name == kind).action(action)
    if found is None:
        raise NotFound(msg("SPanel has no “{kind}: {action}”.", kind=kind, action=action))
    return found.call


def _told(answer: Answer, name: str) -> Secret:
    """What an answer hands out once. Raises OutcomeUnknown when it says neither yes nor no."""
    data = read_answer(answer).get("data")
    value = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(value, str) or not value:
        raise answer.unreadable(msg("The panel's answer does not hold what was asked for."))
    return Secret(value)


# --- Values as the panel shows them -----------------------------------------------------------------------------------


def normal(command: ActOnResource, account: str, now: Mapping[str, Json]) -> ActOnResource:
    """The wish with its values as the panel will show them; `now`: those of the record that is edited. Raises Invalid for
    what contradicts itself."""
    values = dict(command.values)
    if command.kind == "dns_records":
        values = _normal_record(values, command.domain or "", now)
    if command.kind in PREFIXED and command.action == "add":
        values["name"] = str(values["name"]).removeprefix(f"{account}_")
    if command.kind == "database_access" and command.action == "add":
        for name in ("database", "username"):
            values[name] = f"{account}_{str(values[name]).removeprefix(f'{account}_')}"
    if command.kind == "redirects" and values.get("path"):
        values["path"] = f"/{str(values['path']).strip('/')}"
    if command.kind in ("mailboxes", "forwarders", "autoresponders", "subdomains") and values.get("name"):
        values["name"] = str(values["name"]).lower()
    if "access" in values or "pages" in values:
        values = _normal_access(values)
    _check(command, values)
    return command.model_copy(update={"values": values})


def _normal_record(values: dict[str, Json], domain: str, now: Mapping[str, Json]) -> dict[str, Json]:
    """Names in full; hosts with their final dot, which the panel asks for (5.1)."""
    if values.get("name"):
        name = str(values["name"]).rstrip(".").lower()
        below = name == domain or name.endswith(f".{domain}")
        values["name"] = domain if name == "@" else name if below else f"{name}.{domain}"
    value = values.get("value") or (now.get("value") if values.get("type") else None)
    if value and values.get("type", now.get("type")) in inferred.HOST_VALUES:
        values["value"] = f"{str(value).rstrip('.')}."
    if values and not now:
        values.setdefault("ttl", 86_400)
        values.setdefault("priority", 0)
    return values


def _normal_access(values: dict[str, Json]) -> dict[str, Json]:
    """Everything needs no pages, and whoever names pages does not mean everything."""
    if values.get("access") == ALL:
        return {**values, "pages": []}
    if values.get("pages"):
        return {**values, "access": LISTED, "pages": sorted(values["pages"])}
    return values


def _check(command: ActOnResource, values: Mapping[str, Json]) -> None:
    name = (command.kind, command.action)
    if name == ("forwarders", "add") and bool(values.get("to")) is bool(values.get("pipe")):
        raise Invalid({"values.to": msg("Name either an address or a program.")})
    if name == ("accounts", "add") and values.get("package") and any(values.get(n) for n in rows.LIMITS):
        raise Invalid({"values.package": msg("A package brings its limits: leave those below empty.")})
    if name == ("packages", "edit") and not values.get("access"):
        raise Invalid(
            {"values.access": msg("Say which privileges it gives: SPanel takes silence for all of them.")}
        )


def _same(kind: ResourceKind, field: Field, wished: Json, now: Json) -> bool:
    if field.name == "folder" and isinstance(wished, str) and isinstance(now, str):
        return same_folder(now, wished)
    if field.name == "path":
        return str(wished or "").strip("/") == str(now or "").strip("/")
    return same_value(kind, field, wished, now)


def _key_of(kind: ResourceKind, command: ActOnResource) -> str:
    """The key that what is added will have."""
    values, domain = command.values, command.domain or ""
    if kind.name in ("mailboxes", "autoresponders"):
        return f"{values['name']}@{domain}"
    if kind.name == "subdomains":
        return f"{values['name']}.{domain}"
    if kind.name in PREFIXED:
        return f"{command.parent}_{values['name']}"
    if kind.name == "forwarders":
        return rows.forwarder_key(f"{values['name']}@{domain}", str(values.get("to") or values.get("pipe")))
    if kind.name == "redirects":
        return rows.redirect_key(domain, str(values.get("path") or ""))
    if kind.name == "database_access":
        return rows.access_key(str(values["database"]), str(values["username"]))
    named = {"accounts": "user", "packages": "name", "mail_filters": "name", "admin_users": "email"}
    return str(values[named[kind.name]]) if kind.name in named else _key_with(kind, values)


def _key_with(kind: ResourceKind, values: Mapping[str, Json]) -> str:
    """The key of what is named by several of its values."""
    if kind.name == "dns_records":
        return rows.record_key(values)
    return rows.cron_key(values) if kind.name == "cron_jobs" else ""


# --- Steps ------------------------------------------------------------------------------------------------------------


def _finished(command: ActOnResource, step: Step, account: str, now: Resource | None) -> Step:
    """The step with its account, and with a way back that the panel takes. Raises Invalid and Conflict."""
    step = replace(step, args={**step.args, "account": account})
    name = (command.kind, command.action)
    wish = Wish.of(step)
    if {"access", "pages"} & step.args["values"].keys() or name == ("packages", "edit"):
        permissions(wish)
    if name in (("accounts", "edit"), ("packages", "edit")) and now is not None:
        _limits_known(wish, now)
    if name == ("default_address", "edit") and wish.merged("type") == "forward" and not wish.merged("email"):
        raise Invalid({"values.email": msg("Name the address that gets this mail.")})
    if name == ("accounts", "add"):
        lost = msg("Undo terminates no account. Terminate it on its own page if it shall go.")
        return replace(step, inverse=None, lost=[lost])
    if name in (("accounts", "edit"), ("accounts", "set_package")) and now is not None:
        return replace(step, inverse=_limits_back(command, now))
    if name == ("packages", "edit") and step.inverse:
        sent = {n: step.args["values"][n] for n in ("access", "pages") if n in step.args["values"]}
        back = {**step.inverse[0], "values": {**step.inverse[0]["values"], **sent}}
        return replace(step, inverse=[back])
    return step


def _limits_known(wish: Wish, now: Resource) -> None:
    """Raises Conflict when one of the limits that must be sent along cannot be told."""
    unknown = [name for name in rows.LIMITS if name not in wish.values and name not in now.values]
    if unknown:
        raise Conflict(
            msg(
                "The panel does not tell all limits ({names}), and would make those unlimited that are not sent. Enter "
                "all of them. Nothing was sent.",
                names=", ".join(unknown),
            )
        )


def _limits_back(command: ActOnResource, now: Resource) -> list[dict[str, Json]] | None:
    """The command that gives an account its former package, or its own limits."""
    package = now.values.get("package")
    if package and package != inferred.CUSTOM:
        action, values = "set_package", {"package": package}
    else:
        action, values = "edit", {n: now.values[n] for n in rows.LIMITS if n in now.values}
        if len(values) < len(rows.LIMITS):
            return None
    data = {"connection": command.connection, "kind": "accounts", "action": action, "key": now.key}
    return [parse(ActOnResource, {**data, "values": values}).to_json()]
