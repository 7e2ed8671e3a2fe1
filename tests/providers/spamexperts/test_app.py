"""The quarantine through the interface of the panel's app: with the panel alone, and beside the Software API (7.4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.core.capabilities import Capability
from app.core.errors import Conflict, NotFound, NotSupported, OutcomeUnknown, Unreachable
from app.core.messages import Direction, MailClass, MailQuery, MailSource, MailState
from app.core.plan import Seen
from app.providers.spamexperts.card import APP_SERVES, CARD, SOFTWARE
from app.sandbox.faults import Fault
from tests.net.servers import Peer, serve
from tests.providers.conftest import Bench

DOMAIN = "nordwind.example"
ALONE = {"username": "", "password": ""}


@pytest.fixture
def panel(connect):
    """The driver's bench with the panel's credentials only."""
    return connect("spamexperts", **ALONE)


def search(bench, **asks):
    return bench.driver.search_quarantine(MailQuery(MailSource.QUARANTINE, DOMAIN, **asks))


def wished(wish, item, command, **fields):
    return wish(command, domain=item.key.domain, source=item.key.source.value, ref=item.key.ref, **fields)


def test_pages_of_the_quarantine_with_what_the_app_tells(panel, se):
    page = search(panel, size=5)
    assert len(page.rows) == 5 and page.more and page.total > 5
    whole = search(panel, size=500)
    assert whole.total == len(whole.rows) == page.total and not whole.more
    of_software = se.driver.search_quarantine(MailQuery(MailSource.QUARANTINE, DOMAIN, size=500))
    assert [row.message_id for row in whole.rows] == [row.message_id for row in of_software.rows]
    assert {row.mail_class for row in whole.rows} > {MailClass.SPAM}
    assert panel.called() == ["rest/auth/token", "rest/log/search", "rest/log/search"]


def test_what_can_be_asked_for_and_what_not(panel):
    since = datetime.now(UTC) - timedelta(days=3)
    page = search(panel, since=since, size=500, subject="anything")
    assert all(row.at >= since.replace(second=0, microsecond=0) for row in page.rows)
    assert [one.value for one in page.ignored] == ["subject"]
    with pytest.raises(NotSupported, match="one domain at a time"):
        panel.driver.search_quarantine(MailQuery(MailSource.QUARANTINE))


def test_outgoing_messages_have_their_own_quarantine(panel):
    page = panel.driver.search_quarantine(
        MailQuery(MailSource.QUARANTINE, "oldquay.example", direction=Direction.OUT)
    )
    assert all(
        row.direction is Direction.OUT and row.sender.endswith("@oldquay.example") for row in page.rows
    )


def test_a_message_is_read_as_it_came(panel):
    item = search(panel, size=1).rows[0]
    detail = panel.driver.read_mail(item.key)
    assert detail.item == item and dict(detail.headers)["Subject"]
    assert panel.driver.read_mail_content(item.key).source.startswith(b"Received:")


@pytest.mark.parametrize(
    ("command", "fields", "status", "listed"),
    [
        ("mail.release", {}, "released", ""),
        ("mail.delete", {}, "quarantine-removed", ""),
        ("mail.release_allow", {}, "released", "senders_allowed"),
        ("mail.act", {"action": "release_train"}, "released", ""),
        ("mail.act", {"action": "delete_block"}, "quarantine-removed", "senders_blocked"),
    ],
)
@pytest.mark.parametrize("credentials", [ALONE, {}], ids=["panel alone", "both APIs"])
def test_what_can_be_done_with_a_message(
    connect, wish, cluster, command, fields, status, listed, credentials
):
    bench = connect("spamexperts", **credentials)
    item = search(bench, size=1).rows[0]
    [step] = bench.driver.plan(wished(wish, item, command, **fields))
    assert bench.driver.observe(step).seen is Seen.NOT_DONE
    bench.driver.apply(step)
    assert bench.driver.observe(step).seen is Seen.DONE
    assert cluster.state.table("messages")[item.message_id]["status"] == status
    if credentials or command not in ("mail.release", "mail.delete"):
        with pytest.raises((NotFound, Conflict)):
            bench.driver.plan(wished(wish, item, command, **fields))
    else:  # the Software API tells that it is done already
        assert bench.driver.plan(wished(wish, item, command, **fields)) == []
    if listed:
        lists = json.dumps(dict(cluster.state.table("lists").items()))
        assert item.sender in lists


def test_a_message_that_is_gone_and_one_of_another_domain(panel, wish, cluster):
    item = search(panel, size=1).rows[0]
    rows = cluster.state.table("messages")
    rows[item.message_id] = {**rows[item.message_id], "status": "quarantine-expired"}
    for command in ("mail.release", "mail.delete", "mail.release_allow"):
        with pytest.raises(NotFound):
            panel.driver.plan(wished(wish, item, command))
    assert not any(record.write for record in panel.records)


def test_a_token_that_died_is_renewed_once(panel, cluster):
    search(panel, size=1)
    cluster.state.table("app_tokens").clear()
    assert search(panel, size=1).rows
    assert panel.called().count("rest/auth/token") == 2


def test_a_write_that_hangs_is_unknown_and_looked_for(panel, wish, sandbox):
    item = search(panel, size=1).rows[0]
    [step] = panel.driver.plan(wished(wish, item, "mail.release"))
    sandbox.faults["spamexperts"].set(
        Fault.parse({"fault": "hangup", "calls": "rest/log/release", "when": "after"})
    )
    with pytest.raises(OutcomeUnknown):
        panel.driver.apply(step)
    sandbox.faults["spamexperts"].set()
    assert panel.driver.observe(step).seen is Seen.DONE


def test_no_token_before_a_write_is_no_unknown_outcome(panel, wish, cluster, sandbox):
    item = search(panel, size=1).rows[0]
    [step] = panel.driver.plan(wished(wish, item, "mail.delete"))
    cluster.state.table("app_tokens").clear()
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "html", "calls": "rest/auth/token"}))
    with pytest.raises(Unreachable, match="Nothing was changed"):
        panel.driver.apply(step)


def test_no_token_is_shown(panel, cluster):
    answer = panel.driver.call("rest/auth/token", {})
    search(panel, size=1)
    [*tokens] = cluster.state.table("app_tokens")
    shown = answer.text() + str([record.to_json() for record in panel.records])
    assert len(tokens) == 2 and not any(token in shown for token in tokens)


@pytest.mark.parametrize("credentials", [ALONE, {}], ids=["panel alone", "both APIs"])
def test_a_panel_without_this_interface_says_so_on_the_card(connect, sandbox, credentials):
    bench = connect("spamexperts", **credentials)
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "html", "calls": "rest/*"}))
    found = bench.driver.probe()
    missing = APP_SERVES if credentials else APP_SERVES - SOFTWARE.serves
    assert set(found.missing) == missing and "rest/log/search" in found.calls
    card = CARD.of(bench.connection.filled).cut(found.missing, calls=found.calls)
    assert (Capability.QUARANTINE_READ in card.can) is not bool(credentials)
    assert "interface for its app cannot be used" in str(card.reason(Capability.MAIL_ACT))


@pytest.mark.parametrize(
    "entries", [None, 7, ["x", 3], [{}], [{"datetime": "yesterday", "message_id": 3, "sender": None}]]
)
def test_odd_entries_break_nothing(entries):
    def handler(peer: Peer) -> None:
        while peer.request() is not None:
            body = {"entries": entries, "last_count": "many"}
            answer = {"success": True, "body": body, "userData": {}, "token": "abcdefgh"}
            peer.answer(json.dumps(answer).encode(), "200 OK", Content_Type="application/json")

    with serve(handler) as server:
        bench = Bench("spamexperts", server.url, {"panel_username": "a", "panel_password": "secret"})
        page = search(bench)
    assert page.total is None and all(row.state is MailState.QUARANTINED for row in page.rows)
