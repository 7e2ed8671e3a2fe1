"""Log search, quarantine, queues, DKIM, servers and users (contract sheet, section 6)."""

import base64
import csv
import email
import re
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.sandbox.spamexperts.messages import STATUSES
from app.sandbox.spamexperts.names import NODES

DOMAIN = "nordwind.example"
COLUMNS = "date,filtering_host,id,sender,recipient,subject_header,incoming_size,classification,status"


@pytest.fixture
def find(api):
    """Search a domain's log and return objects."""

    def search(call="api_find_messages", domain=DOMAIN, columns=COLUMNS, **arguments):
        return api.json(call, domain=domain, columns=columns, **arguments)

    return search


def identity(message):
    return {
        "domain": DOMAIN,
        "message_id": message["id"],
        **{key: message[key] for key in ("recipient", "filtering_host", "date", "sender")},
    }


def test_a_month_of_believable_mail(sandbox):
    rows = list(sandbox.upstreams["spamexperts"].state.table("messages").values())
    assert 2500 < len(rows) < 6000
    assert {row["status"] for row in rows} <= STATUSES
    assert len({row["status"] for row in rows}) >= 12
    assert len({row["classification"] for row in rows}) >= 8
    ages = [time.time() - row["timestamp"] for row in rows]
    assert min(ages) > 0
    assert 25 * 86_400 < max(ages) < 31 * 86_400
    assert all(re.fullmatch(r"[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}", row["id"]) for row in rows)


def test_plain_search_is_csv_without_a_header(api, find):
    rows = list(
        csv.reader(api.lines("api_find_messages", domain=DOMAIN, columns="recipient,status,sender", limit=5))
    )
    objects = find(columns="recipient,status,sender", limit=5)
    assert rows == [[each["recipient"], each["status"], each["sender"]] for each in objects]
    assert len(rows) == 5


def test_columns_come_in_the_asked_order_and_unknown_ones_are_refused(api, find):
    assert list(find(columns="status,id", limit=1)[0]) == ["status", "id"]
    assert (
        api.refused("api_find_messages", domain=DOMAIN, columns="colour")
        == "Invalid value for columns: 'colour'"
    )
    assert api.refused("api_find_messages", domain=DOMAIN, sort_field="colour")


def test_newest_first_unless_sorted(find):
    assert find() == sorted(find(), key=lambda each: each["date"], reverse=True)
    assert [each["date"] for each in find(sort_field="datestamp")] == sorted(each["date"] for each in find())
    senders = [each["sender"] for each in find(sort_field="sender")]
    assert senders == sorted(senders)


def test_dates_are_epoch_seconds(api, find):
    now = int(time.time())
    week = find(from_date=now - 7 * 86_400, to_date=now, columns="timestamp")
    assert week
    assert all(now - 7 * 86_400 <= each["timestamp"] <= now for each in week)
    assert find(from_date=now, to_date=now + 9) == []
    for bad in ("2026-01-01", "946684799", "-1", "9" * 40):
        assert api.refused("api_find_messages", domain=DOMAIN, from_date=bad).startswith(
            "Invalid value for from_date"
        )


def test_statuses_and_classes_are_comma_lists(find):
    found = find(status="quarantined,rejected", classification="spam,phish")
    assert {each["status"] for each in found} == {"quarantined", "rejected"}
    assert {each["classification"] for each in found} == {"spam", "phish"}
    assert find(status="", classification="") == find()


def test_text_filters_are_exact_partial_and_combined(find):
    one = find(status="quarantined", limit=1)[0]
    assert one in find(sender=one["sender"].upper())
    assert find(sender=one["sender"][:4]) == []
    assert one in find(sender=one["sender"][:4], partial="True")
    assert find(id=one["id"]) == [one]
    other = next(each for each in find() if each["recipient"] != one["recipient"])
    texts = {"sender": one["sender"], "recipient": other["recipient"]}
    either, both = find(predicate="or", **texts), find(predicate="and", **texts)
    assert len(either) > len(both)
    assert one in either


def test_a_bad_predicate(api):
    assert api.refused("api_find_messages", domain=DOMAIN, predicate="xor")


def test_sizes(find):
    sizes = sorted(each["incoming_size"] for each in find())
    low, high = sizes[3], sizes[-3]
    assert len(find(min_size=low, max_size=high)) == sum(low <= size <= high for size in sizes)


