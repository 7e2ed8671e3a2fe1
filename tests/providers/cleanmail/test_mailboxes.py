"""Mailboxes, their options and signatures: what the suite of all kinds does not look at."""

import json

import pytest

from app.core.commands import ActOnResource, parse
from app.core.errors import (
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
)
from app.core.plan import Seen
from app.core.resources import ResourceAt, ResourceQuery

HOME, OTHER = "nordwind.example", "solskin.example"
FIRST, SECOND = f"bjorn.yildiz@{HOME}", f"greta.kuhn@{HOME}"
AT = ResourceAt(HOME)


def wish(action, key=SECOND, kind="mailboxes", **fields):
    where = {"domain": HOME} if kind == "mailboxes" else {"domain": HOME, "parent": key}
    named = {"key": key} if kind == "mailboxes" else {"key": fields.pop("option", "")}
    data = {"connection": "prod", "kind": kind, "action": action, **where, **named, **fields}
    return parse(ActOnResource, data)


def one(cm, key=SECOND, kind="mailboxes", at=AT):
    return cm.driver.read_resource(kind, at, key)


def test_pages_are_cut_sorted_and_searched_upstream(cm, calls):
    first = cm.driver.list_resources("mailboxes", AT, ResourceQuery(size=2))
    assert (len(first.rows), first.total, first.more) == (2, 4, True)
    assert calls() == ["listDomains", "listDomainUsers"]
    last = cm.driver.list_resources("mailboxes", AT, ResourceQuery(page=2, size=2, sort="-email"))
    assert [row.key for row in last.rows] == sorted((row.key for row in last.rows), reverse=True)
    assert not last.more and FIRST in [row.key for row in last.rows]
    found = cm.driver.list_resources("mailboxes", AT, ResourceQuery(text="kuhn"))
    assert [row.key for row in found.rows] == [SECOND]


def test_one_is_read_with_the_aliases_that_reach_it(cm, calls):
    found = one(cm, FIRST.upper())
    assert found.values["aliases"] == [f"info@{HOME}"] and found.values["policy"] == "Management"
    assert sorted(calls()) == ["listDomains", "listEmailAliasesOfDomain", "listUsers", "singleUser"]
    assert one(cm, f"lars.nowak@{HOME}").values["second_factor"] is True
    assert one(cm).values["second_factor"] is False and one(cm).values["platform"] == "Warehouse"


def test_a_mailbox_of_another_domain_is_not_reached(cm):
    with pytest.raises(NotFound):
        one(cm, at=ResourceAt(OTHER))
    with pytest.raises(NotFound):
        one(cm, "*@nordwind.example")
    with pytest.raises(NotFound):
        cm.driver.plan(wish("remove", key="mads.krogh@solskin.example"))


