"""Routes and aliases, against the imitated service."""

import pytest

from app.core.errors import AlreadyThere, BadCredentials, Conflict, NotFound, NotSupported, NotThere, Rejected
from app.core.model import Route, Transport
from app.core.plan import Seen, Verb
from app.sandbox.cleanmail.platforms import PLATFORM
from tests.providers.cleanmail.conftest import again

NAME, ONE, LDAP = "two.example", "one.example", "hotelduphare.example"
A = Route("a.example", 25, transport=Transport.PLAIN)
B = Route("b.example", 2525)
C = Route("c.example", 25)


@pytest.fixture
def two_routes(do):
    """A domain with two routes, and one with one."""
    first = {"host": "a.example", "transport": "plain"}
    do("domain.add", domain=NAME, routes=[first, {"host": "b.example", "port": 2525}])
    do("domain.add", domain=ONE, routes=[first])


def routes(cm, name=NAME):
    return cm.driver.read_domain(name).routes


def observed(cm, step):
    return cm.driver.observe(again(step)).seen


@pytest.mark.usefixtures("two_routes")
@pytest.mark.parametrize(
    ("name", "command", "fields", "after"),
    [
        (NAME, "routes.set", {"routes": [{"host": "c.example"}]}, (C,)),
        (
            NAME,
            "routes.set",
            {"routes": [{"host": "b.example", "port": 2525}, {"host": "a.example"}]},
            (B, A),
        ),
        (
            NAME,
            "routes.set",
            {"routes": [{"host": "a.example", "transport": "tls_always"}]},
            (Route("a.example", 25, transport=Transport.TLS_ALWAYS),),
        ),
        (
            NAME,
            "routes.set",
            {"routes": [{"host": "a.example", "transport": "tls_if_offered"}]},
            (Route("a.example", 25),),
        ),
        (NAME, "routes.remove", {"host": "b.example", "port": 2525}, (A,)),
        (NAME, "routes.remove", {"host": "a.example"}, (B,)),
        (
            NAME,
            "routes.replace_host",
            {"old_host": "a.example", "new_host": "c.example"},
            (Route("c.example", 25, transport=Transport.PLAIN), B),
        ),
        (
            NAME,
            "routes.replace_host",
            {"old_host": "b.example", "new_host": "a.example", "new_port": 25},
            (A,),
        ),
        (ONE, "routes.add", {"route": {"host": "c.example"}}, (A, C)),
        (ONE, "routes.add", {"route": {"host": "c.example"}, "position": 0}, (C, A)),
        (
            ONE,
            "routes.add",
            {"route": {"host": "a.example", "transport": "tls_always"}},
            (Route("a.example", 25, transport=Transport.TLS_ALWAYS),),
        ),
        (ONE, "routes.set", {"routes": [{"host": "2001:db8::1", "port": 587}]}, (Route("2001:db8::1", 587),)),
    ],
)
def test_routes_are_changed_in_one_step_and_back(cm, wish, undo, calls, name, command, fields, after):
    before = routes(cm, name)
    calls()
    [step] = cm.driver.plan(wish(command, domain=name, **fields))
    assert calls() == ["listDomains"]
    assert (step.verb, observed(cm, step)) == (Verb.ROUTES_SET, Seen.NOT_DONE)
    calls()
    cm.driver.apply(again(step))
    assert calls() == ["singleDomain", "editDomain"]
    assert routes(cm, name) == after and observed(cm, step) is Seen.DONE
    undo(step)
    assert routes(cm, name) == before and observed(cm, step) is Seen.NOT_DONE


@pytest.mark.usefixtures("two_routes")
@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("routes.set", {"routes": [{"host": "a.example"}, {"host": "b.example", "port": 2525}]}),
        (
            "routes.set",
            {"routes": [{"host": "A.example.", "transport": "plain"}, {"host": "b.example", "port": 2525}]},
        ),
        ("routes.add", {"route": {"host": "a.example"}}),
        ("routes.remove", {"host": "gone.example"}),
        ("routes.remove", {"host": "b.example"}),
        ("routes.replace_host", {"old_host": "gone.example", "new_host": "c.example"}),
    ],
)
def test_routes_that_are_so_already_need_no_step(cm, wish, command, fields):
    """A route that says nothing of TLS keeps what it has."""
    assert cm.driver.plan(wish(command, domain=NAME, **fields)) == []


