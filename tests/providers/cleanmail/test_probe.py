"""The connection test: reads only, and the card cut to what the token may do."""

import pytest

from app.core.capabilities import Capability, Found
from app.core.errors import BadCredentials, Malformed, Unreachable
from app.providers import registry
from app.providers.cleanmail import CARD, inferred
from app.providers.cleanmail.client import operations
from tests.contract.calls import some_of


def test_a_sysadmin_may_do_everything(cm, calls):
    found = cm.driver.probe()
    assert found.facts == {"domains": 12, "role": "sysadmin", "account": "operations@cleanmail.example"}
    assert found.missing == {} and not found.notes and found.version == ""
    made = calls()
    assert made == ["listDomains", "listAdmins", "listOfUserTokens", "listOfUserTokens"]
    assert not any(operations()[name].write for name in made)


def test_the_calls_of_a_system_administrator_are_closed_to_others_and_really_are(cm, limited):
    assert cm.driver.probe().calls == {}
    closed = limited.driver.probe().calls
    assert set(closed) == {
        *("createDomain", "deleteDomain", "newPolicy", "editPolicy", "deletePolicy"),
        *("addDkim", "updateDomainDkim", "deleteDomainDkim"),
    }
    domain = limited.driver.client.ask("listDomains")[0]["id"]
    for name in ("deleteDomain", "addDkim", "deleteDomainDkim"):
        call = registry.contract("cleanmail").find(name)
        arguments = {**some_of(call, required=True), "domainId": domain}
        with pytest.raises(BadCredentials, match=r"sysadmin|permission"):
            limited.driver.call(name, arguments)


def test_another_administrator_may_neither_add_nor_delete(limited, calls):
    found = limited.driver.probe()
    assert found.facts["domains"] == 4 and found.facts["role"] == "not sysadmin"
    card = CARD.cut(found.missing, found.facts)
    assert card.can == CARD.can - set(inferred.SYSADMIN_ONLY)
    assert {Capability.DOMAIN_ADD, Capability.DOMAIN_REMOVE, Capability.DKIM_WRITE} <= found.missing.keys()
    assert "sysadmin role" in str(card.reason(Capability.POLICIES_WRITE))
    assert "sysadmin role" in str(card.reason(Capability.DOMAIN_ADD))
    assert set(card.cut({}, own_only=found.own_only).own_only) == {
        Capability.TOKENS_READ,
        Capability.TOKENS_WRITE,
    }
    assert Found.from_json(found.to_json()).own_only == found.own_only
    assert calls() == ["listDomains", "listAdmins", "listOfUserTokens"]  # the first refusal tells


def test_the_first_call_is_the_smallest_page(cm):
    cm.driver.probe()
    assert cm.records[0].url.endswith("/domains?pageSize=1")


@pytest.mark.parametrize(
    ("admins", "tokens", "role", "grants"),
    [
        ((200, [{"id": "a"}, {"id": "b"}]), {"a": 200, "b": 200}, "sysadmin", True),
        ((200, [{"id": "a"}, {"id": "b"}]), {"a": 200, "b": 403}, "not sysadmin", True),
        ((200, [{"id": "a"}, {"id": "b"}]), {"a": 403}, "not sysadmin", True),
        ((200, [{"id": "a"}]), {"a": 200}, "unknown", True),
        ((200, [{"id": "a"}, {"id": "b"}]), {"a": 200, "b": 404}, "unknown", True),
        ((200, []), {}, "unknown", False),
        ((403, {}), {}, "unknown", False),
        ((200, "text"), {}, "unknown", True),
    ],
)
def test_the_role_is_found_by_the_tokens_of_two_administrators(answering, admins, tokens, role, grants):
    def answer(told):
        if told.path == "/domains":
            return 200, [{"id": "x", "name": "a.example"}], {"X-Total-Count": "7"}
        if told.path == "/security/admins":
            return (*admins, {})
        status = tokens[told.path.split("/")[2]]
        return status, [] if status == 200 else {"message": "no"}, {}

    bench, _ = answering(answer)
    found = bench.driver.probe()
    assert found.facts == {"domains": 7, "role": role}
    sysadmin = set(inferred.SYSADMIN_ONLY) if role == "not sysadmin" else set()
    assert found.missing.keys() == sysadmin | (set() if grants else set(inferred.NEEDS_GRANT))
    assert bool(found.notes) is (role == "unknown")


def test_a_token_that_sees_no_domain(answering):
    bench, _ = answering(lambda told: (200, [], {"X-Total-Count": "0"}))
    found = bench.driver.probe()
    assert found.facts["domains"] == 0 and "sees no domain" in str(found.notes[-1])


def test_a_wrong_token(connect):
    with pytest.raises(BadCredentials, match="does not accept the token") as caught:
        connect("cleanmail", token="wrong-token").driver.probe()
    assert "wrong-token" not in str(caught.value)


def test_the_token_of_a_mailbox_is_no_administrator(cm, connect):
    made = cm.driver.client.ask("temporaryAuthTokens", {"username": mailbox(cm)})
    found = connect("cleanmail", token=made["token"]).driver.probe()
    assert found.facts["role"] in ("unknown", "not sysadmin") and found.facts["domains"] == 0


def mailbox(cm):
    return cm.driver.client.ask("listUsers", {"sort": "id", "pageSize": 1})[0]["email"]


@pytest.mark.parametrize(
    ("fault_name", "error"), [("html", Malformed), ("malformed", Malformed), ("5xx", Unreachable)]
)
def test_what_does_not_answer_as_cleanmail_does(cm, fault, fault_name, error):
    fault(fault_name, "listDomains")
    with pytest.raises(error):
        cm.driver.probe()


def test_a_token_that_is_revoked_in_the_middle(answering):
    bench, _ = answering(
        lambda told: (
            (401, None, {})
            if told.path.endswith("/tokens")
            else (200, [{"id": "a", "name": "a.example"}], {})
        )
    )
    with pytest.raises(BadCredentials, match="does not accept the token"):
        bench.driver.probe()


def test_the_same_with_and_without_the_prefix(connect, sandbox):
    for prefix in ("", "/api/v3", "/api/v3/"):
        bench = connect("cleanmail")
        bench = type(bench)(
            "cleanmail", sandbox.http("cleanmail") + prefix, {"token": bench.connection.value("token")}
        )
        assert bench.driver.probe().facts["domains"] == 12
        assert bench.driver.read_domain("solskin.example").routes


def test_the_fields_of_the_card_are_the_credentials_of_the_demo(upstream):
    assert {setting.name for setting in CARD.settings} <= set(upstream.credentials())
    assert CARD.can | CARD.gaps.keys() == set(Capability) and CARD.limits.routes == 2
