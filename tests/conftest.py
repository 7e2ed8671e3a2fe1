"""What every test can ask for: settings in a folder of its own, the application on them, and browsers signed in to it."""

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from jinja2 import FileSystemBytecodeCache

from app.core.actor import Right, Role, Scope
from tests import databases
from tests.browser import PASSWORD, Browser

SignIn = Callable[..., Browser]


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Each client request gets its own context, as in production; pytest-flask would keep one open around the test."""


@pytest.fixture(autouse=True)
def _same_log_level() -> Iterator[None]:
    """An application that logs errors only, made by another test, hides no warning from this one."""
    logging.getLogger().setLevel(logging.WARNING)
    yield


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """No test talks to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]).split("%")[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test wanted to talk to {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running Chromium, one for all tests of a worker: Playwright cannot be started twice in one thread."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing = "Chromium is missing: apt-get install -y --no-install-recommends chromium fonts-dejavu-core"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


def pytest_configure(config: pytest.Config) -> None:
    """With TEST_DATABASE=postgresql a server must answer; where none does, the run is left out, or fails in CI."""
    if databases.KIND == "sqlite" or hasattr(config, "workerinput"):
        return
    try:
        databases.connect().close()
    except psycopg.OperationalError as error:
        pytest.exit(f"No PostgreSQL server answers, nothing is run on it: {error}", int(in_ci()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With TEST_DATABASE=postgresql only tests that use a database of an application are run."""
    if databases.KIND == "sqlite":
        return
    using = [item for item in items if "empty_database" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in using])
    items[:] = using


def pytest_sessionfinish() -> None:
    """Nothing stays on the server."""
    databases.drop_all()


def in_ci() -> bool:
    """Whether what is missing makes a test fail instead of skipping it."""
    return os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with all tables, made once and copied for each test."""
    return databases.migrated_database(tmp_path_factory.mktemp("database"))


@pytest.fixture
def config(tmp_path: Path, empty_database: str) -> Any:
    """Settings of a test: an own data folder with an empty database, cheap password hashes, wide limits."""
    return make_config(tmp_path, empty_database)


def make_config(folder: Path, template: str | Path, **environ: str) -> Any:
    """Settings from these GATEHOUSE_ variables (without the prefix), on a copy of the template database."""
    from config import Config

    if "DATABASE_URL" not in environ:
        environ["DATABASE_URL"] = databases.copy_database(template, folder)
    given = {
        "DATA_DIR": str(folder),
        "HEALTH_HOURS": "0",
        "LOGIN_LIMIT": "1000/minute",
        "LOG_LEVEL": "warning",
        **environ,
    }
    config = Config.from_env({f"GATEHOUSE_{name}": value for name, value in given.items()})
    config.password_hash_options = {"argon2__rounds": 1, "argon2__memory_cost": 32}
    return config


@pytest.fixture
def app(config: Any) -> Iterator[Any]:
    """The application on a database of its own."""
    application = make_app(config)
    yield application
    close_app(application)


def make_app(config: Any) -> Any:
    """The application as it is served, with browsers for clients."""
    from app import create_app

    application = create_app(config)
    application.jinja_env.bytecode_cache = compiled_templates()
    application.test_client_class = Browser
    return application


@lru_cache
def compiled_templates() -> FileSystemBytecodeCache:
    """Templates are compiled once for all applications of a run: that is most of a request's time."""
    folder = tempfile.TemporaryDirectory(prefix="gatehouse-templates-")
    cache = FileSystemBytecodeCache(folder.name)
    cache.folder = folder  # type: ignore[attr-defined]  # removed with the cache
    return cache


def close_app(application: Any) -> None:
    """Gives the database back."""
    close_database(application.extensions["gatehouse"].database)


def close_database(database: Any) -> None:
    """Closes the connections; the database may then be another test's."""
    database.dispose()
    databases.give_back(database.url)


@pytest.fixture
def client(app: Any) -> Browser:
    """A browser in which nobody is signed in."""
    return app.test_client()  # type: ignore[no-any-return]


@pytest.fixture
def runner(app: Any) -> Any:
    """Runs commands: `runner.invoke(args=["people", "list"])`."""
    return app.test_cli_runner()


@pytest.fixture
def sign_in(app: Any) -> SignIn:
    """`sign_in("operator")`: a browser in which a new person of this role is signed in. Takes `add_person`'s arguments."""

    def signed_in(role: str = "admin", **details: Any) -> Browser:
        return browser_of(app, add_person(app, role, **details))

    return signed_in


def add_person(
    app: Any,
    role: str,
    *,
    email: str = "",
    scopes: tuple[Scope, ...] | None = None,
    extra_rights: frozenset[Right] = frozenset(),
    new_password: bool = False,
) -> str:
    """Stores a person with the password `PASSWORD`; returns the address."""
    from sqlalchemy import update

    from app.core.actor import EVERYWHERE
    from app.core.people import NewPerson
    from app.core.secret import Secret
    from app.features.people.models import Role as RoleRow
    from app.features.people.models import User
    from app.features.people.sign_in import FlaskPasswords
    from app.storage.accounts import SqlAccounts

    database = app.extensions["gatehouse"].database
    accounts = SqlAccounts(database, User, RoleRow)
    email = email or f"{role}-{len(accounts.all())}@gatehouse.example"
    with app.app_context():
        hashed = FlaskPasswords().hash(Secret(PASSWORD))
    person = accounts.add(NewPerson(email, "", Role(role), hashed, scopes or EVERYWHERE, new_password))
    assert person is not None
    if extra_rights:
        with database.unit_of_work() as session:
            rights = sorted(extra_rights)
            session.execute(update(User).where(User.id == person.id).values(extra_rights=rights))
    return email


def browser_of(app: Any, email: str) -> Browser:
    """A browser in which this person is signed in."""
    browser: Browser = app.test_client()
    answer = browser.sign_in(email, PASSWORD)
    assert answer.status_code == 302, answer.text
    return browser