@pytest.mark.usefixtures("two_routes")
def test_routes_that_are_not_what_the_person_saw(cm, wish):
    seen = [{"host": "a.example"}, {"host": "b.example", "port": 2525}]
    assert cm.driver.plan(wish("routes.set", domain=NAME, routes=[{"host": "c.example"}], expected=seen))
    with pytest.raises(Conflict, match="no longer what you saw") as caught:
        cm.driver.plan(wish("routes.set", domain=NAME, routes=[{"host": "c.example"}], expected=seen[:1]))
    assert [route["host"] for route in caught.value.now["routes"]] == ["a.example", "b.example"]


@pytest.mark.usefixtures("two_routes")
def test_routes_that_somebody_changed_between_plan_and_step(cm, wish, do, calls):
    [step] = cm.driver.plan(wish("routes.set", domain=NAME, routes=[{"host": "c.example"}]))
    do("routes.set", domain=NAME, routes=[{"host": "d.example"}])
    calls()
    with pytest.raises(Conflict):
        cm.driver.apply(again(step))
    assert calls() == ["singleDomain"] and observed(cm, step) is Seen.DIFFERS


@pytest.mark.usefixtures("two_routes")
def test_a_third_route_and_the_last_one(cm, wish, calls):
    calls()
    with pytest.raises(NotSupported, match="3 routes; Cleanmail takes a main host and one fallback"):
        cm.driver.plan(wish("routes.add", domain=NAME, route={"host": "c.example"}))
    with pytest.raises(NotSupported, match="left without a route"):
        cm.driver.plan(wish("routes.remove", domain=ONE, host="a.example"))
    assert calls() == ["listDomains"] * 2


def test_the_first_route_of_a_domain_makes_its_platform(cm, do, row):
    do("domain.add", domain=NAME)
    [step] = do("routes.add", domain=NAME, route={"host": "a.example"})
    assert routes(cm) == (Route("a.example", 25),) and observed(cm, step) is Seen.DONE
    assert step.inverse is None and step.lost
    [platform] = row(NAME)["platforms"]
    assert (platform["name"], platform["authType"], platform["default"]) == ("Main", "local", True)


def test_other_platforms_and_ids_stay_as_they_are(cm, do, row):
    before = row("nordwind.example")["platforms"]
    do("routes.set", domain="nordwind.example", routes=[{"host": "new.example", "port": 26}])
    main, other = row("nordwind.example")["platforms"]
    assert other == before[1] and main["id"] == before[0]["id"] and main["name"] == before[0]["name"]
    assert (main["transportDest"], main["transportPort"], main["fallbackTransportDest"]) == (
        "new.example",
        26,
        None,
    )


def test_what_somebody_changed_on_other_platforms_meanwhile_is_kept(cm, wish, row, upstream):
    [step] = cm.driver.plan(wish("routes.set", domain="nordwind.example", routes=[{"host": "new.example"}]))
    other = row("nordwind.example")["platforms"][1]
    kept = upstream.records.find("platforms", other["id"]) | {"transportDest": "moved.example"}
    upstream.records.put("platforms", kept)
    cm.driver.apply(again(step))
    assert row("nordwind.example")["platforms"][1]["transportDest"] == "moved.example"


@pytest.mark.parametrize("name", [LDAP, "nordwind-energie.example"])
def test_a_platform_whose_sign_in_did_not_come_back_is_never_written(cm, wish, calls, name):
    before = cm.driver.read_domain(name)
    calls()
    with pytest.raises(NotSupported, match="could erase them"):
        cm.driver.plan(wish("routes.set", domain=name, routes=[{"host": "c.example"}]))
    assert (
        cm.driver.plan(
            wish("routes.set", domain=name, routes=[{"host": r.host, "port": r.port} for r in before.routes])
        )
        == []
    )
    assert set(calls()) == {"listDomains"}


@pytest.mark.usefixtures("two_routes")
def test_a_sign_in_that_appeared_between_plan_and_step(cm, wish, row, upstream, calls):
    [step] = cm.driver.plan(wish("routes.set", domain=NAME, routes=[{"host": "c.example"}]))
    [platform] = row(NAME)["platforms"]
    changed = upstream.records.find("platforms", platform["id"]) | {
        "authType": "oidc",
        "authData": {"clientId": "x"},
    }
    upstream.records.put("platforms", changed)
    calls()
    with pytest.raises(NotSupported, match="could erase them"):
        cm.driver.apply(again(step))
    assert calls() == ["singleDomain"]


