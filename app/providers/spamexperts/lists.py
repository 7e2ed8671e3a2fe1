"""The lists of senders and recipients through each API: their entries, and the call for a change (contract sheet, 5.3 and 7.4)."""

from __future__ import annotations

from typing import Any, Protocol

from app.core.errors import BadCredentials, NotSupported, NotThere, Rejected, UpstreamError
from app.core.model import Connection
from app.core.rules import Rule, RuleAction, RuleKind
from app.core.text import msg
from app.providers.spamexperts import inferred
from app.providers.spamexperts.control_panel import ControlPanelApi
from app.providers.spamexperts.domain_calls import Said
from app.providers.spamexperts.fields import DEFAULT
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire_panel import read_panel_entries
from app.providers.spamexperts.wire_rules import read_entries

Json = Any


class Lists(Protocol):
    """The lists through one API, or through two. `tells_parts`: entries say what of a message they compare."""

    @property
    def tells_parts(self) -> bool:
        """See above."""
        ...

    def entries(self, domain: str | None, kind: RuleKind, action: RuleAction) -> list[Rule]:
        """The entries of one list of a domain, or (None) of the whole cluster. Raises NotThere."""
        ...

    def said(self, rule: Rule, *, add: bool) -> Said:
        """The call by which an entry comes or goes. Raises NotSupported."""
        ...

    def check_own(self, rule: Rule) -> None:
        """Raises NotSupported for an entry of which nothing tells whether it is the domain's own."""
        ...


class SoftwareLists:
    """Through the Software API: also of the whole cluster, and with what an entry compares."""

    def __init__(self, connection: Connection, api: SoftwareApi) -> None:
        self._key = connection.key
        self._api = api
        self._tells_flags = True

    @property
    def tells_parts(self) -> bool:
        """See Lists."""
        return self._tells_flags

    def entries(self, domain: str | None, kind: RuleKind, action: RuleAction) -> list[Rule]:
        """See Lists."""
        name, _, _ = _software_calls(kind, action)
        answer = self._asked(name, {"domain": domain or DEFAULT}, flags=kind is RuleKind.SENDER)
        return read_entries(answer, self._key, domain or "", kind, action)

    def said(self, rule: Rule, *, add: bool) -> Said:
        """See Lists."""
        _, adds, removes = _software_calls(rule.kind, rule.action)
        arguments = {"domain": rule.domain or DEFAULT, rule.kind.value: rule.pattern}
        if add and rule.kind is RuleKind.SENDER and rule.part != inferred.SENDER_FLAG:
            arguments["sender_flag"] = rule.part
        return {"call": adds if add else removes, "arguments": arguments}

    def check_own(self, rule: Rule) -> None:
        """See Lists. All are."""

    def _asked(self, name: str, arguments: dict[str, str], *, flags: bool) -> Any:
        """The answer to a list call; only JSON tells what an entry compares, and not every server may give it."""
        if flags and self._tells_flags:
            try:
                answer = self._api.read(name, {**arguments, "format": "json"})
                read_entries(answer, self._key, "", RuleKind.SENDER, RuleAction.ALLOW)
                return answer
            except NotThere:
                raise
            except Rejected as refused:
                if _no_such_call(refused):
                    raise
                self._tells_flags = False
        return self._api.read(name, arguments)


