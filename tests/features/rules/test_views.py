"""The pages of rules: all that are stored, and those of one domain."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from app.core.actor import Right
from tests.browser import Browser
from tests.features.cleanmail_world import CM, OLS, SE, CleanmailWorld
from tests.features.first import Pages, check_methods, check_rights, check_sign_in
from tests.features.page import see, send, submit
from tests.features.world import ONLY_NORDWIND

HOME = "nordwind.example"
HERE = f"/rules/{CM}/{HOME}"
PAGES: Pages = {
    "/rules/": ("GET", Right.VIEW_RULES),
    "/rules/export.csv": ("GET", Right.EXPORT),
    "/rules/read": ("POST", Right.SYNC),
    "/rules/spread": ("GET POST", Right.VIEW_RULES),
    "/rules/withdraw": ("POST", Right.CHANGE_RULES),
    HERE: ("GET POST", Right.VIEW_RULES),
    f"{HERE}/edit/0123456789abcdef": ("GET POST", Right.CHANGE_RULES),
    f"{HERE}/replace": ("GET POST", Right.CHANGE_RULES),
}
SOON = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()


def add(browser: Browser, text: str, where: str = HERE, **more: str):
    """Fills in the form that adds rules."""
    return submit(browser, see(browser, where).form("patterns"), patterns=text, **more)


def test_they_need_somebody_signed_in_and_the_right(world: CleanmailWorld) -> None:
    check_sign_in(world, PAGES)
    check_rights(world, PAGES)
    check_methods(world, PAGES)


def test_the_list_asks_no_upstream_and_says_what_it_does_not_know(
    world: CleanmailWorld, operator: Browser
) -> None:
    page = see(operator, "/rules/")
    assert "No rules were read yet" in page.text and "OLSPanel's API has no sender lists" in page.text
    assert world.upstream_calls() == 0
    assert see(operator, HERE).status == 200
    calls = world.upstream_calls()
    assert calls
    page = see(operator, "/rules/")
    assert "No rules were read yet" not in page.text and HOME in page.text and "1 of " in page.text
    assert world.upstream_calls() == calls


def test_rules_of_every_kind_are_added_and_shown(world: CleanmailWorld, operator: Browser) -> None:
    page = add(
        operator,
        "partner.example\nAnna@Other.example",
        what="sender:allow",
        note="=1+1",
        expires=SOON,
        spf="yes",
    )
    assert "Added 2 rules to nordwind.example." in page.text
    assert (
        "partner.example" in page.text
        and "anna@other.example" in page.text
        and "only if SPF passes" in page.text
    )
    assert world.written() == ["addDomainRule"]
    page = add(operator, r"\.exe$", what="attachment:block", part="archive_filename")
    assert "file name inside an archive" in page.text
    assert r"^bad\.example$" in add(operator, r"^bad\.example$", what="uri:skip").text
    assert world.written() == ["addDomainRule", "addAttachmentFilterToDomain", "addUriBlFilterToDomain"]
    assert "partner.example" in see(operator, "/rules/?q=partner").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"patterns": ""}, "This is needed"),
        ({"patterns": "no address"}, "letters, digits"),
        ({"patterns": "(a", "what": "uri:block"}, "no regular expression: missing )"),
        ({"patterns": ".*", "what": "uri:block"}, "matches everything"),
        ({"patterns": "a.example", "expires": "tomorrow"}, "Enter a day"),
        ({"patterns": "a.example", "mailbox": "x@other.example"}, "no mailbox of nordwind.example"),
        ({"patterns": "a.example", "what": "sender:block", "spf": "yes"}, "SPF condition"),
        ({"patterns": "a.example\na.example"}, "named twice"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_sent(
    world: CleanmailWorld, operator: Browser, fields: dict[str, str], words: str
) -> None:
    form = see(operator, HERE).form("patterns")
    page = submit(operator, form, **fields)
    assert page.status in (409, 422) and words in page.text
    assert page.form("patterns").value("patterns").replace("\r\n", "\n") == fields["patterns"]
    assert world.written() == []


def test_chosen_rules_are_removed_and_that_is_undone(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "gone.example", what="sender:block", note="a note", expires=SOON)
    page = see(operator, HERE)
    form = page.form("rule") if any("rule" in f.names for f in page.forms) else page.form("remove")
    value = next(v for v in _values(page.html) if "gone.example" in v)
    page = submit(operator, form, press="remove", rule=[value])
    assert "Removed the rule gone.example of nordwind.example." in page.text
    assert "gone.example" not in [row.rule.pattern for row in stored(world)]
    undo = next(link for link in page.links if link.endswith("/undo"))
    page = submit(operator, see(operator, undo).form("request_key"))
    assert "Undone" in page.text
    [row] = [row for row in stored(world) if row.rule.pattern == "gone.example"]
    assert row.rule.note == "a note" and row.rule.expires.date().isoformat() == SOON
    assert "gone.example" in see(operator, HERE).text


def _values(html: str) -> list[str]:
    from html import unescape

    return [unescape(part.split('"', 1)[0]) for part in html.split('name="rule" value="')[1:]]


def stored(world: CleanmailWorld, key: str = CM, domain: str = HOME):
    from tests.features.world import ADMIN

    return world.wired.rules.of_domain(ADMIN, key, domain)


def test_a_rule_is_edited_unless_somebody_changed_it(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "partner.example", what="sender:allow", expires=SOON)
    [row] = [r for r in stored(world) if r.rule.pattern == "partner.example"]
    where = f"{HERE}/edit/{row.rule.id}"
    form = see(operator, where).form("pattern")
    assert form.value("expires") == SOON and form.value("spf") == "yes"
    page = submit(operator, form, pattern="new.example", note="Agreed")
    assert "Changed the rule new.example" in page.text and "Agreed" in page.text
    assert world.written() == ["addDomainRule", "updateDomainRule"]
    [row] = [r for r in stored(world) if r.rule.pattern == "new.example"]
    assert row.rule.expires.date().isoformat() == SOON
    assert submit(operator, form, pattern="x.example").status == 404
    assert see(operator, f"{HERE}/edit/0000000000000000").status == 404


def test_a_list_is_replaced_through_a_diff(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "one.example\ntwo.example", what="sender:block")
    where = f"{HERE}/replace?kind=sender"
    form = see(operator, where).form("lines")
    kept = [line for line in form.value("lines").splitlines() if "one.example" not in line]
    text = "\n".join([*kept, f'allow,three.example,,{SOON},no,"why, so"'])
    page = submit(operator, form, lines=text)
    assert "What would change" in page.text, page.text[400:1200]
    assert "one.example" in page.text and "three.example" in page.text
    assert len(world.written()) == 1
    page = submit(operator, page.form("checksum"), press="start")
    assert "such rules now" in page.text
    assert "three.example" in page.text and "why, so" in page.text and "one.example" not in page.text
    page = submit(operator, form, lines=text + "\nblock,four.example")
    assert page.status == 409 and "changed the rules since" in page.text
    page = submit(operator, see(operator, where).form("lines"), lines="allow,a.example,,when")
    assert page.status == 422 and "Line 1" in page.text


def test_which_rules_name_this_sender(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "partner.example", what="sender:allow")
    add(operator, "*.partner.example", where=f"/rules/{SE}/{HOME}", what="sender:block")
    add(operator, "other.example", what="sender:allow")
    page = see(operator, "/rules/?sender=Anna@mail.partner.example")
    assert "*.partner.example" in page.text and "other.example" not in page.text
    page = see(operator, "/rules/?sender=anna@partner.example")
    assert "Rules that name anna@partner.example" in page.text and "Cm filter" in page.text
    page = see(operator, "/rules/?sender=no one")
    assert page.status == 422 and "is no sender" in page.text


def test_expired_shadowed_and_contradicting_rules_are_marked(
    world: CleanmailWorld, operator: Browser
) -> None:
    add(operator, "wide.example", what="sender:allow", spf="no")
    add(operator, "one@wide.example", what="sender:allow", spf="no")
    add(operator, "two@wide.example", what="sender:block")
    add(operator, "late.example", what="sender:block", expires="2020-01-01")
    page = see(operator, HERE)
    for words in ("shadowed", "conflict", "expired"):
        assert words in page.text
    assert "one@wide.example" in see(operator, "/rules/?mark=shadowed").text
    assert "two@wide.example" in see(operator, "/rules/?mark=conflict").text
    page = see(operator, "/rules/?mark=expired")
    assert "late.example" in page.text and "two@wide.example" not in page.text


def test_rules_of_one_mailbox(world: CleanmailWorld, operator: Browser) -> None:
    mailbox, _ = next(
        world.wired.rule_reads.reader(world.wired.connections.get(_admin(), CM)).rule_mailboxes(HOME)
    )
    page = add(operator, "mine.example", what="sender:allow", mailbox=mailbox)
    assert "Added the rule mine.example" in page.text and "mine.example" in page.text
    page = see(operator, f"{HERE}?mailbox={mailbox}")
    assert "mine.example" in page.text and page.form("patterns").value("mailbox") == mailbox
    assert see(operator, f"{HERE}?mailbox=nobody@{HOME}").status == 404
    assert see(operator, f"{HERE}?mailbox=%00").status == 404


def _admin():
    from tests.features.world import ADMIN

    return ADMIN


def test_support_may_add_expiring_rules_only(world: CleanmailWorld) -> None:
    support = world.sign_in("support")
    page = see(support, HERE)
    assert "expire within 30 days" in page.text and "Remove the chosen rules" not in page.text
    page = submit(support, page.form("patterns"), patterns="a.example")
    assert page.status == 403 or "only rules that expire" in page.text
    assert world.written() == []
    page = add(support, "a.example", what="sender:allow", expires=SOON)
    assert "Added the rule a.example" in page.text
    assert "Undo" in page.text, "it is their own, and it would have ended by itself"
    far = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    assert "only rules that expire" in add(support, "b.example", what="sender:allow", expires=far).text
    assert world.written() == ["addDomainRule"]
    page = add(world.sign_in("operator"), "c.example", what="sender:allow", expires=SOON)
    assert "Undo" in page.text


def test_support_undoes_its_own_rule_and_nobody_elses(world: CleanmailWorld) -> None:
    support, other = world.sign_in("support"), world.sign_in("support")
    add(support, "a.example", what="sender:allow", expires=SOON)
    added = world.changes()[0]
    undo = f"/changes/{added.id}/undo"
    assert undo not in see(other, f"/changes/{added.id}").html
    assert other.get(undo).status_code == 403 and world.sign_in("auditor").get(undo).status_code == 403
    assert undo in see(support, f"/changes/{added.id}").html
    page = submit(support, see(support, undo).form("request_key"))
    assert "Undone" in page.text and "a.example" not in [r.rule.pattern for r in stored(world)]
    assert world.changes()[0].undo_of == added.id
    lasting = add(world.sign_in("operator"), "b.example", what="sender:allow")
    assert "Added" in lasting.text
    assert support.get(f"/changes/{world.changes()[0].id}/undo").status_code == 403


def test_a_rule_is_spread_over_owners_found_and_removed_for_all(
    world: CleanmailWorld, operator: Browser
) -> None:
    mailbox, _ = next(
        world.wired.rule_reads.reader(world.wired.connections.get(_admin(), CM)).rule_mailboxes(HOME)
    )
    page = see(operator, "/rules/spread?sender=many.example")
    assert "SpamExperts adds a rule to one domain" in page.text
    form = page.form("owners")
    assert form.value("pattern") == "many.example"
    owners = f"{HOME}\n{mailbox}\nlofotenfisk.example"
    page = submit(operator, form, owners=owners, connection=CM, action="block", expires=SOON, note="Why")
    assert "Added the rule many.example. New owners: 3; had it already: 0." in page.text
    assert world.written() == ["addEntries"] and mailbox in page.text and "lofotenfisk.example" in page.text
    chosen = [v for v in _values(page.html) if "many.example" in v]
    assert len(chosen) == 3
    page = submit(operator, page.form("rule"), rule=chosen)
    assert "Rules removed: 3." in page.text and "No stored rule matches" in page.text
    assert not any(row.rule.pattern == "many.example" for row in stored(world))
    assert sorted(set(world.written())) == ["addEntries", "deleteDomainRule", "deleteMailboxRule"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"owners": ""}, "At least 1"),
        ({"owners": "no!owner.example"}, "letters, digits"),
        ({"owners": "gone.example"}, "gone.example"),
        ({"owners": HOME, "pattern": "no one"}, "letters, digits"),
        ({"owners": HOME, "expires": "soon"}, "Enter a day"),
        ({"owners": HOME, "action": "block", "spf": "yes"}, "SPF condition"),
    ],
)
def test_a_spread_that_cannot_be_is_said_and_nothing_is_sent(
    world: CleanmailWorld, operator: Browser, fields: dict[str, str], words: str
) -> None:
    form = see(operator, "/rules/spread?sender=many.example").form("owners")
    page = submit(operator, form, **fields)
    assert page.status in (404, 409, 422) and words in page.text
    assert page.form("owners").value("owners") == fields["owners"] and world.written() == []


def test_what_cannot_be_removed_for_all_is_said(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "many.example", what="sender:block")
    add(operator, "many.example", where=f"/rules/{CM}/lofotenfisk.example", what="sender:block")
    page = see(operator, "/rules/?sender=many.example")
    chosen = [v for v in _values(page.html) if "many.example" in v]
    world.fault("refuse", "deleteDomainRule", upstream="cleanmail", count=1)
    page = submit(operator, page.form("rule"), rule=chosen)
    assert "Rules removed: 1; then:" in page.text
    assert operator.send("/rules/withdraw", {}).status_code == 422
    assert operator.send("/rules/withdraw", {"rule": "{"}).status_code == 422


def test_rules_for_all_domains_of_spamexperts(world: CleanmailWorld, operator: Browser) -> None:
    page = add(operator, "everywhere.example", where=f"/rules/{SE}/default", what="sender:block")
    assert "everywhere.example" in page.text and "all domains of Se filter" in page.text
    assert "everywhere.example" in see(operator, "/rules/").text
    narrow = world.sign_in("operator", scopes=ONLY_NORDWIND)
    assert "everywhere.example" not in see(narrow, "/rules/").text
    assert see(narrow, f"/rules/{SE}/default").status == 404


def test_a_job_reads_everything(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, "/rules/")
    form = next(f for f in page.forms if ("connection", CM) in f.fields and f.action.endswith("/read"))
    assert "Read the rules of every domain" in submit(operator, form).text
    world.work()
    page = see(operator, "/rules/?connection=" + CM)
    assert "No rules were read yet" not in page.text
    coverage = world.wired.rules.coverage(_admin())[CM]
    assert coverage.domains == coverage.complete > 3
    assert any(row.rule.mailbox for row in world.wired.rules.iterate(_admin(), _all(), datetime.now(UTC)))


def _all():
    from app.core.rule_ports import RuleQuery

    return RuleQuery()


def test_the_export_is_what_is_shown_and_no_formula(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "partner.example", what="sender:allow", note="=HYPERLINK(1)")
    add(operator, "other.example", what="sender:block")
    text = operator.get("/rules/export.csv?q=partner").get_data(as_text=True)
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["domain"], row["action"], row["pattern"]) == (HOME, "allow", "partner.example")
    assert row["note"] == "'=HYPERLINK(1)"
    assert operator.get("/rules/export.xlsx").status_code == 200
    assert operator.get("/rules/export.pdf").status_code == 404


def test_sent_twice_is_one_change(world: CleanmailWorld, operator: Browser) -> None:
    form = see(operator, HERE).form("patterns")
    assert [send(operator, form, patterns="a.example").status_code for _ in range(2)] == [303, 303]
    assert world.written() == ["addDomainRule"]


def test_with_the_upstream_down_the_stored_rules_are_shown(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "kept.example", what="sender:allow")
    form = see(operator, HERE).form("patterns")
    world.fault("refuse", upstream="cleanmail")
    page = see(operator, HERE)
    assert page.status == 200 and "kept.example" in page.text and "Shown is what was read before" in page.text
    page = submit(operator, form, patterns="b.example")
    assert page.status == 502 and page.form("patterns").value("patterns") == "b.example"


def test_one_list_that_fails_leaves_the_others(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "kept.example", what="sender:allow")
    world.fault("malformed", "getDomainAttachmentFilters", upstream="cleanmail")
    page = see(operator, HERE)
    assert page.status == 200 and "kept.example" in page.text and "Attachment rules:" in page.text


def test_outside_the_scope_is_not_found(world: CleanmailWorld, operator: Browser) -> None:
    add(operator, "secret.example", where=f"/rules/{CM}/lofotenfisk.example", what="sender:allow")
    browser = world.sign_in("operator", scopes=ONLY_NORDWIND)
    outside = f"/rules/{CM}/lofotenfisk.example"
    before = world.upstream_calls()
    for address in (
        outside,
        f"{outside}/replace",
        f"{outside}/edit/0123456789abcdef",
        "/rules/gone/x.example",
    ):
        assert browser.get(address).status_code == 404
    assert browser.send(outside, {"what": "sender:allow", "patterns": "a.test"}).status_code == 404
    assert "secret.example" not in see(browser, "/rules/").text
    assert world.upstream_calls() == before


def test_a_provider_without_rules_gives_its_reason(operator: Browser) -> None:
    page = see(operator, f"/rules/{OLS}/harbourbikes.example")
    assert page.status == 200 and "no sender lists" in page.text
    assert not any("patterns" in form.names for form in page.forms)


@pytest.mark.parametrize(
    "query", ["page=99999999999999999999", "sort=x&size=x", "kind=x&mark=x", "q=%00&domain=a..b", "page=7"]
)
def test_odd_addresses_are_pages(world: CleanmailWorld, operator: Browser, query: str) -> None:
    assert see(operator, f"/rules/?{query}").status == 200


@pytest.mark.parametrize(
    "seen", ["", "[]", "{", '{"kind":"x"}', '{"kind":"sender","action":"allow","pattern":1}', "1"]
)
def test_a_damaged_form_is_no_error_of_ours(world: CleanmailWorld, operator: Browser, seen: str) -> None:
    add(operator, "partner.example", what="sender:allow")
    [row] = [r for r in stored(world) if r.rule.pattern == "partner.example"]
    page = submit(operator, see(operator, f"{HERE}/edit/{row.rule.id}").form("pattern"), seen=seen)
    assert page.status == 422
    assert operator.send(HERE, {"remove": "1", "rule": seen}).status_code == 422