def several(cm, upstream, name, **marks):
    row = cm.driver.client.ask("listDomains", {"name": name})[0]
    for platform in row["platforms"]:
        upstream.records.put("platforms", upstream.records.find("platforms", platform["id"]) | marks)


def test_none_of_several_platforms_is_marked(cm, upstream, wish):
    several(cm, upstream, "nordwind.example", default=False)
    domain = cm.driver.read_domain("nordwind.example")
    assert domain.routes is None and "the route is not known" in domain.extra["warnings"]
    with pytest.raises(NotSupported, match="its route is not known"):
        cm.driver.plan(wish("routes.set", domain="nordwind.example", routes=[{"host": "c.example"}]))


def test_platforms_that_appeared_between_plan_and_step_are_not_wiped(cm, do, wish, upstream, row, calls):
    """The domain had none, so the step would write its first one; now it has two without a mark."""
    do("domain.add", domain=NAME)
    [step] = cm.driver.plan(wish("routes.add", domain=NAME, route={"host": "a.example"}))
    identity = row(NAME)["id"]
    for name in ("One", "Two"):
        platform = {"name": name, "transportDest": "x.example", "transportType": "SMTP", "transportPort": 25}
        upstream.records.add("platforms", {**dict.fromkeys(PLATFORM), **platform, "default": False}, identity)
    calls()
    with pytest.raises(NotSupported, match="its route is not known"):
        cm.driver.apply(again(step))
    assert calls() == ["singleDomain"] and len(row(NAME)["platforms"]) == 2


def test_a_restore_never_wipes_platforms_of_which_none_is_marked(cm, do, upstream, wish):
    several(cm, upstream, "nordwind.example", default=False)
    [removal] = do("domain.remove", domain="nordwind.example")
    assert removal.before["routes"] is None and "routes" in removal.inverse[0]
    with pytest.raises(NotSupported, match="its route is not known"):
        cm.driver.plan(wish("domain.add", domain="nordwind.example", routes=[{"host": "c.example"}]))
    [restore] = cm.driver.plan(wish("domain.add", domain="nordwind.example"))
    cm.driver.apply(again(restore))
    assert cm.driver.read_domain("nordwind.example").routes is None


def test_several_platforms_are_marked(cm, upstream, wish):
    """What is sent leaves the marks as they are; whether that is allowed is Cleanmail's to say."""
    several(cm, upstream, "nordwind.example", default=True)
    assert "2 platforms are marked" in cm.driver.read_domain("nordwind.example").extra["warnings"]
    [step] = cm.driver.plan(wish("routes.set", domain="nordwind.example", routes=[{"host": "c.example"}]))
    with pytest.raises(Rejected, match="Exactly one platform must be the default one"):
        cm.driver.apply(again(step))
    assert observed(cm, step) is Seen.NOT_DONE


def test_a_change_that_the_mx_forbids_says_so(cm, upstream, wish):
    upstream.profile["mx_check"] = True
    name = "librairie.example.org"
    domain = next(row for row in upstream.records.every("domains") if row["name"] == name)
    upstream.records.put("domains", {**domain, "dns": {"mx": "missing", "dkim": None}})
    [step] = cm.driver.plan(wish("routes.set", domain=name, routes=[{"host": "c.example"}]))
    with pytest.raises(Rejected) as caught:
        cm.driver.apply(step)
    assert "MX" in str(caught.value) and "X-Ignore-MX" in str(caught.value)


def test_an_administrator_of_some_domains_changes_their_routes(limited, wish):
    [step] = limited.driver.plan(
        wish("routes.set", domain="nordwind.example", routes=[{"host": "c.example"}])
    )
    limited.driver.apply(again(step))
    assert limited.driver.observe(step).seen is Seen.DONE


def test_routes_of_what_is_not_there(cm, wish, do, upstream):
    with pytest.raises(NotFound):
        cm.driver.plan(wish("routes.set", domain="gone.example", routes=[{"host": "c.example"}]))
    do("domain.add", domain=NAME, routes=[{"host": "a.example"}])
    [step] = cm.driver.plan(wish("routes.set", domain=NAME, routes=[{"host": "c.example"}]))
    upstream.profile["purge_days"] = 0
    do("domain.remove", domain=NAME)
    with pytest.raises(NotThere):
        cm.driver.apply(again(step))
    assert observed(cm, step) is Seen.DIFFERS


