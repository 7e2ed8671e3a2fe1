"""Domains come, go and come back, against the imitated service."""

import pytest

from app.core.commands import from_json
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    NotThere,
    Rejected,
)
from app.core.model import DomainStatus, Route, Transport
from app.core.plan import Seen, Step, Verb
from tests.providers.cleanmail.conftest import again

NEW, OLD, DELETED, LDAP = "new.example", "nordwind.example", "altstadtkontor.example", "hotelduphare.example"
MX = {"host": "mx.example.net", "port": 2525, "transport": "tls_always"}
ROUTE = Route("mx.example.net", 2525, transport=Transport.TLS_ALWAYS)


def observed(cm, step):
    return cm.driver.observe(again(step)).seen


# --- reading ----------------------------------------------------------------------------------------------------------


def test_all_domains_with_aliases_routes_and_status(cm, upstream, calls):
    found = {domain.name: domain for batch in cm.driver.list_domains() for domain in batch}
    rows = upstream.records.every("domains")
    assert set(found) == {row["name"] for row in rows} and len(rows) == 12
    for row in rows:
        domain = found[row["name"]]
        assert domain.ref["id"] == row["id"] and domain.connection == "prod"
        assert set(domain.aliases) == {
            alias["name"] for alias in upstream.records.owned("aliases", row["id"])
        }
        [main, *_] = upstream.records.owned("platforms", row["id"])
        hosts = [main["transportDest"], main["fallbackTransportDest"]]
        assert [route.host for route in domain.routes] == [host for host in hosts if host]
    assert found["talleribanez.example"].status is DomainStatus.DISABLED
    assert found["nordwind-nl.example.net"].status is DomainStatus.PENDING
    gone = found[DELETED]
    assert gone.status is DomainStatus.DELETED and gone.extra["deletionDate"] < gone.extra["purgeDate"]
    assert calls() == ["listDomains"]


def test_one_domain_costs_one_call_by_name_and_by_id(cm, calls):
    by_name = cm.driver.read_domain("solskin.example")
    assert calls() == ["listDomains"]
    assert cm.driver.read_domain("solskin.example", by_name.ref) == by_name
    assert calls() == ["singleDomain"]
    assert by_name.account == "Nordlys" and by_name.mailboxes == 5
    assert by_name.extra["services"] == "incoming, quarantine, retention, archive"


def test_other_platforms_are_told_with_their_mailboxes(cm, calls):
    """One parallel round more, for a domain with several platforms whose last look nobody remembers."""
    domain = cm.driver.read_domain(OLD)
    assert calls() == ["listDomains", "listDomainUsers", "listDomainUsers"]
    again = cm.driver.read_domain(OLD, domain.ref)
    assert again == domain and sorted(calls()) == ["listDomainUsers", "listDomainUsers", "singleDomain"]
    moved = {**domain.ref, "platforms": {"x": "Gone", "y": "Main"}}
    assert cm.driver.read_domain(OLD, moved) == domain, "a hint that is old misleads nobody"
    assert len(domain.routes) == 2
    assert domain.extra["other platforms"].startswith("Warehouse: mail.hosting.example:")
    assert domain.extra["other platforms"].endswith("(mailboxes: 1)")


def test_mailboxes_of_platforms_that_share_a_name_are_counted_one_by_one(cm, upstream, calls):
    row = next(row for row in upstream.records.every("domains") if row["name"] == OLD)
    for platform in upstream.records.owned("platforms", row["id"]):
        upstream.records.put("platforms", {**platform, "name": "Same"})
    assert cm.driver.read_domain(OLD).extra["other platforms"].endswith("(mailboxes: 1)")
    assert calls() == ["listDomains", "listDomainUsers"]


def test_mailboxes_that_cannot_be_counted_are_unknown(cm, fault):
    fault("malformed", "listDomainUsers")
    assert cm.driver.read_domain(OLD).extra["other platforms"].endswith("(mailboxes: unknown)")


@pytest.mark.parametrize("ref", [{"id": "ZZZZZ"}, {"id": ""}, {"id": None}, {"other": 1}, "text", 7, None])
def test_a_hint_that_leads_nowhere_is_only_a_hint(cm, ref):
    assert cm.driver.read_domain(OLD, ref).name == OLD