def test_messages_of_the_last_minutes_only_when_asked_for(find, sandbox):
    table = sandbox.upstreams["spamexperts"].state.table("messages")
    key, row = next((key, row) for key, row in table.items() if row["domain"] == DOMAIN)
    table[key] = {**row, "timestamp": int(time.time()) - 20}
    assert find(id=key) == []
    assert len(find(id=key, include_in_progress="True")) == 1


@pytest.mark.parametrize("domain", ["", "all", "missing.example", "nordwind.test"])
def test_the_domain_is_needed_and_must_be_there(api, domain):
    api.refused("api_find_messages", domain=domain)


def test_counts(api, find):
    assert api.json("api_count_messages", domain=DOMAIN) == len(find())
    assert int(api.text("api_count_messages", domain=DOMAIN, status="quarantined")) == len(
        find(status="quarantined")
    )
    assert api.json("api_count_messages", domain=DOMAIN, include_in_progress="False") == len(find())
    for gone in ("true", "force"):
        assert api.refused("api_count_messages", domain=DOMAIN, include_in_progress=gone)
    assert api.json("api_count_outgoing_messages", domain=DOMAIN) > 50


def test_outgoing_mail_is_apart_and_has_a_user(find):
    found = find("api_find_outgoing_messages", columns="sender,auth_user,identity,recipient")
    assert {each["auth_user"] for each in found} == {"smtp-nordwind"}
    assert all(each["sender"].endswith(f"@{DOMAIN}") for each in found)
    assert find("api_find_outgoing_messages", username="somebody.else") == []
    assert find("api_find_outgoing_messages", domain="hafencafe.example") == []


def test_delivery_errors_and_statistics(api):
    rows = list(csv.reader(api.lines("api_get_delivery_errors", domain=DOMAIN)))
    assert rows
    assert all(row[3][:3].isdigit() for row in rows)
    [week] = api.json("api_get_weekly_statistics", domain=DOMAIN)
    assert week["not-spam"] > week["virus"]
    assert api.text("api_get_weekly_statistics", domain=DOMAIN, columns="spam") == f"{week['spam']}\n"
    assert api.refused("api_get_weekly_statistics", domain=DOMAIN, columns="colour")
    earliest = api.json("api_statistics_earliest_timeframe", domain=DOMAIN)
    assert time.time() - 31 * 86_400 < earliest < time.time()


def test_a_status_can_be_changed(api, find):
    one = find(status="quarantined", limit=1)[0]
    api.done("api_update_incoming_message_status", domain=DOMAIN, message_id=one["id"], status="blackholed")
    assert find(id=one["id"])[0]["status"] == "blackholed"
    assert api.refused(
        "api_update_incoming_message_status", domain=DOMAIN, message_id=one["id"], status="lost"
    )
    assert api.refused("api_update_incoming_message_status", domain=DOMAIN, message_id="x", status="released")


@pytest.mark.parametrize("kind", ["spam", "phish", "virus"])
def test_a_quarantined_message_can_be_read(api, find, kind):
    one = find(status="quarantined", classification=kind, limit=1)[0]
    raw = api.text("api_get_quarantined_message", **identity(one))
    assert (
        api.json("api_get_quarantined_message", **identity(one))["raw"].splitlines()[0] == raw.splitlines()[0]
    )
    mail = email.message_from_string(raw)
    assert mail["Subject"] == one["subject_header"]
    assert one["recipient"] in mail["To"]
    types = [part.get_content_type() for part in mail.walk()]
    assert ("text/html" in types) == (kind != "virus")
    assert any(part.get_filename() for part in mail.walk()) == (kind == "virus")


@pytest.mark.parametrize(
    "call", ["api_release_message", "api_release_messsage", "api_remove_quarantined_message"]
)
def test_release_and_remove_work_once(api, find, call):
    one = find(status="quarantined", limit=1)[0]
    api.done(call, **identity(one))
    assert api.refused(call, **identity(one)) == f"No such message: '{one['id']}'"
    after = find(id=one["id"], columns="status,delivery_date,delivery_fqdn")[0]
    if "release" in call:
        assert after["status"] == "released"
        assert after["delivery_fqdn"] == "mail.nordwind.example"
        assert after["delivery_date"]
    else:
        assert after["status"] == "quarantine-removed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "x@y.example"},
        {"sender": "x@y.example"},
        {"filtering_host": "x"},
        {"date": "2001-01-01"},
    ],
)
def test_all_five_values_must_be_the_messages_own(api, find, wrong):
    one = find(status="quarantined", limit=1)[0]
    assert "No such message" in api.refused("api_release_message", **{**identity(one), **wrong})
    assert find(id=one["id"])[0]["status"] == "quarantined"


