"""Mailboxes, forwarders, routes, default address, SpamAssassin and filters (sheet, section 5.2)."""

from __future__ import annotations

import pytest

from tests.sandbox.spanel.conftest import ACCOUNT, DOMAIN

BOX = {"email": "new", "domain": DOMAIN, "password": "long-enough", "quota": 100}


def box(client, address: str) -> dict[str, object]:
    [row] = [row for row in client.data("email/listemailaccounts") if row["email"] == address]
    return row


def test_create_a_mailbox(client):
    answer = client.data("email/createemailaccount", **BOX)
    assert set(answer) == {"msg", "description", "description2", "createddata"}
    rows = {row[0]: row[1] for row in answer["createddata"]}
    assert (rows["Username"], rows["Incoming Server"], rows["IMAP Port"]) == (
        f"new@{DOMAIN}",
        f"mail.{DOMAIN}",
        "993",
    )
    assert {len(row) for row in answer["createddata"]} == {2, 3}
    assert box(client, f"new@{DOMAIN}") == {
        "email": f"new@{DOMAIN}",
        "storage_used": "0",
        "storage_allocated": "102400",
        "storage_utilization": "0",
        "twofactor": False,
        "maildomain": DOMAIN,
        "storage_used_value": 0,
        "storage_used_unit": "MB",
        "storage_allocated_value": 100,
        "row_storage_allocated_value": 100,
        "storage_allocated_unit": "MB",
        "storage_allocated_option": 1,
    }


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"email": f"new@{DOMAIN}"}, "email"),
        ({"quota": 99}, "quota"),
        ({"quota": "lots"}, "quota"),
        ({"domain": "nowhere.example"}, "domain"),
        ({"domain": "tidewater.example.com"}, "domain"),
    ],
)
def test_mailbox_refusals(client, change, wrong):
    assert set(client.errors("email/createemailaccount", **{**BOX, **change})) == {wrong}


def test_a_mailbox_exists_once_and_counts(client, admin):
    client.data("email/createemailaccount", **BOX)
    assert set(client.errors("email/createemailaccount", **{**BOX, "email": "NEW"})) == {"email"}
    count = len(client.data("email/listemailaccounts"))
    [row] = admin.rows("accounts/listaccounts", accountuser=ACCOUNT)
    assert row["numemails"] == str(count)
    admin.call("accounts/changequota", username=ACCOUNT, emails=count)
    assert set(client.errors("email/createemailaccount", **{**BOX, "email": "other"})) == {"limit"}


def test_change_and_remove_mailboxes(client):
    full = f"new@{DOMAIN}"
    client.data("email/createemailaccount", **BOX)
    assert client.data("email/changeemailquota", email=full, quota=2048)["msg"] == "Success"
    assert box(client, full)["storage_allocated"] == str(2048 * 1024)
    assert set(client.errors("email/changeemailquota", email=full, quota=10)) == {"quota"}
    assert set(client.errors("email/changeemailquota", email="new", quota=100)) == {"email"}
    client.data("email/emailaccountpassword", email=full, password="even-longer")
    client.data("email/emailaccountpassword", username=full, password="even-longer")
    assert set(client.errors("email/emailaccountpassword", email="new", password="x")) == {"email"}
    assert set(client.errors("email/removeemailaccount", email=[full, "nobody@x.example"])) == {"email"}
    client.data("email/removeemailaccount", email=[full])
    assert full not in [row["email"] for row in client.data("email/listemailaccounts")]


def test_forwarders(client):
    rows = client.data("email/listemailforwarders")
    assert {frozenset(row) for row in rows} == {
        frozenset({"from", "domain", "to"}),
        frozenset({"from", "domain", "pipe"}),
    }
    new = {"from": "sales", "domain": DOMAIN, "to": "a@example.org"}
    client.data("email/addemailforwarder", **new)
    row = {"from": f"sales@{DOMAIN}", "domain": DOMAIN, "to": "a@example.org"}
    assert row in client.data("email/listemailforwarders")
    client.data("email/addemailforwarder", **{**new, "to": "b@example.org"})
    assert set(client.errors("email/addemailforwarder", **new)) == {"from"}
    client.data("email/removeemailforwarder", **{**new, "from": f"sales@{DOMAIN}"})
    rows = client.data("email/listemailforwarders")
    assert row not in rows and row | {"to": "b@example.org"} in rows
    assert set(client.errors("email/removeemailforwarder", **new)) == {"from"}


