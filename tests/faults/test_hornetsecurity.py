"""No call of Hornetsecurity goes without faults: what the trials for all upstreams do not send is sent here."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from app.core.capabilities import Capability
from app.core.commands import Command
from app.core.messages import MailQuery, MailSource
from app.core.plan import State
from app.providers import registry
from tests.contract.description import Description
from tests.contract.providers.hornetsecurity import FIRST, LOGO, OWN, RULE, SECOND
from tests.contract.resources import Acts, wish
from tests.faults.operations import READS, WRITES, Read, Write, _mail, pairs
from tests.faults.resources import RESOURCE_READS, RESOURCE_WRITES
from tests.operations.world import World

SLUG, M365 = "hornetsecurity", "lighthouse-legal.example"
CARD = registry.provider(SLUG).CARD

faults = pytest.mark.parametrize(
    ("kind", "when"), [("hangup", "after"), ("html", "after"), ("5xx", "before"), ("refuse", "before")]
)


def setting(name: str, value: Any, domain: str = FIRST) -> Write:
    def prepare(world: World, _it: Description) -> Command:
        return world.wish("settings.set", domain=domain, name=name, value=value)

    return Write(name, (Capability.SETTINGS_WRITE,), prepare)


def action(kind: str, name: str, key: str = "", **example: Any) -> Write:
    it, shape = Acts(**example), CARD.resource(kind)
    assert shape is not None

    def prepare(world: World, _it: Description) -> Command:
        return wish(it, shape, name, key)

    return Write(f"own {kind}.{name}", (Capability.RESOURCES_WRITE,), prepare)


def marking(name: str) -> Write:
    """Who reports a message once more does so once more; a mark that is there is not set again."""
    blind = name != "mark_private"
    return Write(name, (Capability.MAIL_ACT,), _mail("mail.act", "log", action=name), blind=blind)


SETTLED = (
    setting("spf_status", "off"),
    setting("dkim_validation", "quarantine"),
    setting("dkim_signature", "on"),
    setting("dmarc", "off"),
    setting("filtering_action_mode", "monitoring", M365),
    setting("incoming_email_size", "12"),
    marking("mark_private"),
    marking("mark_spam"),
    marking("mark_info"),
    Write("allow", (Capability.MAIL_RELEASE_ALLOW,), _mail("mail.release_allow", "quarantine"), once=True),
    action("branding", "edit", actions={"edit": {"colour": "#225533", "logo": LOGO}}, domain=FIRST),
    action("support_contact", "edit", actions={"edit": {"telephone": "+49 40 1"}}, domain=FIRST),
    action("quarantine_report", "edit", actions={"edit": {"times": ["9"]}}, domain=SECOND),
)
"""Changes that a look at the panel settles."""

ALONE: dict[str, tuple[str, Write]] = {
    "password": (
        "POST /mailboxes/password/",
        action(
            "mailboxes",
            "password",
            f"info@{FIRST}",
            actions={"password": {"password": "Ein-langes-9"}},
            domain=FIRST,
        ),
    ),
    "check": (
        "POST /domains/{domain_id}/check_verification/",
        action("domain_names", "check", "hansen-kontor.example", actions={"check": {}}, domain=FIRST),
    ),
    "rule": (
        "PUT /compliance_filter/",
        action("compliance_rules", "add", actions={"add": RULE}, domain=FIRST),
    ),
    "contact": (
        "POST /service_dashboard/contacts/",
        action(
            "contacts",
            "add",
            actions={"add": {"user": f"postmaster@{FIRST}", "type": "helpdesk"}},
            domain=FIRST,
        ),
    ),
    "role": (
        "POST /service_dashboard/role_assignments/",
        action(
            "role_assignments",
            "add",
            actions={"add": {"user": f"info@{FIRST}", "role": "support"}},
            domain=OWN,
        ),
    ),
    "to_admin": (
        "POST /emails/deliver/helpdesk/",
        Write("x", (), _mail("mail.act", "quarantine", action="send_to_admin")),
    ),
    "to_support": (
        "POST /emails/deliver/support/",
        Write("x", (), _mail("mail.act", "quarantine", action="send_to_support")),
    ),
    "remove": (
        "POST /emails/delete/",
        Write(
            "x",
            (),
            lambda world, it: _mail("mail.act", "log", action="remove_delivered")(
                world, replace(it, domain=M365)
            ),
        ),
    ),
}
"""Changes of which no call tells whether they were done, or which of several they made."""


def _opened(world: World, it: Description) -> Any:
    """A message with its headers and, since it is archived, its body."""
    query = MailQuery(MailSource.LOG, it.domain, size=1, fields=(("is_archived", "yes"),))
    found = world.driver().read_mail(world.driver().search_log(query).rows[0].key)
    problems = [p for p in (found.headers_problem,) if p is not None]
    return problems or [found.item.title, len(found.headers or ())]


def _all_settings(world: World, it: Description) -> Any:
    fields = world.driver().read_settings(it.domain)
    problems = [field.problem for field in fields if field.problem is not None]
    return problems or [(field.name, field.value) for field in fields]


def _inherited(world: World, _it: Description) -> Any:
    at = Acts(domain=FIRST).at
    kinds = ("branding", "support_contact")
    return [dict(world.driver().read_resource(kind, at, "").values) for kind in kinds]


OPENED, SETTINGS = Read("opened", (), _opened), Read("settings_all", (), _all_settings)
LOOKS = (OPENED, SETTINGS, Read("inherited", (), _inherited))

EXCUSED = {
    "POST /auth/login/": "sent where a user name signs in: tests/providers/hornetsecurity/test_login.py",
    "GET /auth/check/session/": "the same",
    "POST /hierarchy/_search/": "sent to panels of the old generation: tests/providers/hornetsecurity",
    "POST /emails/preview/link/": "tests/features/hornetsecurity: unknown in the journal, and made once",
    "GET /emails/preview/show/": "the same",
    "GET /service_dashboard/roles/": "read with the role that is given",
}


@faults
@pytest.mark.parametrize("write", SETTLED, ids=lambda write: write.name)
def test_a_change_under_a_fault(bench_of, tally, write, kind, when):
    bench = bench_of(SLUG)
    calls = list(bench.clean(write).writes)
    bench.change(write, {"fault": kind, "when": when, "calls": calls, "count": 1}, tally)
    assert not tally.problems


@faults
@pytest.mark.parametrize("read", LOOKS, ids=lambda read: read.name)
def test_a_look_under_a_fault(bench_of, tally, read, kind, when):
    bench_of(SLUG).read(read, {"fault": kind, "when": when}, tally)
    assert not tally.problems


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize(
    ("kind", "when", "state"),
    [
        ("hangup", "after", State.UNKNOWN),
        ("5xx", "before", State.UNKNOWN),
        ("429", "before", State.UNREACHABLE),
    ],
)
def test_what_nobody_can_look_up_goes_out_once(bench_of, name, kind, when, state):
    """What became of it stays unknown, unless it is there: then it is settled as done, never as not done."""
    bench = bench_of(SLUG)
    bench.fresh()
    call, write = ALONE[name]
    command = write.prepare(bench.world, bench.about)
    bench.world.log.clear()
    bench.world.faults({"fault": kind, "calls": [call], "when": when})
    key = f"once-{name}-{kind}"
    bench.world.do(command, key)
    bench.world.faults()
    assert Counter(row.state for row in bench.world.changes(key)) == {state: 1}
    assert bench.world.log.names().count(call) == 1


def test_every_call_of_the_driver_is_hit(bench_of):
    bench = bench_of(SLUG)
    operations = [
        one
        for slug, one in (*pairs(WRITES), *pairs(READS), *RESOURCE_WRITES, *RESOURCE_READS)
        if slug == SLUG
    ]
    sent = {call for one in (*operations, *SETTLED, *LOOKS) for call in bench.clean(one).calls}
    alone = {call for call, _ in ALONE.values()}
    assert registry.used_calls(SLUG) - sent - alone - EXCUSED.keys() == set()
    assert EXCUSED.keys() & sent <= {"GET /service_dashboard/roles/"}
