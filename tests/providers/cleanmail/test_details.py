"""Fields of a domain, its status and its way back, against the imitated service."""

import pytest

from app.core.errors import Conflict, Invalid, NotFound, Rejected
from app.core.model import FieldKind
from app.core.plan import Seen

HOME = "nordwind.example"
DELETED = "altstadtkontor.example"
OFF = "talleribanez.example"


def fields(cm, domain=HOME):
    return {field.name: field for field in cm.driver.read_fields(domain)}


def test_the_fields_are_those_that_the_manual_lets_edit(cm):
    documented = {"description", "status", "wblistPriority", "quarantine", "retention", "archive"}
    documented |= {"defaultLanguage", "autoProvisioningOn", "senderVerifyOn", "customerId", "policyId"}
    documented |= {"externalId", "outgoingSubnets", "outgoingProvidersIds"}
    assert set(fields(cm)) == documented - {"status"}


def test_the_policies_are_the_domains_own(cm):
    field = fields(cm)["policyId"]
    assert field.kind is FieldKind.CHOICE and len(field.choices) == 3
    assert field.value in dict(field.choices)


def test_only_what_differs_is_sent(do, row):
    sent = do("domain.edit", domain=HOME, fields={"description": "New", "defaultLanguage": "DE"})
    assert [step.args["arguments"] for step in sent] == [{"description": "New"}]
    assert row(HOME)["description"] == "New"


def test_every_editable_field_arrives(cm, do, row):
    policy = next(
        value for value, _ in fields(cm)["policyId"].choices if value != fields(cm)["policyId"].value
    )
    do(
        "domain.edit",
        domain=HOME,
        fields={
            "description": "All of it",
            "externalId": "A-1",
            "defaultLanguage": "fr",
            "wblistPriority": "domain",
            "autoProvisioningOn": "on",
            "senderVerifyOn": "off",
            "outgoingSubnets": "192.0.2.0/24 198.51.100.7/32",
            "archive": "off",
        },
    )
    now = row(HOME)
    assert (now["description"], now["externalId"], now["defaultLanguage"]) == ("All of it", "A-1", "FR")
    assert (now["wblistPriority"], now["autoProvisioningOn"], now["senderVerifyOn"]) == (
        "DOMAIN",
        True,
        False,
    )
    assert now["outgoingSubnets"] == ["192.0.2.0/24", "198.51.100.7/32"]
    assert now["policy"]["archive"] is False
    do("domain.edit", domain=HOME, fields={"policyId": policy})
    assert row(HOME)["policy"]["id"] == policy


def test_a_text_or_a_list_is_emptied_and_brought_back(cm, do, undo, row):
    do("domain.edit", domain=HOME, fields={"outgoingSubnets": "192.0.2.0/24", "description": "x"})
    [step] = do("domain.edit", domain=HOME, fields={"outgoingSubnets": "", "description": ""})
    assert row(HOME)["outgoingSubnets"] == [] and not row(HOME)["description"]
    undo(step)
    assert row(HOME)["outgoingSubnets"] == ["192.0.2.0/24"] and row(HOME)["description"] == "x"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("outgoingSubnets", "not a network"),
        ("defaultLanguage", "XX"),
        ("archive", "perhaps"),
        ("customerId", ""),
        ("status", "ENABLED"),
        ("incoming", "true"),
        ("name", "other.example"),
    ],
)
def test_what_a_field_cannot_have_is_refused_before_a_write(cm, wish, name, text):
    with pytest.raises(Invalid) as caught:
        cm.driver.plan(wish("domain.edit", domain=HOME, fields={name: text}))
    assert list(caught.value.fields) == [f"fields.{name}"]
    assert not any(record.write for record in cm.records)


def test_the_mx_check_is_skipped_only_on_request(do, upstream, row):
    upstream.profile["mx_check"] = True
    before = row(OFF)
    with pytest.raises(Rejected, match="X-Ignore-MX"):
        do("domain.enable", domain=OFF)
    assert row(OFF) == before
    [step] = do("domain.enable", domain=OFF, skip_mx_check=True)
    assert step.inverse[0]["skip_mx_check"] is True and row(OFF)["status"] == "ENABLED"
    with pytest.raises(Rejected, match="X-Ignore-MX"):
        do("domain.remove", domain="atelier-lumiere.example")
    do("domain.remove", domain="atelier-lumiere.example", skip_mx_check=True)
    assert row("atelier-lumiere.example")["status"] == "DELETED"


def test_a_disabled_domain_is_enabled_and_an_enabled_one_costs_nothing(cm, do, undo, row):
    [step] = do("domain.enable", domain=OFF)
    assert row(OFF)["status"] == "ENABLED" and cm.driver.observe(step).seen is Seen.DONE
    assert do("domain.enable", domain=OFF) == []
    undo(step)
    assert row(OFF)["status"] == "DISABLED" and cm.driver.observe(step).seen is Seen.NOT_DONE


def test_a_deleted_domain_is_restored_only(cm, do, row, wish):
    with pytest.raises(Conflict, match="Restore it first"):
        cm.driver.plan(wish("domain.enable", domain=DELETED))
    assert not any(field.writable for field in cm.driver.read_fields(DELETED))
    [step] = do("domain.restore", domain=DELETED)
    assert (row(DELETED)["status"], row(DELETED)["purgeDate"]) == ("ENABLED", None)
    assert step.inverse == [{"command": "domain.remove", "connection": "prod", "domain": DELETED}]
    with pytest.raises(NotFound, match="purged"):
        cm.driver.plan(wish("domain.restore", domain="never-was.example"))


def test_the_limited_token_may_edit_but_shows_no_more_than_its_own(limited, wish):
    names = [domain.name for batch in limited.driver.list_domains() for domain in batch]
    assert names and HOME in names
    [step] = limited.driver.plan(wish("domain.edit", domain=HOME, fields={"description": "by them"}))
    limited.driver.apply(step)
    assert {f.name: f.value for f in limited.driver.read_fields(HOME)}["description"] == "by them"
