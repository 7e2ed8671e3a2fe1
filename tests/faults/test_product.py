"""The full product: every fault, before and after the upstream did it, on every call of everything.

`pytest -m faults`; it takes a while. The calls are those that arrive when nothing goes wrong. A write is sent once, so a
fault hits it once; the reads around it are tried again, so a fault that is to matter lasts until it is taken away.
"""

import pytest

from app.sandbox.faults import KINDS
from tests.faults.operations import READS, WRITES, pairs
from tests.faults.resources import RESOURCE_READS, RESOURCE_WRITES
from tests.faults.trial import matching

FAMILIES = ("api_get_*",)
"""Calls that differ only in the setting they are about count as one."""

FAULTS = [(kind, when) for kind, moments in KINDS.items() for when in moments]
named = {"ids": lambda value: value if isinstance(value, str) else getattr(value, "name", str(value))}

pytestmark = [pytest.mark.faults, pytest.mark.parametrize(("kind", "when"), FAULTS)]


def lies(kind, when, call, writes):
    """Who says "too many requests" to a write that it did, lies: the status means that nothing was done (RFC 6585, 4). And of
    half an answer to a question, all of it valid, nobody can tell that it is not the truth to go by."""
    return (kind, when) == ("429", "after") if call in writes else kind == "half"


@pytest.mark.parametrize(("slug", "write"), [*pairs(WRITES), *RESOURCE_WRITES], **named)
def test_a_write(bench_of, tally, slug, write, kind, when):
    bench = bench_of(slug)
    clean = bench.clean(write)
    for call in matching(clean.calls, FAMILIES):
        if not lies(kind, when, call, clean.writes):
            count = 1 if call in clean.writes else None
            bench.change(write, {"fault": kind, "calls": [call], "when": when, "count": count}, tally)
    assert not tally.problems


@pytest.mark.parametrize("count", [1, None], ids=["once", "for_good"])
@pytest.mark.parametrize(("slug", "read"), [*pairs(READS), *RESOURCE_READS], **named)
def test_a_read(bench_of, tally, slug, read, kind, when, count):
    bench = bench_of(slug)
    for call in matching(bench.clean(read).calls, FAMILIES):
        bench.read(read, {"fault": kind, "calls": [call], "when": when, "count": count}, tally)
    assert not tally.problems


@pytest.mark.parametrize("done", [True, False], ids=["done", "not_done"])
@pytest.mark.parametrize(("slug", "write"), [*pairs(WRITES), *RESOURCE_WRITES], **named)
def test_a_look_at_an_unknown_outcome(bench_of, tally, slug, write, done, kind, when):
    """But for half an answer: where all of it is valid, nobody can tell that it is not the truth."""
    bench = bench_of(slug)
    if kind != "half":
        bench.settling(write, done, {"fault": kind, "calls": "*", "when": when, "count": None}, tally)
    assert not tally.problems
