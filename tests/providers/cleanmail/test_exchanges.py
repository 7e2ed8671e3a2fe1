"""Each documented exchange: the client sends the documented request, the driver understands the documented answer."""

import json

import pytest

from app.core.commands import ActOnResource, parse
from app.core.errors import Malformed, NotFound, NotSupported, OutcomeUnknown, Rejected
from app.core.model import DomainStatus, Route, Source, Transport
from app.providers.cleanmail.mailboxes import signature_of
from app.providers.cleanmail.wire import total_of
from tests.providers.cleanmail.conftest import TOKEN, again
from tests.providers.cleanmail.exchanges import EXCHANGES, UNDOCUMENTED, answered, arguments
from tests.sandbox.cleanmail import documented

# What the driver itself uses; the other exchanges are calls of the contract all the same.
USED = {
    *("createDomain", "editDomain", "deleteDomain", "singleDomain", "listDomains"),
    *("addDomainAlias", "deleteDomainAlias", "listDomainAliases"),
    *("listDomainOptions", "setDomainOption", "deleteDomainOption", "listOfUserTokens"),
    *("createToken", "deleteToken"),
    *("getDkim", "addDkim", "updateDomainDkim", "deleteDomainDkim"),
    "addEntries",
    *("getDomainFilterRules", "addDomainRule", "setDomainRules", "updateDomainRule", "deleteDomainRule"),
    *("getUserFilterRules", "addMailboxRule", "setMailboxRules", "updateMailboxRule", "deleteMailboxRule"),
    *("addAddressesToEmailAlias", "deleteEmailAliasRecipient", "listTargetedAddressesOfAlias"),
    "singleDomainPolicy",
    *("addAttachmentFilterToDomain", "editAttachmentFilter", "deleteAttachmentFilter"),
    *("addUriBlFilterToDomain", "editUriBlFilter", "deleteUriBlFilter"),
}


def test_all_are_here():
    assert len(EXCHANGES) == 63 and set(EXCHANGES) > USED


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_the_client_sends_the_documented_request(answering, name, prefix):
    bench, asked = answering(lambda told: answered(name), prefix)
    bench.driver.client.ask(name, arguments(name))
    [told] = asked
    expected = EXCHANGES[name]["request"]
    query = {key: value for key, value in expected["query"].items() if (name, key) not in UNDOCUMENTED}
    assert (told.method, told.path, told.query) == (expected["method"], prefix + expected["path"], query)
    assert told.body == expected["body"]
    assert told.headers["authorization"] == f"Bearer {TOKEN}"
    assert told.headers["accept"] == "application/json"
    assert ("content-type" in told.headers) is (expected["body"] is not None)


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_documented_answer_is_understood(answering, name):
    bench, _ = answering(lambda told: answered(name))
    answer = bench.driver.client.call(name, arguments(name))
    response = EXCHANGES[name]["response"]
    assert bench.driver.client.ask(name, arguments(name)) == response["body"]
    count = response["headers"].get("X-Total-Count")
    assert total_of(answer) == (None if count is None else int(count))


@pytest.mark.parametrize("name", EXCHANGES)
def test_any_call_by_its_name_is_the_documented_exchange(answering, name):
    bench, asked = answering(lambda told: answered(name))
    answer = bench.driver.call(name, arguments(name))
    expected, response = EXCHANGES[name]["request"], EXCHANGES[name]["response"]
    [told] = asked
    assert (told.method, told.path, told.body) == (expected["method"], expected["path"], expected["body"])
    assert answer.status == response["status"] and (json.loads(answer.body or b"null") == response["body"])
    count = response["headers"].get("X-Total-Count")
    assert answer.total == (None if count is None else int(count))


# --- as the driver uses them ------------------------------------------------------------------------------------------


def test_a_domain_is_found_by_its_name(answering):
    bench, asked = answering(lambda told: answered("listDomains"), parallel=1)
    record = bench.driver._reads.record("stark.net")
    assert (record.id, record.status, record.alias_names) == ("Eygdk", DomainStatus.ACTIVE, ())
    assert [(told.path, told.query) for told in asked] == [("/domains", {"name": "stark.net"})]