def test_forwarders_need_a_goal(client):
    source = {"from": "sales", "domain": DOMAIN}
    assert set(client.errors("email/addemailforwarder", **source)) == {"to"}
    assert set(client.errors("email/addemailforwarder", **source, to="nobody")) == {"to"}
    assert set(
        client.errors("email/addemailforwarder", **{**source, "from": "a@other.example"}, to="a@example.org")
    ) == {"from"}
    client.data("email/addemailforwarder", **source, pipe="/usr/bin/true")
    assert {"from": f"sales@{DOMAIN}", "domain": DOMAIN, "pipe": "/usr/bin/true"} in client.data(
        "email/listemailforwarders"
    )
    client.data("email/removeemailforwarder", **source, to="/usr/bin/true")


def test_mail_routes(client):
    assert client.data("email/getmailroute", domain=DOMAIN) == {
        "exchanger": "remoteexchanger",
        "mailserver": ["mail.slowpost.example"],
        "priority": ["10"],
    }
    remote = {
        "exchanger": "remoteexchanger",
        "mailserver": ["mx1.example", "mx2.example"],
        "priority": ["5", "10"],
    }
    client.data("email/setmailroute", domain=DOMAIN, **remote)
    assert client.data("email/getmailroute", domain=DOMAIN) == remote
    client.data("email/setmailroute", domain=DOMAIN, exchanger="localexchanger")
    assert client.data("email/getmailroute", domain=DOMAIN) == {
        "exchanger": "localexchanger",
        "mailserver": [],
        "priority": [],
    }


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({"exchanger": "elsewhere"}, {"exchanger"}),
        ({"exchanger": "remoteexchanger"}, {"mailserver", "priority"}),
        ({"exchanger": "remoteexchanger", "mailserver": ["mx.example"]}, {"priority"}),
        (
            {"exchanger": "remoteexchanger", "mailserver": "mx.example", "priority": "1"},
            {"mailserver", "priority"},
        ),
        ({"exchanger": "remoteexchanger", "mailserver": ["mx.example:25"], "priority": [1]}, {"mailserver"}),
        ({"exchanger": "remoteexchanger", "mailserver": ["mx.example"], "priority": ["high"]}, {"priority"}),
        ({"exchanger": "remoteexchanger", "mailserver": ["mx.example"], "priority": [1, 2]}, {"priority"}),
        ({"domain": "nowhere.example", "exchanger": "localexchanger"}, {"domain"}),
    ],
)
def test_mail_route_refusals(client, params, wrong):
    assert set(client.errors("email/setmailroute", **{"domain": DOMAIN, **params})) == wrong


def test_default_address(client):
    assert client.data("email/getdefaultaddressstatus", domain="cafe-am-hafen.example") == {
        "type": "discard",
        "email": "",
    }
    client.data("email/setdefaultaddressstatus", domain=DOMAIN, type="forward", email="a@example.org")
    assert client.data("email/getdefaultaddressstatus", domain=DOMAIN) == {
        "type": "forward",
        "email": "a@example.org",
    }
    client.data("email/setdefaultaddressstatus", domain=DOMAIN, type="discard")
    assert client.data("email/getdefaultaddressstatus", domain=DOMAIN)["type"] == "discard"
    assert set(client.errors("email/setdefaultaddressstatus", domain=DOMAIN, type="forward")) == {"email"}
    assert set(client.errors("email/setdefaultaddressstatus", domain=DOMAIN, type="bounce")) == {"type"}