def test_a_message_of_another_domain_or_direction_is_not_found(api, find):
    one = find(status="quarantined", limit=1)[0]
    assert "No such message" in api.refused(
        "api_release_message", domain="oldquay.example", message_id=one["id"]
    )
    assert "No such message" in api.refused(
        "api_release_outgoing_message", domain=DOMAIN, message_id=one["id"]
    )
    out = find("api_find_outgoing_messages", status="quarantined", limit=2)
    api.done("api_release_outgoing_message", domain=DOMAIN, message_id=out[0]["id"])
    api.done("api_remove_outgoing_quarantined_message", domain=DOMAIN, message_id=out[1]["id"], size=1)


def test_local_parts_with_a_quarantine(api):
    assert "bjorn.yildiz" in api.lines("api_list_local_part_quarantine", domain=DOMAIN)


def test_queue_columns(api, sandbox):
    rows = list(csv.reader(api.lines("api_get_delivery_queue", include_retry_time="False")))
    assert len(rows) == int(api.text("api_get_delivery_queue_count")) > 5
    assert {len(row) for row in rows} == {8}
    for domain, host, message_id, age, size, sender, recipient, frozen in rows:
        assert domain in sandbox.upstreams["spamexperts"].state.table("domains")
        assert host in NODES
        assert len(message_id) == 16
        assert int(age) > 0
        assert int(size) > 0
        assert "@" not in recipient
        assert frozen in ("True", "False")
        assert (sender == "") == (frozen == "True")
    assert {len(row) for row in csv.reader(api.lines("api_get_delivery_queue"))} == {9}
    assert set(api.json("api_get_delivery_queue")[0]) == {
        *("domain", "host", "message_id", "age", "size", "sender", "recipient", "frozen", "retry_time"),
    }


def test_queue_filters(api):
    everything = api.json("api_get_delivery_queue")
    one = next(each for each in everything if each["sender"])
    address = f"{one['recipient']}@{one['domain']}"
    for filters in (
        {"domain": one["domain"]},
        {"sender": one["sender"]},
        {"sender": one["sender"][2:8], "partial": "true"},
        {"recipient": address},
        {"time_queued": f"0-{one['age'] + 60}"},
        {"frozen": "False"},
    ):
        found = api.json("api_get_delivery_queue", **filters)
        assert one["message_id"] in [each["message_id"] for each in found], filters
        assert api.json("api_get_delivery_queue_count", **filters) == len(found)
    assert api.json("api_get_delivery_queue", time_queued="9999998-9999999") == []
    assert len(api.json("api_get_delivery_queue", domain="")) == len(everything)
    assert len(api.json("api_get_delivery_queue", limit=2)) == 2
    for bad in ({"time_queued": "long"}, {"frozen": "ice"}, {"domain": "missing.example"}):
        assert api.refused("api_get_delivery_queue", **bad)


def test_the_older_queue_call_has_the_domain_on_its_own_line(api):
    frozen = api.json("api_get_delivery_queue", frozen="True")
    domain = frozen[0]["domain"]
    lines = api.raw(
        f"call=api_delivery_queue&domain={domain}&frozen=&include_retry_time=False"
    ).text.splitlines()
    assert lines[0] == domain
    assert len(lines) == 1 + sum(each["domain"] == domain for each in frozen)
    assert all(len(line.split(",")) == 7 for line in lines[1:])


def test_deletion_ignores_what_is_not_there(api):
    rows = [each for each in api.json("api_get_delivery_queue") if each["host"] == NODES[0]][:3]
    ids = [each["message_id"] for each in rows]
    before = api.json("api_get_delivery_queue_count")
    api.done("api_delete_queued_message_incoming", host=NODES[1], message_id=",".join(ids), method="remove")
    assert api.json("api_get_delivery_queue_count") == before
    wanted = ",".join([*ids, ids[0], "gone", ""])
    api.done("api_delete_queued_message_incoming", host=NODES[0], message_id=wanted, method="remove")
    api.done("api_delete_queued_message_incoming", host=NODES[0], message_id=wanted)
    assert api.json("api_get_delivery_queue_count") == before - 3
    assert api.refused("api_delete_queued_message_incoming", host=NODES[0], message_id=ids[0], method="shred")