@pytest.mark.parametrize(
    ("action", "values", "field"),
    [
        ("add", {"email": f"new@{OTHER}"}, "values.email"),
        ("edit", {"email": f"new@{OTHER}"}, "values.email"),
        ("edit", {"policy": "No such"}, "values.policy"),
        ("edit", {"platform": "No such"}, "values.platform"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(cm, action, values, field):
    with pytest.raises(Invalid) as caught:
        cm.driver.plan(wish(action, key="" if action == "add" else SECOND, values=values))
    assert list(caught.value.fields) == [field]
    assert not any(record.write for record in cm.records)


def test_only_what_changes_is_sent_and_a_policy_by_its_id(cm, upstream):
    [step] = cm.driver.plan(wish("edit", values={"language": "DE", "policy": "management", "firstname": ""}))
    cm.driver.apply(step)
    row = next(row for row in upstream.records.every("users") if row["email"] == SECOND)
    assert upstream.records.find("policies", row["policyId"])["name"] == "Management"
    assert row["firstname"] == "" and cm.driver.observe(step).seen is Seen.DONE
    assert "language" not in step.args["values"], "it was German before"


def test_what_moved_meanwhile_is_left_alone(cm):
    with pytest.raises(Conflict):
        cm.driver.plan(wish("edit", values={"lastname": "Mine"}, expected={"lastname": "Seen"}))


def test_a_mailbox_of_a_deleted_domain_is_left_alone(cm):
    data = {"domain": "altstadtkontor.example", "connection": "prod", "kind": "mailboxes", "action": "add"}
    with pytest.raises(Conflict, match="Restore it first"):
        cm.driver.plan(parse(ActOnResource, {**data, "values": {"email": "a@altstadtkontor.example"}}))


def test_mails_go_through_tasks(cm, upstream):
    for action, values in (("send_welcome", {}), ("send_password_reset", {"validity": 2})):
        [step] = cm.driver.plan(wish(action, values=values))
        cm.driver.apply(step)
        assert cm.driver.observe(step).seen is Seen.CANNOT_TELL
    sent = [(task["command"], task["params"]) for task in upstream.records.every("tasks")]
    assert sent[-2:] == [
        ("send_welcome_mail", {"recipient": SECOND}),
        ("send_password_reset_mail", {"recipient": SECOND, "validity": 2}),
    ]


MAIL = {
    "to": ["a@elsewhere.example"],
    "subject": "Offer",
    "text": "Hello <you>,\nyours",
    "file1": {"name": "offer.pdf", "media_type": "application/pdf", "base64": "JVBERg=="},
    "file2": {"name": "two.txt", "media_type": "text/plain", "base64": "aGk="},
}


def test_a_mail_goes_with_its_files_as_the_token_s_account(cm, upstream, calls):
    assert one(cm).values["sends_as"] == "operations@cleanmail.example"
    [step] = cm.driver.plan(wish("compose", values=MAIL))
    calls()
    cm.driver.apply(step)
    assert calls()[-5:] == ["uploadAttachment", "downloadAttachment"] * 2 + ["sendEmail"]
    [sent] = upstream.records.every("sent")
    assert (sent["from"], sent["subject"]) == ("operations@cleanmail.example", "Offer")
    assert not list(upstream.records.every("uploads")), "they are used up"


@pytest.mark.parametrize(
    ("fault_name", "call", "error"),
    [
        ("hangup", "uploadAttachment", Unreachable),
        ("429", "sendEmail", RateLimited),
        ("hangup", "sendEmail", OutcomeUnknown),
    ],
)
def test_a_mail_that_did_not_go_leaves_no_file_behind(cm, upstream, fault, fault_name, call, error):
    """Only the mail itself may end unknown, and then its files are left alone."""
    [step] = cm.driver.plan(wish("compose", values=MAIL))
    fault(fault_name, call, count=1)
    with pytest.raises(error):
        cm.driver.apply(step)
    sent = list(upstream.records.every("sent"))
    assert len(sent) == (error is OutcomeUnknown)
    assert len(list(upstream.records.every("uploads"))) == (1 if call == "uploadAttachment" else 0)


def test_a_file_that_is_not_there_as_it_was_goes_to_nobody(cm, upstream, monkeypatch):
    [step] = cm.driver.plan(wish("compose", values=MAIL))
    keep = upstream.records.add

    def damaged(kind, row, owner=None):
        return keep(kind, {**row, "content": "AAAA"} if kind == "uploads" else row, owner)

    monkeypatch.setattr(upstream.records, "add", damaged)
    with pytest.raises(Unreachable, match="not at Cleanmail as it was uploaded"):
        cm.driver.apply(step)
    assert not list(upstream.records.every("sent")) and not list(upstream.records.every("uploads"))


def test_a_file_that_cannot_be_read_back_goes_with_a_warning(cm, upstream, fault):
    [step] = cm.driver.plan(wish("compose", values=MAIL))
    fault("5xx", "downloadAttachment", status=500)
    applied = cm.driver.apply(step)
    assert len(applied.warnings) == 2 and "could not be read back" in applied.warnings[0]
    assert len(list(upstream.records.every("sent"))) == 1


def test_a_sign_in_link_is_told_once_and_shows_nowhere(cm):
    [step] = cm.driver.plan(wish("sign_in_link", values={"validity": 3}))
    secret = cm.driver.apply(step).secret.reveal()
    assert secret.startswith("http") and "token=" in secret
    shown = json.dumps([step.to_json(), [record.to_json() for record in cm.records]])
    assert secret not in shown and secret.rpartition("=")[2] not in shown
    [token] = [record for record in cm.records if record.call == "temporaryAuthTokens"]
    assert SECOND not in token.url and "kuhn" not in token.url


def test_who_may_not_sign_in_as_others_is_refused(limited):
    with pytest.raises(Exception, match="no permission"):
        limited.driver.apply(limited.driver.plan(wish("sign_in_link"))[0])


# --- options and signature --------------------------------------------------------------------------------------------


def test_an_option_that_was_inherited_goes_back_to_that(cm):
    at = ResourceAt(HOME, SECOND)
    assert one(cm, "REPORT_EMPTY", "mailbox_options", at).values["value"] == "off"
    [step] = cm.driver.plan(
        wish("edit", kind="mailbox_options", option="REPORT_EMPTY", values={"value": "yes"})
    )
    cm.driver.apply(step)
    now = one(cm, "REPORT_EMPTY", "mailbox_options", at).values
    assert (now["value"], now["own"]) == ("on", True) and cm.driver.observe(step).seen is Seen.DONE
    assert step.inverse[0]["action"] == "reset"
    back = parse(ActOnResource, {k: v for k, v in step.inverse[0].items() if k != "command"})
    cm.driver.apply(cm.driver.plan(back)[0])
    assert one(cm, "REPORT_EMPTY", "mailbox_options", at).values["own"] is False


def test_values_of_options_are_checked(cm):
    for option, value in (("REPORT_EMPTY", "perhaps"), ("REPORT_FREQUENCY", "hourly")):
        with pytest.raises(Invalid) as caught:
            cm.driver.plan(wish("edit", kind="mailbox_options", option=option, values={"value": value}))
        assert list(caught.value.fields) == ["values.value"]


def test_credentials_are_neither_shown_nor_set(cm, upstream):
    define = upstream.records.table("option_defs")
    define["SMTP_LOGIN"] = {**define["SMTP_LOGIN"], "userScope": True, "default": "hidden words"}
    at = ResourceAt(HOME, SECOND)
    assert "hidden words" not in str(one(cm, "SMTP_LOGIN", "mailbox_options", at))
    with pytest.raises(NotSupported):
        cm.driver.plan(wish("edit", kind="mailbox_options", option="SMTP_LOGIN", values={"value": "x"}))


def test_a_first_signature_is_undone_by_removing_it(cm):
    at = ResourceAt(HOME, SECOND)
    [step] = cm.driver.plan(wish("edit", kind="mailbox_signature", values={"html": "<p>Grüße</p>"}))
    cm.driver.apply(step)
    assert one(cm, "", "mailbox_signature", at).values == {"html": "<p>Grüße</p>"}
    assert step.inverse[0]["action"] == "clear"


def test_a_mailbox_without_any_service_has_no_signature(cm, upstream):
    row = next(row for row in upstream.records.every("users") if row["email"] == SECOND)
    sales = next(p for p in upstream.records.every("policies") if p["name"] == "Sales")
    upstream.records.put("users", {**row, "policyId": sales["id"]})
    with pytest.raises(Rejected, match="does not have quarantine"):
        one(cm, "", "mailbox_signature", ResourceAt(HOME, SECOND))