# --- aliases ----------------------------------------------------------------------------------------------------------


def test_aliases_are_added_in_one_call_and_removed_in_one_each(cm, do, undo, calls):
    do("domain.add", domain=NAME)
    calls()
    [added] = do("aliases.add", domain=NAME, aliases=["b.example", "a.example", "b.example"])
    assert calls() == ["listDomains", "singleDomain", "addDomainAlias"]
    assert cm.driver.read_domain(NAME).aliases == ("a.example", "b.example")
    assert added.subject == f"{NAME}: b.example, a.example"
    calls()
    removed = do("aliases.remove", domain=NAME, aliases=["a.example", "gone.example", "b.example"])
    assert calls() == ["listDomains", *["singleDomain", "deleteDomainAlias"] * 2]
    assert cm.driver.read_domain(NAME).aliases == ()
    assert [observed(cm, step) for step in removed] == [Seen.DONE, Seen.DONE]
    assert observed(cm, added) is Seen.NOT_DONE
    for step in reversed(removed):
        undo(step)
    assert (
        cm.driver.read_domain(NAME).aliases == ("a.example", "b.example") and observed(cm, added) is Seen.DONE
    )
    undo(added)
    assert cm.driver.read_domain(NAME).aliases == ()


def test_half_of_the_aliases_are_there(cm, do):
    do("domain.add", domain=NAME)
    [added] = do("aliases.add", domain=NAME, aliases=["a.example", "b.example"])
    do("aliases.remove", domain=NAME, aliases=["a.example"])
    assert observed(cm, added) is Seen.DIFFERS


def test_aliases_that_are_so_already_need_no_step(cm, wish):
    assert cm.driver.plan(wish("aliases.add", domain="nordwind.example", aliases=["nordwind.test"])) == []
    assert cm.driver.plan(wish("aliases.remove", domain="nordwind.example", aliases=["gone.example"])) == []


def test_an_alias_that_is_taken_adds_none_of_them(cm, do, wish):
    do("domain.add", domain=NAME)
    [step] = cm.driver.plan(wish("aliases.add", domain=NAME, aliases=["free.example", "nordwind.test"]))
    with pytest.raises(AlreadyThere):
        cm.driver.apply(again(step))
    assert observed(cm, step) is Seen.NOT_DONE


def test_an_alias_that_went_meanwhile_needs_no_call(cm, do, wish, calls):
    [step] = cm.driver.plan(wish("aliases.remove", domain="nordwind.example", aliases=["nordwind.test"]))
    do("aliases.remove", domain="nordwind.example", aliases=["nordwind.test"])
    calls()
    cm.driver.apply(again(step))
    assert calls() == ["singleDomain"] and observed(cm, step) is Seen.DONE


def test_an_alias_is_removed_by_the_id_that_it_has_now(cm, do, wish):
    """It was removed and added again since the plan, so the id that was seen then is another's, or nobody's."""
    [step] = cm.driver.plan(wish("aliases.remove", domain="nordwind.example", aliases=["nordwind.test"]))
    do("aliases.remove", domain="nordwind.example", aliases=["nordwind.test"])
    do("aliases.add", domain="nordwind.example", aliases=["other.example", "nordwind.test"])
    cm.driver.apply(again(step))
    assert cm.driver.read_domain("nordwind.example").aliases == ("nordwind-group.example", "other.example")


def test_many_aliases_have_a_short_subject(cm, do, wish):
    do("domain.add", domain=NAME)
    names = [f"a{number}.example" for number in range(500)]
    [step] = do("aliases.add", domain=NAME, aliases=names)
    assert step.subject == f"{NAME}: a0.example, a1.example, a2.example (+497)"
    assert len(cm.driver.read_domain(NAME).aliases) == 500


def test_aliases_of_what_is_not_there_or_not_open(cm, limited, wish):
    for bench, name in ((cm, "gone.example"), (limited, "nordwind-immobilien.example")):
        with pytest.raises(NotFound):
            bench.driver.plan(wish("aliases.add", domain=name, aliases=["a.example"]))


def test_a_step_for_a_domain_that_the_token_no_longer_sees(cm, limited, wish):
    [step] = cm.driver.plan(wish("aliases.add", domain="nordwind-immobilien.example", aliases=["x.example"]))
    with pytest.raises((NotThere, BadCredentials)):
        limited.driver.apply(again(step))
