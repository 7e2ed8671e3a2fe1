"""Mail of Cleanmail on its pages: a folder of 10,000, and messages that are made to do harm, all the way from the upstream."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from email.message import EmailMessage
from urllib.parse import unquote

import pytest

from app.core.secret import Secret
from app.sandbox.cleanmail import mails
from tests.browser import Browser
from tests.features.cleanmail_world import CM, CleanmailWorld
from tests.features.page import see, submit
from tests.features.world import ADMIN

HOME = "nordwind.example"
BOX = f"bjorn.yildiz@{HOME}"
FOLDER = f"/quarantine/?domain={BOX}&connection={CM}&folder=Hostile"
MANY = 10_000


def put(world: CleanmailWorld, raw: bytes, name: str = "Hostile") -> None:
    user = next(row for row in world.records.every("users") if row["email"] == BOX)
    mails.add_message(world.records, user["id"], name, raw, "f" * 32)


def calls(world: CleanmailWorld) -> list[str]:
    return world.sandbox.calls["cleanmail"].names()


def test_a_folder_of_10000_mails_is_one_page_of_the_upstream(
    world: CleanmailWorld, operator: Browser
) -> None:
    """As many calls as for a folder of five, whichever page is asked for."""
    put(world, b"Subject: one\r\nFrom: a@b.example\r\n\r\ntext")
    see(operator, FOLDER)
    world.sandbox.calls["cleanmail"].clear()
    small = see(operator, FOLDER)
    few = sorted(calls(world))
    [row] = [m for m in world.records.every("messages") if m["of"].endswith("/Hostile")]
    with world.sandbox.upstreams["cleanmail"].lock:
        for number in range(MANY - 1):
            world.records.add("messages", {**row, "fugluId": f"{number:032x}"}, row["of"])
    for page in (1, MANY // 50):
        world.sandbox.calls["cleanmail"].clear()
        large = see(operator, f"{FOLDER}&page={page}")
        assert sorted(calls(world)) == few and few.count("getFolderContent") == 1
        assert large.html.count('name="selected"') == 50 and "10,000" in large.text
    assert small.html.count('name="selected"') == 1


def attached(name: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@b.example", "files"
    mail.set_content("text")
    mail.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def nested(depth: int) -> bytes:
    lines = [b"Subject: deep", b"From: a@b.example"]
    for level in range(depth):
        lines += [b"Content-Type: multipart/mixed; boundary=b%d" % level, b"", b"--b%d" % level]
    return b"\r\n".join([*lines, b"", b"the bottom"])


HOSTILE = {
    "script": b"Subject: <script>alert(1)</script>\r\nFrom: <img src=x onerror=alert(2)>@b.example\r\nX-A: <script>3</script>\r\n\r\nx",
    "huge header": b"Subject: s\r\nFrom: a@b.example\r\nX-Junk: " + b"a" * 3_000_000 + b"\r\n\r\nx",
    "deep nesting": nested(60),
    "broken MIME": b"Subject: \xff\xfe\r\nFrom: a@b.example\r\nContent-Type: multipart/mixed; boundary=\r\nno header\r\n\r\n--\r\n",
    "path tricks": attached("../../../etc/passwd"),
    "right to left": attached("invoice\u202efdp.exe").replace(b"Subject: files", "Subject: pay\u202eexe".encode()),
    "10,000 recipients": b"Subject: s\r\nFrom: a@b.example\r\nTo: "
    + b",\r\n ".join(b"p%d@example.org" % n for n in range(10_000))
    + b"\r\n\r\nx",
    "25 MB": b"Subject: s\r\nFrom: a@b.example\r\nContent-Type: application/zip; name=a.zip\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 330_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_listed_and_shown_and_does_nothing(
    world: CleanmailWorld, operator: Browser, name: str
) -> None:
    put(world, HOSTILE[name])
    listed = see(operator, FOLDER)
    assert listed.status == 200 and listed.html.count('name="selected"') == 1, name
    address = next(link for link in listed.links if re.search(rf"/quarantine/{CM}/{HOME}/quarantine/", link))
    shown = see(operator, address)
    assert shown.status == 200, shown.text[:300]
    assert "Cleanmail shows the body of a message to its owner alone" in shown.text
    for page in (listed, shown):
        lowered = page.html.lower()
        assert "<script>alert" not in lowered and "<img src=x" not in lowered and "\u202e" not in page.html
        assert len(page.html) < 400_000, name


@pytest.mark.parametrize("name", ["path tricks", "right to left"])
def test_a_downloaded_file_has_a_name_without_tricks(world: CleanmailWorld, name: str) -> None:
    put(world, HOSTILE[name])
    api = world.api("admin")
    found = api("GET", f"/messages/quarantine?domain={BOX}&connection={CM}&folder=Hostile").json["items"][0]
    files = found | {"where": f"mailbox={BOX}&folder=Hostile"}
    detail = api("GET", "/messages/{connection}/{domain}/{source}/{ref}?{where}".format(**files)).json
    for one in detail["attachments"]:
        assert not set(unquote(one["name"])) & set("/\\\u202e"), one["name"]


OWN = f"/quarantine/?domain={BOX}&connection=own&folder=Spam"


@pytest.fixture
def own_token(world: CleanmailWorld) -> None:
    """A further connection with the mailbox's own token, which sees no domain."""
    driver = world.wired.pool.driver(world.wired.connections.get(ADMIN, CM))
    token = driver.client.ask("temporaryAuthTokens", {"username": BOX})["token"]
    known = world.wired.connections.get(ADMIN, CM)
    values = {**known.values, "token": Secret(token), "account": BOX}
    world.wired.store.add(replace(known, key="own", name="Own", values=values, declared=False))


@pytest.mark.usefixtures("own_token")
def test_the_body_is_shown_where_the_connection_holds_the_mailbox_s_own_token(
    world: CleanmailWorld, operator: Browser
) -> None:
    listed = see(operator, OWN)
    assert listed.html.count('name="selected"') == len(world.spam(BOX)) and "folder=Virus" in listed.html
    address = next(link for link in listed.links if f"/quarantine/own/{HOME}/quarantine/" in link)
    asking = next(
        f for f in see(operator, address).forms if "reason" in f.names and "selected" not in f.names
    )
    opened = submit(operator, asking, reason="ticket 4711")
    frame = re.search(r'<iframe[^>]*src="([^"]+)"', opened.html).group(1)
    assert 'sandbox=""' in opened.html
    body = operator.get(html.unescape(frame))
    policy = body.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'") and "http" not in policy
    assert "<script" not in body.text and "onload" not in body.text and "<form" not in body.text
    assert "http://track" not in body.text
    view = world.changes()[0]
    assert view.step.verb == "mail.view" and view.step.after["reason"] == "ticket 4711"


@pytest.mark.usefixtures("own_token")
def test_another_s_mailbox_stays_closed_to_that_token(world: CleanmailWorld, operator: Browser) -> None:
    page = see(operator, OWN.replace("bjorn.yildiz", "greta.kuhn"))
    assert page.status == 200 and 'name="selected"' not in page.html
