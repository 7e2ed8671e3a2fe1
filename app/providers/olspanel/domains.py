"""Domains of the account: list, find, add (OLSPanel contract sheet, 4.2 and 4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.core.capabilities import Capability, require
from app.core.commands import AddDomain
from app.core.errors import Conflict, Invalid, NotFound
from app.core.model import Connection, Domain
from app.core.names import display
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import Message, msg
from app.providers.olspanel import inferred
from app.providers.olspanel.card import CARD, PATH, PHP_VERSION
from app.providers.olspanel.panel_api import PanelApi
from app.providers.olspanel.wire import folder_to_wire, read_change, read_domains, same_folder

Json = Any

BATCH = 500
_DEFAULTS = {setting.name: setting.default for setting in CARD.domain_fields}
_PHP_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")


class Domains:
    """The domains of one connection's account."""

    def __init__(self, connection: Connection, api: PanelApi) -> None:
        self._connection = connection
        self._account = connection.value("username")
        self._api = api

    # --- reading --------------------------------------------------------------------------------------------

    def read_all(self) -> list[Domain]:
        """All domains, in one call: the panel knows no paging."""
        answer = self._api.read("domain_list", inferred.asks_about(self._account))
        return read_domains(answer, self._connection.key, self._account)

    def batches(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches."""
        domains = self.read_all()
        for start in range(0, len(domains), BATCH):
            yield domains[start : start + BATCH]

    def find(self, name: str) -> Domain | None:
        """One domain out of the list: no call reads a single one."""
        return next((domain for domain in self.read_all() if domain.name == name), None)

    def read(self, name: str) -> Domain:
        """One domain. Raises NotFound."""
        found = self.find(name)
        if found is None:
            raise NotFound(
                msg(
                    "{domain} is not among the domains of {account}.",
                    domain=display(name),
                    account=self._account,
                )
            )
        return found

    # --- adding ---------------------------------------------------------------------------------------------

    def plan_add(self, command: AddDomain) -> list[Step]:
        """One step; none when the account has the domain in this folder already.

        Raises NotSupported for routes and aliases, Invalid for a field, Conflict for the domain in another
        folder.
        """
        if command.routes:
            require(CARD, Capability.ROUTES_WRITE)
        if command.aliases:
            require(CARD, Capability.ALIASES_WRITE)
        _check_name(command.domain)
        fields = _fields(command.options)
        there = self.find(command.domain)
        if there is None:
            return [self._step(command.domain, fields)]
        if PATH in command.options and not same_folder(_folder(there), fields[PATH]):
            raise Conflict(
                msg(
                    "{account} has {domain} already, in the folder {folder}. Nothing was changed.",
                    account=self._account,
                    domain=display(command.domain),
                    folder=_folder(there),
                ),
                dict(there.extra),
            )
        return []

    def _step(self, name: str, fields: Mapping[str, str]) -> Step:
        """The inverse is missing: there is no call that removes a domain."""
        return Step(
            verb=Verb.DOMAIN_ADD,
            subject=name,
            domain=name,
            args={"domain": name, **fields},
            after={"account": self._account, "folder": fields[PATH], "PHP version": fields[PHP_VERSION]},
        )

    def add(self, step: Step) -> Applied:
        """Sends the step, once."""
        args = step.args
        fields = {key: str(args[key]) for key in ("domain", PATH, PHP_VERSION)}
        read_change(self._api.write("add_domain", fields))
        return Applied()

    def observe_add(self, step: Step) -> Observed:
        """Whether the account has the domain in the step's folder. The PHP version cannot be read."""
        there = self.find(str(step.args["domain"]))
        if there is None:
            return Observed(Seen.NOT_DONE)
        done = same_folder(_folder(there), str(step.args[PATH]))
        return Observed(Seen.DONE if done else Seen.DIFFERS, dict(there.extra))


def _folder(domain: Domain) -> str:
    return str(domain.extra.get("folder", ""))


def _check_name(name: str) -> None:
    """The panel takes "www." off a name, so that another domain than the wished one would be added (4.2)."""
    if name.startswith("www."):
        raise Invalid(
            {
                "domain": msg(
                    "OLSPanel leaves out the “www.” and would add {domain}. Add that one.",
                    domain=display(name.removeprefix("www.")),
                )
            }
        )


def _fields(options: Mapping[str, str]) -> dict[str, str]:
    """The fields beside the name, as the call takes them. Raises Invalid: the panel checks neither."""
    problems: dict[str, Message] = {
        f"options.{name}": msg("OLSPanel has no such field.") for name in options.keys() - _DEFAULTS.keys()
    }
    folder = folder_to_wire(options.get(PATH, ""))
    version = options.get(PHP_VERSION, "").strip() or _DEFAULTS[PHP_VERSION]
    if any(part in (".", "..") for part in folder.split("/")):
        problems[f"options.{PATH}"] = msg("Name a folder below the home folder, without “..”.")
    if not _PHP_VERSION.fullmatch(version):
        problems[f"options.{PHP_VERSION}"] = msg("Give a version such as {example}.", example="8.2")
    if problems:
        raise Invalid(problems)
    return {PATH: folder, PHP_VERSION: version}
