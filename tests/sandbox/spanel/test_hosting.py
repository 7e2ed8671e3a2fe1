"""Databases, FTP, backups, cron, certificate requests, sub-users (sheet, section 5.3)."""

from __future__ import annotations

import pytest
from cryptography import x509

from tests.sandbox.spanel.conftest import ACCOUNT, DOMAIN


def databases(client) -> dict[str, list[str]]:
    return {row["database"]: row["users"] for row in client.data("mysql/listmysqldatabases")}


def test_databases_with_and_without_prefix(client):
    full, user = f"{ACCOUNT}_blog", f"{ACCOUNT}_writer"
    client.data("mysql/createmysqldatabase", database="blog")
    assert user in client.data("mysql/createmysqluser", username="writer", password="x")["msg"]
    client.data("mysql/assignmysqluser", username=user, database="blog", privileges="ALL")
    assert databases(client)[full] == [user]
    client.data("mysql/changeuserpass", username="writer", password="y")
    client.data("mysql/revokeuseraccess", database=full, username="writer")
    assert databases(client)[full] == []
    assert set(client.errors("mysql/revokeuseraccess", database=full, username="writer")) == {"username"}
    client.data(
        "mysql/assignmysqluser", username="writer", database=full, privileges=["SELECT"], hostname="localhost"
    )
    client.data("mysql/deletemysqluser", username=user)
    assert databases(client)[full] == []
    client.data("mysql/deletemysqldatabase", database="blog")
    assert full not in databases(client)


@pytest.mark.parametrize(
    ("action", "params", "wrong"),
    [
        ("createmysqldatabase", {"database": "shop"}, "database"),
        ("createmysqldatabase", {"database": "a-b"}, "database"),
        ("createmysqluser", {"username": "shop", "password": "x"}, "username"),
        ("createmysqluser", {"username": "a b", "password": "x"}, "username"),
        ("assignmysqluser", {"username": "nobody", "database": "shop", "privileges": "ALL"}, "username"),
        ("assignmysqluser", {"username": "shop", "database": "nothing", "privileges": "ALL"}, "database"),
        ("changeuserpass", {"username": "nobody", "password": "x"}, "username"),
        ("deletemysqldatabase", {"database": "nothing"}, "database"),
        ("deletemysqluser", {"username": "nobody"}, "username"),
    ],
)
def test_database_refusals(client, action, params, wrong):
    assert set(client.errors(f"mysql/{action}", **params)) == {wrong}


def test_the_limit_of_databases(admin, client):
    admin.call("accounts/changequota", username=ACCOUNT, databases=1)
    assert set(client.errors("mysql/createmysqldatabase", database="second")) == {"limit"}


def test_ftp_accounts(client):
    client.data("file/addftpaccount", username="photos", password="x", path="public_html/photos")
    client.data("file/addftpaccount", username=f"{ACCOUNT}_all", password="x")
    paths = {row["username"]: row["path"] for row in client.data("file/listftpaccounts")}
    assert paths[f"{ACCOUNT}_photos"] == f"/home/{ACCOUNT}/public_html/photos"
    assert paths[f"{ACCOUNT}_all"] == f"/home/{ACCOUNT}"
    assert set(client.errors("file/addftpaccount", username="all", password="x")) == {"username"}
    client.data("file/ftpaccountpassword", username="photos", password="y")
    client.data("file/removeftpaccount", username=f"{ACCOUNT}_photos")
    assert set(client.errors("file/ftpaccountpassword", username="photos", password="y")) == {"username"}
    assert set(client.errors("file/removeftpaccount", username="photos")) == {"username"}


def test_backups(client):
    assert client.data("file/listfullbackups") == []
    client.data("file/generatefullbackup")
    [row] = client.data("file/listfullbackups")
    assert {"description", "size"} <= set(row)
    [local] = client.data("file/listfullbackups", mode="local", type="daily")
    assert not {"description", "size"} & set(local)
    assert client.data("file/listfullbackups", mode="local", type="hourly") == []
    assert set(client.errors("file/listfullbackups", mode="elsewhere")) == {"mode"}


JOB = {
    "minute": "0",
    "hour": "3",
    "day": "*",
    "month": "*",
    "weekday": "1-5",
    "command": "/usr/bin/true --fast",
}


def test_cron_jobs(client):
    client.data("tool/createcron", **JOB)
    assert JOB in client.data("tool/listcrons")
    assert set(client.errors("tool/createcron", **JOB)) == {"command"}
    client.data(
        "tool/editcron", **{**{name: [value, value] for name, value in JOB.items()}, "hour": ["3", "4"]}
    )
    later = JOB | {"hour": "4"}
    assert later in client.data("tool/listcrons") and JOB not in client.data("tool/listcrons")
    assert set(client.errors("tool/editcron", **{name: [value, value] for name, value in JOB.items()})) == {
        "command"
    }
    client.data("tool/removecron", **later)
    assert later not in client.data("tool/listcrons")
    assert set(client.errors("tool/removecron", **later)) == {"command"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"weekday": "0"}, "weekday"),
        ({"weekday": "8"}, "weekday"),
        ({"minute": "a b"}, "minute"),
        ({"command": ["x"]}, "command"),
    ],
)
def test_cron_fields(client, change, wrong):
    assert set(client.errors("tool/createcron", **{**JOB, **change})) == {wrong}


@pytest.mark.parametrize("value", ["3", ["3"], ["3", "4", "5"], ["3", "a b"]])
def test_editcron_needs_old_and_new(client, value):
    params = {name: [old, old] for name, old in JOB.items()}
    assert set(client.errors("tool/editcron", **{**params, "hour": value})) == {"hour"}


CSR = {
    "domain": DOMAIN,
    "country": "de",
    "stateorprovince": "Schleswig-Holstein",
    "city": "Flensburg",
    "organization": "Hafencafé",
    "email": "info@hafencafe.example",
}


def test_certificate_request(client):
    answer = client.data("tool/generatecsr", **CSR)
    assert "self-signed" in answer["msg"]
    subject = x509.load_pem_x509_csr(answer["csr"].encode()).subject.rfc4514_string()
    assert f"CN={DOMAIN}" in subject and "C=DE" in subject
    assert set(client.errors("tool/generatecsr", **{**CSR, "country": "Germany"})) == {"country"}
    assert set(client.errors("tool/generatecsr", **{**CSR, "domain": "nowhere.example"})) == {"domain"}


def test_sub_users(client):
    new = {"username": "helper", "password": "long-enough", "permissions": {"email": ["accounts"]}}
    client.data("user/addsubuser", **new)
    row = {
        "user": f"{ACCOUNT}_helper",
        "permissions": {"email": ["accounts"]},
        "currentuser": False,
        "twofactor": False,
    }
    assert row in client.data("user/listsubusers")
    assert set(client.errors("user/addsubuser", **new)) == {"username"}
    assert set(client.errors("user/addsubuser", **{**new, "password": "short"})) == {"password"}
    client.data("user/editsubuserprivileges", username=f"{ACCOUNT}_helper", permissions="all")
    assert row | {"permissions": "all"} in client.data("user/listsubusers")
    client.data("user/changesubuserpasswd", username="helper", password="even-longer")
    client.data("user/delsubuser", username=["helper"])
    for action in ("editsubuserprivileges", "changesubuserpasswd", "delsubuser"):
        params = {"username": "helper", "permissions": "all", "password": "long-enough"}
        assert set(client.errors(f"user/{action}", **params)) == {"username"}