def test_a_domain_is_read_by_its_id_and_its_several_defaults_are_told(answering):
    """The six platforms of the example are all marked: the one that users have by default is the route (notes 15)."""

    def answer(told):
        if told.path == "/domains/Eygdk/users":
            return (
                200,
                [{"id": "a", "domainPlatformId": "6AMln", "platform": {"id": "6AMln"}}],
                {"X-Total-Count": "1"},
            )
        return answered("singleDomain")

    bench, asked = answering(answer)
    domain = bench.driver.read_domain("got.com", {"id": "Eygdk"})
    assert asked[0].path == "/domains/Eygdk"
    assert domain.routes == (Route("1.2.3.4", 25, transport=Transport.PLAIN),)
    assert domain.aliases == () and domain.mailboxes == 0 and domain.account == "Alinto"
    assert (
        domain.extra["customer"] == "Alinto (ByE3n)"
        and domain.extra["creationDate"] == "2026-03-25 16:50 UTC"
    )
    assert domain.extra["warnings"].startswith("6 platforms are marked as the default one")
    assert bench.driver._reads.default(bench.driver._reads.record("got.com", {"id": "Eygdk"})).id == "6AMln"


def test_a_domain_is_added_with_the_documented_fields(answering, wish):
    """The body has the form of the example's, and holds what the schema asks for."""

    def answer(told):
        return answered("createDomain") if told.method == "POST" else (200, [], {"X-Total-Count": "0"})

    bench, asked = answering(answer)
    documented_body = EXCHANGES["createDomain"]["request"]["body"]
    options = {
        **{
            name: str(documented_body[name])
            for name in ("incoming", "outgoing", "quarantine", "retention", "archive")
        },
        **{name: documented_body[name] for name in ("status", "defaultLanguage", "customerId", "externalId")},
        "autoProvisioningOn": "true",
    }
    routes = [{"host": "1.2.3.4", "port": 25, "transport": "plain"}]
    [step] = bench.driver.plan(wish("domain.add", domain="got.com", routes=routes, options=options))
    bench.driver.apply(again(step))
    sent = asked[-1]
    assert (sent.method, sent.path) == ("POST", "/domains")
    kept = {name: value for name, value in documented_body.items() if name in sent.body}
    [platform], [example] = sent.body.pop("platforms"), kept.pop("platforms")
    assert sent.body == kept and set(documented_body) - set(kept) == {
        "senderVerifyOn",
        "outgoingSubnets",
        "platforms",
    }
    assert platform == {**{k: v for k, v in example.items() if k != "authData"}, "name": "Main"}
    schema = documented.DOCUMENT["components"]["schemas"]["DomainAdd"]
    assert documented.errors(schema, {**sent.body, "platforms": [platform]}) == []


def test_a_domain_is_deleted_and_its_deletion_taken_back(answering, wish):
    domain = EXCHANGES["singleDomain"]["response"]["body"] | {"platforms": []}
    state = {"status": "ENABLED"}

    def answer(told):
        if told.method == "DELETE":
            state["status"] = "DELETED"
            return answered("deleteDomain")
        if told.method == "PATCH":
            state["status"] = "ENABLED"
            return answered("editDomain")
        shown = {**domain, **state}
        return (200, [shown], {"X-Total-Count": "1"}) if told.path == "/domains" else (200, shown, {})

    bench, asked = answering(lambda told: (200, [], {}) if told.path.endswith("options") else answer(told))
    [removal] = bench.driver.plan(wish("domain.remove", domain="got.com"))
    bench.driver.apply(again(removal))
    assert (asked[-1].method, asked[-1].path, asked[-1].body) == ("DELETE", "/domains/Eygdk", None)
    assert "x-ignore-mx" not in asked[-1].headers
    [restore] = bench.driver.plan(wish("domain.add", domain="got.com"))
    bench.driver.apply(again(restore))
    assert (asked[-1].method, asked[-1].path) == ("PATCH", "/domains/Eygdk")
    assert asked[-1].body == {"status": "ENABLED"} and "x-ignore-mx" not in asked[-1].headers