def test_a_hint_that_leads_to_another_domain(cm):
    other = cm.driver.read_domain("solskin.example").ref
    assert cm.driver.read_domain(OLD, other).name == OLD


def test_a_hint_that_the_token_may_not_follow(cm, limited):
    hidden = cm.driver.read_domain("nordwind-immobilien.example")
    with pytest.raises(NotFound, match="not among the domains that this token can see"):
        limited.driver.read_domain(hidden.name, hidden.ref)


@pytest.mark.parametrize("name", ["gone.example", "nordwind.test"])
def test_what_is_no_domain_is_not_found(cm, name):
    """The second is an alias."""
    with pytest.raises(NotFound):
        cm.driver.read_domain(name)


def test_a_domain_that_the_server_spells_in_unicode(answering):
    row = {"id": "x", "name": "bücher.example", "domainAliases": []}
    bench, asked = answering(
        lambda told: (200, [row] if told.query["name"] == "bücher.example" else [], {"X-Total-Count": "1"})
    )
    assert bench.driver.read_domain("xn--bcher-kva.example").ref == {"id": "x"}
    assert [told.query["name"] for told in asked] == ["xn--bcher-kva.example", "bücher.example"]


def test_a_living_domain_comes_before_a_deleted_one_of_its_name(answering):
    rows = [{"id": "old", "name": NEW, "status": "DELETED"}, {"id": "new", "name": NEW, "status": "ENABLED"}]
    bench, _ = answering(lambda told: (200, rows, {"X-Total-Count": "2"}))
    assert bench.driver._reads.record(NEW).id == "new"
    assert [d.ref for batch in bench.driver.list_domains() for d in batch] == [{"id": "new"}]


# --- adding -----------------------------------------------------------------------------------------------------------


def test_a_domain_with_routes_aliases_and_fields(cm, wish, row, calls):
    fields = {"defaultLanguage": "fr", "externalId": "C-1", "archive": "on", "description": "New"}
    routes = [MX, {"host": "backup.example.net"}]
    command = wish(
        "domain.add", domain=NEW, routes=routes, aliases=["a.example", "b.example"], options=fields
    )
    steps = cm.driver.plan(command)
    assert [step.verb for step in steps] == [Verb.DOMAIN_ADD, Verb.ALIAS_ADD]
    assert calls() == ["listDomains", "listDomains"]  # by name, and among the deleted ones
    assert [observed(cm, step) for step in steps] == [Seen.NOT_DONE, Seen.DIFFERS]
    calls()
    for step in steps:
        cm.driver.apply(again(step))
    assert calls() == ["createDomain", "listDomains", "addDomainAlias"]
    assert [observed(cm, step) for step in steps] == [Seen.DONE, Seen.DONE]
    domain = cm.driver.read_domain(NEW)
    assert domain.routes == (ROUTE, Route("backup.example.net", 25))
    assert domain.aliases == ("a.example", "b.example") and domain.status is DomainStatus.ACTIVE
    there = row(NEW)
    assert (there["defaultLanguage"], there["externalId"], there["description"]) == ("FR", "C-1", "New")
    assert there["archive"] and there["quarantine"] and not there["retention"]
    assert cm.driver.plan(command) == []


def test_a_domain_without_anything_gets_the_usual_values(do, row):
    [step] = do("domain.add", domain=NEW)
    there = row(NEW)
    assert (there["status"], there["defaultLanguage"], there["platforms"]) == ("ENABLED", "EN", [])
    assert step.after["quarantine"] is True and step.before is None


def test_a_disabled_domain_for_another_customer(do, cm, upstream):
    customer = upstream.records.every("customers")[2]
    do("domain.add", domain=NEW, options={"status": "DISABLED", "customerId": customer["id"]})
    domain = cm.driver.read_domain(NEW)
    assert domain.status is DomainStatus.DISABLED and domain.account == customer["name"]


