"""What OLSPanel keeps beside domains, where its two ways to behave differ."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.commands import ActOnResource, parse
from app.core.errors import (
    BadCredentials,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Rejected,
)
from app.core.plan import Seen
from app.core.resources import ResourceAt, ResourceQuery
from app.providers.olspanel.driver import OlsPanelDriver
from app.sandbox.server import Sandbox
from tests.providers.olspanel.conftest import Connect

HERE = ResourceAt()
JOB = {"minute": "0", "hour": "3", "day": "*", "month": "*", "weekday": "*", "comm": "/bin/true"}


def wish(kind: str, action: str, key: str = "", **more: Any) -> ActOnResource:
    data = {"connection": "ols", "kind": kind, "action": action, "key": key, **more}
    return parse(ActOnResource, data)


def test_usage_is_the_same_in_both_profiles(driver: OlsPanelDriver) -> None:
    values = driver.read_resource("account_usage", HERE, "").values
    assert values["disk"] == {"used": pytest.approx(4224 << 20, rel=0.01), "limit": 50 << 30, "unit": "bytes"}
    assert values["mailboxes"] == {"used": 14, "limit": 100, "unit": ""}
    assert values["mail_space"]["limit"] is None and values["package"] == "Agency"


def test_an_account_without_limits_and_without_mail(connect: Connect, profile: str) -> None:
    values = connect().read_resource("accounts", HERE, "admin").values
    assert values["disk"]["limit"] is None and values["domains"]["limit"] is None
    assert values["mail_space"]["used"] == 0 and "main_domain" not in values
    assert ("bandwidth" in values) is (profile == "live")


def test_the_first_cron_job_of_an_account(connect: Connect, sandbox: Sandbox) -> None:
    """Before it, the panel's own look for a line is an error of the panel."""
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    driver = connect(username="exampleuser")
    [step] = driver.plan(wish("cron_jobs", "add", values=JOB))
    driver.apply(step)
    assert driver.observe(step).seen is Seen.DONE
    with pytest.raises(NotFound):
        driver.read_resource("cron_jobs", HERE, "1 2 3 4 5 /bin/false")


@pytest.mark.parametrize(("field", "value"), [("minute", "60"), ("weekday", "monday"), ("comm", "date +%F")])
def test_what_cron_would_refuse_reaches_no_panel(driver: OlsPanelDriver, field: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        driver.plan(wish("cron_jobs", "add", values={**JOB, field: value}))
    assert list(caught.value.fields) == [f"values.{field}"]
    assert driver.plan(wish("cron_jobs", "add", values={**JOB, "comm": r"date +\%F"}))


def test_an_older_panel_is_written_to_and_cannot_tell(connect: Connect, sandbox: Sandbox) -> None:
    driver = connect()
    with pytest.raises(NotSupported):
        driver.list_resources("databases", HERE, ResourceQuery())
    values = {"db": "new", "dbuser": "new", "dbpass": "a long password"}
    [step] = driver.plan(wish("databases", "add", values=values))
    driver.apply(step)
    assert "piernine_new" in sandbox.upstreams["olspanel"].state.table("databases")
    assert driver.observe(step).seen is Seen.CANNOT_TELL
    closed = driver.probe().calls
    assert "database_list" in closed and "db_make" not in closed and "admin_add_user" not in closed


def test_without_an_administrator_the_admin_api_is_closed(driver: OlsPanelDriver) -> None:
    assert "admin_add_user" in driver.probe().calls
    with pytest.raises(NotSupported):
        driver.read_resource("accounts", HERE, "exampleuser")


def test_a_password_that_is_wrong_is_no_account_that_is_missing(connect: Connect, profile: str) -> None:
    with pytest.raises(BadCredentials):
        connect(admin_password="wrong").read_resource("accounts", HERE, "nobody")
    with pytest.raises(NotFound):
        connect().read_resource("accounts", HERE, "nobody")
    with pytest.raises(Rejected, match="Package not found"):
        connect().read_resource("accounts", HERE, "newcomer")


def test_database_users_of_others_are_none_of_ours(connect: Connect, sandbox: Sandbox) -> None:
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    assert connect().read_resource("database_users", HERE, "piernine_shop").key == "piernine_shop"
    with pytest.raises(NotFound):
        connect().read_resource("database_users", HERE, "exampleuser_blog")


def test_a_user_for_a_database_where_the_panels_call_is_broken(connect: Connect, sandbox: Sandbox) -> None:
    """The view of the panels known so far does not take its own path: an error page, and nothing was done (5)."""
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    driver = connect()
    user = {"db": "piernine_shop", "dbuser": "reader", "dbpass": "a long password"}
    [step] = driver.plan(wish("database_users", "add", values=user))
    with pytest.raises(OutcomeUnknown):
        driver.apply(step)
    assert driver.observe(step).seen is Seen.NOT_DONE
    with pytest.raises(Invalid, match="no such database"):
        driver.plan(wish("database_users", "add", values={**user, "db": "nothing"}))
    sandbox.upstreams["olspanel"].profile["db_user_make"] = "works"
    driver.apply(step)
    assert driver.observe(step).seen is Seen.DONE and step.args["key"] == "piernine_reader"


def test_a_database_tells_whether_a_user_has_its_name(connect: Connect, sandbox: Sandbox) -> None:
    """What the panel calls “database_exists” looks among the users (5)."""
    upstream = sandbox.upstreams["olspanel"]
    upstream.profile["profile"] = "live"
    assert connect().read_resource("databases", HERE, "piernine_wiki").values["same_name"] is True
    del upstream.state.table("dbusers")["piernine_wiki"]
    assert connect().read_resource("databases", HERE, "piernine_wiki").values["same_name"] is False
    with pytest.raises(NotFound):
        connect().read_resource("databases", HERE, "piernine_none")


def test_packages_are_looked_at_before(connect: Connect) -> None:
    driver = connect()
    with pytest.raises(Invalid):
        driver.plan(wish("accounts", "edit", "exampleuser", values={"pkg_id": 99}))
    with pytest.raises(Conflict):
        driver.plan(wish("packages", "add", values={"name": "Agency", "disk_space": 1}))
    with pytest.raises(Invalid):
        values = {"domain": "www.new.example", "php_version": "8.2"}
        driver.plan(wish("accounts", "add_domain", "exampleuser", values=values))


def test_an_account_goes_only_when_it_is_suspended(connect: Connect) -> None:
    driver = connect()
    [step] = driver.plan(wish("accounts", "remove", "exampleuser"))
    with pytest.raises(Rejected, match="must be suspended"):
        driver.apply(step)
    assert driver.observe(step).seen is Seen.NOT_DONE


def test_a_certificate_that_fails(connect: Connect, profile: str, sandbox: Sandbox) -> None:
    driver = connect()
    state = sandbox.upstreams["olspanel"].state.table("domains")
    state["piernine.example"] = state["piernine.example"] | {"domain": "fail-ssl.example"}
    state["fail-ssl.example"] = state["piernine.example"]
    [step] = driver.plan(wish("certificates", "issue", domain="fail-ssl.example"))
    with pytest.raises(Rejected, match="Failed to issue SSL"):
        driver.apply(step)
    with pytest.raises(NotFound):
        driver.plan(wish("certificates", "issue", domain="not-ours.example"))