def test_aliases_are_added_in_one_call_and_removed_one_by_one(answering, wish):
    domain = EXCHANGES["singleDomain"]["response"]["body"] | {"platforms": []}
    aliases = EXCHANGES["addDomainAlias"]["response"]["body"]
    state = {"domainAliases": []}

    def answer(told):
        if told.method == "POST":
            state["domainAliases"] = aliases
            return answered("addDomainAlias")
        if told.method == "DELETE":
            return answered("deleteDomainAlias")
        shown = {**domain, **state}
        return (200, [shown], {"X-Total-Count": "1"}) if told.path == "/domains" else (200, shown, {})

    bench, asked = answering(answer)
    [step] = bench.driver.plan(wish("aliases.add", domain="got.com", aliases=["starks.net", "wolves.net"]))
    bench.driver.apply(again(step))
    expected = EXCHANGES["addDomainAlias"]["request"]
    assert (asked[-1].method, asked[-1].path, asked[-1].body) == ("POST", expected["path"], expected["body"])
    [step] = bench.driver.plan(wish("aliases.remove", domain="got.com", aliases=["starks.net"]))
    bench.driver.apply(again(step))
    assert (asked[-1].method, asked[-1].path) == ("DELETE", EXCHANGES["deleteDomainAlias"]["request"]["path"])


def test_aliases_that_a_domain_does_not_carry_are_listed(answering):
    domain = EXCHANGES["singleDomain"]["response"]["body"] | {"platforms": [], "domainAliases": None}
    bench, asked = answering(
        lambda told: answered("listDomainAliases") if told.path.endswith("/aliases") else (200, domain, {})
    )
    assert bench.driver.read_domain("got.com", {"id": "Eygdk"}).aliases == ("lanisters.net", "lions.net")
    assert [told.path for told in asked] == ["/domains/Eygdk", "/domains/Eygdk/aliases"]


def test_options_are_read_set_and_reset(answering, wish):
    domain = EXCHANGES["singleDomain"]["response"]["body"] | {"platforms": [], "name": "targaryen.net"}

    def answer(told):
        if told.path.endswith("/options"):
            return answered("listDomainOptions" if told.method == "GET" else "setDomainOption")
        if told.method == "DELETE":
            return answered("deleteDomainOption")
        return (200, [domain], {"X-Total-Count": "1"}) if told.path == "/domains" else (200, domain, {})

    bench, asked = answering(answer)
    fields = {field.name: field for field in bench.driver.read_settings("targaryen.net")}
    assert list(fields) == ["APP_URL", "DOMAIN_OPTION_EXAMPLE", "DOMAIN_ADMIN"]
    assert (fields["APP_URL"].source, fields["APP_URL"].value) == (Source.INHERITED, "protect.winterfell.net")
    own = fields["DOMAIN_ADMIN"]
    assert (own.source, own.value, own.default) == (
        Source.OWN,
        "reporter@targaryen.net",
        "noreply@cleanmail.eu",
    )
    for name, value in (("setDomainOption", "admin@targaryen.net"), ("deleteDomainOption", None)):
        [step] = bench.driver.plan(
            wish("settings.set", domain="targaryen.net", name="DOMAIN_ADMIN", value=value)
        )
        bench.driver.apply(again(step))
        expected = EXCHANGES[name]["request"]
        assert (asked[-1].method, asked[-1].path) == (expected["method"], expected["path"])
        assert asked[-1].body == expected["body"]


def test_the_records_of_a_key_are_those_of_all_names(answering):
    """Manual, 5.6.3: one line for the domain and each alias."""
    bench, _ = answering(lambda told: answered("getDkim" if told.path.endswith("/dkim") else "listDomains"))
    records = bench.driver.read_dkim("stark.net")
    assert [record.host for record in records] == [
        "protect._domainkey.stark.com",
        "protect._domainkey.winterfell.net",
    ]
    assert records[0].public_key.startswith("MIGfMA0") and records[0].value.startswith("v=DKIM1; p=")


@pytest.mark.parametrize(
    "body",
    [
        {"a": 1},
        ["no record"],
        [7],
        ["a._domainkey.not a name TXT v=DKIM1; p=A"],
        ["a._domainkey.a.example TXT "],
        ["a._domainkey.a.example TXT v=DKIM1;\x00p=A"],
        ["a._domainkey.a.example TXT p=" + "A" * 5000],
        ["a._domainkey.a.example TXT p=A"] * 1001,
    ],
)
def test_an_answer_that_is_no_list_of_records(answering, body):
    bench, _ = answering(
        lambda told: (200, body, {}) if told.path.endswith("/dkim") else answered("listDomains")
    )
    with pytest.raises(Malformed):
        bench.driver.read_dkim("stark.net")


def rules_answer(told):
    """The manual's sender rules, on the manual's domain; no other rules."""
    if told.path == "/domains":
        return answered("listDomains")
    if told.path.endswith("/wblist"):
        return answered("getDomainFilterRules" if told.method == "GET" else "setDomainRules")
    return (200, [], {"X-Total-Count": "0"}) if told.method == "GET" else (200, {}, {})


