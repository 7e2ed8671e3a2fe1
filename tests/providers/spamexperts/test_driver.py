"""Domains, routes and aliases, against the imitated cluster."""

import pytest

from app.core.commands import from_json
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Malformed,
    NotFound,
    NotSupported,
    NotThere,
    OutcomeUnknown,
    Rejected,
    Unreachable,
)
from app.core.model import Route
from app.core.plan import Seen, Step, Verb
from app.sandbox.faults import Fault
from app.sandbox.spamexperts import api as api_module

NEW, OLD = "new.example", "nordwind.example"
MX = {"host": "mx.example.net"}


def again(step: Step) -> Step:
    """The step as another process would read it from the journal."""
    return Step.from_json(step.to_json())


def undo(se, step):
    for data in step.inverse:
        for back in se.driver.plan(from_json(data)):
            se.driver.apply(again(back))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_all_domains_with_aliases_and_routes(se, cluster, log):
    found = {d.name: d for batch in se.driver.list_domains() for d in batch}
    rows = dict(cluster.state.table("domains").items())
    assert set(found) == set(rows) and len(rows) > 5
    for name, row in rows.items():
        assert found[name].aliases == tuple(row["aliases"])
        assert found[name].routes == tuple(Route(host, port) for host, port in row["destinations"])
    assert log.count() == 1


def test_batches_are_of_500_and_read_as_needed(se, sandbox):
    sandbox.seed(1201, ["spamexperts"])
    batches = se.driver.list_domains()
    assert len(next(batches)) == 500
    assert [len(batch) for batch in batches] == [500, 201]


def test_an_empty_cluster(se, cluster):
    cluster.state.clear()
    assert list(se.driver.list_domains()) == []


@pytest.mark.parametrize(
    "switches", [{"destination_item": "pair"}, {"alias_line": "name*:routes"}, {"json_support": "proven"}]
)
def test_the_forms_that_are_not_known_make_no_difference(se, cluster, switches):
    before = se.driver.read_domain(OLD)
    cluster.profile.update(switches)
    assert se.driver.read_domain(OLD) == before and before.aliases


def test_one_domain_does_not_cost_the_whole_list(se, log):
    domain = se.driver.read_domain(OLD)
    assert domain.name == OLD and domain.aliases and domain.routes
    assert log.names() == ["api_list_domains"] and "filter_by" in se.records[0].url


@pytest.mark.parametrize("name", ["gone.example", "nordwind.test"])
def test_what_is_no_domain_is_not_found(se, name):
    """The second is an alias: it has no routes and no settings of its own."""
    with pytest.raises(NotFound, match="is not on this server"):
        se.driver.read_domain(name)


def test_where_the_filter_is_refused_the_domain_is_read_by_its_own_calls(se, cluster, monkeypatch, log):
    monkeypatch.setattr("app.sandbox.spamexperts.wording.FILTER_FIELDS", ("name",))
    for _ in range(2):
        domain = se.driver.read_domain(OLD)
        assert domain.aliases == tuple(cluster.state.table("domains")[OLD]["aliases"]) and domain.routes
    one = ["api_get_destination", "api_list_domain_aliases"]
    assert log.names() == ["api_list_domains", *one, *one]


def test_where_the_filter_is_ignored_the_answer_is_used_and_not_asked_for_again(se, monkeypatch, log):
    monkeypatch.setattr("app.sandbox.spamexperts.software.domains._meets", lambda *_: True)
    first = se.driver.read_domain(OLD)
    assert se.driver.read_domain(OLD) == first
    assert log.names() == ["api_list_domains", "api_get_destination", "api_list_domain_aliases"]


def test_where_the_filter_finds_nothing_wrongly(se, monkeypatch, log):
    monkeypatch.setattr("app.sandbox.spamexperts.software.domains._meets", lambda *_: False)
    assert se.driver.read_domain(OLD).routes
    assert se.driver.read_domain(OLD).routes
    assert log.count("api_list_domains") == 1


