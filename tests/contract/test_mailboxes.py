"""Lists of all mailboxes, where an upstream has one: whole or not at all, by few calls, and reads alone."""

from __future__ import annotations

import pytest

from app.core.capabilities import Capability
from app.core.errors import GatehouseError
from app.core.mailboxes import MailboxLister, owned

ONES = pytest.mark.needs(Capability.RESOURCES_READ)


def listed(subject):
    if not isinstance(subject.driver, MailboxLister):
        pytest.skip("it has no such list")
    return [address for batch in subject.driver.list_mailboxes() for address in batch]


@ONES
def test_every_mailbox_is_listed_once_by_few_calls(subject):
    found = listed(subject)
    assert found and len(set(found)) == len(found)
    assert len(owned(found)) == len(found)
    assert subject.log.count() < len(found) and not any(record.write for record in subject.records)


@ONES
@pytest.mark.parametrize("fault", ["html", "truncated", "5xx", "malformed"])
def test_half_a_list_does_not_pass_for_a_whole_one(subject, fault):
    whole = listed(subject)
    subject.faults(fault=fault)
    with pytest.raises(GatehouseError):
        assert listed(subject) == whole
