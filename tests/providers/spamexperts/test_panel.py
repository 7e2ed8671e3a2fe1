"""A connection with the Control Panel alone, and one with both APIs: which serves what."""

import json

import pytest

from app.core.capabilities import Capability
from app.core.connections import build_connection
from app.core.errors import BadCredentials, Invalid, Malformed, NotFound, NotSupported, NotThere
from app.core.plan import Seen
from app.core.secret import Secret
from app.providers import registry
from app.providers.spamexperts import panel_reads
from app.providers.spamexperts.card import CARD
from app.providers.spamexperts.software_api import contract
from tests.net.servers import answering, serve
from tests.providers.conftest import Bench

ALONE = {"username": "", "password": ""}


@pytest.fixture
def panel(connect):
    """The driver's bench with the panel's credentials only."""
    return connect("spamexperts", **ALONE)


def test_what_the_test_of_a_connection_with_the_panel_alone_finds(panel):
    found = panel.driver.probe()
    assert found.version == "20260815.104233" and found.facts["role"] == "admin"
    assert panel.called() == ["version/get", "auth/getrole", "rest/auth/token"]
    assert set(found.calls) == {call.name for call in contract().calls if not call.api}
    card = CARD.of(panel.connection.filled)
    assert Capability.SETTINGS_READ not in card.can and "Local Cloud only" in str(
        card.reason(Capability.SETTINGS_READ)
    )
    assert [api.name for api in card.apis] == ["Control Panel API"]
    assert not any(shape.parts or shape.connection for shape in card.rules)


def test_the_card_says_which_api_serves_what(se, connect):
    card = CARD.of(se.connection.filled)
    assert card.api_of(Capability.DOMAINS_READ) == "Software API"
    assert card.api_of(Capability.EMAIL_ALIASES_READ) == "Control Panel API"
    alone = CARD.of(connect("spamexperts", panel_username="").connection.filled)
    assert Capability.EMAIL_ALIASES_READ not in alone.can and not alone.api_of(Capability.EMAIL_ALIASES_WRITE)


def test_the_panel_alone_with_a_wrong_password(connect):
    with pytest.raises(BadCredentials, match="other ones than those"):
        connect("spamexperts", **ALONE, panel_password="wrong").driver.probe()


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"", b"It works!", b'{"messages": [], "result": "x"}']
)
def test_an_address_where_no_panel_answers(body):
    with serve(answering(body, "200 OK")) as server:
        bench = Bench("spamexperts", server.url, {"panel_username": "a", "panel_password": "secret"})
        with pytest.raises(Malformed):
            bench.driver.probe()


def test_a_list_costs_two_calls_for_each_domain(panel, log):
    log.clear()
    domains = [domain for batch in panel.driver.list_domains() for domain in batch]
    assert len(domains) > 5 and all(domain.routes and domain.aliases is not None for domain in domains)
    assert log.count() == 1 + 2 * len(domains)


def test_a_domain_that_goes_meanwhile_is_left_out_of_the_list(connect, cluster, monkeypatch):
    monkeypatch.setattr(panel_reads, "BATCH", 1)
    panel = connect("spamexperts", **ALONE, parallel=1)
    whole = [domain.name for batch in panel.driver.list_domains() for domain in batch]
    listed = panel.driver.list_domains()
    first = next(listed)
    del cluster.state.table("domains")[whole[-1]]
    assert [domain.name for batch in (first, *listed) for domain in batch] == whole[:-1]


@pytest.mark.parametrize("missing", ["present 0", "error"])
def test_a_domain_that_is_not_there_in_both_ways_to_say_so(panel, cluster, missing):
    cluster.profile["missing_domain"] = missing
    with pytest.raises(NotFound):
        panel.driver.read_domain("not-there.example")


def test_a_refusal_for_another_reason_is_none_of_a_missing_domain():
    body = {"messages": {"error": ["You don't have permissions to access the API."]}, "result": None}
    with serve(answering(json.dumps(body).encode(), "200 OK")) as server:
        bench = Bench("spamexperts", server.url, {"panel_username": "a", "panel_password": "secret"})
        with pytest.raises(BadCredentials):
            bench.driver.read_domain("nordwind.example")