@pytest.mark.parametrize("words", ["UNKNOWN_CALL", "DOMAIN_MISSING"])
def test_a_refusal_that_does_not_name_the_domain_is_no_proof_that_it_is_gone(se, cluster, monkeypatch, words):
    monkeypatch.setattr("app.sandbox.spamexperts.wording.FILTER_FIELDS", ())
    monkeypatch.setattr(f"app.sandbox.spamexperts.wording.{words}", "No such thing")
    monkeypatch.setattr("app.sandbox.spamexperts.wording.INCORRECT_USAGE", "{detail}")
    if words == "UNKNOWN_CALL":
        calls = dict(api_module.CALLS)
        del calls["api_list_domain_aliases"]
        monkeypatch.setattr(api_module, "CALLS", calls)
    assert se.driver.read_domain(OLD).aliases
    with pytest.raises(NotFound):
        se.driver.read_domain("gone.example")


def test_where_lists_are_not_open_a_domain_is_read_by_its_own_calls(se, cluster):
    cluster.profile["help_hides"] = ["api_list_domains"]
    assert se.driver.read_domain(OLD).aliases


def test_the_whole_list_is_the_last_resort(se, cluster, log):
    cluster.profile["help_hides"] = ["api_get_destination"]
    with pytest.raises(NotFound):
        se.driver.read_domain("gone.example")
    assert log.names() == ["api_list_domains", "api_get_destination", "api_list_domains"]
    assert "filter_by" not in se.records[2].url


# --- adding and removing ----------------------------------------------------------------------------------------------


def test_add_with_one_route(se, cluster, do):
    [step] = do("domain.add", domain=NEW, routes=[MX])
    assert (step.verb, step.args["call"]) == (Verb.DOMAIN_ADD, "api_add_incoming_domain")
    assert cluster.state.table("domains")[NEW]["destinations"] == [["mx.example.net", 25]]
    assert se.driver.observe(again(step)).seen is Seen.DONE


def test_add_with_several_routes_and_aliases(se, cluster, do):
    routes = [MX, {"host": "2001:db8::1", "port": 2525}, {"host": "192.0.2.1"}]
    steps = do("domain.add", domain=NEW, routes=routes, aliases=["one.example", "two.example"])
    assert [step.args["call"] for step in steps] == [
        "api_add_delivery_domain",
        "api_add_domain_alias",
        "api_add_domain_alias",
    ]
    row = cluster.state.table("domains")[NEW]
    assert row["destinations"] == [["mx.example.net", 25], ["2001:db8::1", 2525], ["192.0.2.1", 25]]
    assert row["aliases"] == ["one.example", "two.example"]
    assert [se.driver.observe(again(step)).seen for step in steps] == [Seen.DONE] * 3


def test_a_plan_changes_nothing(se, cluster, wish):
    before = dict(cluster.state.table("domains").items())
    se.driver.plan(wish("domain.add", domain=NEW, routes=[MX]))
    se.driver.plan(wish("domain.remove", domain=OLD))
    assert dict(cluster.state.table("domains").items()) == before
    assert not any(record.write for record in se.records)


def test_adding_what_is_there_already_needs_no_step(se, do, wish):
    fields = {"domain": NEW, "routes": [MX], "aliases": ["one.example"]}
    do("domain.add", **fields)
    assert se.driver.plan(wish("domain.add", **fields)) == []


def test_a_half_done_addition_is_finished(se, do, wish):
    do("domain.add", domain=NEW, routes=[MX], aliases=["one.example"])
    [step] = se.driver.plan(
        wish("domain.add", domain=NEW, routes=[MX], aliases=["one.example", "two.example"])
    )
    assert step.args["arguments"] == {"domain": NEW, "alias": "two.example"}


@pytest.mark.parametrize("fields", [{"routes": [{"host": "other.example"}]}, {"routes": [MX], "aliases": []}])
def test_adding_what_is_there_otherwise_is_a_conflict(se, do, wish, fields):
    do("domain.add", domain=NEW, routes=[MX], aliases=["one.example"])
    with pytest.raises(Conflict, match="already there") as caught:
        se.driver.plan(wish("domain.add", domain=NEW, **fields))
    assert caught.value.now == {
        "routes": [{"host": "mx.example.net", "port": 25}],
        "aliases": ["one.example"],
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"routes": []},
        {"routes": [MX | {"transport": "tls_always"}]},
        {"routes": [MX], "options": {"account": "x"}},
    ],
)
def test_what_cannot_be_said_is_refused_before_any_call(se, wish, fields):
    with pytest.raises(NotSupported, match="Nothing was sent"):
        se.driver.plan(wish("domain.add", domain=NEW, **fields))
    assert se.records == []


