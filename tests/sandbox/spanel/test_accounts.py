"""Admin functions: accounts, packages, administrators, sign-in links (sheet, section 4)."""

from __future__ import annotations

import re

import pytest
import requests

from tests.sandbox.spanel.conftest import ACCOUNT, Client

ITEM = [
    "domain", "user", "ip", "disk", "inodes", "homedir", "numaddons", "numsubdomains", "numdatabases", "numemails",
    "numftpaccts", "suspended", "disklimit", "inodeslimit", "domainslimit", "emailslimit", "databaseslimit", "setupDate",
    "package",
]  # fmt: skip
NEW = {"domain": "fresh.example", "username": "fresh", "password": "long-enough"}


def one(admin: Client, user: str) -> dict[str, str]:
    [row] = [row for row in admin.rows("accounts/listaccounts", accountuser=user) if row["user"] == user]
    return row


def test_list_accounts_is_shape_d_with_strings_only(admin):
    rows = admin.rows("accounts/listaccounts")
    assert [list(row) for row in rows] == [ITEM] * len(rows)
    assert {type(value) for row in rows for value in row.values()} == {str}
    row = one(admin, ACCOUNT)
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", row["setupDate"])
    assert (row["domain"], row["homedir"], row["numaddons"], row["suspended"]) == (
        "hafencafe.example",
        "home",
        "1",
        "0",
    )
    assert (row["package"], row["disklimit"]) == ("business", "20480")
    assert {row["suspended"] for row in rows} == {"0", "1"}
    assert "Unlimited" in {row["disklimit"] for row in rows}


def test_the_account_filter_and_its_field_variants(profile, admin):
    assert len(admin.rows("accounts/listaccounts", accountuser=ACCOUNT)) == 1
    assert admin.rows("accounts/listaccounts", accountuser="nobody") == []
    profile["unknown_account"] = "error"
    assert set(admin.errors("accounts/listaccounts", accountuser="nobody")) == {"accountuser"}
    profile["extra_rows"] = True
    assert len(admin.rows("accounts/listaccounts", accountuser=ACCOUNT)) > 1


def users(admin: Client, **filters: object) -> set[str]:
    return {row["user"] for row in admin.rows("accounts/listaccounts", **filters)}


def test_filters_of_the_list(admin):
    everybody = users(admin)
    assert users(admin, statusOption="suspended") == {"librairie"}
    assert users(admin, statusOption="active") == everybody - {"librairie"}
    assert users(admin, statusOption="scheduled") == set()
    assert users(admin, selectedPackage="unlimited") == {"librairie", "tidewater"}
    disk = int(one(admin, ACCOUNT)["disk"])
    assert ACCOUNT in users(admin, diskSpaceOption="exactly", diskSpaceValue=disk)
    assert ACCOUNT in users(admin, diskSpaceOption="over", diskSpaceValue=disk - 1, diskSpaceType="MB")
    assert ACCOUNT not in users(admin, diskSpaceOption="over", diskSpaceValue=disk)
    assert users(admin, diskSpaceOption="under", diskSpaceValue=100, diskSpaceType="GB") == everybody
    assert users(admin, diskSpaceOption="under", diskSpaceValue=1, diskSpaceType="%") == {
        "librairie",
        "tidewater",
    }
    day = one(admin, ACCOUNT)["setupDate"]
    assert ACCOUNT in users(admin, setupOption="created", setupValue="custom", setupDate=day)
    assert ACCOUNT not in users(admin, setupOption="newer", setupValue="custom", setupDate=day)
    assert users(admin, setupOption="newer", setupValue="custom", setupDate="31.12.2020") == everybody
    assert users(admin, setupOption="older", setupValue="1w") == everybody


@pytest.mark.parametrize(
    ("filters", "wrong"),
    [
        ({"statusOption": "sleeping"}, "statusOption"),
        ({"diskSpaceOption": "over"}, "diskSpaceValue"),
        ({"diskSpaceOption": "over", "diskSpaceValue": "much"}, "diskSpaceValue"),
        ({"setupOption": "older"}, "setupDate"),
        ({"setupOption": "older", "setupDate": "2021-10-01"}, "setupDate"),
    ],
)
def test_bad_filters(admin, filters, wrong):
    assert set(admin.errors("accounts/listaccounts", **filters)) == {wrong}


def test_create_an_account(admin):
    assert set(admin.call("accounts/wwwacct", **NEW, package="starter", permissions="all")) == {
        "result",
        "msg",
    }
    row = one(admin, "fresh")
    limits = [row[key] for key in ITEM if key.endswith("limit")]
    assert limits == ["1024", "10000", "1", "2", "3"]
    assert (row["domain"], row["package"], row["numaddons"]) == ("fresh.example", "starter", "0")
    assert admin.data("domain/listdomains", accountuser="fresh")[0]["maindomain"] == "1"