def test_an_entry_of_the_whole_cluster_is_refused_in_the_panels_words(panel, wish):
    """It stands on the domain's list, and nothing tells that it is not the domain's own."""
    rules = panel.driver.read_rules("nordwind.example").rules
    assert "bank.example.org" in {rule.pattern for rule in rules}
    rule = {"action": "allow", "pattern": "bank.example.org"}
    [step] = panel.driver.plan(wish("rules.remove", domain="nordwind.example", rules=[rule]))
    with pytest.raises(NotThere, match="Unable to find"):
        panel.driver.apply(step)
    assert panel.driver.observe(step).seen is Seen.NOT_DONE


def test_lists_of_the_cluster_need_the_software_api(panel, wish):
    with pytest.raises(NotSupported):
        panel.driver.read_rules(None)
    with pytest.raises(NotSupported):
        panel.driver.plan(wish("rules.add", rules=[{"action": "block", "pattern": "a.example"}]))


LIST_READERS = [
    f"api_get_{kind}_{word}" for kind in ("sender", "recipient") for word in ("whitelist", "blacklist")
]


def test_where_the_software_api_cannot_read_lists_the_panel_does(se, cluster, do, log):
    """The names of its list calls are a guess; those of the panel are not."""
    cluster.profile["help_hides"] = LIST_READERS
    found = se.driver.probe()
    assert not found.missing and "go through the Control Panel API" in str(found.notes[-1])
    assert se.driver.read_rules("nordwind.example").rules
    rule = {"action": "block", "pattern": "a.example", "part": "both"}
    [step] = do("rules.add", domain="nordwind.example", rules=[rule])
    assert step.args["call"] == "domain/blacklistsender" and se.driver.observe(step).seen is Seen.DONE
    with pytest.raises(NotSupported, match="cannot say what"):
        do("rules.add", domain="nordwind.example", rules=[{**rule, "pattern": "b.example", "part": "from"}])


def test_both_ways_of_errors_are_understood(se, panel, cluster, wish):
    """With status 200 and with another: the same refusal."""
    for status in (200, 400):
        cluster.profile.update(error_http_status=status, panel_error_http_status=status)
        for bench in (se, panel):
            with pytest.raises(NotFound):
                bench.driver.read_domain("not-there.example")
            [step] = bench.driver.plan(
                wish("domain.add", domain="twice.example", routes=[{"host": "mx.example.net"}])
            )
            bench.driver.apply(step)
            with pytest.raises(Exception, match="already") as caught:
                bench.driver.apply(step)
            assert type(caught.value).__name__ == "AlreadyThere"
            for gone in bench.driver.plan(wish("domain.remove", domain="twice.example")):
                bench.driver.apply(gone)


# --- the form of a connection -----------------------------------------------------------------------------------------

FULL = {"username": "a", "password": "b", "panel_username": "c", "panel_password": "d"}


def build(values, before=None):
    data = {"key": "se", "kind": "spamexperts", "name": "SE", "base_url": "https://se.example"}
    secrets = {name: Secret(value) for name, value in values.items()}
    return build_connection({**data, "values": secrets}, registry.cards(), before=before)


def test_either_pair_is_enough_and_none_is_not():
    assert build({"username": "a", "password": "b"}).filled == {"username", "password"}
    assert build({"panel_username": "a", "panel_password": "b"}).filled == {
        "panel_username",
        "panel_password",
    }
    with pytest.raises(Invalid) as caught:
        build({})
    assert set(caught.value.fields) == {"values.username", "values.panel_username"}
    assert "Software API, Control Panel API" in str(caught.value.fields["values.username"])


def test_half_a_pair_is_refused():
    with pytest.raises(Invalid) as caught:
        build({"username": "a", "password": "b", "panel_username": "c"})
    assert set(caught.value.fields) == {"values.panel_password"}


def test_an_api_is_taken_away_by_emptying_its_user_name():
    before = build(FULL)
    kept = build({"username": "a", "password": "", "panel_username": "c", "panel_password": ""}, before)
    assert kept.filled == set(FULL)
    less = build({"username": "", "password": "", "panel_username": "c", "panel_password": ""}, before)
    assert less.filled == {"panel_username", "panel_password"}