def test_adding_is_undone_by_removing(se, cluster, do):
    [step] = do("domain.add", domain=NEW, routes=[MX])
    undo(se, step)
    assert NEW not in cluster.state.table("domains")


def test_before_a_removal_everything_that_can_be_read_is_kept(se, cluster, do):
    do("settings.set", domain=OLD, name="quarantine_days", value="7")
    row = cluster.state.table("domains")[OLD]
    own = dict(cluster.state.table("settings")[OLD])
    [step] = do("domain.remove", domain=OLD)
    assert step.before["aliases"] == row["aliases"]
    assert step.before["routes"] == [{"host": h, "port": p} for h, p in row["destinations"]]
    assert set(step.before["settings"]) == set(own) and step.before["settings"]["quarantine_days"] == "7"
    assert OLD not in cluster.state.table("domains")
    assert se.driver.observe(again(step)).seen is Seen.DONE
    lost = " ".join(map(str, step.lost))
    assert "block lists" in lost and "Quarantined" in lost and "recipient_protection_report_template" in lost


def test_a_removal_is_undone_with_routes_aliases_and_settings(se, cluster, do):
    do("settings.set", domain=OLD, name="quarantine_days", value="7")
    row = cluster.state.table("domains")[OLD]
    own = dict(cluster.state.table("settings")[OLD])
    [step] = do("domain.remove", domain=OLD)
    undo(se, again(step))
    after = cluster.state.table("domains")[OLD]
    assert (after["destinations"], after["aliases"]) == (row["destinations"], row["aliases"])
    assert cluster.state.table("settings")[OLD] == own


def test_a_removal_where_settings_are_not_open_says_what_is_lost(se, cluster, wish, monkeypatch):
    cluster.profile["help_hides"] = [f"api_get_{name}" for name in _setting_names()]
    [step] = se.driver.plan(wish("domain.remove", domain=OLD))
    assert step.before["settings"] == {} and "All settings of the domain" in str(step.lost[0])
    assert [data["command"] for data in step.inverse] == ["domain.add"]


def test_a_removal_is_not_planned_while_the_settings_cannot_be_reached(se, sandbox, wish):
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "reset", "calls": "api_get_*"}))
    with pytest.raises(Unreachable):
        se.driver.plan(wish("domain.remove", domain=OLD))


def test_removing_what_is_not_there(se, wish):
    with pytest.raises(NotFound):
        se.driver.plan(wish("domain.remove", domain="gone.example"))


def _setting_names():
    from app.providers.spamexperts.fields import FIELDS

    return [field.name for field in FIELDS]


# --- routes -----------------------------------------------------------------------------------------------------------


def routes_of(cluster, name=NEW):
    return [tuple(route) for route in cluster.state.table("domains")[name]["destinations"]]


@pytest.fixture
def two_routes(do):
    do("domain.add", domain=NEW, routes=[{"host": "a.example"}, {"host": "b.example", "port": 2525}])


@pytest.mark.usefixtures("two_routes")
@pytest.mark.parametrize(
    ("command", "fields", "after"),
    [
        ("routes.set", {"routes": [MX]}, [("mx.example.net", 25)]),
        (
            "routes.set",
            {"routes": [{"host": "b.example", "port": 2525}, {"host": "a.example"}]},
            [("b.example", 2525), ("a.example", 25)],
        ),
        ("routes.add", {"route": MX}, [("a.example", 25), ("b.example", 2525), ("mx.example.net", 25)]),
        (
            "routes.add",
            {"route": MX, "position": 0},
            [("mx.example.net", 25), ("a.example", 25), ("b.example", 2525)],
        ),
        ("routes.remove", {"host": "a.example"}, [("b.example", 2525)]),
        (
            "routes.replace_host",
            {"old_host": "b.example", "new_host": "c.example"},
            [("a.example", 25), ("c.example", 2525)],
        ),
        (
            "routes.replace_host",
            {"old_host": "b.example", "new_host": "c.example", "new_port": 26},
            [("a.example", 25), ("c.example", 26)],
        ),
        (
            "routes.replace_host",
            {"old_host": "b.example", "new_host": "a.example", "new_port": 25},
            [("a.example", 25)],
        ),
    ],
)
def test_routes_are_changed_in_one_step_and_back(se, cluster, do, command, fields, after):
    [step] = do(command, domain=NEW, **fields)
    assert (step.verb, step.args["call"]) == (Verb.ROUTES_SET, "api_set_destination")
    assert routes_of(cluster) == after
    assert se.driver.observe(again(step)).seen is Seen.DONE
    undo(se, again(step))
    assert routes_of(cluster) == [("a.example", 25), ("b.example", 2525)]
    assert se.driver.observe(again(step)).seen is Seen.NOT_DONE