def test_a_half_done_addition_is_finished(cm, do, wish):
    do("domain.add", domain=NEW, routes=[MX], aliases=["a.example"])
    rest = cm.driver.plan(wish("domain.add", domain=NEW, routes=[MX], aliases=["a.example", "b.example"]))
    assert [step.args["arguments"] for step in rest] == [{"body": ["b.example"]}]


@pytest.mark.parametrize(
    "fields", [{"routes": [{"host": "other.example"}]}, {"routes": []}, {"routes": [MX], "aliases": []}]
)
def test_adding_what_is_there_otherwise_is_a_conflict(cm, do, wish, fields):
    do("domain.add", domain=NEW, routes=[MX], aliases=["a.example"])
    with pytest.raises(Conflict, match="already there") as caught:
        cm.driver.plan(wish("domain.add", domain=NEW, **{"aliases": ["a.example"], **fields}))
    assert (
        caught.value.now["aliases"] == ["a.example"]
        and caught.value.now["routes"][0]["host"] == "mx.example.net"
    )


def test_a_third_route_and_an_unknown_field_are_refused_before_any_call(cm, wish):
    with pytest.raises(NotSupported, match="at most 2 routes"):
        cm.driver.plan(wish("domain.add", domain=NEW, routes=[{"host": f"{n}.example"} for n in "abc"]))
    with pytest.raises(Invalid, match=r"options\.colour"):
        cm.driver.plan(wish("domain.add", domain=NEW, options={"colour": "red"}))
    assert cm.records == []


def test_adding_is_undone_by_deleting(cm, do, undo):
    [step] = do("domain.add", domain=NEW, routes=[MX])
    undo(step)
    assert cm.driver.read_domain(NEW).status is DomainStatus.DELETED
    assert observed(cm, step) is Seen.DIFFERS


def test_a_name_that_is_taken_meanwhile(cm, do, wish):
    [step] = cm.driver.plan(wish("domain.add", domain=NEW, routes=[MX]))
    do("domain.add", domain=NEW, routes=[{"host": "theirs.example"}])
    with pytest.raises(AlreadyThere):
        cm.driver.apply(step)
    assert observed(cm, step) is Seen.DIFFERS


def test_a_name_that_is_an_alias_elsewhere(cm, wish):
    [step] = cm.driver.plan(wish("domain.add", domain="nordwind.test"))
    with pytest.raises(AlreadyThere):
        cm.driver.apply(step)
    assert observed(cm, step) is Seen.NOT_DONE


def test_a_limit_of_domains_and_a_missing_role_are_both_named(cm, limited, upstream, wish):
    upstream.profile["domain_limit"] = 5
    for bench in (cm, limited):
        with pytest.raises(BadCredentials, match="has not the sysadmin role, or may have no more domains"):
            bench.driver.apply(bench.driver.plan(wish("domain.add", domain=NEW))[0])


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_before_a_deletion_everything_that_can_be_read_is_kept(cm, do, wish, calls):
    do("settings.set", domain=OLD, name="BRAND_COLOR", value="#123456")
    calls()
    [step] = cm.driver.plan(wish("domain.remove", domain=OLD))
    assert calls() == ["listDomains", "listDomainOptions"]
    assert step.before["status"] == "active" and step.before["settings"] == {"BRAND_COLOR": "#123456"}
    assert [route["host"] for route in step.before["routes"]] == [
        "mail.nordwind.example",
        "backup.nordwind.example",
    ]
    assert step.before["aliases"] == ["nordwind-group.example", "nordwind.test"]
    assert step.after is None and len(step.lost) == 2
    assert observed(cm, step) is Seen.NOT_DONE
    calls()
    cm.driver.apply(again(step))
    assert calls() == ["singleDomain", "deleteDomain"]
    assert observed(cm, step) is Seen.DONE


def test_a_deletion_is_undone_by_a_restore_that_changes_nothing_else(cm, do, undo, row, calls):
    before = row(OLD)
    [step] = do("domain.remove", domain=OLD)
    deleted = cm.driver.read_domain(OLD)
    assert deleted.status is DomainStatus.DELETED and deleted.extra["purgeDate"]
    calls()
    undo(step)
    assert calls() == ["listDomains", "singleDomain", "editDomain"]
    assert row(OLD) == before


