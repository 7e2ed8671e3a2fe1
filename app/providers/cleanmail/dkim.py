"""DKIM keys of domains: one key for a domain and all its aliases (Cleanmail REST API manual, 5.6 and 6.18)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.commands import RemoveDkim, SetDkim
from app.core.dkim import DkimRecord, as_base64, private_key, public_half
from app.core.errors import Conflict, NotThere
from app.core.names import NameProblem, display, domain_name
from app.core.plan import Applied, Observed, Seen, Step, Verb
from app.core.text import msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import read_answer
from app.providers.cleanmail.writes import alive, just_before

Json = Any

_LONGEST = 2000  # characters of one record: a key of 4096 bits has some 750
_MOST = 1000  # records: one for each name of a domain
_KEY_LOST = msg("The private key: Cleanmail shows it to nobody.")


class Dkim:
    """The keys of one connection's domains."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    def read(self, domain: str) -> list[DkimRecord]:
        """The records to publish, for the domain and each alias; none where it has no key. Raises NotFound."""
        return self._records(self._reads.record(domain).id)

    def plan_set(self, command: SetDkim) -> list[Step]:
        """One step, or none when that very key is there. Raises NotFound, Conflict where it would replace one unasked."""
        record = alive(self._reads.record(command.domain))
        now = self._records(record.id)
        key = private_key(command.private_key.reveal()) if command.private_key else None
        selector = command.selector or (now[0].selector if now else "")
        after = {"selector": selector or None, "public_key": public_half(key) if key else None}
        if now and key and (now[0].selector, now[0].public_key) == (selector, after["public_key"]):
            return []
        if now and not command.replace:
            text = msg(
                "{domain} has a DKIM key already, with the selector {selector}. Replace it if that is what you want; "
                "nothing was sent.",
                domain=display(command.domain),
                selector=now[0].selector,
            )
            raise Conflict(text, _shown(now))
        arguments: dict[str, Json] = {"selector": selector} if selector else {}
        if key is not None:
            arguments |= {"privateKey": {"$secret": as_base64(key).reveal()}, "publicKey": public_half(key)}
        back = RemoveDkim(connection=command.connection, domain=command.domain)
        return [
            Step(
                verb=Verb.DKIM_SET,
                subject=command.domain,
                domain=command.domain,
                args={"call": "updateDomainDkim" if now else "addDkim", "arguments": arguments},
                before=_shown(now),
                after=after,
                inverse=None if now else [back.to_json()],
                lost=[_KEY_LOST],
                ref={"id": record.id},
            )
        ]

    def plan_remove(self, command: RemoveDkim) -> list[Step]:
        """One step, none where there is no key. Raises NotFound, Conflict for a deleted domain."""
        record = alive(self._reads.record(command.domain))
        now = self._records(record.id)
        if not now:
            return []
        return [
            Step(
                verb=Verb.DKIM_REMOVE,
                subject=command.domain,
                domain=command.domain,
                args={"call": "deleteDomainDkim", "arguments": {}},
                before=_shown(now),
                after=_shown([]),
                inverse=None,
                lost=[_KEY_LOST],
                ref={"id": record.id},
            )
        ]

    def apply(self, step: Step) -> Applied:
        """Finds the domain and sends the step's call with it."""
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
        arguments = {name: _plain(value) for name, value in step.args["arguments"].items()}
        self._client.ask(step.args["call"], {"domainId": record.id, **arguments})
        return Applied()

    def observe_set(self, step: Step) -> Observed:
        """Whether the wished key is there; where Cleanmail made it, whether another one is there than before."""
        now = self._now(step)
        if now is None:
            return Observed(Seen.DIFFERS)
        if now == step.before:
            return Observed(Seen.NOT_DONE, now)
        wished = step.after or {}
        same = all(wished.get(name) in (None, now[name]) for name in ("selector", "public_key"))
        renewed = now["public_key"] is not None and now["public_key"] != (step.before or {}).get("public_key")
        done = same and (renewed or wished.get("public_key") is not None)
        return Observed(Seen.DONE if done else Seen.DIFFERS, now)

    def observe_remove(self, step: Step) -> Observed:
        """Whether there is no key."""
        now = self._now(step)
        if now is None or now["public_key"] is None:
            return Observed(Seen.DONE, now)
        return Observed(Seen.NOT_DONE if now == step.before else Seen.DIFFERS, now)

    def _now(self, step: Step) -> dict[str, Json] | None:
        record = self._reads.record_or_none(step.domain or "", step.ref)
        return None if record is None else _shown(self._records(record.id))

    def _records(self, identity: str) -> list[DkimRecord]:
        answer = self._client.call("getDkim", {"domainId": identity})
        try:
            value = read_answer(answer, "getDkim")
        except NotThere:  # the domain was found just before: it has no key
            return []
        if not isinstance(value, list) or len(value) > _MOST:
            raise answer.unreadable(msg("The answer is not the list of DKIM records that was asked for."))
        found = [record for line in value if (record := read_record(line)) is not None]
        if len(found) < len(value):
            raise answer.unreadable(msg("A DKIM record of the answer cannot be read."))
        return found


def read_record(line: Json) -> DkimRecord | None:
    """One line "<selector>._domainkey.<domain> TXT <text>" (Cleanmail notes, 9), None for anything else."""
    if not isinstance(line, str) or len(line) > _LONGEST or not line.isprintable():
        return None
    host, txt, value = line.partition(inferred.DKIM_TXT)
    selector, under, name = host.strip().rstrip(".").partition("._domainkey.")
    if not (txt and under and selector and value.strip()):
        return None
    try:
        return DkimRecord(selector, domain_name(name), value.strip())
    except NameProblem:
        return None


def _shown(records: Sequence[DkimRecord]) -> dict[str, Json]:
    """The key of a domain by field, as the journal keeps it."""
    first = records[0] if records else None
    return {
        "selector": first.selector if first else None,
        "public_key": first.public_key if first else None,
    }


def _plain(value: Json) -> Json:
    """A value of a step; one that is marked as a secret, plain."""
    return value["$secret"] if isinstance(value, dict) and "$secret" in value else value