def test_false_is_disabled_and_absent_is_unlimited(admin):
    """The vendor's examples send false for "unlimited", which arrives as 0 and switches the feature off."""
    admin.call("accounts/wwwacct", **NEW, domains=False, quota=200)
    row = one(admin, "fresh")
    assert [row[key] for key in ITEM if key.endswith("limit")] == [
        "200",
        "Unlimited",
        "0",
        "Unlimited",
        "Unlimited",
    ]
    assert row["package"] == "Custom"
    assert set(admin.errors("domain/adddomain", accountuser="fresh", domain="got.example", path="x")) == {
        "limit"
    }
    assert set(admin.errors("accounts/wwwacct", **NEW, quota=False)) == {"quota"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"username": "not_valid"}, "username"),
        ({"username": "a" * 31}, "username"),
        ({"username": ACCOUNT}, "username"),
        ({"password": "short"}, "password"),
        ({"domain": "nodots"}, "domain"),
        ({"domain": "hafencafe.example"}, "domain"),
        ({"quota": 99}, "quota"),
        ({"inodes": 9999}, "inodes"),
        ({"emails": -1}, "emails"),
        ({"package": "nothing"}, "package"),
        ({"permissions": "some"}, "permissions"),
        ({"permissions": {"kitchen": ["sink"]}}, "permissions"),
        ({"permissions": {"domain": ["sink"]}}, "permissions"),
    ],
)
def test_account_values(admin, change, wrong):
    assert set(admin.errors("accounts/wwwacct", **{**NEW, **change})) == {wrong}


@pytest.mark.parametrize(
    ("action", "params", "msg"),
    [
        ("accounts/changeuserpassword", {"password": "long-enough"}, "Password updated successfully"),
        ("accounts/changedomain", {"domain": "moved.example"}, "Domain changed successfully"),
        ("accounts/changeuseremail", {"email": "new@example.org"}, "Email updated successfully"),
        ("accounts/changequota", {"package": "starter"}, "Quota changed successfully"),
        ("accounts/suspendaccount", {"reason": "unpaid"}, "Suspend successful"),
        ("accounts/unsuspendaccount", {}, "Unsuspend successful"),
        ("accounts/terminateaccount", {}, "Terminate successful"),
    ],
)
def test_changes_are_shape_b(admin, action, params, msg):
    assert admin.call(action, username=ACCOUNT, **params) == {"result": "success", "msg": msg}
    assert set(admin.errors(action, username="nobody", **params)) == {"username"}


def test_change_the_main_domain(admin):
    admin.call("accounts/changedomain", username=ACCOUNT, domain="Moved.example")
    assert one(admin, ACCOUNT)["domain"] == "moved.example"
    names = [
        (row["domain"], row["maindomain"]) for row in admin.data("domain/listdomains", accountuser=ACCOUNT)
    ]
    assert names == [("moved.example", "1"), ("cafe-am-hafen.example", "0")]
    assert set(admin.errors("accounts/changedomain", username=ACCOUNT, domain="tidewater.example.com")) == {
        "domain"
    }
    assert admin.call("accounts/wwwacct", **{**NEW, "domain": "hafencafe.example"})["result"] == "success"


def test_changequota_takes_package_packages_or_limits(admin):
    for name in ("package", "packages"):
        admin.call("accounts/changequota", username=ACCOUNT, **{name: "starter"})
        assert one(admin, ACCOUNT)["emailslimit"] == "2"
        admin.call("accounts/changequota", username=ACCOUNT, emails=7)
        assert (one(admin, ACCOUNT)["emailslimit"], one(admin, ACCOUNT)["package"]) == ("7", "Custom")
    assert set(admin.errors("accounts/changequota", username=ACCOUNT, package="nothing")) == {"package"}


def test_suspend_one_or_several_all_or_none(admin):
    assert set(admin.errors("accounts/suspendaccount", username=[ACCOUNT, "nobody"])) == {"username"}
    assert one(admin, ACCOUNT)["suspended"] == "0"
    admin.call("accounts/suspendaccount", username=[ACCOUNT, "tidewater"])
    assert users(admin, statusOption="suspended") == {ACCOUNT, "tidewater", "librairie"}
    admin.call("accounts/unsuspendaccount", username="tidewater")
    assert one(admin, "tidewater")["suspended"] == "0"


def test_terminate_takes_everything(admin, client):
    admin.call("accounts/terminateaccount", username=[ACCOUNT])
    assert admin.rows("accounts/listaccounts", accountuser=ACCOUNT) == []
    assert client.errors("domain/listdomains") == {"token": "Invalid or missing token"}
    assert (
        admin.call("accounts/wwwacct", **{**NEW, "domain": "hafencafe.example", "username": ACCOUNT})[
            "result"
        ]
        == "success"
    )
    assert admin.data("email/listemailaccounts", accountuser=ACCOUNT) == []


