"""Every fault, each once: on a read and on the writes of every kind, of every provider."""

import pytest

from app.sandbox.faults import KINDS
from tests.faults.operations import READS, WRITES, pairs
from tests.faults.resources import RESOURCE_READS, RESOURCE_WRITES, first_of_each

_READ = (
    "domain",
    "settings",
    "dkim",
    "fields",
    "admins",
    "access",
    "access_of",
    "email",
    "email_one",
    "policies",
    "policy",
    "policy_use",
    "rules",
    "rules_mailbox",
    "health_run",
    "places",
    "quarantine",
)
_WRITTEN = (
    "add",
    "routes",
    "aliases",
    "setting",
    "dkim_set",
    "edit",
    "admin_edit",
    "access_set",
    "admin_add",
    "access_revoke",
    "token_add",
    "token_away",
    "rename",
    "email_edit",
    "recipients_add",
    "recipient_away",
    "setting_reset",
    "rule_add_mailbox",
    "rule_edit_attachment",
    "rule_away_uri",
    "policy_add",
    "policy_edit",
    "rules_add",
    "rules_edit",
    "rules_replace",
    "rules_spread",
    "platforms",
    "mail_release",
)
KINDS_OF_READS = [read for read in READS if read.name in _READ]
KINDS_OF_WRITES = [write for write in WRITES if write.name in _WRITTEN]
named = {"ids": lambda value: value if isinstance(value, str) else value.name}


@pytest.mark.parametrize("fault", KINDS)
@pytest.mark.parametrize(
    ("slug", "write"), [*pairs(KINDS_OF_WRITES), *first_of_each(RESOURCE_WRITES)], **named
)
def test_a_write_under_a_fault(bench_of, tally, slug, write, fault):
    bench = bench_of(slug)
    calls = list(bench.clean(write).writes)
    bench.change(write, {"fault": fault, "calls": calls, "when": KINDS[fault][0], "count": 1}, tally)
    assert not tally.problems


@pytest.mark.parametrize("fault", KINDS)
@pytest.mark.parametrize(("slug", "read"), [*pairs(KINDS_OF_READS), *first_of_each(RESOURCE_READS)], **named)
def test_a_read_under_a_fault(bench_of, tally, slug, read, fault):
    bench_of(slug).read(read, {"fault": fault, "when": KINDS[fault][0]}, tally)
    assert not tally.problems
