"""The mailboxes of a Cleanmail domain as people meet them: list, one, what hangs on it, the link that is shown once."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from io import BytesIO

from app.storage.tables import changes
from tests.browser import Browser
from tests.features.cleanmail_world import CM, CleanmailWorld
from tests.features.page import see, submit

HOME = "nordwind.example"
FIRST = f"bjorn.yildiz@{HOME}"
LIST = f"/resources/mailboxes/{CM}/mailboxes/?domain={HOME}"
ONE = f"/resources/mailboxes/{CM}/mailboxes/one?domain={HOME}&item=bjorn.yildiz@nordwind.example"


def test_the_domain_leads_to_its_mailboxes_and_each_to_what_hangs_on_it(
    world: CleanmailWorld, operator: Browser
) -> None:
    assert LIST in see(operator, f"/domains/{CM}/{HOME}/more").links
    page = see(operator, LIST)
    assert FIRST in page.text and "Management" in page.text
    page = see(operator, ONE)
    assert f"info@{HOME}" in page.text and "operations@cleanmail.example" in page.text
    links = " ".join(page.links)
    for part in (
        "mailbox_options",
        "mailbox_signature",
        f"/rules/{CM}/{HOME}?mailbox=",
        "email-aliases?",
        "/quarantine/?",
    ):
        assert part in links, part
    for part in ("email-aliases?", "/quarantine/?"):
        assert see(operator, next(link for link in page.links if part in link)).status == 200
    written = see(operator, f"/resources/mailboxes/{CM}/mailboxes/do/compose?domain={HOME}&item={FIRST}")
    assert "Mail from here is sent as operations@cleanmail.example" in written.text


def test_the_signature_is_shown_without_what_could_run(world: CleanmailWorld, operator: Browser) -> None:
    here = f"domain={HOME}&parent={FIRST}"
    row = next(row for row in world.records.every("users") if row["email"] == FIRST)
    hostile = "PGI+SGk8L2I+PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0PjxpbWcgc3JjPXggb25lcnJvcj1hbGVydCgyKT4="
    world.records.put("users", {**row, "sign": hostile})
    answer = operator.get(f"/resources/mailboxes/{CM}/mailbox_signature/value/html?{here}")
    assert answer.status_code == 200 and b"<b>Hi</b>" in answer.data
    assert b"script" not in answer.data and b"onerror" not in answer.data
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_sign_in_link_is_shown_once_to_those_who_may_read_mail(
    world: CleanmailWorld, operator: Browser
) -> None:
    act = f"/resources/mailboxes/{CM}/mailboxes/do/sign_in_link?domain={HOME}&item={FIRST}"
    page = submit(operator, see(operator, act).form("request_key"), value_validity="2")
    token = world.records.every("tokens")[-1]["value"]
    assert token in page.html
    assert (
        token not in see(operator, "/changes/").html + see(operator, f"/changes/{world.changes()[0].id}").html
    )
    support = world.sign_in("support")
    assert support.get(act).status_code == 403
    assert "sign_in_link" not in " ".join(see(support, ONE).links)


def test_the_journal_keeps_neither_the_text_nor_the_files_of_a_mail(
    world: CleanmailWorld, operator: Browser
) -> None:
    """Nor do its pages, exports, REST and the stored calls; what was sent is told by size and checksum."""
    act = f"/resources/mailboxes/{CM}/mailboxes/do/compose?domain={HOME}&item={FIRST}"
    form = see(operator, act).form("request_key")
    secret, data = "The merger closes on Friday", b"confidential attachment bytes"
    values = form.sent(value_to="a@elsewhere.example", value_subject="Hello", value_text=secret)
    sent = {**values.to_dict(), "value_file1": (BytesIO(data), "plan.txt", "text/plain")}
    done = operator.post(act, data=sent, content_type="multipart/form-data")
    assert done.status_code == 303, done.text[:300]
    assert world.records.every("sent")[-1]["subject"] == "Hello"
    change = world.changes()[0]
    with world.wired.database.session() as session:
        row = session.execute(changes.select().where(changes.c.id == change.id)).one()
    api = world.api("admin")
    kept = json.dumps([list(map(str, row)), api("GET", f"/changes/{change.id}").json])
    kept += see(operator, f"/changes/{change.id}").html + operator.get("/changes/export.csv").text
    assert secret not in kept and base64.b64encode(data).decode() not in kept
    assert secret.replace(" ", "%20") not in kept and "merger" not in kept
    assert hashlib.sha256(secret.encode()).hexdigest() in kept and '"characters": 27' in html.unescape(kept)
    assert hashlib.sha256(data).hexdigest() in kept and "plan.txt" in kept


def test_a_mail_that_did_not_go_is_not_sent_from_the_journal(
    world: CleanmailWorld, operator: Browser
) -> None:
    world.fault("429", "sendEmail", upstream="cleanmail", count=1)
    act = f"/resources/mailboxes/{CM}/mailboxes/do/compose?domain={HOME}&item={FIRST}"
    mail = {"value_to": "a@elsewhere.example", "value_subject": "Hello", "value_text": "Hi"}
    submit(operator, see(operator, act).form("request_key"), **mail)
    change = world.changes()[0]
    assert change.state != "done" and "Finish" not in see(operator, f"/changes/{change.id}").text
    page = see(operator, f"/changes/{change.id}/finish")
    assert "cannot be sent again" in page.text and not world.records.every("sent")


def test_undoing_an_addition_asks_as_the_removal_does(world: CleanmailWorld, operator: Browser) -> None:
    add = f"/resources/mailboxes/{CM}/mailboxes/do/add?domain={HOME}"
    submit(operator, see(operator, add).form("request_key"), value_email=f"new@{HOME}")
    undo = f"/changes/{world.changes()[0].id}/undo"
    page = see(operator, undo)
    assert f"Type new@{HOME} to confirm" in page.text
    refused = submit(operator, page.form("request_key"), confirm="")
    assert refused.status == 422 and any(u["email"] == f"new@{HOME}" for u in world.records.every("users"))
    submit(operator, refused.form("request_key"), confirm=f"new@{HOME}")
    assert all(u["email"] != f"new@{HOME}" for u in world.records.every("users"))