def test_packages(admin):
    rows = admin.rows("accounts/listpackages")
    assert rows[0] == {
        "packagename": "starter",
        "disklimit": "1024",
        "inodeslimit": "10000",
        "domainslimit": "1",
        "emailslimit": "2",
        "databaseslimit": "3",
    }
    assert set(rows[2].values()) == {"unlimited", "Unlimited"}
    admin.data("accounts/createpackage", package="tiny", permissions={"email": ["accounts"]}, quota=100)
    assert admin.rows("accounts/listpackages")[3]["disklimit"] == "100"
    assert set(admin.errors("accounts/createpackage", package="tiny", permissions="all")) == {"package"}
    assert set(admin.errors("accounts/createpackage", package="not valid", permissions="all")) == {"package"}
    admin.data("accounts/removepackage", package=["tiny", "starter"])
    assert set(admin.errors("accounts/removepackage", package="tiny")) == {"package"}
    assert [row["packagename"] for row in admin.rows("accounts/listpackages")] == ["business", "unlimited"]


def test_a_modified_package_changes_its_accounts(admin):
    admin.data("accounts/modifypackage", package="business", emails=77)
    assert one(admin, ACCOUNT)["emailslimit"] == "77"
    assert one(admin, "tidewater")["emailslimit"] == "Unlimited"
    assert set(admin.errors("accounts/modifypackage", package="nothing")) == {"package"}


def test_grant_ssh_answers_with_result_only(admin):
    assert admin.call("accounts/grantSSH", username=ACCOUNT, status=True) == {"result": "success"}
    assert admin.call("accounts/grantSSH", username=ACCOUNT, status=False) == {"result": "success"}
    assert set(admin.errors("accounts/grantSSH", username=ACCOUNT, status="maybe")) == {"status"}


def test_editprivileges_without_permissions_grants_everything(admin, client):
    everything = client.data("user/listuserpermissions")
    admin.data("accounts/editprivileges", username=ACCOUNT, permissions={"email": ["accounts"]})
    assert client.data("user/listuserpermissions") == {"email": {"category": "email", "pages": ["accounts"]}}
    admin.data("accounts/editprivileges", username=ACCOUNT)
    assert client.data("user/listuserpermissions") == everything
    assert set(everything) >= {"email", "domain", "mysql", "file", "tool"}


def test_permission_lists(admin):
    pages = admin.data("accounts/listuserpermissions")
    assert "mailroute" in pages["email"]["pages"] and pages["email"]["category"] == "email"
    assert admin.data("accounts/listuserpermissions", labels=True)["email"]["category"] == "Email"
    assert {"information", "status"} <= set(admin.data("admin/listadminuserpermissions")["server"]["pages"])


def test_administrators(admin):
    rows = admin.data("admin/listadminusers")
    assert [set(row) for row in rows] == [{"user", "permissions", "currentuser", "twofactor"}] * 2
    assert [row["currentuser"] for row in rows] == [True, False]
    new = {"username": "new@hosting.example", "password": "long-enough"}
    admin.data("admin/createadminuser", **new, permissions={"server": ["status"]})
    assert set(admin.errors("admin/createadminuser", **new, permissions="all")) == {"username"}
    assert set(admin.errors("admin/createadminuser", **{**new, "username": "new"}, permissions="all")) == {
        "username"
    }
    admin.data("admin/updateadminpermissions", username="new@hosting.example", permissions="all")
    assert admin.data("admin/listadminusers")[2]["permissions"] == "all"
    assert set(admin.errors("admin/updateadminpermissions", username="nobody", permissions="all")) == {
        "username"
    }


def test_sign_in_link_works_once(sandbox, admin):
    answer = admin.data("base/sso", role="user", username=ACCOUNT, redirect="email/accounts", ip="192.0.2.1")
    assert answer["url"] == f"{sandbox.http('spanel')}/spanel/sso/{answer['token']}"
    page = requests.get(answer["url"])
    assert (page.status_code, ACCOUNT in page.text) == (200, True)
    assert requests.get(answer["url"]).status_code == 403


def test_sign_in_link_ends(sandbox, admin):
    answer = admin.data("base/sso", role="admin", username="admin@hosting.example", redirect="server/status")
    sandbox.upstreams["spanel"].state.table("sso")[answer["token"]] |= {"until": 0}
    assert requests.get(answer["url"]).status_code == 403


def test_sign_in_link_refusals(sandbox, known, admin):
    good = {"role": "user", "username": ACCOUNT}
    assert Client(sandbox, known["plain_token"]).errors("base/sso", **good) == {"token": "SSO not enabled"}
    assert admin.errors("base/sso", **good, redirect="email/kitchen") == {
        "redirect": "Unknown page or category"
    }
    assert set(admin.errors("base/sso", **good, ip="::1")) == {"ip"}
    assert set(admin.errors("base/sso", role="guest", username=ACCOUNT)) == {"role"}
    assert set(admin.errors("base/sso", role="admin", username=ACCOUNT)) == {"username"}