@pytest.mark.usefixtures("two_routes")
@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("routes.set", {"routes": [{"host": "a.example"}, {"host": "b.example", "port": 2525}]}),
        ("routes.add", {"route": {"host": "a.example"}}),
        ("routes.remove", {"host": "a.example", "port": 26}),
        ("routes.replace_host", {"old_host": "c.example", "new_host": "d.example"}),
    ],
)
def test_routes_that_are_so_already_need_no_step(se, wish, command, fields):
    assert se.driver.plan(wish(command, domain=NEW, **fields)) == []


@pytest.mark.usefixtures("two_routes")
def test_routes_that_somebody_changed_meanwhile(se, cluster, wish, do):
    seen = [{"host": "a.example"}]
    with pytest.raises(Conflict, match="no longer what you saw") as caught:
        se.driver.plan(wish("routes.set", domain=NEW, routes=[MX], expected=seen))
    assert len(caught.value.now["routes"]) == 2
    [step] = do("routes.set", domain=NEW, routes=[MX])
    do("routes.set", domain=NEW, routes=[{"host": "third.example"}])
    assert se.driver.observe(step).seen is Seen.DIFFERS
    with pytest.raises(Conflict):
        undo(se, step)


def test_routes_that_no_command_can_say_have_no_way_back(se, cluster, do):
    row = cluster.state.table("domains")[OLD]
    cluster.state.table("domains")[OLD] = {**row, "destinations": [["-odd-.example", 25]]}
    [step] = do("routes.set", domain=OLD, routes=[MX])
    assert step.before == {"routes": [{"host": "-odd-.example", "port": 25}]} and step.inverse is None


def test_a_domain_that_no_command_can_add_again_is_told(se, cluster, wish):
    row = cluster.state.table("domains")[OLD]
    cluster.state.table("domains")[OLD] = {**row, "destinations": [["-odd-.example", 25]]}
    [step] = se.driver.plan(wish("domain.remove", domain=OLD))
    assert step.inverse is None and "The domain itself" in str(step.lost[0])


def test_the_last_route_cannot_be_taken(se, do, wish):
    do("domain.add", domain=NEW, routes=[MX])
    with pytest.raises(NotSupported, match="left without a route"):
        se.driver.plan(wish("routes.remove", domain=NEW, host="mx.example.net"))


# --- aliases ----------------------------------------------------------------------------------------------------------


def test_aliases_are_added_and_removed_one_by_one(se, cluster, do):
    do("domain.add", domain=NEW, routes=[MX], aliases=["one.example"])
    steps = do("aliases.add", domain=NEW, aliases=["one.example", "two.example", "three.example"])
    assert [step.subject for step in steps] == [f"{NEW}: two.example", f"{NEW}: three.example"]
    assert cluster.state.table("domains")[NEW]["aliases"] == ["one.example", "two.example", "three.example"]
    removed = do("aliases.remove", domain=NEW, aliases=["one.example", "nine.example"])
    assert len(removed) == 1
    assert cluster.state.table("domains")[NEW]["aliases"] == ["two.example", "three.example"]
    assert [se.driver.observe(again(s)).seen for s in (*steps, *removed)] == [Seen.DONE] * 3
    undo(se, again(steps[0]))
    undo(se, again(removed[0]))
    assert cluster.state.table("domains")[NEW]["aliases"] == ["three.example", "one.example"]
    assert se.driver.observe(steps[0]).seen is Seen.NOT_DONE