def test_a_disabled_domain_comes_back_enabled_and_that_is_told(cm, do, undo):
    [step] = do("domain.remove", domain="talleribanez.example")
    assert "it comes back enabled" in str(step.lost[0]) and len(step.lost) == 3
    undo(step)
    assert cm.driver.read_domain("talleribanez.example").status is DomainStatus.ACTIVE


def test_a_domain_that_was_purged_is_added_anew_with_what_is_known_of_it(cm, do, undo, upstream, row):
    before = row(OLD)
    upstream.profile["purge_days"] = 0
    [step] = do("domain.remove", domain=OLD)
    undo(step)
    after = row(OLD)
    assert after["id"] != before["id"] and after["status"] == "ENABLED"
    for same in ("externalId", "defaultLanguage", "customer", "quarantine", "retention", "archive"):
        assert after[same] == before[same]
    assert {a["name"] for a in after["domainAliases"]} == {a["name"] for a in before["domainAliases"]}
    main = before["platforms"][0]
    [platform] = after["platforms"]
    for same in (
        "transportDest",
        "transportType",
        "transportPort",
        "fallbackTransportDest",
        "fallbackTransportPort",
    ):
        assert platform[same] == main[same]


def test_the_inverse_is_a_command_that_keeps_the_transport(do):
    [step] = do("domain.remove", domain="librairie.example.org")
    command = from_json(step.inverse[0])
    assert (
        command.routes[0].transport is Transport.TLS_ALWAYS
        and "transport" in command.routes[0].model_fields_set
    )


def test_what_nobody_could_enter_leaves_the_name_in_the_inverse(answering, wish):
    row = {"id": "x", "name": NEW, "domainAliases": [{"id": "1", "name": "odd name!.example"}]}
    bench, _ = answering(
        lambda told: (200, [] if told.path.endswith("options") else [row], {"X-Total-Count": "1"})
    )
    [step] = bench.driver.plan(wish("domain.remove", domain=NEW))
    assert step.inverse == [{"command": "domain.add", "connection": "prod", "domain": NEW}]
    assert step.before["aliases"] == ["odd name!.example"]


def test_deleting_what_is_deleted_already_or_not_there(cm, wish):
    assert cm.driver.plan(wish("domain.remove", domain=DELETED)) == []
    with pytest.raises(NotFound):
        cm.driver.plan(wish("domain.remove", domain="gone.example"))


def test_deleting_what_was_deleted_meanwhile_sends_nothing(cm, do, wish, calls):
    [step] = cm.driver.plan(wish("domain.remove", domain=OLD))
    do("domain.remove", domain=OLD)
    calls()
    cm.driver.apply(again(step))
    assert calls() == ["singleDomain"]


def test_deleting_what_was_purged_meanwhile(cm, do, wish, upstream):
    [step] = cm.driver.plan(wish("domain.remove", domain=OLD))
    upstream.profile["purge_days"] = 0
    do("domain.remove", domain=OLD)
    with pytest.raises(NotThere):
        cm.driver.apply(again(step))
    assert observed(cm, step) is Seen.DONE


def test_deleting_needs_the_sysadmin_role(limited, wish):
    [step] = limited.driver.plan(wish("domain.remove", domain=OLD))
    with pytest.raises(BadCredentials, match="has not the sysadmin role"):
        limited.driver.apply(step)


def test_a_deletion_that_the_mx_forbids_says_so(cm, wish, upstream):
    upstream.profile["mx_check"] = True
    [step] = cm.driver.plan(wish("domain.remove", domain="atelier-lumiere.example"))
    with pytest.raises(Rejected, match="because of the domain's MX records"):
        cm.driver.apply(step)
    assert observed(cm, step) is Seen.NOT_DONE
    arguments = {"domainId": step.ref["id"], "X-Ignore-MX": "true"}
    assert cm.driver.client.ask("deleteDomain", arguments) is None  # on request only


# --- restoring --------------------------------------------------------------------------------------------------------