def test_autoresponders(client):
    new = {"email": f"away@{DOMAIN}", "message": "Back on Monday."}
    client.data("email/addemailautoresponder", **new)
    assert new in client.data("email/listemailautoresponders")
    assert set(client.errors("email/addemailautoresponder", **new)) == {"email"}
    assert set(client.errors("email/addemailautoresponder", email="a@nowhere.example", message="x")) == {
        "email"
    }
    client.data("email/editemailautoresponder", **{**new, "message": "Back on Tuesday."})
    assert new | {"message": "Back on Tuesday."} in client.data("email/listemailautoresponders")
    client.data("email/removeemailautoresponder", email=new["email"])
    for action in ("edit", "remove"):
        assert set(client.errors(f"email/{action}emailautoresponder", **new)) == {"email"}


def test_spamassassin_is_told_by_changes_only(client):
    answer = client.data("email/togglespamassassin", status="disable")
    assert answer["status"] == {"sastatus": "disabled", "sastatusText": "Disabled", "saScore": "5"}
    client.data("email/setspamassassinscore", score=8)
    answer = client.data("email/togglespamassassin", status="enable")
    assert answer["status"] == {"sastatus": "enabled", "sastatusText": "Enabled", "saScore": "8"}
    assert set(client.errors("email/togglespamassassin", status="on")) == {"status"}
    assert set(client.errors("email/setspamassassinscore", score=4)) == {"score"}


def test_spamassassin_senders(client):
    answer = client.data("email/addspamassassinsender", type="whitelist", sender="Good.example")
    assert isinstance(answer["msg"], list) and answer["type"] == 2
    assert {"type": "whitelist_from", "sender": "good.example"} in client.data(
        "email/listspamassassinsenders", type="whitelist"
    )
    black = client.data("email/listspamassassinsenders", type="blacklist")
    assert {row["type"] for row in black} == {"blacklist_from"}
    assert set(client.errors("email/addspamassassinsender", type="whitelist", sender="good.example")) == {
        "sender"
    }
    assert set(client.errors("email/addspamassassinsender", type="greylist", sender="good.example")) == {
        "type"
    }
    assert set(client.errors("email/addspamassassinsender", type="whitelist", sender="@@")) == {"sender"}


def test_a_sender_is_removed_from_whichever_list(client):
    for kind in ("whitelist", "blacklist"):
        client.data("email/addspamassassinsender", type=kind, sender="both.example")
    client.data("email/removespamassassinsender", sender=["both.example", "lottery.example"])
    assert client.data("email/listspamassassinsenders", type="blacklist") == []
    assert [row["sender"] for row in client.data("email/listspamassassinsenders", type="whitelist")] == [
        "hosting.example"
    ]
    assert set(client.errors("email/removespamassassinsender", sender="both.example")) == {"sender"}


FILTER = {"domain": DOMAIN, "name": "bills", "rule": "from", "check": "contains", "value": "bill"}


def test_filters_name_their_parts_differently_in_list_and_call(client):
    answer = client.data("email/addemailfilter", **FILTER)
    assert answer["existingFilterNames"] == ["lottery", "bills"]
    assert "<b>bills</b>" in answer["msg"]
    row = {
        "filter": "bills",
        "domain": DOMAIN,
        "rule": "bill",
        "checkaction": "contains",
        "condition_string": "From",
    }
    assert row in client.data("email/listemailfilters")
    client.data("email/removeemailfilter", domain=DOMAIN, name=["bills", "lottery"])
    assert client.data("email/listemailfilters") == []
    assert set(client.errors("email/removeemailfilter", domain=DOMAIN, name="bills")) == {"name"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"rule": "to"}, "rule"),
        ({"check": "matches"}, "check"),
        ({"value": "two words"}, "value"),
        ({"name": "lottery"}, "name"),
        ({"domain": "nowhere.example"}, "domain"),
    ],
)
def test_filter_refusals(client, change, wrong):
    assert set(client.errors("email/addemailfilter", **{**FILTER, **change})) == {wrong}


def test_messages_carry_markup_unescaped(client):
    answer = client.data("email/addemailfilter", **{**FILTER, "name": "<script>alert(1)</script>"})
    assert "<b><script>alert(1)</script></b>" in answer["msg"]
