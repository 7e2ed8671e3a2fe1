"""The mailboxes of a Cleanmail domain as people meet them: list, one, what hangs on it, the link that is shown once."""

from __future__ import annotations

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
