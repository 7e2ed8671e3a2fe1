"""The connection test, and the contract as data."""

import pytest

from app.core.capabilities import Capability, Found
from app.core.errors import BadCredentials, Malformed, NotSupported, Unreachable
from app.core.model import Verdict
from app.providers import registry
from app.providers.spamexperts import CARD
from app.providers.spamexperts.app_rest import is_rest
from app.providers.spamexperts.fields import FIELDS
from app.providers.spamexperts.probe import _NEEDS
from app.providers.spamexperts.servers import judged_server
from app.providers.spamexperts.software_api import contract
from app.sandbox.faults import Fault
from app.sandbox.spamexperts.panel.api import ACTIONS
from tests.net.servers import answering, serve
from tests.providers.conftest import Bench


def test_a_good_connection(se):
    found = se.driver.probe()
    assert found.version == "106752" and not found.missing and not found.notes
    assert found.facts["calls"] > 100 and found.facts["Control Panel API"] == "open" and not found.calls
    assert not found.strained and [server.verdict for server in found.servers] == [Verdict.PASS] * 2
    assert se.called() == [
        "api_version",
        "api_help",
        "api_get_json_server_status",
        "auth/getrole",
        "rest/auth/token",
    ] and not any(record.write for record in se.records)


@pytest.mark.parametrize(
    ("condition", "verdict", "words"),
    [("full", Verdict.FAIL, "/var only 3 %"), ("busy", Verdict.WARN, "load is 9 on 4 processors")],
)
def test_a_server_that_is_not_well(se, cluster, condition, verdict, words):
    cluster.profile["servers"] = condition
    found = Found.from_json(se.driver.probe().to_json())
    good, bad = found.servers
    assert found.strained and good.verdict is Verdict.PASS and "messages wait" in str(good.text)
    assert (bad.name, bad.verdict) == ("node2.filtering.example", verdict) and words in str(bad.text)


def test_a_status_that_cannot_be_read_or_asked_for_closes_nothing(se, cluster, sandbox):
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "html", "calls": "api_get_json_server_status"}))
    found = se.driver.probe()
    assert [server.verdict for server in found.servers] == [Verdict.UNKNOWN]
    assert not found.missing and not found.strained
    sandbox.faults["spamexperts"].set()
    cluster.profile["help_hides"] = ["api_get_json_server_status"]
    assert se.driver.probe().servers == ()


def test_a_server_that_says_next_to_nothing():
    assert judged_server("a", {"queue count delivery": 3}).verdict is Verdict.UNKNOWN
    assert (
        judged_server("a", {"load one minute": 0.4, "disk total": {"/": 0}, "disk free": 7}).verdict
        is Verdict.PASS
    )


@pytest.mark.parametrize(
    ("hidden", "missing"),
    [
        (["api_remove_domain"], {Capability.DOMAIN_REMOVE}),
        (
            ["api_set_destination", "api_add_domain_alias"],
            {Capability.ROUTES_WRITE, Capability.ALIASES_WRITE},
        ),
        (["api_add_delivery_domain"], {Capability.DOMAIN_ADD}),
        (["api_list_domains"], {Capability.DOMAINS_READ, Capability.ROUTES_READ, Capability.ALIASES_READ}),
        ([field.setter for field in FIELDS], {Capability.SETTINGS_WRITE}),
        ([field.getter for field in FIELDS], {Capability.SETTINGS_READ}),
    ],
)
def test_calls_that_help_does_not_list_leave_the_card_with_that_reason(se, cluster, hidden, missing):
    cluster.profile["help_hides"] = hidden
    found = se.driver.probe()
    assert set(found.missing) == missing
    card = CARD.cut(found.missing, found.facts)
    for capability in missing:
        assert capability not in card.can and "api_help does not list it" in str(card.reason(capability))


def test_settings_that_this_server_does_not_have_are_named(se, cluster):
    cluster.profile["help_hides"] = ["api_get_contact", "api_get_blocked_tld"]
    [note] = se.driver.probe().notes
    assert "blocked_tld, contact" in str(note)


def test_where_help_is_refused_all_calls_are_taken_as_open(se, cluster):
    cluster.profile["help_hides"] = ["api_help"]
    found = se.driver.probe()
    assert found.version == "106752" and not found.missing
    assert "No permission to call api_help" in str(found.notes[0])


def test_where_help_lists_nothing(se, sandbox):
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "html", "calls": "api_help"}))
    found = se.driver.probe()
    assert not found.missing and "lists no calls" in str(found.notes[0])


def test_wrong_password(connect):
    with pytest.raises(BadCredentials, match="does not accept the user name and password"):
        connect("spamexperts", password="wrong").driver.probe()


def test_a_panel_that_does_not_let_us_in_closes_its_own_calls_only(connect):
    found = connect("spamexperts", panel_password="wrong").driver.probe()
    assert found.version == "106752"
    assert set(found.missing) == {
        Capability.EMAIL_ALIASES_READ,
        Capability.EMAIL_ALIASES_WRITE,
        Capability.MAIL_RELEASE_ALLOW,
        Capability.MAIL_ACT,
    }
    assert found.facts["Control Panel API"] == "not open" and "other ones than those" in str(found.notes[0])
    assert set(found.calls) == {call.name for call in contract().calls if call.api}


def test_without_a_user_of_the_panel_it_is_not_asked(connect):
    bench = connect("spamexperts", panel_username="")
    assert "Control Panel API" not in bench.driver.probe().facts and "auth/getrole" not in bench.called()
    call = contract().find("domain/exists")
    assert "no user name and password of the panel" in str(bench.driver.closed(call))
    with pytest.raises(NotSupported, match="no user name and password of the panel"):
        bench.driver.call("domain/exists", {"domain": "nordwind.example"})
    assert "domain/exists" not in bench.called()