def test_queued_messages_can_be_pushed_and_explained(api):
    rows = api.json("api_get_delivery_queue")
    good = next(each for each in rows if each["domain"] == DOMAIN)
    api.done("api_deliver_queued_message", host=good["host"], message_id=good["message_id"])
    assert "No such message" in api.refused(
        "api_deliver_queued_message", host=good["host"], message_id=good["message_id"]
    )
    refused = next(each for each in rows if each["domain"] == "skagenfisk.example")
    answer = api.text("api_deliver_queued_message", host=refused["host"], message_id=refused["message_id"])
    assert answer.startswith("554 ")
    reason = api.lines("api_get_queue_reason_incoming", message_id=refused["message_id"])
    assert reason[0].startswith(refused["message_id"])
    api.done("api_clear_retry_hints", domain=DOMAIN)


def test_the_outgoing_queue_is_empty_at_first(api):
    assert api.text("api_get_outgoing_delivery_queue") == ""
    assert api.json("api_get_outgoing_delivery_queue_count") == 0
    assert api.text("api_outgoing_delivery_queue") == ""


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def test_a_dkim_key_goes_in_and_only_its_public_half_comes_out(api):
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    domain = "hafencafe.example"
    answer = api.text("api_set_dkim_certificate", domain=domain, certificate=pem(key), selector="mail2027")
    assert answer == f"WARNING: The TXT record 'mail2027._domainkey.{domain}' could not be found\n"
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    shown = api.lines("api_get_dkim_certificate", domain=domain)
    assert shown[-1] == f"{domain} k=rsa; p={base64.b64encode(public).decode()}"
    assert api.lines("api_get_dkim_selector", domain=domain)[-1] == f"{domain} mail2027"


def test_a_selector_that_the_dns_knows_gives_no_warning(api):
    api.done("api_set_dkim_selector", domain=DOMAIN, selector="mail2026")
    assert api.text(
        "api_set_dkim_selector", domain=DOMAIN, selector="other", username="smtp-nordwind"
    ).startswith("WARNING")
    assert (
        api.lines("api_get_dkim_selector", domain=DOMAIN, username="smtp-nordwind")[-1] == f"{DOMAIN} other"
    )
    assert api.lines("api_get_dkim_selector", domain=DOMAIN)[-1] == f"{DOMAIN} mail2026"
    assert api.json("api_set_dkim_selector", domain=DOMAIN, selector="x1")["warnings"]


def test_bad_keys_are_refused_without_being_repeated(api):
    weak = pem(rsa.generate_private_key(public_exponent=65537, key_size=4096))
    other = pem(ec.generate_private_key(ec.SECP256R1()))
    for certificate in ("no key", weak, other):
        text = api.refused("api_set_dkim_certificate", domain=DOMAIN, certificate=certificate, selector="a")
        assert text.startswith("Invalid value for certificate")
        assert "PRIVATE" not in text
        assert "no key" not in text
    assert api.refused("api_set_dkim_selector", domain=DOMAIN, selector="a b")
    assert "No such outgoing user" in api.refused(
        "api_set_dkim_selector", domain=DOMAIN, selector="a", username="x"
    )


def test_server_status(api):
    status = api("api_get_json_server_status").json()
    assert set(status) == set(NODES)
    proven = {"load one minute", "load five minutes", "queue count delivery", "queue count submission"}
    assert proven <= set(status[NODES[0]])
    waiting = sum(node["queue count delivery"] for node in status.values())
    assert waiting == api.json("api_get_delivery_queue_count")
    rows = list(csv.reader(api.lines("api_get_server_status")))
    assert [row[0] for row in rows] == list(NODES)
    assert all(0 <= float(row[1]) < 10 for row in rows)


