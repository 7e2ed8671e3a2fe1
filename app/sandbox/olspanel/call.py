"""One call: its form fields, who signed in, and the panel's memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.state import State, Table

Answer = dict[str, Any] | list[dict[str, Any]]
Account = dict[str, Any]


class Answered(Exception):
    """The call ends here with this answer: a refusal by the gate or by a view."""

    def __init__(self, **answer: Any) -> None:
        super().__init__(answer)
        self.answer = answer


class Crashed(Exception):
    """The real panel's view would raise here and nobody would catch it: an HTML page with status 500."""


@dataclass(frozen=True)
class Call:
    """What a view gets. ``fields`` holds the last value of each form field, as Django does."""

    state: State
    live: bool
    """True in the profile ``live``, false in ``seed``."""
    fields: dict[str, str]
    origin: str
    """Scheme, host and port of the request, for links."""
    user: Account
    """The account that signed in."""
    argument: str = ""
    """What stands in the path, for the two calls that take it there."""
    switches: Mapping[str, Any] = field(default_factory=dict)
    """How the panel shall behave."""

    def text(self, name: str, default: str = "") -> str:
        """Return a form field."""
        return self.fields.get(name, default)

    def table(self, name: str) -> Table:
        """Return one table of the panel."""
        return self.state.table(name)

    def account(self, username: str) -> Account | None:
        """Return an account by name."""
        row: Account | None = self.table("accounts").get(username)
        return row

    def package(self, account: Account) -> dict[str, Any] | None:
        """Return the package of an account, which may have none or one that is gone."""
        row: dict[str, Any] | None = self.table("packages").get(str(account["package"]))
        return row

    def domains(self, account: Account) -> list[dict[str, Any]]:
        """Return an account's domains, oldest first."""
        domains = self.table("domains")
        return [domains[name] for name in self.table("owned").get(account["username"], ())]