def test_another_way_to_sign_in(bench_of):
    with bench_of(b"", "401 Unauthorized", WWW_Authenticate='Digest realm="x"') as bench:
        with pytest.raises(BadCredentials, match="sign-in by Digest"):
            bench.driver.probe()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>Welcome to nginx!</html>", "200 OK"),
        (b"<html>404</html>", "404 Not Found"),
        (b"It works!", "200 OK"),
        (b"", "200 OK"),
        (b"Not Found", "404 Not Found"),
    ],
)
def test_an_address_that_is_no_spamexperts(bench_of, body, status):
    with bench_of(body, status) as bench:
        with pytest.raises(Malformed, match=r"SpamExperts|Check the address"):
            bench.driver.probe()


def test_the_address_of_another_upstream(sandbox):
    bench = Bench("spamexperts", sandbox.http("cleanmail"), {"username": "api", "password": "secret"})
    with pytest.raises(BadCredentials, match="sign-in by Bearer, which the Software API does not use"):
        bench.driver.probe()


def test_nobody_there(bench_of):
    with bench_of(b"") as bench:
        pass
    with pytest.raises(Unreachable):
        bench.driver.probe()


@pytest.fixture
def bench_of():
    """A driver on a server that says one thing only."""
    from contextlib import contextmanager

    @contextmanager
    def make(body, status="200 OK", **headers):
        with serve(answering(body, status, **headers)) as server:
            yield Bench("spamexperts", server.url, {"username": "api", "password": "secret"})

    return make


# --- contract.json ----------------------------------------------------------------------------------------------------

CALLS = {call.name: call for call in contract().calls if not call.api}
PANEL = {call.name: call for call in contract().calls if call.api == "Control Panel API"}


def test_every_call_is_complete():
    for call in CALLS.values():
        assert call.name.startswith("api_") and call.path == f"/cgi-bin/api?call={call.name}"
        assert call.method == "GET" and call.meaning.endswith(".") and call.group
        assert call.source.startswith("SpamExperts contract sheet, ")
        assert call.certainty in ("seed", "vendor doc", "client code", "inferred")


@pytest.mark.parametrize("call", CALLS.values(), ids=lambda call: call.name)
def test_what_changes_something_is_marked_as_a_write(call):
    """By the vendor's own naming: whoever reads says so."""
    words = call.name.split("_")[1:]
    reads = {"get", "list", "count", "find", "help", "version", "statistics", "delivery", "outgoing", "retry"}
    assert call.write is (words[0] not in reads)


def test_the_calls_of_the_control_panel_are_those_that_the_imitated_panel_knows():
    assert len(CALLS) + len(PANEL) == len(contract().calls)
    for call in PANEL.values():
        assert call.meaning.endswith(".")
        if is_rest(call.name):
            assert call.path.startswith(f"/{call.name}") and call.method in ("GET", "PUT", "DELETE")
            continue
        assert call.method == "GET" and call.path == f"/api/{call.name}"
        assert {argument.where for argument in call.arguments} <= {"pair"}
        assert call.write is ACTIONS[call.name].changes
        for argument in call.arguments:
            assert argument.secret is ("password" in argument.name), call.name
    assert set(ACTIONS) - set(PANEL) == {f"admin/{name}" for name in ONLY_OF_RESELLERS}


ONLY_OF_RESELLERS = (
    *("setproducts", "domainswithproduct", "getvalidrecipientcount", "getoutgoingusercount"),
    "getbandwidthusage",
)
"""No document has these for the controller `admin`; the imitated panel takes both names for everything."""


def test_secrets_are_marked():
    secret = {(c.name, a.name) for c in CALLS.values() for a in c.arguments if a.secret}
    assert secret == {("api_set_dkim_certificate", "certificate"), ("api_add_outgoing_user", "password")}


def test_everything_that_the_driver_sends_is_in_it():
    used = {"api_version", "api_help", "api_get_destination", "api_list_domain_aliases"}
    used |= {name for names in _NEEDS.values() for name in names}
    for field in FIELDS:
        setter = CALLS[field.setter]
        assert {a.name for a in setter.arguments} >= {"domain", field.argument} and setter.write
        used |= {field.getter} if field.readable else set()
    assert used <= set(CALLS)


def test_every_call_of_it_that_the_cluster_knows_takes_the_same_arguments(se):
    """The imitated cluster prints its own signatures; nothing that we call required may be unknown to it, and reverse."""
    page = se.http.read(
        "api_help", "GET", "/cgi-bin/api", query={"call": "api_help", "format": "json"}, auth=_auth(se)
    )
    theirs = {item["name"]: {a["name"]: a["required"] for a in item["arguments"]} for item in page.json()}
    for name in sorted(set(theirs) & set(CALLS)):
        for argument in CALLS[name].arguments:
            if argument.required:
                assert argument.name in theirs[name], name
        mine = {argument.name for argument in CALLS[name].arguments}
        assert {a for a, required in theirs[name].items() if required} <= mine, name


def _auth(bench):
    return bench.connection.value("username"), bench.connection.value("password")


def test_the_registry_hands_out_the_same():
    assert registry.contract("spamexperts") == contract()


def test_a_read_is_not_sent_as_a_write_nor_the_reverse(se):
    api = se.driver._api
    with pytest.raises(ValueError, match="api_remove_domain is a write"):
        api.read("api_remove_domain", {"domain": "x.example"})
    with pytest.raises(ValueError, match="api_version is no write"):
        api.write("api_version", {})
    assert se.records == []