def test_adding_a_deleted_domain_restores_it(cm, wish, row, calls):
    before = row(DELETED)
    calls()
    [step] = cm.driver.plan(wish("domain.add", domain=DELETED))
    assert calls() == ["listDomains"]
    assert (step.verb, step.before, step.after) == (
        Verb.DOMAIN_RESTORE,
        {"status": "deleted"},
        {"status": "active"},
    )
    assert observed(cm, step) is Seen.NOT_DONE
    calls()
    cm.driver.apply(again(step))
    assert calls() == ["singleDomain", "editDomain"]
    assert observed(cm, step) is Seen.DONE
    assert row(DELETED) == {**before, "status": "ENABLED", "deletionDate": None, "purgeDate": None}


def test_a_restore_goes_on_to_what_the_wish_names(cm, wish, row):
    fields = {"externalId": "C-9", "defaultLanguage": "ES", "quarantine": "off"}
    command = wish("domain.add", domain=DELETED, routes=[MX], aliases=["a.example"], options=fields)
    steps = cm.driver.plan(command)
    assert [step.verb for step in steps] == [Verb.DOMAIN_RESTORE, Verb.ROUTES_SET, Verb.ALIAS_ADD]
    for step in steps:
        cm.driver.apply(again(step))
    assert [observed(cm, step) for step in steps] == [Seen.DONE] * 3
    domain = cm.driver.read_domain(DELETED)
    assert (
        domain.status is DomainStatus.ACTIVE
        and domain.routes == (ROUTE,)
        and domain.aliases == ("a.example",)
    )
    there = row(DELETED)
    assert (there["externalId"], there["defaultLanguage"]) == ("C-9", "ES")
    assert there["quarantine"] is True  # switches stay: nothing that is stored may be lost by a restore
    assert cm.driver.plan(command) == []


def test_a_restore_is_undone_by_deleting(cm, do, undo):
    [step] = do("domain.add", domain=DELETED)
    undo(step)
    assert cm.driver.read_domain(DELETED).status is DomainStatus.DELETED


def test_a_restore_of_what_was_purged_meanwhile(cm, wish, upstream):
    [step] = cm.driver.plan(wish("domain.add", domain=DELETED))
    for identity in upstream.records.table("purges"):
        upstream.records.table("purges")[identity] = 1
    with pytest.raises(NotThere):
        cm.driver.apply(again(step))
    assert observed(cm, step) is Seen.DIFFERS


def test_a_restore_that_somebody_changed_since(cm, do):
    [step] = do("domain.add", domain=DELETED, options={"externalId": "C-9"})
    cm.driver.client.ask("editDomain", {"domainId": step.ref["id"], "externalId": "C-10"})
    assert observed(cm, step) is Seen.DIFFERS


def test_a_deleted_domain_that_a_search_by_name_hides_is_found_all_the_same(answering, wish):
    """Whether lists hold deleted domains unasked is not documented (notes 11)."""
    row = {"id": "x", "name": NEW, "status": "DELETED", "domainAliases": []}
    bench, asked = answering(
        lambda told: (200, [row] if told.query.get("status") == "DELETED" else [], {"X-Total-Count": "1"})
    )
    [step] = bench.driver.plan(wish("domain.add", domain=NEW))
    assert step.verb is Verb.DOMAIN_RESTORE and len(asked) == 2


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("routes.set", {"routes": [MX]}),
        ("aliases.add", {"aliases": ["a.example"]}),
        ("aliases.remove", {"aliases": ["a.example"]}),
        ("settings.set", {"name": "GREETING", "value": "Hi"}),
    ],
)
def test_a_deleted_domain_is_restored_before_it_is_changed(cm, wish, command, fields):
    with pytest.raises(Conflict, match="marked as deleted"):
        cm.driver.plan(wish(command, domain=DELETED, **fields))


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_step_of_another_kind_is_not_sent(cm):
    for act in (cm.driver.apply, cm.driver.observe):
        with pytest.raises(NotSupported):
            act(Step(Verb.MAIL_RETRY, "x"))
    assert cm.records == []


def test_a_domain_with_a_sign_in_elsewhere_can_be_deleted_and_restored(cm, do, undo):
    [step] = do("domain.remove", domain=LDAP)
    undo(step)
    assert cm.driver.read_domain(LDAP).status is DomainStatus.ACTIVE