def test_the_documented_rules_are_read(answering):
    """Manual, 5.9.6."""
    bench, _ = answering(rules_answer)
    rules = {rule.pattern: rule for rule in bench.driver.read_rules("stark.net").rules}
    assert len(rules) == 5
    allowed, blocked = rules["daenerys@goodguys.fr"], rules["deadguys.fr"]
    assert (allowed.action.value, allowed.spf, allowed.note, allowed.expires) == ("allow", True, "", None)
    assert (blocked.action.value, blocked.spf, blocked.expires.isoformat()) == (
        "block",
        None,
        "2026-05-25T15:52:20+00:00",
    )
    assert rules["baelish@badguys.fr"].note == "he's a traitor"


def test_rules_are_sent_as_documented(answering, wish):
    """Manual, 5.8.1, 5.9.2, 5.9.10 and 5.10.1: the bodies of the examples, times at the precision of seconds."""
    bench, asked = answering(rules_answer)

    def sent(command, **fields):
        steps = bench.driver.plan(wish(command, domain="stark.net", **fields))
        bench.driver.apply(again(steps[0]))
        return asked[-1]

    allow = {"action": "allow", "pattern": "rickon@stark.net", "spf": True}
    block = {"action": "block", "pattern": "tywin.net", "expires": "2026-05-25T15:52:22+00:00"}
    told, expected = sent("rules.replace", rules=[allow, block]), EXCHANGES["setDomainRules"]["request"]
    assert (told.method, told.path) == (expected["method"], expected["path"])
    assert told.body == [expected["body"][0], {**expected["body"][1], "expireAt": 1779724342000}]
    told = sent("rules.add", rules=[allow, block])
    assert (told.method, told.path, told.body[0]) == ("POST", "/domains/Eygdk/wblist", expected["body"][0])
    for kind, name, rule in (
        (
            "attachment",
            "addAttachmentFilterToDomain",
            {"action": "allow", "part": "content_type", "pattern": ".xlsx", "note": "Allow xslx files"},
        ),
        (
            "uri",
            "addUriBlFilterToDomain",
            {"action": "skip", "pattern": "bulist.com", "note": "Rule bulist.com"},
        ),
    ):
        told, expected = sent("rules.add", rules=[{"kind": kind, **rule}]), EXCHANGES[name]["request"]
        assert (told.method, told.path, told.body) == (expected["method"], expected["path"], expected["body"])


SPREAD = {
    "owners": ["stark.net"],
    "rule": {"action": "allow", "pattern": "new@goodguys.fr", "spf": True},
}


def test_a_rule_for_several_owners_is_sent_as_the_manual_shows_it(answering, wish):
    bench, asked = answering(rules_answer)
    [step] = bench.driver.plan(wish("rules.spread", **SPREAD))
    bench.driver.apply(again(step))
    expected = EXCHANGES["addEntries"]["request"]
    assert (asked[-1].method, asked[-1].path) == (expected["method"], expected["path"])
    assert asked[-1].body == [{**expected["body"][0], "owner": "stark.net", "value": "new@goodguys.fr"}]


@pytest.mark.parametrize(
    ("status", "rows", "words"),
    [
        (201, [], "not for stark.net"),
        (422, {"message": "no such owner"}, "no such owner"),
    ],
)
def test_a_rule_that_was_not_added_for_all_owners_is_told(answering, wish, status, rows, words):
    answer = lambda told: (status, rows, {}) if told.path == "/wblist" else rules_answer(told)  # noqa: E731
    bench, _ = answering(answer)
    [step] = bench.driver.plan(wish("rules.spread", **SPREAD))
    with pytest.raises(Rejected if status == 422 else OutcomeUnknown, match=words):
        bench.driver.apply(step)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": "a"},
        {"value": "a.example", "type": "ALLOW"},
        {"id": "a", "value": "", "type": "ALLOW"},
        {"id": "a", "value": ["a.example"], "type": "ALLOW"},
    ],
)
def test_rules_that_are_none(answering, row):
    answer = lambda told: (200, [row], {}) if told.path.endswith("/wblist") else rules_answer(told)  # noqa: E731
    bench, _ = answering(answer)
    reading = bench.driver.read_rules("stark.net")
    assert reading.rules == () and "no rule" in str(next(iter(reading.problems.values())))


