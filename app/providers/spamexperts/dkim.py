"""DKIM keys of domains: selector and public key are read, the private key is set with a selector (contract sheet, 6.4)."""

from __future__ import annotations

from typing import Any

from app.core.commands import SetDkim
from app.core.dkim import DkimRecord, as_pem, new_private_key, private_key, public_half, public_key_in
from app.core.errors import Conflict, Invalid, NotFound, NotThere
from app.core.names import display
from app.core.plan import Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.spamexperts.reads import Reads
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import read_setting

Json = Any

_LONGEST = 2000
_NO_WAY_BACK = msg("SpamExperts shows the private key to nobody, and has no call that removes a key.")


class Dkim:
    """The keys of one cluster's domains."""

    def __init__(self, reads: Reads, api: SoftwareApi) -> None:
        self._reads = reads
        self._api = api

    def read(self, domain: str) -> list[DkimRecord]:
        """The record to publish, none where there is no key. Raises NotFound."""
        try:
            selector = self._value("api_get_dkim_selector", domain)
            key = self._value("api_get_dkim_certificate", domain)
        except NotThere as gone:
            raise NotFound(msg("{domain} is not on this server.", domain=display(domain))) from gone
        if not selector or not public_key_in(key):
            return []
        return [DkimRecord(selector, domain, key)]

    def _value(self, call: str, domain: str) -> str:
        answer = self._api.read(call, {"domain": domain})
        value = str(read_setting(answer, domain).value or "")
        if len(value) > _LONGEST or not value.isprintable():
            raise answer.unreadable(msg("The answer is not a DKIM key."))
        return value

    def plan_set(self, command: SetDkim) -> list[Step]:
        """One step, or none when that very key is there. Where nobody brings a key, one is made here and only sent.

        Raises NotFound, Invalid without a selector, Conflict where it would replace a key unasked.
        """
        self._reads.read(command.domain)
        now = self.read(command.domain)
        selector = command.selector or (now[0].selector if now else "")
        if not selector:
            raise Invalid({"selector": msg("SpamExperts needs a selector for the first key.")})
        pem = command.private_key or new_private_key()
        key = private_key(pem.reveal())
        after = {"selector": selector, "public_key": public_half(key)}
        before = _shown(now)
        if before == after:
            return []
        if now and not command.replace:
            text = msg(
                "{domain} has a DKIM key already, with the selector {selector}. Replace it if that is what you want; "
                "nothing was sent.",
                domain=display(command.domain),
                selector=now[0].selector,
            )
            raise Conflict(text, before)
        arguments = {"domain": command.domain, "selector": selector}
        secret = {"certificate": {"$secret": as_pem(key).reveal()}}
        return [
            Step(
                verb=Verb.DKIM_SET,
                subject=command.domain,
                domain=command.domain,
                args={"call": "api_set_dkim_certificate", "arguments": {**arguments, **secret}},
                before=before,
                after=after,
                inverse=None,
                lost=[_NO_WAY_BACK],
            )
        ]

    def observe(self, step: Step) -> Observed:
        """Whether the wished key is there."""
        try:
            now = _shown(self.read(step.domain or ""))
        except NotFound:
            return Observed(Seen.DIFFERS)
        if now == step.after:
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if now == step.before else Seen.DIFFERS, now)


def _shown(records: list[DkimRecord]) -> dict[str, Json]:
    """The key of a domain by field, as the journal keeps it."""
    first = records[0] if records else None
    return {
        "selector": first.selector if first else None,
        "public_key": first.public_key if first else None,
    }
