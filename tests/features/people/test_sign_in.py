"""Signing in and out, passwords, second factor, and the limits on guessing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from passlib.totp import TOTP
from sqlalchemy import select, update

from app.features.people.models import User
from app.storage.accounts import FREE_TRIES, LONGEST_LOCK, SignInFailures, lock_time
from tests.browser import PASSWORD, Browser, token_of
from tests.conftest import SignIn, add_person, browser_of, close_app, make_app, make_config

NEW_PASSWORD = "another horse with a better battery"


def user_of(app: Any, email: str) -> Any:
    with app.extensions["gatehouse"].database.session() as session:
        return session.scalar(select(User).where(User.email == email))


def failures(app: Any) -> list[int]:
    with app.extensions["gatehouse"].database.session() as session:
        return list(session.scalars(select(SignInFailures.tries)))


def let_time_pass(app: Any, span: timedelta) -> None:
    with app.extensions["gatehouse"].database.unit_of_work() as session:
        for row in session.scalars(select(SignInFailures)).all():
            row.last_at -= span


def set_on_user(app: Any, email: str, **values: Any) -> None:
    with app.extensions["gatehouse"].database.unit_of_work() as session:
        session.execute(update(User).where(User.email == email).values(**values))


# --- in and out ---


def test_the_right_password_opens_the_dashboard(app: Any, client: Browser) -> None:
    email = add_person(app, "support")
    answer = client.sign_in(email, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/account").status_code == 200
    assert user_of(app, email).login_count == 1


def test_the_address_may_be_written_in_any_case(app: Any, client: Browser) -> None:
    add_person(app, "support", email="ann.lee@corp.local")
    assert client.sign_in("  Ann.Lee@Corp.LOCAL ", PASSWORD).status_code == 302


@pytest.mark.parametrize(
    "domain", ["corp.local", "x.test", "y.example", "intra.lan", "xn--bcher-kva.example"]
)
def test_addresses_of_an_intranet_can_sign_in(app: Any, client: Browser, domain: str) -> None:
    add_person(app, "support", email=f"ann@{domain}")
    assert client.sign_in(f"ann@{domain}", PASSWORD).status_code == 302


def test_an_international_address_signs_in_as_people_write_it(app: Any, client: Browser) -> None:
    add_person(app, "support", email="ann@xn--bcher-kva.example")
    assert client.sign_in("ann@bücher.example", PASSWORD).status_code == 302


def test_wrong_password_unknown_address_and_disabled_account_look_the_same(app: Any, client: Browser) -> None:
    email = add_person(app, "support")
    disabled = add_person(app, "support", email="gone@gatehouse.example")
    set_on_user(app, disabled, active=False)
    pages = [
        client.sign_in(email, "wrong"),
        client.sign_in("nobody@gatehouse.example", "wrong"),
        client.sign_in(disabled, "wrong"),
    ]
    shown = {re.sub(r' value="[^"]*"', "", page.text.replace(token_of(page.text), "")) for page in pages}
    assert {page.status_code for page in pages} == {200}
    assert len(shown) == 1
    assert "The address or the password is wrong" in shown.pop()


def test_a_disabled_account_cannot_sign_in_and_its_session_ends(app: Any, sign_in: SignIn) -> None:
    email = add_person(app, "support", email="gone@gatehouse.example")
    browser = browser_of(app, email)
    set_on_user(app, email, active=False)
    assert browser.get("/account").status_code == 302
    assert browser.sign_in(email, PASSWORD).status_code == 200


def test_signing_out_ends_the_session(sign_in: SignIn) -> None:
    browser = sign_in("support")
    assert browser.send("/logout").status_code == 302
    assert browser.get("/account").headers["Location"] == "/login?next=/account"


def test_after_signing_in_people_come_back_to_the_page_they_wanted(app: Any, client: Browser) -> None:
    email = add_person(app, "admin")
    assert client.get("/people/").headers["Location"] == "/login?next=/people/"
    answer = client.post(
        "/login?next=/people/",
        data={"csrf_token": client.token("/login"), "email": email, "password": PASSWORD},
    )
    assert answer.headers["Location"] == "/people/"


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "https:evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(app: Any, next_page: str) -> None:
    email = add_person(app, "admin")
    for query, form in (({"next": next_page}, {}), ({}, {"next": next_page})):
        browser: Browser = app.test_client()
        data = {"csrf_token": browser.token("/login"), "email": email, "password": PASSWORD, **form}
        answer = browser.post("/login", query_string=query, data=data)
        location = answer.headers["Location"]
        assert answer.status_code == 302
        assert "\\" not in location
        assert urlsplit(urljoin("http://localhost/login", location)).netloc == "localhost"


def test_the_session_survives_no_change_of_its_cookie(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    cookie = browser.get_cookie("gatehouse")
    assert cookie is not None
    browser.set_cookie("gatehouse", cookie.value[:-2] + "xx")
    assert browser.get("/account").status_code == 302


def test_everybody_signs_in_again_after_the_hours_that_are_set(app: Any, sign_in: SignIn) -> None:
    browser = sign_in("support")
    with browser.session_transaction() as session:
        session["signed_in_at"] -= 12 * 3600 + 60
    assert browser.get("/account").headers["Location"] == "/login?next=/account"


def test_no_token_in_an_address_signs_anybody_in(app: Any, client: Browser) -> None:
    email = add_person(app, "admin")
    with app.test_request_context(), app.app_context():
        token = app.extensions["security"].datastore.find_user(email=email).get_auth_token()
    assert client.get(f"/account?auth_token={token}").status_code == 302
    assert client.get(f"/tf-setup?auth_token={token}").status_code == 302
    assert client.get("/account", headers={"Authentication-Token": token}).status_code == 302


# --- guessing ---


def test_an_account_is_locked_after_wrong_tries_even_for_the_right_password(
    app: Any, client: Browser
) -> None:
    email = add_person(app, "support")
    for _ in range(FREE_TRIES):
        client.sign_in(email, "wrong")
    refused = client.sign_in(email, PASSWORD)
    assert refused.status_code == 200
    assert "too many tries" in refused.text
    let_time_pass(app, lock_time(FREE_TRIES))
    assert client.sign_in(email, PASSWORD).status_code == 302
    assert failures(app) == []


def test_an_unknown_address_is_locked_alike(app: Any, client: Browser) -> None:
    for _ in range(FREE_TRIES + 3):
        page = client.sign_in("nobody@gatehouse.example", "wrong")
    assert failures(app) == [FREE_TRIES]
    assert "too many tries" in page.text


def test_another_spelling_of_the_address_gives_no_further_tries(app: Any, client: Browser) -> None:
    for email in ("ann@bücher.example", "ANN@BÜCHER.example", "ann@xn--bcher-kva.example"):
        client.sign_in(email, "wrong")
    assert failures(app) == [3]


def test_a_try_without_a_token_counts_for_nothing(app: Any, client: Browser) -> None:
    assert client.post("/login", data={"email": "a@b.example", "password": "x"}).status_code == 400
    assert failures(app) == []


def test_locks_grow_and_end() -> None:
    assert [lock_time(n).total_seconds() for n in (FREE_TRIES - 1, FREE_TRIES, FREE_TRIES + 1)] == [0, 30, 60]
    assert lock_time(1_000_000) == LONGEST_LOCK


def test_old_failures_are_forgotten(app: Any, client: Browser) -> None:
    for _ in range(FREE_TRIES):
        client.sign_in("nobody@gatehouse.example", "wrong")
    let_time_pass(app, timedelta(hours=13))
    client.sign_in("nobody@gatehouse.example", "wrong")
    assert failures(app) == [1]


def test_tries_are_limited_per_network_address(tmp_path: Path, empty_database: str) -> None:
    app = make_app(make_config(tmp_path, empty_database, LOGIN_LIMIT="5/minute"))
    browser: Browser = app.test_client()
    token = browser.token("/login")
    answers = [
        browser.post("/login", data={"csrf_token": token, "email": f"n{n}@x.example", "password": "wrong"})
        for n in range(6)
    ]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "Too many tries" in answers[-1].text
    other = browser.post(
        "/login",
        data={"csrf_token": token, "email": "n@x.example", "password": "wrong"},
        environ_base={"REMOTE_ADDR": "127.0.0.2"},
    )
    assert other.status_code == 200
    close_app(app)


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(tmp_path: Path, empty_database: str) -> None:
    def statuses(**environ: str) -> list[int]:
        folder = tmp_path / str(len(environ))
        folder.mkdir()
        app = make_app(make_config(folder, empty_database, LOGIN_LIMIT="2/minute", **environ))
        browser: Browser = app.test_client()
        token = browser.token("/login")
        data = {"csrf_token": token, "email": "a@x.example", "password": "wrong"}
        found = [
            browser.post("/login", data=data, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
            for n in range(3)
        ]
        close_app(app)
        return found

    assert statuses() == [200, 200, 429]
    assert statuses(TRUSTED_PROXIES="1") == [200, 200, 200]


# --- passwords ---


def change_password(browser: Browser, new: str, old: str = PASSWORD) -> Any:
    data = {"password": old, "new_password": new, "new_password_confirm": new}
    return browser.send("/change", data)


def test_a_new_password_ends_every_other_session(app: Any) -> None:
    email = add_person(app, "support")
    here, elsewhere = browser_of(app, email), browser_of(app, email)
    assert change_password(here, NEW_PASSWORD).headers["Location"] == "/account"
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert elsewhere.sign_in(email, PASSWORD).status_code == 200
    assert elsewhere.sign_in(email, NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize("weak", ["short", "password1234", "gatehouse123", "aaaaaaaaaaaaaaaa"])
def test_weak_passwords_are_refused(sign_in: SignIn, weak: str) -> None:
    browser = sign_in("support")
    assert change_password(browser, weak).status_code == 200
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("length", [72, 73, 128])
def test_long_passwords_work(app: Any, length: int) -> None:
    email = add_person(app, "support")
    long = (NEW_PASSWORD * 10)[:length]
    assert change_password(browser_of(app, email), long).status_code == 302
    browser: Browser = app.test_client()
    assert browser.sign_in(email, long + "x").status_code == 200
    assert browser.sign_in(email, long).status_code == 302


@pytest.mark.parametrize(
    "password", ["x" * 129, "y" * 5000, "z" * 400_000, "a\x00b" * 10, "\ud7ff\uffff" * 40, "\ufdfa" * 128]
)
def test_odd_passwords_are_only_wrong(app: Any, password: str) -> None:
    email = add_person(app, "support")
    browser: Browser = app.test_client()
    assert browser.sign_in(email, password).status_code == 200
    assert browser.sign_in("nobody@x.example", password).status_code == 200
    browser = browser_of(app, email)
    assert change_password(browser, NEW_PASSWORD, old=password).status_code == 200
    assert browser.send("/verify", {"password": password}).status_code == 200


def test_a_password_that_is_too_long_is_refused_with_the_limit(sign_in: SignIn) -> None:
    page = change_password(sign_in("support"), NEW_PASSWORD * 5)
    assert page.status_code == 200
    assert "At most 128 characters" in page.text


def test_the_old_password_is_needed_for_a_new_one(app: Any) -> None:
    email = add_person(app, "support")
    assert change_password(browser_of(app, email), NEW_PASSWORD, old="wrong").status_code == 200
    assert browser_of(app, email).get("/account").status_code == 200


def test_passwords_are_kept_as_argon2id(app: Any) -> None:
    assert user_of(app, add_person(app, "support")).password.startswith("$argon2id$")


def test_a_password_made_by_others_is_changed_first(app: Any) -> None:
    email = add_person(app, "support", new_password=True)
    browser = browser_of(app, email)
    assert browser.get("/account").headers["Location"] == "/change"
    token = browser.token("/change")
    data = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    assert browser.post("/change", data={"csrf_token": token, **data}).headers["Location"] == "/account"
    assert browser.get("/account").status_code == 200
    assert not user_of(app, email).new_password


# --- second factor ---


def set_up_code(app: Any, browser: Browser) -> TOTP:
    """Sets up an authenticator app; returns what it would hold."""
    page = browser.send("/tf-setup", {"setup": "authenticator"}).text
    key = re.search(r'class="gh-key">([^<]+)<', page)
    action = re.search(r'action="(/tf-setup/[^"]+)"', page)
    assert key and action
    phone = TOTP(key.group(1).replace("-", ""), format="base32")
    done = browser.post(action.group(1), data={"csrf_token": token_of(page), "code": phone.generate().token})
    assert done.status_code == 302
    return phone


def later(phone: TOTP, steps: int) -> str:
    import time

    return str(phone.generate(int(time.time()) + 30 * steps).token)


def second_step(app: Any, email: str, code: str) -> tuple[Browser, Any]:
    """Signs in with the password, then with this code."""
    browser: Browser = app.test_client()
    page = browser.sign_in(email, PASSWORD, follow_redirects=True)
    assert "/tf-validate" in page.text
    assert browser.get("/account").status_code == 302
    return browser, browser.post("/tf-validate", data={"csrf_token": token_of(page.text), "code": code})


def test_with_a_second_factor_the_password_alone_opens_nothing(app: Any) -> None:
    email = add_person(app, "support")
    phone = set_up_code(app, browser_of(app, email))
    browser, answer = second_step(app, email, later(phone, 1))
    assert answer.status_code == 302
    assert browser.get("/account").status_code == 200


def test_a_code_is_accepted_once(app: Any) -> None:
    email = add_person(app, "support")
    phone = set_up_code(app, browser_of(app, email))
    code = later(phone, 1)
    assert second_step(app, email, code)[1].status_code == 302
    browser, answer = second_step(app, email, code)
    assert answer.status_code == 200
    assert browser.get("/account").status_code == 302


def test_wrong_codes_lock_the_account_like_wrong_passwords(app: Any) -> None:
    email = add_person(app, "support")
    phone = set_up_code(app, browser_of(app, email))
    browser, answer = second_step(app, email, "000000")
    for _ in range(FREE_TRIES - 1):
        answer = browser.post("/tf-validate", data={"csrf_token": token_of(answer.text), "code": "000000"})
    assert failures(app) == [FREE_TRIES]
    answer = browser.post("/tf-validate", data={"csrf_token": token_of(answer.text), "code": later(phone, 1)})
    assert answer.status_code == 200
    assert browser.get("/account").status_code == 302
    assert app.test_client().sign_in(email, PASSWORD).status_code == 200


def test_the_right_password_does_not_forgive_wrong_codes(app: Any) -> None:
    email = add_person(app, "support")
    set_up_code(app, browser_of(app, email))
    second_step(app, email, "000000")
    second_step(app, email, "000000")
    assert failures(app) == [2]


def test_a_recovery_code_replaces_the_phone_once(app: Any) -> None:
    email = add_person(app, "support")
    browser = browser_of(app, email)
    set_up_code(app, browser)
    page = browser.send("/mf-recovery-codes", {"generate_new_codes": "1"}).text
    codes = re.findall(r"\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b", page)
    assert len(codes) == 10
    stored = user_of(app, email).mf_recovery_codes
    assert not set(codes) & set(stored)

    def with_code(code: str) -> Browser:
        other: Browser = app.test_client()
        other.sign_in(email, PASSWORD)
        other.post("/mf-recovery", data={"csrf_token": other.token("/mf-recovery"), "code": code})
        return other

    assert with_code(codes[0]).get("/account").status_code == 200
    assert with_code(codes[0]).get("/account").status_code == 302


def test_secrets_of_phones_are_kept_encrypted(app: Any) -> None:
    email = add_person(app, "support")
    phone = set_up_code(app, browser_of(app, email))
    assert phone.base32_key not in user_of(app, email).tf_totp_secret


def test_the_second_step_promises_no_mail(app: Any, client: Browser) -> None:
    email = add_person(app, "support")
    set_up_code(app, browser_of(app, email))
    client.sign_in(email, PASSWORD)
    page = client.get("/tf-rescue")
    answer = client.post(
        "/tf-rescue", data={"csrf_token": client.token("/tf-validate"), "help_setup": "help"}
    )
    assert (page.status_code, answer.status_code) == (200, 200)
    assert "mail was sent" not in answer.text


def test_changing_how_an_account_signs_in_asks_for_the_password_again(app: Any) -> None:
    browser = browser_of(app, add_person(app, "support"))
    with browser.session_transaction() as session:
        session["fs_paa"] -= 3600
        session.pop("fs_gexp", None)
    assert browser.get("/tf-setup").headers["Location"].startswith("/verify")