def test_outgoing_interfaces(api):
    lines = api.lines("api_get_outgoing_interfaces", domain=DOMAIN)
    assert [line.split()[:2] for line in lines] == [[DOMAIN, node] for node in NODES]
    assert lines[0].split()[2] == "0.0.0.0;::0"
    change = {"domain": DOMAIN, "filtering_host": NODES[0]}
    api.done("api_set_outgoing_interfaces", interfaces="192.0.2.1;192.0.2.2", **change)
    assert api.lines("api_get_outgoing_interfaces", domain=DOMAIN)[0].split()[2] == "192.0.2.1;192.0.2.2"
    warned = api.text("api_set_outgoing_interfaces", interfaces="198.51.100.1", **change)
    assert warned == "WARNING: The address '198.51.100.1' is not part of this cluster\n"
    api.done("api_set_outgoing_interfaces", interfaces="", **change)
    [first, _] = api("api_get_outgoing_interfaces_json", domain=DOMAIN).json()
    assert first["interfaces"] == ["0.0.0.0", "::0"]
    assert api.lines("api_get_outgoing_interfaces", domain="default")[0].startswith("default ")
    assert api.refused("api_set_outgoing_interfaces", domain=DOMAIN, filtering_host="x", interfaces="")
    assert api.refused("api_set_outgoing_interfaces", interfaces="x", **change)


def test_admins(api):
    assert api.lines("api_list_admins") == ["nordwind", "reseller-north"]
    api.done("api_add_admin", admin="acme", parent="nordwind")
    assert api.json("api_count_admins") == 3
    assert "already listed" in api.refused("api_add_admin", admin="acme")
    assert "No such admin" in api.refused("api_add_admin", admin="b", parent="nobody")
    details = api.json("api_get_admin_details", admin="nordwind")[0]
    assert details["domains"] == 3
    api.done("api_rename_admin", admin_id=details["admin_id"], admin="northwind")
    assert api.text("api_get_admin", domain=DOMAIN) == f"{DOMAIN} northwind\n"
    assert "already listed" in api.refused("api_rename_admin", admin_id=details["admin_id"], admin="acme")
    assert "No such admin" in api.refused("api_rename_admin", admin_id="999", admin="x")
    assert "needs the argument 'admin_id'" in api.refused("api_rename_admin", admin_id="", admin="x")
    api.done("api_set_admin_parent", admin="acme", parent="")
    api.done("api_set_admin", domain=DOMAIN, admin="acme")
    api.done("api_remove_admin", admin="acme")
    assert api.text("api_get_admin", domain=DOMAIN) == f"{DOMAIN} \n"
    assert "No such admin" in api.refused("api_remove_admin", admin="acme")


def test_outgoing_users_and_locks(api):
    assert api.lines("api_list_all_outgoing_users", append_domain="True") == [
        "smtp-nordwind@nordwind.example",
        "smtp-harbourbikes@harbourbikes.example",
    ]
    user = {"domain": DOMAIN, "username": "printer"}
    api.done("api_add_outgoing_user", password="x", **user)
    assert "already listed" in api.refused("api_add_outgoing_user", password="x", **user)
    assert api.lines("api_list_outgoing_users", domain=DOMAIN) == ["smtp-nordwind", "printer"]
    api.done("api_lock_outgoing_identity", identity="ceo@nordwind.example", **user)
    api.done("api_lock_outgoing_identity", identity="ceo@nordwind.example", **user)
    assert f"{DOMAIN},printer,ceo@nordwind.example" in api.lines("api_list_locked_identities")
    assert len(api.lines("api_list_locked_identities", domain=DOMAIN)) == 1
    assert api.lines("api_list_locked_identities", domain=DOMAIN, username="smtp-nordwind") == []
    api.done("api_unlock_outgoing_identity", identity="ceo@nordwind.example", **user)
    assert "No such lock" in api.refused(
        "api_unlock_outgoing_identity", identity="ceo@nordwind.example", **user
    )
    api.done("api_remove_outgoing_user", **user)
    assert "No such outgoing user" in api.refused("api_remove_outgoing_user", **user)


def test_locks_are_found_and_counted(api):
    api.done("api_lock_outgoing_identity", domain=DOMAIN, identity="a@nordwind.example", username="*")
    assert api.lines("api_find_outgoing_user_locking", domain=DOMAIN) == [f"{DOMAIN},*,a@nordwind.example"]
    assert api.json("api_count_outgoing_user_locking", domain=DOMAIN) == 1
    assert api.lines("api_list_lock_notification_templates") == ["default"]
    api.done("api_set_locked_identity_response_code", code="blackhole")
    api.done("api_set_locked_identity_response_code", code="451")
    assert api.refused("api_set_locked_identity_response_code", code="200") == "Invalid value for code: '200'"