def test_aliases_that_are_so_already_need_no_step(se, do, wish):
    do("domain.add", domain=NEW, routes=[MX], aliases=["one.example"])
    assert se.driver.plan(wish("aliases.add", domain=NEW, aliases=["one.example"])) == []
    assert se.driver.plan(wish("aliases.remove", domain=NEW, aliases=["two.example"])) == []


# --- what upstream says to it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400])
def test_refusals_have_a_kind_whatever_the_status(se, cluster, wish, do, status):
    cluster.profile["error_http_status"] = status
    [add] = se.driver.plan(wish("domain.add", domain=NEW, routes=[MX]))
    [remove] = se.driver.plan(wish("domain.remove", domain=OLD))
    [alias] = se.driver.plan(wish("aliases.remove", domain=OLD, aliases=["nordwind.test"]))
    se.driver.apply(add)
    se.driver.apply(alias)
    with pytest.raises(AlreadyThere):
        se.driver.apply(add)
    with pytest.raises(NotThere):
        se.driver.apply(alias)
    se.driver.apply(remove)
    with pytest.raises(NotThere):
        se.driver.apply(remove)
    [nodes] = se.driver.plan(
        wish("domain.add", domain="x.example", routes=[{"host": "node1.filtering.example"}])
    )
    with pytest.raises(Rejected, match="cannot be a destination") as caught:
        se.driver.apply(nodes)
    assert type(caught.value) is Rejected


def test_a_name_that_is_an_alias_elsewhere_is_refused_and_observed_as_not_done(se, wish):
    [step] = se.driver.plan(wish("domain.add", domain="nordwind.test", routes=[MX]))
    with pytest.raises(AlreadyThere):
        se.driver.apply(step)
    assert se.driver.observe(step).seen is Seen.NOT_DONE


def test_wrong_credentials(connect):
    se = connect("spamexperts", password="wrong")
    with pytest.raises(BadCredentials, match="credentials of its own"):
        list(se.driver.list_domains())
    assert se.called() == ["api_list_domains"]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("hangup", Seen.DONE),
        ("refuse", Seen.NOT_DONE),
        ("html", Seen.DONE),
        ("truncated", Seen.DONE),
        ("5xx", Seen.NOT_DONE),
    ],
)
def test_an_unknown_outcome_can_be_looked_up(se, sandbox, wish, log, fault, seen):
    [step] = se.driver.plan(wish("domain.add", domain=NEW, routes=[MX]))
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": fault, "calls": "api_add_*"}))
    with pytest.raises(OutcomeUnknown):
        se.driver.apply(step)
    assert log.count("api_add_incoming_domain") == 1
    assert se.driver.observe(again(step)).seen is seen


@pytest.mark.parametrize("fault", ["html", "malformed", "truncated", "huge"])
def test_a_list_that_is_none_is_malformed_and_never_half_a_list(connect, sandbox, fault):
    se = connect("spamexperts", body_cap=2**20)
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": fault}))
    with pytest.raises(Malformed):
        list(se.driver.list_domains())


def test_a_read_is_tried_again(se, sandbox, log):
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "5xx", "count": 2}))
    assert list(se.driver.list_domains())
    assert log.count("api_list_domains") == 3


def test_over_https_with_the_ca_of_the_cluster(sandbox):
    from app.core.model import Tls
    from tests.providers.conftest import Bench

    credentials = sandbox.upstreams["spamexperts"].credentials()
    se = Bench(
        "spamexperts",
        sandbox.https("spamexperts"),
        credentials,
        tls=Tls.CA_FILE,
        ca_file=str(sandbox.ca_path),
    )
    assert se.driver.read_domain(OLD).routes
    untrusted = Bench("spamexperts", sandbox.https("spamexperts"), credentials)
    with pytest.raises(Unreachable, match="certificate"):
        untrusted.driver.read_domain(OLD)


def test_a_step_of_another_kind_is_not_sent(se):
    step = Step(Verb.POLICY_ADD, "x", args={"call": "api_whitelist_sender", "arguments": {}})
    for act in (se.driver.apply, se.driver.observe):
        with pytest.raises(NotSupported):
            act(step)
    assert se.records == []


def test_the_password_is_in_no_record(se, do):
    do("domain.add", domain=NEW, routes=[MX])
    secret = se.connection.value("password")
    assert secret and all(secret not in str(record.to_json()) for record in se.records)