def test_rules_of_kinds_that_we_do_not_know_are_shown_and_not_written(answering, wish):
    rows = [
        {"id": "a", "value": "a.example", "type": "PROTECTED"},
        {"id": "b", "value": "b.example", "type": "SOMETHING"},
        {"id": "c", "value": "x" * 600, "type": "BLOCK"},
    ]
    answer = lambda told: (200, rows, {}) if told.path.endswith("/wblist") else rules_answer(told)  # noqa: E731
    bench, asked = answering(answer)
    rules = bench.driver.read_rules("stark.net").rules
    assert [(rule.action.value, rule.read_only) for rule in rules] == [
        ("protected", True),
        ("protected", True),
        ("block", True),
    ]
    with pytest.raises(NotSupported, match="only be seen"):
        bench.driver.plan(wish("rules.remove", domain="stark.net", rules=[rules[0].to_json()]))
    plan = bench.driver.plan(wish("rules.replace", domain="stark.net", rules=[], expected=[]))
    assert plan == [] and all(told.method == "GET" for told in asked)


def test_a_list_with_protected_rules_is_replaced_rule_by_rule(answering, wish):
    """The manual does not say that the call for a whole list leaves them alone."""
    rows = [
        {"id": "a", "value": "a.example", "type": "PROTECTED"},
        {"id": "b", "value": "b.example", "type": "BLOCK"},
    ]
    answer = lambda told: (200, rows, {}) if told.path.endswith("/wblist") else rules_answer(told)  # noqa: E731
    bench, _ = answering(answer)
    new = {"action": "block", "pattern": "c.example"}
    steps = bench.driver.plan(wish("rules.replace", domain="stark.net", rules=[new]))
    assert [step.args["call"] for step in steps] == ["deleteDomainRule", "addDomainRule"]


# --- e-mail aliases and policies ------------------------------------------------------------------------------------

GOT = {"id": "Eygdk", "name": "got.net", "domainAliases": [], "platforms": []}


def alias_answer(told):
    """The manual's e-mail alias in its list: before the two recipients of the first example, after it with both."""
    if told.path == "/domains":
        return 200, [GOT], {"X-Total-Count": "1"}
    if told.method == "POST":
        return answered("addAddressesToEmailAlias")
    if told.method == "DELETE":
        return answered("deleteEmailAliasRecipient")
    if told.path.endswith("/groups"):
        return 200, [EXCHANGES["addAddressesToEmailAlias"]["response"]["body"]], {"X-Total-Count": "1"}
    if told.path.endswith("/groups/ByE3n"):
        return answered("listTargetedAddressesOfAlias")
    return 200, GOT, {}


def test_one_e_mail_alias_is_read_with_the_names_of_its_recipients(answering):
    """Manual, 5.15.5: the list leaves the names out."""
    bench, asked = answering(alias_answer)
    alias = bench.driver.read_email_alias("got.net", "badguys@got.net")
    assert [(to.address, to.name) for to in alias.recipients] == [
        ("joffrey@got.net", "Joffrey Baratheon"),
        ("ramsay@got.net", "Ramsay Bolton"),
        ("themontain@got.net", "Gregor Clegane"),
    ]
    expected = EXCHANGES["listTargetedAddressesOfAlias"]["request"]
    assert (asked[-1].method, asked[-1].path) == (expected["method"], expected["path"])


def test_recipients_are_added_and_removed_with_the_documented_requests(answering, wish):
    """Manual, 5.15.1 and 5.15.4: those to add in one list, one to remove by its own id."""
    there = {**EXCHANGES["addAddressesToEmailAlias"]["response"]["body"], "recipients": []}
    answer = lambda told: (  # noqa: E731
        (200, [there], {}) if told.method == "GET" and told.path.endswith("/groups") else alias_answer(told)
    )
    bench, asked = answering(answer)
    of_it = {"domain": "got.net", "address": "badguys@got.net"}
    expected = EXCHANGES["addAddressesToEmailAlias"]["request"]
    [step] = bench.driver.plan(wish("email_aliases.add_recipients", **of_it, recipients=expected["body"]))
    bench.driver.apply(again(step))
    assert (asked[-1].method, asked[-1].path, asked[-1].body) == (
        expected["method"],
        expected["path"],
        expected["body"],
    )
    there["recipients"] = EXCHANGES["addAddressesToEmailAlias"]["response"]["body"]["recipients"]
    [step] = bench.driver.plan(
        wish("email_aliases.remove_recipients", **of_it, recipients=["joffrey@got.net"])
    )
    bench.driver.apply(again(step))
    expected = EXCHANGES["deleteEmailAliasRecipient"]["request"]
    assert (asked[-1].method, asked[-1].path, asked[-1].body) == (expected["method"], expected["path"], None)


