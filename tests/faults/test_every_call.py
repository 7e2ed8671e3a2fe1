"""No call of Cleanmail goes without faults: the trials between them send every call that the driver sends."""

import pytest

from app.core.plan import State
from app.providers import registry
from tests.contract.resources import examples, target, wish
from tests.faults.operations import READS, WRITES, pairs
from tests.faults.resources import RESOURCE_READS, RESOURCE_WRITES

SLUG = "cleanmail"
NOBODY_CAN_TELL = {
    "send_welcome": {"executeTask"},
    "sign_in_link": {"temporaryAuthTokens"},
    "compose": {"sendEmail"},
}
"""Actions of a mailbox of which no call tells what became of them, so that no trial settles them; see below."""

EXCUSED = {
    "listDomainAliases": "asked only of a server that leaves the aliases out of its domains",
    "downloadEmailAttachmentPart": "any bytes may be the file, so that nobody can tell a wrong answer",
    "downloadAttachment": "the same",
    "getAllEmailAttachments": "the same",
    "uploadAttachment": "goes before a mail that is sent, and is of no use without it",
    "deleteAttachment": "takes back an upload whose mail was not sent",
}


def test_every_call_of_the_driver_is_hit(bench_of):
    bench = bench_of(SLUG)
    operations = [*pairs(WRITES), *pairs(READS), *RESOURCE_WRITES, *RESOURCE_READS]
    sent = {call for slug, one in operations if slug == SLUG for call in bench.clean(one).calls}
    alone = set().union(*NOBODY_CAN_TELL.values())
    assert registry.used_calls(SLUG) - sent - alone - EXCUSED.keys() == set()


@pytest.mark.parametrize("action", NOBODY_CAN_TELL)
@pytest.mark.parametrize(
    ("kind", "when", "state"),
    [
        ("hangup", "after", State.UNKNOWN),
        ("html", "after", State.UNKNOWN),
        ("5xx", "before", State.UNKNOWN),
        ("429", "before", State.UNREACHABLE),
    ],
)
def test_what_nobody_can_look_up_stays_unknown_and_goes_out_once(bench_of, action, kind, when, state):
    bench = bench_of(SLUG)
    bench.fresh()
    world, [call] = bench.world, NOBODY_CAN_TELL[action]
    it, shape = examples(SLUG)["mailboxes"], registry.provider(SLUG).CARD.resource("mailboxes")
    command = wish(it, shape, action, target(world.driver(), it, shape, shape.action(action)))
    world.log.clear()
    world.faults({"fault": kind, "calls": [call], "when": when})
    key = f"once-{action}-{kind}"
    world.do(command, key)
    world.faults()
    [row] = world.changes(key)
    assert row.state is state and world.log.names().count(call) == 1
    if state is State.UNKNOWN:
        assert world.wired.settler.settle(world.connection(), row) is State.UNKNOWN
