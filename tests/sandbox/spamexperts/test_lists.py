"""Local recipients, sender and recipient lists, outgoing and IP lists (contract sheet, sections 5.2 and 5.3)."""

import pytest

DOMAIN = "nordwind-werft.example"
COLOURS = ("whitelist", "blacklist")


@pytest.mark.parametrize("colour", COLOURS)
def test_senders(api, colour):
    add, read = f"api_{colour}_sender", f"api_get_sender_{colour}"
    api.done(add, domain=DOMAIN, sender="Boss@Partner.example.org")
    api.done(add, domain=DOMAIN, sender="*.supplier.example.org", sender_flag="envelope")
    assert api.lines(read, domain=DOMAIN) == ["boss@partner.example.org", "*.supplier.example.org"]
    assert api.json(read, domain=DOMAIN) == [
        {"address": "boss@partner.example.org", "flag": "both"},
        {"address": "*.supplier.example.org", "flag": "envelope"},
    ]
    assert api.lines(read, domain=DOMAIN, limit=1, offset=1) == ["*.supplier.example.org"]
    assert api.refused(add, domain=DOMAIN, sender="boss@partner.example.org") == (
        "'boss@partner.example.org' is already listed"
    )
    api.done(f"api_un{colour}_sender", domain=DOMAIN, sender="boss@partner.example.org")
    assert api.refused(f"api_un{colour}_sender", domain=DOMAIN, sender="boss@partner.example.org") == (
        "No such sender: 'boss@partner.example.org'"
    )
    api.done(f"api_set_sender_{colour}", domain=DOMAIN, senders="a@b.example, c.example,a@b.example")
    assert api.lines(read, domain=DOMAIN) == ["a@b.example", "c.example"]


@pytest.mark.parametrize("colour", COLOURS)
def test_senders_of_one_local_part_are_apart(api, colour):
    one = {"domain": DOMAIN, "sender": "x@y.example", "local_part": "Sales"}
    api.done(f"api_{colour}_local_part_sender", **one)
    assert "already listed" in api.refused(f"api_{colour}_local_part_sender", **one)
    assert api.text(f"api_get_sender_{colour}", domain=DOMAIN) == ""
    api.done(f"api_{colour}_sender", domain=DOMAIN, sender="x@y.example")
    api.done(f"api_set_sender_{colour}", domain=DOMAIN, senders="z.example")
    assert "already listed" in api.refused(f"api_{colour}_local_part_sender", **one)


@pytest.mark.parametrize(
    "sender",
    ["a@", "@b.example", "*@b.example", "a,b@c.example", "a b@c.example", "x..y", "-x.example", "a@b@c"],
)
def test_bad_senders(api, sender):
    assert api.refused("api_whitelist_sender", domain=DOMAIN, sender=sender).startswith(
        "Invalid value for sender"
    )


def test_bad_flags(api):
    text = api.refused("api_blacklist_sender", domain=DOMAIN, sender="a@b.example", sender_flag="maybe")
    assert text == "Invalid value for sender_flag: 'maybe'"


def test_lists_of_all_domains_stand_at_default(api):
    api.done("api_whitelist_sender", domain="default", sender="everywhere.example")
    assert "everywhere.example" in api.lines("api_get_sender_whitelist", domain="default")
    assert api.text("api_get_sender_whitelist", domain=DOMAIN) == ""


@pytest.mark.parametrize(
    "call", ["api_get_sender_whitelist", "api_get_recipient_blacklist", "api_get_local_recipients"]
)
def test_lists_of_missing_domains(api, call):
    assert "is missing" in api.refused(call, domain="missing.example")


@pytest.mark.parametrize("colour", COLOURS)
def test_recipients(api, colour):
    for recipient in ("Info", "*"):
        api.done(f"api_{colour}_recipient", domain=DOMAIN, recipient=recipient)
    assert api.lines(f"api_get_recipient_{colour}", domain=DOMAIN) == ["info", "*"]
    assert api.json(f"api_get_recipient_{colour}", domain=DOMAIN) == ["info", "*"]
    assert "already listed" in api.refused(f"api_{colour}_recipient", domain=DOMAIN, recipient="info")
    api.done(f"api_un{colour}_recipient", domain=DOMAIN, recipient="*")
    assert "No such recipient" in api.refused(f"api_un{colour}_recipient", domain=DOMAIN, recipient="*")


def test_local_recipients(api):
    api.done("api_add_local_recipient", domain=DOMAIN, local_part="New.Person")
    assert api.lines("api_get_local_recipients", domain=DOMAIN)[-1] == "new.person"
    assert "already listed" in api.refused("api_add_local_recipient", domain=DOMAIN, local_part="new.person")
    api.done("api_remove_local_recipient", domain=DOMAIN, local_part="new.person")
    assert "No such local recipient" in api.refused(
        "api_remove_local_recipient", domain=DOMAIN, local_part="new.person"
    )


@pytest.mark.parametrize("local_part", ["a,b", "a\0b", "a b", "a@b", "x" * 65])
def test_bad_local_parts(api, local_part):
    assert api.refused("api_add_local_recipient", domain=DOMAIN, local_part=local_part).startswith(
        "Invalid value for local_part"
    )


def test_outgoing_senders(api):
    domain, user = "nordwind.example", "smtp-nordwind"
    api.done("api_blacklist_outgoing_sender", domain=domain, sender="a@nordwind.example", username=user)
    api.done("api_blacklist_outgoing_sender", domain=domain, sender="*@nordwind.example", username="*")
    assert api.lines("api_get_outgoing_sender_blacklist", domain=domain, username=user) == [
        "a@nordwind.example",
        "*@nordwind.example",
    ]
    assert "already listed" in api.refused(
        "api_blacklist_outgoing_sender", domain=domain, sender="*@nordwind.example", username="*"
    )
    api.done("api_unblacklist_outgoing_sender", domain=domain, sender="*@nordwind.example", username="*")
    api.done("api_set_outgoing_sender_blacklist", domain=domain, senders="b.example,c.example", username=user)
    assert api.lines("api_get_outgoing_blacklist", domain=domain, username="*") == ["b.example", "c.example"]
    api.done("api_whitelist_outgoing_sender", domain=domain, sender="*@example.com", username=user)
    assert "No such outgoing user" in api.refused(
        "api_whitelist_outgoing_sender", domain=domain, sender="a.example", username="nobody"
    )


def test_addresses(api):
    api.done("api_whitelist_ip", ip="192.0.2.0/24", skip_concurrent_connection_limit="true")
    api.done("api_whitelist_ip", ip="2001:DB8::1")
    assert api("api_get_ip_whitelist_json").json()[1:] == [
        {"ip": "192.0.2.0/24", "skip_concurrent_connection_limit": True},
        {"ip": "2001:db8::1", "skip_concurrent_connection_limit": False},
    ]
    assert "already listed" in api.refused("api_whitelist_ip", ip="192.0.2.9/24")
    assert api.refused("api_whitelist_ip", ip="300.1.1.1") == "Invalid value for ip: '300.1.1.1'"
    assert "does not know the argument" in api.refused(
        "api_whitelist_ip", ip="192.0.2.1", skip_size_check="true"
    )
    api.done("api_whitelist_outgoing_ip", ip="192.0.2.1")
