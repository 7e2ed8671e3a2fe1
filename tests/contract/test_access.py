"""Administrators, tokens and accesses of an upstream: read, changed, brought back; never the connection's own."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.core.capabilities import Capability
from app.core.errors import Conflict, GatehouseError, Invalid, NotFound
from app.core.secret import MASK

CAN = Capability
NOBODY = "nobody.at.all"
PASSWORD = "correct horse battery staple"


def admin(subject, login=""):
    return subject.driver.read_admin(login or subject.about.admin)


def tokens(subject, login=""):
    return [token.name for token in subject.driver.list_tokens(login or subject.about.admin)]


def held(subject, login=""):
    access = subject.driver.read_access(subject.about.domain)
    return next((h for a, h in access.admins if a.login == (login or subject.about.admin)), ())


def changed(subject):
    return any(record.write for record in subject.records)


# --- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.ADMINS_READ, "admin")
def test_administrators_come_in_pages(subject):
    whole = subject.driver.list_admins(size=100)
    assert whole.rows and whole.total == len(whole.rows)
    two = subject.driver.list_admins(page=2, size=2)
    assert [a.login for a in two.rows] == [a.login for a in whole.rows[2:4]] and two.total == whole.total
    logins = [one.login for one in whole.rows]
    assert len(set(logins)) == len(logins) and subject.about.admin in logins
    assert [a.login for a in whole.rows if a.ours] == [subject.about.own_admin]
    found = subject.driver.list_admins(subject.about.admin)
    assert [a.login for a in found.rows] == [subject.about.admin]
    assert subject.driver.list_admins(NOBODY).rows == () and not changed(subject)


@pytest.mark.needs(CAN.ADMINS_READ, "admin")
def test_one_administrator(subject):
    listed = {one.login: one for one in subject.driver.list_admins(size=100).rows}
    for login, one in listed.items():
        assert admin(subject, login) == one
        json.dumps([one.ref, [[g.kind, g.name, g.permissions] for g in one.grants]])
    with pytest.raises(NotFound):
        admin(subject, NOBODY)


@pytest.mark.needs(CAN.TOKENS_READ)
def test_tokens_are_listed_without_their_values(subject):
    found = subject.driver.list_tokens(subject.about.own_admin)
    assert found and all(token.id and token.name for token in found)
    shown = json.dumps([str(token) for token in found])
    secrets = subject.sandbox.upstreams[subject.slug].credentials()
    assert not any(value in shown for name, value in secrets.items() if "token" in name)
    with pytest.raises(NotFound):
        tokens(subject, NOBODY)


@pytest.mark.needs(CAN.ACCESS_READ)
def test_who_may_manage_a_domain(subject):
    access = subject.driver.read_access(subject.about.domain)
    assert access.offered and access.users
    for one, names in access.admins:
        assert one.login and set(names) <= set(access.offered)
    with pytest.raises(NotFound):
        subject.driver.read_access("not-there.example")


@pytest.mark.needs(CAN.ACCESS_READ)
def test_what_one_account_may_do_with_a_domain(subject):
    whole = subject.driver.read_access(subject.about.domain)
    for one, names in whole.admins:
        alone = subject.driver.read_access_of(subject.about.domain, one.login)
        assert alone.admins == ((one, names),) and alone.offered == whole.offered
    without = {a.login for a in subject.driver.list_admins(size=100).rows} - {
        a.login for a, _ in whole.admins
    }
    assert subject.driver.read_access_of(subject.about.domain, sorted(without)[0]).admins == ()
    with pytest.raises(NotFound):
        subject.driver.read_access_of(subject.about.domain, NOBODY)
    with pytest.raises(NotFound):
        subject.driver.read_access_of("not-there.example", subject.about.admin)


@pytest.mark.needs(CAN.ACCESS_WRITE)
def test_permissions_that_moved_meanwhile_are_left_alone(subject):
    wish = subject.wish("access.set", login=subject.about.admin, permissions=["READ"], expected=["GRANT"])
    with pytest.raises(Conflict):
        subject.driver.plan(wish)
    assert not changed(subject)


# --- accounts -----------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.ADMINS_WRITE)
@pytest.mark.parametrize(
    "fields", [{"name": "Another Name"}, {"enabled": False}, {"email": "other@example.org", "language": "de"}]
)
def test_an_account_is_changed_and_brought_back(subject, fields):
    before = admin(subject)
    wish = subject.wish("admins.edit", login=subject.about.admin, **fields)
    steps = subject.carry_out(wish)
    now = admin(subject)
    assert all(getattr(now, n) in (v, str(v).upper()) for n, v in fields.items())
    assert subject.driver.plan(wish) == []
    subject.undo(steps)
    assert admin(subject) == before


@pytest.mark.needs(CAN.ADMINS_WRITE)
def test_a_second_factor_is_switched_off(subject):
    assert admin(subject).second_factor is True
    wish = subject.wish("admins.factor_off", login=subject.about.admin)
    [step] = subject.carry_out(wish)
    assert admin(subject).second_factor is False and step.inverse is None and step.lost
    assert subject.driver.plan(wish) == []


@pytest.mark.needs(CAN.ADMINS_WRITE)
def test_an_account_is_removed(subject):
    [step] = subject.carry_out(subject.wish("admins.remove", login=subject.about.admin))
    with pytest.raises(NotFound):
        admin(subject)
    assert step.inverse is None and step.lost and step.before["email"]


@pytest.mark.needs(CAN.ADMINS_WRITE)
def test_the_connection_s_own_account_stays(subject):
    own = subject.about.own_admin
    for command, fields in (("admins.remove", {}), ("admins.edit", {"enabled": False})):
        with pytest.raises(Conflict, match="own token"):
            subject.driver.plan(subject.wish(command, login=own, may_be_ours=True, **fields))
    assert not changed(subject) and admin(subject, own).enabled


@pytest.mark.needs(CAN.ADMINS_WRITE)
def test_where_nobody_knows_whose_token_it_is_the_person_must_say_so(subject):
    driver = subject.connect(account="")
    with pytest.raises(Invalid) as caught:
        driver.plan(subject.wish("admins.remove", login=subject.about.admin))
    assert set(caught.value.fields) == {"may_be_ours"}
    assert driver.plan(subject.wish("admins.remove", login=subject.about.admin, may_be_ours=True))
    assert not changed(subject)


@pytest.mark.needs(CAN.ADMINS_WRITE)
def test_changes_of_an_account_that_is_not_there(subject):
    for command, fields in (
        ("admins.edit", {"name": "x"}),
        ("admins.factor_off", {}),
        ("admins.remove", {}),
        ("tokens.add", {"name": "x"}),
        ("tokens.remove", {"name": "x"}),
        ("access.set", {"permissions": ["READ"]}),
        ("access.revoke", {}),
    ):
        with pytest.raises(NotFound):
            subject.driver.plan(subject.wish(command, login=NOBODY, **fields))
    assert not changed(subject)


# --- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.TOKENS_WRITE)
def test_a_token_is_made_shown_once_and_taken_back(subject):
    before = tokens(subject)
    last = (datetime.now(UTC) + timedelta(days=30)).date()
    wish = subject.wish("tokens.add", login=subject.about.admin, name="script", expires=last.isoformat())
    [step] = subject.driver.plan(wish)
    applied = subject.driver.apply(step)
    value = applied.secret.reveal()
    assert value and value not in repr(applied) and applied.upstream_id
    assert not any(value in json.dumps(record.to_json()) for record in subject.records)
    assert tokens(subject) == [*before, "script"]
    token = subject.driver.list_tokens(subject.about.admin)[-1]
    assert token.expires_at.date() == last
    with pytest.raises(Conflict):
        subject.driver.plan(wish)
    subject.undo([step])
    assert tokens(subject) == before


@pytest.mark.needs(CAN.TOKENS_WRITE)
def test_a_new_token_signs_in(subject):
    own = subject.about.own_admin
    [step] = subject.driver.plan(subject.wish("tokens.add", login=own, name="fresh"))
    value = subject.driver.apply(step).secret.reveal()
    found = subject.connect(**{subject.about.token_value: value}).probe()
    assert found.missing == subject.driver.probe().missing and found.facts


@pytest.mark.needs(CAN.TOKENS_WRITE)
def test_a_token_that_may_be_the_connection_s_own_is_not_removed_unasked(subject):
    own = subject.about.own_admin
    live = next(
        t for t in subject.driver.list_tokens(own) if t.expires_at is None or t.expires_at > datetime.now(UTC)
    )
    if live.ours is not False:
        with pytest.raises(Invalid) as caught:
            subject.driver.plan(subject.wish("tokens.remove", login=own, token=live.id))
        assert set(caught.value.fields) == {"may_be_ours"} and not changed(subject)
    assert subject.driver.plan(subject.wish("tokens.remove", login=own, token=live.id, may_be_ours=True))
    for old in [t for t in subject.driver.list_tokens(own) if t.id != live.id]:
        subject.carry_out(subject.wish("tokens.remove", login=own, token=old.id))
    assert [t.id for t in subject.driver.list_tokens(own)] == [live.id]


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("tokens.add", {"login": "a", "name": ""}),
        ("tokens.add", {"login": "a", "name": "x", "expires": "2020-01-01"}),
        ("tokens.remove", {"login": "a"}),
        ("admins.edit", {"login": "", "name": "x"}),
        ("admins.edit", {"login": "a", "email": "no address"}),
        ("access.set", {"login": "a", "permissions": []}),
        ("admins.add", {"login": "a", "name": "b", "email": "a@b.example", "password": "short", "permissions": ["R"]}),
        ("admins.add", {"login": "a", "name": "b", "email": "a@b.example", "password": MASK, "permissions": ["R"]}),
    ],
)  # fmt: skip
def test_wishes_that_are_none_never_reach_the_driver(subject, command, fields):
    with pytest.raises(Invalid):
        subject.wish(command, **fields)
    assert subject.log.count() == 0


# --- accesses -----------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.ACCESS_WRITE)
def test_an_access_is_given_changed_revoked_and_brought_back(subject):
    login, domain = subject.about.admin, subject.about.domain
    offered = subject.driver.read_access(domain).offered
    subject.carry_out(subject.wish("access.set", login=login, permissions=[offered[0], offered[1]]))
    assert held(subject) == offered[:2]
    first = held(subject)
    wish = subject.wish("access.set", login=login, permissions=[offered[0]])
    steps = subject.carry_out(wish)
    assert held(subject) == offered[:1] and subject.driver.plan(wish) == []
    subject.undo(steps)
    assert held(subject) == first
    away = subject.carry_out(subject.wish("access.revoke", login=login))
    assert held(subject) == () and subject.driver.plan(subject.wish("access.revoke", login=login)) == []
    subject.undo(away)
    assert held(subject) == first


@pytest.mark.needs(CAN.ACCESS_WRITE)
def test_a_new_account_is_made_and_taken_back(subject):
    fields = {"login": "new.person", "name": "New Person", "email": "new@example.org", "password": PASSWORD}
    offered = subject.driver.read_access(subject.about.domain).offered
    wish = subject.wish("admins.add", **fields, permissions=[offered[0]])
    assert PASSWORD not in json.dumps(wish.to_json())
    steps = subject.carry_out(wish)
    assert held(subject, "new.person") == offered[:1] and admin(subject, "new.person").name == "New Person"
    assert not any(PASSWORD in json.dumps(record.to_json()) for record in subject.records)
    with pytest.raises(Conflict):
        subject.driver.plan(wish)
    subject.undo(steps)
    with pytest.raises(NotFound):
        admin(subject, "new.person")


@pytest.mark.needs(CAN.ACCESS_WRITE)
def test_permissions_that_do_not_exist(subject):
    login = subject.about.admin
    for command, fields in (
        ("access.set", {"login": login, "permissions": ["NO_SUCH"]}),
        ("access.users", {"permissions": ["NO_SUCH"]}),
    ):
        with pytest.raises(Invalid) as caught:
            subject.driver.plan(subject.wish(command, **fields))
        assert set(caught.value.fields) == {"permissions"}
    with pytest.raises(NotFound):
        subject.driver.plan(subject.wish("access.users", domain="not-there.example", permissions=[]))
    assert not changed(subject)


@pytest.mark.needs(CAN.ACCESS_WRITE)
def test_what_the_users_may_do(subject):
    read = lambda: [p.name for p in subject.driver.read_access(subject.about.domain).users if p.on]  # noqa: E731
    before = read()
    wish = subject.wish("access.users", permissions=before[:1])
    steps = subject.carry_out(wish)
    assert read() == before[:1] and subject.driver.plan(wish) == []
    subject.undo(steps)
    assert read() == before


@pytest.mark.needs(CAN.ADMINS_READ, "admin")
def test_half_an_answer_is_none(subject):
    for fault in ("truncated", "malformed", "html", "5xx"):
        subject.faults(fault=fault)
        with pytest.raises(GatehouseError):
            subject.driver.list_admins()