def test_one_policy_is_read_by_its_own_call(answering):
    """Manual, 5.4.3; the answer says itself whose it is, so that no list is needed."""
    answer = lambda told: (  # noqa: E731
        (200, [GOT], {}) if told.path == "/domains" else answered("singleDomainPolicy")
    )
    bench, asked = answering(answer)
    policy = bench.driver.read_policy("got.net", "YyjPn")
    assert (policy.name, policy.values["spamScore"], policy.writable) == ("DefaultTestPolicy", 7.6, True)
    expected = EXCHANGES["singleDomainPolicy"]["request"]
    assert [(told.method, told.path) for told in asked[1:]] == [(expected["method"], expected["path"])]


@pytest.mark.parametrize("owner", ["ByE3n", None])
def test_a_policy_that_is_not_said_to_be_the_domain_s_is_looked_for_in_its_list(answering, owner):
    """Nobody reaches the policy of another domain by its id."""
    foreign = {**EXCHANGES["singleDomainPolicy"]["response"]["body"], "domainId": owner}

    def answer(told):
        if told.path == "/domains":
            return 200, [GOT], {}
        return (200, [], {"X-Total-Count": "0"}) if told.path.endswith("/policies") else (200, foreign, {})

    bench, asked = answering(answer)
    with pytest.raises(NotFound):
        bench.driver.read_policy("got.net", "YyjPn")
    assert asked[-1].path == "/domains/Eygdk/policies"


# --- mailboxes --------------------------------------------------------------------------------------------------------


def test_a_mailbox_is_made_changed_and_deleted_with_the_documented_requests(answering):
    """The last request of each action is that of the example; what is looked up before is the domain and the mailbox."""
    body = EXCHANGES["newUser"]["request"]["body"]
    user = {**EXCHANGES["newUser"]["response"]["body"], "lastname": "Lannister", "language": "EN"}
    platform = {"id": body["platformId"], "name": "platform", "default": True}
    domain = {"id": body["domainId"], "name": "lannister.net", "domainAliases": [], "platforms": [platform]}
    state = {"there": False}

    def answer(told):
        if told.path == "/domains":
            return 200, [domain], {"X-Total-Count": "1"}
        if told.path.startswith("/domains/"):
            return 200, domain if told.path.endswith(body["domainId"]) else [], {}
        if told.method == "GET" and told.path == "/users":
            return 200, [user] if state["there"] else [], {}
        if told.method == "GET":
            return 200, user, {}
        name = {"POST": "newUser", "PATCH": "editUser", "DELETE": "deleteUser"}[told.method]
        return answered("executeTask" if told.path == "/tasks" else name)

    bench, asked = answering(answer)

    def sent(action, key, **values):
        named = {"connection": "prod", "domain": "lannister.net", "kind": "mailboxes", "key": key}
        command = parse(ActOnResource, {**named, "action": action, "values": values})
        [step] = bench.driver.plan(command)
        bench.driver.apply(again(step))
        return asked[-1].method, asked[-1].path, asked[-1].body

    def documented_request(name):
        request = EXCHANGES[name]["request"]
        return request["method"], request["path"], request["body"]

    fields = {name: body[name] for name in ("email", "firstname", "lastname", "status", "language")}
    added = sent("add", "", **fields, platform="platform", password=body["password"], notify=False)
    assert added == documented_request("newUser")
    state["there"] = True
    edited = sent("edit", user["email"], **EXCHANGES["editUser"]["request"]["body"])
    assert edited == documented_request("editUser")
    welcome = documented_request("executeTask")
    recipient = {**welcome[2], "params": {"recipient": user["email"]}}
    assert sent("send_welcome", user["email"]) == (*welcome[:2], recipient)
    assert sent("remove", user["email"]) == documented_request("deleteUser")


def test_the_documented_signature_is_read():
    html = signature_of(EXCHANGES["getSign"]["response"]["body"])
    assert html == "Robert Stark<br/>King of the north"
