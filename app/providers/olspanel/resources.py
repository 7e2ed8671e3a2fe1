"""What OLSPanel keeps beside domains: read, planned, sent (OLSPanel contract sheet, 4.1, 4.4 to 4.6, 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from app.core import cron
from app.core.commands import ActOnResource
from app.core.errors import Conflict, Invalid, NotFound, NotSupported, NotThere, Unreachable
from app.core.model import Connection
from app.core.names import NameProblem
from app.core.plan import Applied, Observed, Seen, Step
from app.core.resource_plans import ResourcePlans, key_from_fields, values_to_send
from app.core.resources import Resource, ResourceAt, ResourceKind, ResourcePage, ResourceQuery
from app.core.secret import Secret
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.olspanel import inferred
from app.providers.olspanel.domains import Domains
from app.providers.olspanel.kinds import DOCUMENTED, KINDS
from app.providers.olspanel.panel_api import PanelApi, contract
from app.providers.olspanel.wire import read_change
from app.providers.olspanel.wire_hosting import (
    read_line_number,
    read_names,
    read_packages,
    read_status,
    read_used,
)

Json = Any

SERVER_ERROR = 500
_NEW_LINE = re.compile(r"(?<!\\)%")
NO_SUCH_CALL = 404  # section 5: everything else is answered with 200
NEXT_RUNS = 5
_OLDER = msg("This panel does not know the call; newer ones do.")
_NO_ADMIN = msg(
    "This needs the panel's admin API, and the connection has no administrator's user name and password."
)
_STATES = {"suspend": "SUSPEND", "unsuspend": "UNSUSPEND", "remove": "DELETE"}


class Resources:
    """The kinds of one connection."""

    def __init__(
        self, connection: Connection, api: PanelApi, admin: PanelApi | None, domains: Domains
    ) -> None:
        self._account = connection.value("username")
        self._api = api
        self._admin = admin
        self._domains = domains
        self._plans = ResourcePlans(KINDS, self, key_of=self._key_of)
        self._listers: Mapping[str, Callable[[], list[Resource]]] = {
            "databases": lambda: self._named("database_list", "databases"),
            "database_users": lambda: self._named("database_userlist", "users"),
            "packages": self._packages,
        }
        self._readers: Mapping[str, Callable[[str], Resource]] = {
            "account_usage": self._usage,
            "databases": self._database,
            "database_users": self._database_user,
            "cron_jobs": self._cron_job,
            "accounts": self._one_account,
        }

    # --- reading ------------------------------------------------------------------------------------------------------

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:  # noqa: ARG002  the protocol has it
        """All of a kind, by one call: the panel knows no paging."""
        lister = self._listers.get(kind)
        if lister is None:
            raise NotSupported("resources_read", msg("No call of OLSPanel lists these."))
        rows = lister()
        return ResourcePage(rows, len(rows))

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """One resource, by one call. Raises NotFound."""
        reader = self._readers.get(kind)
        if reader is not None:
            return reader(key)
        if kind not in self._listers:
            raise NotSupported("resources_read", msg("No call of OLSPanel reads this."))
        found = next(
            (row for row in self.list_resources(kind, at, ResourceQuery()).rows if row.key == key), None
        )
        if found is None:
            raise NotFound(msg("{account} has no {key}.", account=self._account, key=key))
        return found

    def _read(self, name: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Sends a read. Raises NotSupported where the panel is older than the call, or the admin API is not open."""
        answer = self._for(name).read(name, fields)
        _check_known(answer)
        return answer

    def _for(self, name: str) -> PanelApi:
        if not name.startswith("admin_"):
            return self._api
        if self._admin is None:
            raise NotSupported("resources_read", _NO_ADMIN)
        return self._admin

    def _usage(self, _key: str) -> Resource:
        answer = self._read("account_information", inferred.asks_about(self._account))
        return Resource("", read_used(answer), label=self._account)

    def _one_account(self, key: str) -> Resource:
        answer = self._read("admin_account_information", {"username": key})
        try:
            return Resource(key, read_used(answer, of_others=True))
        except NotThere as refused:
            raise NotFound(msg("The panel has no account {key}.", key=key)) from refused

    def _named(self, call: str, field: str) -> list[Resource]:
        names = read_names(self._read(call), field)
        return [Resource(name, {"name": name}) for name in names]

    def _database(self, key: str) -> Resource:
        """One database out of the list; `database_exists` tells whether a user has its name (5)."""
        if key not in read_names(self._read("database_list"), "databases"):
            raise NotFound(msg("{account} has no database {key}.", account=self._account, key=key))
        same_name = read_status(self._read("database_exists", {"db": key}))
        return Resource(key, {"name": key, "same_name": same_name})

    def _database_user(self, key: str) -> Resource:
        """One user, asked by its full name; those of other accounts are none of ours."""
        if not key.startswith(f"{self._account}_") or not read_status(
            self._read("check_db_user", {"db_user": key})
        ):
            raise NotFound(msg("{account} has no database user {key}.", account=self._account, key=key))
        return Resource(key, {"name": key})

    def _packages(self) -> list[Resource]:
        rows = read_packages(self._read("admin_packages_list"))
        return [Resource(str(row["id"]), row, label=row["name"]) for row in rows]

    def _cron_job(self, key: str) -> Resource:
        """One cron job, found by its whole line."""
        number = read_line_number(self._read("cronjob_list", {"value": key}))
        if number is None:
            raise NotFound(msg("There is no such cron job: {key}", key=key))
        return Resource(key, {**_described(key), "line_number": number})

    # --- planning and sending -----------------------------------------------------------------------------------------

    def plan(self, command: ActOnResource) -> list[Step]:
        """The step of a wish, by at most two reads. Raises Invalid for what the panel would take and not understand."""
        if command.domain is not None:
            self._domains.read(command.domain)
        if command.kind == "cron_jobs" and command.action == "add":
            _check_cron(command.values)
        package = command.values.get("pkg_id")
        if package is not None and str(package) not in {row.key for row in self._packages()}:
            raise Invalid({"values.pkg_id": msg("The panel has no package with this number.")})
        name = str(command.values.get("domain", ""))
        if name.startswith("www."):
            raise Invalid({"values.domain": msg("OLSPanel leaves out the “www.”. Give the name without it.")})
        if command.kind == "packages" and command.action == "add":
            self._check_new_package(str(command.values["name"]))
        if command.kind == "database_users" and command.action == "add":
            self._check_database(str(command.values["db"]))
        try:
            steps = self._plans.plan(command)
        except Unreachable as broken:
            # Before an account's first cron job, looking for one is an error of the panel itself (5).
            if command.kind == "cron_jobs" and command.action == "add" and broken.status == SERVER_ERROR:
                return self._plans.plan(command, unseen=True)
            raise
        if command.kind == "accounts" and command.action == "add":
            return [_deletable(step) for step in steps]
        return steps

    def _check_new_package(self, name: str) -> None:
        if any(row.title == name for row in self._packages()):
            raise Conflict(msg("There is a package “{name}” already. Nothing was sent.", name=name))

    def _check_database(self, name: str) -> None:
        if self._full(name) not in read_names(self._read("database_list"), "databases"):
            raise Invalid({"values.db": msg("{account} has no such database.", account=self._account)})

    def _full(self, name: str) -> str:
        """The name of a database or of its user with the account's before it, as the panel keeps it (4.5)."""
        return f"{self._account}_{name.removeprefix(f'{self._account}_')}"

    def preview_resource(self, kind: str, values: Mapping[str, Json]) -> Sequence[Message]:
        """A cron job in words, with its next runs. Raises Invalid."""
        if kind != "cron_jobs":
            return ()
        _check_cron(values)
        described = _described(_line(values))
        return (
            msg("It runs {when}.", when=described["when"]),
            msg(
                "Next: {runs} (UTC; the panel's clock may have another zone).",
                runs=", ".join(described["next_runs"]),
            )
            if described["next_runs"]
            else msg("This day never comes: it would never run."),
        )

    def apply(self, step: Step) -> Applied:
        """Sends one step, once."""
        kind, action = self._plans.find(str(step.args["kind"]), str(step.args["action"]))
        values = {name: _text(value) for name, value in values_to_send(step).items()}
        fields, parts = self._fields(kind, action.name, step, values)
        answer = self._for(action.call).write(action.call, fields, parts)
        _check_known(answer)
        done = read_change(answer, of_others=action.call.startswith("admin_"))
        return Applied(secret=_link(answer, done) if action.secret else None)

    def _fields(
        self, kind: ResourceKind, action: str, step: Step, values: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The form fields and the parts of the path that the call takes."""
        key = str(step.args["key"])
        if (
            "dbpass" in values
        ):  # both names of the field, since the documents and the panel's code differ (4.5)
            values |= {"dbpassc": values["dbpass"]}
            values |= {"dbname": values["db"]} if kind.name == "databases" else {}
        if kind.name == "certificates":
            return {"domain": str(step.domain)}, {}
        if kind.name == "cron_jobs" and action == "remove":
            return {}, {"line": str(self._cron_job(key).values["line_number"])}
        if kind.name == "accounts" and action in _STATES:
            return {"username": key, "state": _STATES[action]}, {}
        if kind.name == "database_users":
            short = values["db"].removeprefix(f"{self._account}_")
            return {**values, "db": short}, {"database": short}
        if kind.name == "accounts" and action == "issue_ssl":
            return values, {}
        if kind.name == "accounts":
            return {**values, "username": key}, {}
        return values, {}

    def observe(self, step: Step) -> Observed:
        """Looks upstream whether the step's effect is there, as far as any call tells it."""
        try:
            return self._plans.observe(step)
        except NotSupported:
            return Observed(Seen.CANNOT_TELL)

    def _key_of(self, kind: ResourceKind, command: ActOnResource) -> str:
        """Databases get the account's name before theirs; a cron job is its whole line."""
        if kind.name == "databases":
            return f"{self._account}_{command.values.get('db', '')}"
        if kind.name == "database_users":
            return f"{self._account}_{command.values.get('dbuser', '')}"
        if kind.name == "cron_jobs":
            return _line(command.values)
        return key_from_fields(kind, command)


def _deletable(step: Step) -> Step:
    """The addition of an account, undone by suspending it first: the panel deletes no other (6)."""
    removal = next(iter(step.inverse or ()))
    return replace(step, inverse=[{**removal, "action": "suspend"}, removal])


def closed_calls(*, newer: bool, admin: bool) -> dict[str, Message]:
    """The calls that are not open, with the reason: those that only newer panels have, and those of the admin API."""
    closed: dict[str, Message] = {}
    for call in contract().calls:
        if call.name.startswith("admin_"):
            closed |= {} if admin else {call.name: _NO_ADMIN}
        elif call.name not in DOCUMENTED:
            closed |= {} if newer else {call.name: _OLDER}
    return closed


def _check_known(answer: Answer) -> None:
    if answer.status == NO_SUCH_CALL:
        raise NotSupported("resources", _OLDER)


def _line(values: Mapping[str, Json]) -> str:
    """The line of a cron job as the panel puts it together."""
    return " ".join(str(values.get(name, "")).strip() for name in (*cron.FIELDS, "comm"))


def _check_cron(values: Mapping[str, Json]) -> None:
    """Raises Invalid for what cron would refuse: the panel would have written it by then (4.6)."""
    problems: dict[str, Message] = {}
    for name in cron.FIELDS:
        try:
            cron.numbers(name, str(values.get(name, "")))
        except NameProblem as problem:
            problems[f"values.{name}"] = problem.message
    if _NEW_LINE.search(str(values.get("comm", ""))):
        problems["values.comm"] = msg(
            "In a cron job “%” means a new line; write \\%, or put it into a script."
        )
    if problems:
        raise Invalid(problems)


def _described(line: str) -> dict[str, Json]:
    """The parts of a line, its schedule in words, and the next runs; a line that is none of ours as it is."""
    parts = line.split(None, len(cron.FIELDS))
    if len(parts) <= len(cron.FIELDS):
        return {"comm": line}
    fields = dict(zip(cron.FIELDS, parts, strict=False))
    values: dict[str, Json] = {**fields, "comm": parts[-1]}
    try:
        runs = islice(cron.parse(fields).after(datetime.now(UTC)), NEXT_RUNS)
        values |= {"when": str(cron.words(fields)), "next_runs": [f"{run:%Y-%m-%d %H:%M}" for run in runs]}
    except NameProblem:
        values |= {"when": " ".join(parts[:-1]), "next_runs": []}
    return values


def _text(value: Json) -> str:
    """A value as the form has it; a switch that is off is an empty field (6)."""
    return ("1" if value else "") if isinstance(value, bool) else str(value)


def _link(answer: Answer, value: Mapping[str, Json]) -> Secret:
    """The sign-in link, which holds a password: it goes to the person who asked and nowhere else (6)."""
    link = value.get("url")
    if not isinstance(link, str) or not link.startswith(("https://", "http://")):
        raise answer.unreadable(msg("The panel's answer has no link."))
    return Secret(link)
