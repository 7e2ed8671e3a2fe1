"""What goes wrong on the wire: a write is never guessed at, a read is never half."""

import pytest

from app.core.errors import Malformed, OutcomeUnknown, RateLimited, Unreachable
from app.core.plan import Seen
from app.sandbox.server import Sandbox
from tests.providers.cleanmail.conftest import again
from tests.providers.conftest import Bench

ROUTE = [{"host": "mx.example.net"}]
WRITES = {
    "createDomain": ("domain.add", {"domain": "new.example", "routes": ROUTE}),
    "deleteDomain": ("domain.remove", {"domain": "nordwind.example"}),
    "editDomain": ("routes.set", {"domain": "nordwind.example", "routes": ROUTE}),
    "addDomainAlias": ("aliases.add", {"domain": "nordwind.example", "aliases": ["a.example"]}),
    "deleteDomainAlias": ("aliases.remove", {"domain": "nordwind.example", "aliases": ["nordwind.test"]}),
    "setDomainOption": ("settings.set", {"domain": "nordwind.example", "name": "GREETING", "value": "Hi"}),
    "restore": ("domain.add", {"domain": "altstadtkontor.example"}),
}


@pytest.fixture(params=WRITES)
def planned(request, cm, wish):
    """A step of each kind, and the call that it makes."""
    command, fields = WRITES[request.param]
    [step] = cm.driver.plan(wish(command, **fields))
    return step, step.args["call"]


@pytest.mark.parametrize(
    ("kind", "when", "seen"),
    [
        ("hangup", "after", Seen.DONE),
        ("reset", "after", Seen.DONE),
        ("5xx", "after", Seen.DONE),
        ("html", "after", Seen.DONE),
        ("5xx", "before", Seen.NOT_DONE),
        ("refuse", "before", Seen.NOT_DONE),
        ("html", "before", Seen.NOT_DONE),
    ],
)
def test_a_write_whose_answer_is_lost_is_unknown_and_can_be_looked_up(
    cm, planned, fault, calls, kind, when, seen
):
    step, call = planned
    calls()
    fault(kind, call, when=when)
    with pytest.raises(OutcomeUnknown):
        cm.driver.apply(again(step))
    assert calls().count(call) == 1  # sent once
    assert cm.driver.observe(again(step)).seen is seen


def test_a_write_that_comes_too_often_is_surely_not_done(cm, planned, fault):
    step, call = planned
    fault("429", call, when="before", retry_after="7")
    with pytest.raises(RateLimited) as caught:
        cm.driver.apply(again(step))
    assert caught.value.retry_after == 7
    assert cm.driver.observe(again(step)).seen is Seen.NOT_DONE


@pytest.mark.parametrize("kind", ["html", "malformed", "truncated", "refuse", "5xx"])
def test_a_look_before_a_write_that_fails_sends_nothing(cm, wish, fault, calls, kind):
    """Nothing was sent, so this is never an unknown outcome."""
    command, fields = WRITES["editDomain"]
    [step] = cm.driver.plan(wish(command, **fields))
    calls()
    fault(kind, "*")
    with pytest.raises(Unreachable):
        cm.driver.apply(again(step))
    assert "editDomain" not in calls()


@pytest.mark.parametrize("kind", ["html", "malformed", "truncated", "huge"])
def test_a_read_that_is_none_is_malformed(connect, fault, kind):
    bench = connect("cleanmail", body_cap=1_000_000)
    fault(kind, "*")
    with pytest.raises((Malformed, Unreachable)):
        list(bench.driver.list_domains())
    with pytest.raises((Malformed, Unreachable)):
        bench.driver.read_domain("nordwind.example")


@pytest.mark.parametrize("kind", ["5xx", "reset", "hangup", "429"])
def test_a_read_is_tried_again(cm, fault, kind):
    fault(kind, "listDomains", count=1)
    assert cm.driver.read_domain("solskin.example").routes


def test_a_read_that_is_refused_for_good(cm, fault):
    fault("5xx", "listDomains")
    with pytest.raises(Unreachable):
        cm.driver.read_domain("solskin.example")
    fault("429", "listDomains", retry_after="3600")
    with pytest.raises(RateLimited):
        cm.driver.read_domain("solskin.example")


def test_over_https_with_the_ca(sandbox: Sandbox):
    from app.core.model import Tls

    token = sandbox.upstreams["cleanmail"].credentials()["token"]
    url = sandbox.https("cleanmail") + "/api/v3"
    trusting = Bench("cleanmail", url, {"token": token}, tls=Tls.CA_FILE, ca_file=str(sandbox.ca_path))
    assert trusting.driver.probe().facts["domains"] == 12
    with pytest.raises(Unreachable):
        Bench("cleanmail", url, {"token": token}).driver.probe()