class PanelLists:
    """Through the Control Panel API: of single domains. `part`: what its entries are said to compare.

    The allow list of senders holds the cluster's own entries too, and nothing tells which these are (7.4).
    """

    tells_parts = False

    def __init__(self, connection: Connection, panel: ControlPanelApi, part: str = "") -> None:
        self._key = connection.key
        self._panel = panel
        self._part = part

    def entries(self, domain: str | None, kind: RuleKind, action: RuleAction) -> list[Rule]:
        """See Lists."""
        if domain is None:
            raise NotSupported("rules_read", _ONLY_DOMAINS)
        answer = self._panel.answer(_panel_list(kind, action), {"domain": domain})
        return read_panel_entries(answer, self._key, domain, kind, action, self._part)

    def said(self, rule: Rule, *, add: bool) -> Said:
        """See Lists."""
        if not rule.domain:
            raise NotSupported("rules_write", _ONLY_DOMAINS)
        if rule.part not in ("", inferred.SENDER_FLAG):
            raise NotSupported("rules_write", _NO_PARTS)
        call = _panel_call("" if add else "un", rule.kind, rule.action)
        return {"call": call, "arguments": {"domain": rule.domain, rule.kind.value: rule.pattern}}

    def check_own(self, rule: Rule) -> None:
        """See Lists."""
        if rule.kind is RuleKind.SENDER and rule.action is RuleAction.ALLOW:
            raise NotSupported("rules_write", _MIXED)


class EitherLists:
    """Through the Software API, and through the panel on servers whose Software API has no calls that read lists: their
    names are a guess, those of the panel are not (9.1)."""

    def __init__(self, software: SoftwareLists, panel: PanelLists) -> None:
        self._software = software
        self._panel = panel
        self._by_panel = False

    @property
    def tells_parts(self) -> bool:
        """See Lists."""
        return not self._by_panel and self._software.tells_parts

    def entries(self, domain: str | None, kind: RuleKind, action: RuleAction) -> list[Rule]:
        """See Lists."""
        if domain is not None and self._by_panel:
            return self._panel.entries(domain, kind, action)
        try:
            return self._software.entries(domain, kind, action)
        except (Rejected, BadCredentials) as refused:
            if domain is None or not _no_such_call(refused):
                raise
            self._by_panel = True
        return self._panel.entries(domain, kind, action)

    def said(self, rule: Rule, *, add: bool) -> Said:
        """See Lists."""
        lists: Lists = self._panel if self._by_panel and rule.domain else self._software
        return lists.said(rule, add=add)

    def check_own(self, rule: Rule) -> None:
        """See Lists."""
        lists: Lists = self._panel if self._by_panel and rule.domain else self._software
        lists.check_own(rule)


_ONLY_DOMAINS = msg(
    "Lists of the whole cluster need the Software API; the Control Panel API has those of single domains only. Nothing was "
    "sent."
)
_NO_PARTS = msg(
    "The Control Panel API cannot say what of a message an entry compares; choose both. Nothing was sent."
)


_MIXED = msg(
    "The panel lists the allowed senders of the whole cluster among those of a domain and does not tell them apart, so the list "
    "cannot be replaced as a whole. Add and remove single entries. Nothing was sent."
)


def _no_such_call(error: UpstreamError) -> bool:
    """Whether the server does not have the call, or not for us."""
    return error.status != 401 and any(word in str(error.message).lower() for word in inferred.NO_SUCH_CALL)


def _software_calls(kind: RuleKind, action: RuleAction) -> tuple[str, str, str]:
    """The calls that list, add and remove."""
    named = inferred.sender_list if kind is RuleKind.SENDER else inferred.recipient_list
    return named(action.value)


def _panel_call(verb: str, kind: RuleKind, action: RuleAction) -> str:
    """The action of the panel that adds to a list ("") or takes from it ("un")."""
    return f"domain/{verb}{_word(action)}{kind.value}"


def _panel_list(kind: RuleKind, action: RuleAction) -> str:
    return f"domain/{kind.value}{_word(action)}"


def _word(action: RuleAction) -> str:
    return "whitelist" if action is RuleAction.ALLOW else "blacklist"


LIST_CALLS = frozenset(
    name
    for kind in (RuleKind.SENDER, RuleKind.RECIPIENT)
    for action in (RuleAction.ALLOW, RuleAction.BLOCK)
    for name in (
        *_software_calls(kind, action),
        _panel_list(kind, action),
        _panel_call("", kind, action),
        _panel_call("un", kind, action),
    )
)
"""The calls of all lists, whose names are put together here."""
