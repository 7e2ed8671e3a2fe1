"""`flask people …` and `flask init`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser import PASSWORD, Browser
from tests.conftest import add_person, close_app, make_app, make_config
from tests.databases import bare_database


def test_people_are_listed_added_and_switched(app: Any, runner: Any) -> None:
    add_person(app, "admin", email="boss@x.example")
    added = runner.invoke(args=["people", "add", "Ann@X.example", "--role", "operator", "--name", "Ann"])
    assert added.exit_code == 0
    assert re.search(r"Password \(shown this once\): [a-z0-9-]{23}\n", added.output)
    assert runner.invoke(args=["people", "disable", "ann@x.example"]).exit_code == 0
    listed = runner.invoke(args=["people", "list"]).output.splitlines()
    assert listed == ["ann@x.example  operator  disabled", "boss@x.example  admin"]
    assert runner.invoke(args=["people", "enable", "ann@x.example"]).exit_code == 0
    assert runner.invoke(args=["people", "role", "ann@x.example", "auditor"]).exit_code == 0
    assert "ann@x.example  auditor\n" in runner.invoke(args=["people", "list"]).output


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["people", "add", "nonsense"], 2),
        (["people", "add", "a@x.example", "--role", "king"], 2),
        (["people", "disable", "nobody@x.example"], 3),
        (["people", "disable", "boss@x.example"], 3),
        (["people", "role", "boss@x.example", "support"], 3),
    ],
)
def test_exit_codes(app: Any, runner: Any, args: list[str], code: int) -> None:
    add_person(app, "admin", email="boss@x.example")
    done = runner.invoke(args=args)
    assert done.exit_code == code
    assert done.output.strip()
    assert "Traceback" not in done.output


def test_a_password_can_be_typed_or_made(app: Any, runner: Any, client: Browser) -> None:
    email = add_person(app, "admin")
    typed = "purple tiger on seven wheels"
    done = runner.invoke(args=["people", "password", email], input=f"{typed}\n{typed}\n")
    assert done.exit_code == 0
    assert typed not in done.output
    assert client.sign_in(email, typed).status_code == 302
    weak = runner.invoke(args=["people", "password", email], input="admin\nadmin\n")
    assert weak.exit_code == 2
    made = runner.invoke(args=["people", "password", email, "--make"]).output
    found = re.search(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){3}", made)
    assert found
    assert app.test_client().sign_in(email, found.group(0)).status_code == 302


def test_setting_a_password_unlocks_the_account(app: Any, runner: Any, client: Browser) -> None:
    email = add_person(app, "admin")
    for _ in range(6):
        client.sign_in(email, "wrong")
    assert client.sign_in(email, PASSWORD).status_code == 200
    new = "purple tiger on seven wheels"
    runner.invoke(args=["people", "password", email], input=f"{new}\n{new}\n")
    assert client.sign_in(email, new).status_code == 302


def test_a_lost_second_factor_is_taken_away(app: Any, runner: Any) -> None:
    email = add_person(app, "admin")
    assert runner.invoke(args=["people", "reset-second-factor", email]).exit_code == 0


def test_init_makes_tables_and_the_first_administrator_once(tmp_path: Path, empty_database: str) -> None:
    config = make_config(tmp_path, empty_database, DATABASE_URL=bare_database(tmp_path))
    app = make_app(config)
    first = app.test_cli_runner().invoke(args=["init"])
    assert first.exit_code == 0, first.output
    found = re.search(r"password\s+(\S+)", first.output)
    assert found
    browser: Browser = app.test_client()
    assert browser.sign_in("admin@gatehouse.example", found.group(1)).status_code == 302
    again = app.test_cli_runner().invoke(args=["init"])
    assert (again.exit_code, again.output) == (0, "The data is ready.\n")
    close_app(app)


def test_init_takes_the_password_that_is_set_and_does_not_print_it(
    tmp_path: Path, empty_database: str
) -> None:
    config = make_config(
        tmp_path, empty_database, ADMIN_PASSWORD="letmein-1234", ADMIN_EMAIL="root@corp.local"
    )
    app = make_app(config)
    done = app.test_cli_runner().invoke(args=["init"])
    assert "letmein-1234" not in done.output
    assert "weak" in done.output
    assert app.test_client().sign_in("root@corp.local", "letmein-1234").status_code == 302
    close_app(app)
