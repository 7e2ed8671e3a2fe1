"""Is a DKIM key published as it should be? (RFC 6376, 3.6)"""

from __future__ import annotations

from app.checks.resolver import LookupFailed, Resolver
from app.core.dkim import DkimRecord, public_key_in
from app.core.model import Reading, Verdict
from app.core.ports import Clock
from app.core.text import Message, literal, msg

CHECK = "dkim"
_PUBLISH = msg("Publish the record as it stands here.")
_SHOWN = 200  # characters of a foreign record that are shown


def published(resolver: Resolver, record: DkimRecord, clock: Clock) -> Reading:
    """What DNS says of a key: pass when it publishes this very one, fail when not, unknown when it does not answer."""

    def reading(verdict: Verdict, found: Message, advice: Message | None = None) -> Reading:
        return Reading(CHECK, verdict, found, literal(record.value), advice, "DNS", clock())

    try:
        texts = [text for text in resolver.texts(record.host) if "p=" in text]
    except LookupFailed as failed:
        if failed.absent:
            return reading(Verdict.FAIL, failed.message, _PUBLISH)
        return reading(Verdict.UNKNOWN, failed.message, msg("Look again later."))
    if not texts:
        return reading(Verdict.FAIL, msg("{name} has no DKIM record.", name=record.host), _PUBLISH)
    if len(texts) > 1:
        found = msg("{count} DKIM records stand at one name: receivers take none of them.", count=len(texts))
        return reading(Verdict.FAIL, found, msg("Leave only the one that stands here."))
    key = public_key_in(texts[0])
    if not key:
        return reading(
            Verdict.FAIL, msg("The record has no key: it says that the key was revoked."), _PUBLISH
        )
    if key != record.public_key:
        found = msg("Another key is published: {text}", text=texts[0][:_SHOWN])
        return reading(Verdict.FAIL, found, _PUBLISH)
    return reading(Verdict.PASS, msg("This key is published."))
