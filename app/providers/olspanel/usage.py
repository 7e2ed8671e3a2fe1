"""The connection test: who signs in, what the account has used (OLSPanel contract sheet, 4.1 and 6)."""

from __future__ import annotations

from app.core.capabilities import Capability, Found
from app.core.errors import Rejected, UpstreamError
from app.core.model import Connection
from app.core.text import Message, msg
from app.providers.olspanel import inferred
from app.providers.olspanel.domains import Domains
from app.providers.olspanel.panel_api import PanelApi
from app.providers.olspanel.resources import NO_SUCH_CALL, closed_calls
from app.providers.olspanel.wire import domains_used_up, read_answer, read_usage, usage_facts

_NO_PACKAGE = msg("The account has no package, and OLSPanel adds domains only to an account that has one.")
_USED_UP = msg("The account has all the domains that its package allows: the panel will refuse another one.")


class Probe:
    """Tests one connection with reads only."""

    def __init__(
        self, connection: Connection, api: PanelApi, admin: PanelApi | None, domains: Domains
    ) -> None:
        self._account = connection.value("username")
        self._api = api
        self._admin = admin
        self._domains = domains

    def run(self) -> Found:
        """What the test found. Raises BadCredentials, Unreachable or Malformed when the user API cannot be
        used."""
        listed = len(self._domains.read_all())
        facts: dict[str, str | int] = {"account": self._account, "domains listed": listed}
        missing: dict[Capability, Message] = {}
        notes: list[Message] = []
        answer = self._api.read("account_information", inferred.asks_about(self._account))
        try:
            usage = read_usage(answer)
        except Rejected as refused:
            if "package" not in refused.words.lower():
                raise
            missing[Capability.DOMAIN_ADD] = _NO_PACKAGE
        else:
            facts |= usage_facts(usage)
            if domains_used_up(usage):
                notes.append(_USED_UP)
        if self._admin is not None:
            facts["admin API"], note = self._admin_access(self._admin)
            notes += [note] if note else []
        closed = closed_calls(newer=self._is_newer(), admin=facts.get("admin API") == "open")
        return Found(missing=missing, facts=facts, notes=notes, calls=closed)

    def _is_newer(self) -> bool:
        """Whether the panel has the calls that its documents do not name."""
        return self._api.read("database_list").status != NO_SUCH_CALL

    def _admin_access(self, admin: PanelApi) -> tuple[str, Message | None]:
        """Whether the admin API can be used."""
        try:
            read_answer(admin.read("admin_packages_list"))
        except UpstreamError as error:
            return "not open", msg("The admin API cannot be used: {problem}", problem=error.message)
        return "open", None
