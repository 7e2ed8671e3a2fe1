"""Folders, search, reading, release, attachments, sending."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.cleanmail.conftest import Api

CLASSES = (
    "Spam",
    "Virus",
    "Advert",
    "Blocked",
    "SenderVerify",
    "BadHeaders",
    "BadEncoding",
    "BadAttachments",
    "Clean",
)


def emails(api: Api, folder: str = "") -> str:
    path = f"/users/{api.user()['id']}/emails"
    return f"{path}/{quote(folder, safe='')}" if folder else path


def first(api: Api, folder: str, **query: Any) -> dict[str, Any]:
    return api.get(emails(api, folder), params=query)[0]


# Folders


def test_folders_have_counts_only_when_asked(api: Api) -> None:
    plain = api.get(f"{emails(api)}/folders")
    assert {row["messageCount"] for row in plain} == {None}
    counted = {row["path"]: row for row in api.get(f"{emails(api)}/folders", params={"fields": "STATS"})}
    assert set(CLASSES) | {"INBOX", "Sent", "Archives", "Entwürfe & Notizen"} == set(counted)
    assert counted["Spam"]["messageCount"] == len(api.get(emails(api, "Spam")))
    assert counted["Entwürfe & Notizen"]["messageCount"] == 0
    assert all(row["unreadMessageCount"] <= row["messageCount"] for row in counted.values())
    api.get(f"{emails(api)}/folders", 400, params={"fields": "SIZES"})


def test_a_folder_below_another_has_an_encoded_slash_in_its_path(api: Api) -> None:
    children = api.get(f"{emails(api)}/folders/Archives")
    assert [(row["name"], row["path"]) for row in children] == [("2025", "Archives/2025")]
    assert children[0]["messagesUri"].endswith("/emails/Archives%2F2025")
    assert api.session.get(children[0]["messagesUri"], timeout=10).json()
    assert api.session.get(children[0]["childrenUri"], timeout=10).json() == []
    assert api.send("GET", f"{emails(api)}/Archives/2025").status_code == 404
    api.get(f"{emails(api)}/folders/Nowhere", 404)
    api.get(f"{emails(api)}/Nowhere", 404)


def test_a_name_that_must_be_encoded_is_understood(api: Api) -> None:
    assert api.get(emails(api, "Entwürfe & Notizen")) == []


def test_mailboxes_are_found_by_id_and_by_address(api: Api) -> None:
    by_address = f"/users/{api.user()['email'].upper()}/emails/Spam"
    assert [row["id"] for row in api.get(by_address)] == [row["id"] for row in api.get(emails(api, "Spam"))]
    api.get("/users/nobody@nordwind.example/emails/folders", 404)
    api.get("/users/info@nordwind.example/emails/folders", 404)


# Lists and search


def test_mails_come_newest_first_in_pages_and_never_by_id(api: Api) -> None:
    path = emails(api, "INBOX")
    everything = api.get(path)
    dates = [row["date"] for row in everything]
    assert dates == sorted(dates, reverse=True)
    answer = api.send("GET", path, params={"offset": 1, "pageSize": 1})
    assert answer.json() == everything[1:2]
    assert answer.headers["X-Total-Count"] == str(len(everything))
    assert (
        api.get(path, params={"sort": "sentDate"})
        == api.get(path, params={"sort": "date"})
        == everything[::-1]
    )
    for wrong in ("id", "-id", "colour"):
        api.get(path, 400, params={"sort": wrong})


def test_a_listed_mail_has_headers_with_score_and_an_address_to_read_it(api: Api) -> None:
    mail = first(api, "Spam", subject="WON")
    assert mail["headers"]["X-Fuglu-Id"] == mail["id"]
    assert "score=14.2" in mail["headers"]["X-Spam-Status"]
    assert mail["from"] == "Winners Club <claim@prize.example.net>"
    assert isinstance(mail["headers"]["Received"], str)
    read = api.session.get(mail["contentUri"], timeout=10)
    assert read.json()["id"] == mail["id"]
    assert mail["contentUri"].count("/") == f"http://h/api/v3{emails(api, 'Spam')}/id/uid".count("/")


@pytest.mark.parametrize("folder", CLASSES)
def test_every_class_has_mail_and_all_but_viruses_a_score(api: Api, folder: str) -> None:
    for mail in api.get(emails(api, folder)):
        assert ("X-Spam-Status" in mail["headers"]) == (folder != "Virus")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"subject": "won"}, True),
        ({"subject": "won", "from": "winners"}, True),
        ({"subject": "won", "from": "nobody"}, False),
        ({"subject": "won", "from": "nobody", "operator": "OR"}, True),
        ({"body": "lucky winner"}, True),
        ({"to": "nordwind.example"}, True),
        ({"cc": "anybody"}, False),
        ({"receivedAfter": "1000000000000"}, True),
        ({"receivedAfter": "2200-01-01T00:00:00Z"}, False),
        ({"receivedBefore": "2001-01-01"}, False),
    ],
)
def test_search(api: Api, query: dict[str, str], count: bool) -> None:
    assert bool(api.get(emails(api, "Spam"), params=query)) == count


def test_not_and_ids_in_a_search(api: Api) -> None:
    path = emails(api, "Spam")
    everything, one = api.get(path), first(api, "Spam")
    assert api.get(path, params={"id": one["id"]}) == [one]
    assert api.get(path, params={"id": one["headers"]["Message-ID"]}) == [one]
    others = api.get(path, params={"id": one["id"], "operator": "NOT"})
    assert others == [row for row in everything if row != one]


@pytest.mark.parametrize(
    "query",
    [
        {"operator": "NOT"},
        {"operator": "NOT", "from": "a", "to": "b"},
        {"operator": "XOR", "from": "a"},
        {"receivedAfter": "yesterday"},
        {"receivedBefore": "yesterday", "subject": "x", "operator": "OR"},
        {"pageSize": "0"},
    ],
)
def test_searches_that_cannot_be(api: Api, query: dict[str, str]) -> None:
    api.get(emails(api, "Spam"), 400, params=query)


# Reading


def test_body_and_source_are_for_the_mailbox_itself(api: Api, limited: Api) -> None:
    mail = first(api, "Spam", subject="WON")
    path = f"{emails(api, 'Spam')}/{mail['id']}"
    everything = {"fields": "HEADERS,BODY,ATTACHMENTS,SOURCE"}
    for caller in (api, limited):
        shown = caller.get(path, params=everything)
        assert (shown["body"], shown["source"]) == (None, None)
        assert shown["headers"] == mail["headers"]
        assert shown["attachments"] == mail["attachments"]
    own = api.mailbox(api.user())
    shown = own.get(path, params=everything)
    html = base64.b64decode(shown["body"]).decode()
    assert "<script>" in html
    assert 'src="http://track.prize.example.net' in html
    assert f"X-Fuglu-Id: {mail['id']}" in shown["source"]
    assert own.get(path)["body"] is None


def test_only_what_is_asked_for_is_filled(api: Api) -> None:
    path = f"{emails(api, 'BadAttachments')}/{first(api, 'BadAttachments')['id']}"
    plain = api.get(path)
    assert plain["headers"]
    assert plain["attachments"] is None
    parts = api.get(path, params={"fields": "attachments"})
    assert parts["headers"] is None
    assert parts["attachments"]["count"] == 2
    api.get(path, 400, params={"fields": "HEADERS,EVERYTHING"})


def test_a_mail_is_found_by_either_id(api: Api) -> None:
    mail = first(api, "Clean")
    by_message_id = quote(mail["headers"]["Message-ID"], safe="")
    assert api.get(f"{emails(api, 'Clean')}/{by_message_id}")["id"] == mail["id"]
    api.get(f"{emails(api, 'Spam')}/{mail['id']}", 404)
    api.get(f"{emails(api, 'Clean')}/{'0' * 32}", 404)


def test_odd_charsets_and_broken_structures_are_survived(api: Api) -> None:
    own = api.mailbox(api.user())

    def body(folder: str, mail: dict[str, Any]) -> str:
        shown = own.get(f"{emails(api, folder)}/{mail['id']}", params={"fields": "BODY"})
        return base64.b64decode(shown["body"]).decode()

    phishing = [mail for mail in api.get(emails(api, "Spam")) if "bank@" in mail["from"]]
    assert "закрыт" in body("Spam", phishing[0])
    headers = first(api, "BadHeaders")
    assert headers["subject"].endswith("union")
    assert len(headers["headers"]["Subject"]) == 2
    assert headers["date"] > 0
    assert "Text." in body("BadHeaders", headers)
    encoding = first(api, "BadEncoding")
    assert "Köln" in body("BadEncoding", encoding)
    assert encoding["attachments"]["parts"][0]["contentType"] == "application/pdf"
    for folder in (*CLASSES, "INBOX", "Sent"):
        json.dumps(api.get(emails(api, folder))).encode()


def test_an_unreachable_mail_store_is_500(api: Api) -> None:
    mail = first(api, "Spam")
    api.upstream.profile["mail_store_down"] = True
    for path in (f"{emails(api)}/folders", emails(api, "Spam"), f"{emails(api, 'Spam')}/{mail['id']}"):
        assert "Imap" in api.get(path, 500)["message"]
    api.post(f"{emails(api, 'Spam')}/{mail['id']}/release", status=400)


# Release


def test_a_released_mail_leaves_the_quarantine_for_the_inbox(api: Api) -> None:
    mail = first(api, "Spam")
    path = f"{emails(api, 'Spam')}/{mail['id']}"
    api.post(f"{path}/release", status=204)
    api.get(path, 404)
    api.post(f"{path}/release", status=404)
    assert api.get(f"{emails(api, 'INBOX')}/{mail['id']}")["subject"] == mail["subject"]
    assert [row["fugluId"] for row in api.records.every("deliveries")] == [mail["id"]]
    api.post(f"{emails(api, 'INBOX')}/{mail['id']}/release", status=204)


def test_a_virus_needs_the_header_and_nothing_else_may_have_it(api: Api) -> None:
    virus, spam = first(api, "Virus"), first(api, "Spam")
    lover = {"X-Virus-Lover": "yes"}
    api.post(f"{emails(api, 'Virus')}/{virus['id']}/release", status=412)
    api.post(f"{emails(api, 'Spam')}/{spam['id']}/release", status=412, headers=lover)
    assert api.records.every("deliveries") == []
    api.post(f"{emails(api, 'Virus')}/{virus['id']}/release", status=204, headers=lover)
    api.post(f"{emails(api, 'INBOX')}/{virus['id']}/release", status=412)


def test_a_mailbox_releases_its_own_mail_by_message_id(api: Api) -> None:
    mail = first(api, "Advert")
    slot = quote(mail["headers"]["Message-ID"], safe="")
    api.mailbox(api.user()).post(f"{emails(api, 'Advert')}/{slot}/release", status=204)


# Attachments


def test_attachments_are_downloaded_one_by_one_and_together(api: Api) -> None:
    attachments = first(api, "BadAttachments")["attachments"]
    script, picture = attachments["parts"]
    assert (script["name"], picture["name"]) == ("scan.js", "Übersicht Größe.png")
    shown = api.session.get(picture["displayUri"], timeout=10)
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert len(shown.content) == picture["size"]
    saved = api.session.get(picture["downloadUri"], headers={"Accept": "application/json"}, timeout=10)
    assert saved.content == shown.content
    assert saved.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(picture['name'])}"
    archive = zipfile.ZipFile(io.BytesIO(api.session.get(attachments["zipUri"], timeout=10).content))
    assert archive.read(f"{picture['partId']}-{picture['name']}") == shown.content
    assert len(archive.namelist()) == attachments["count"] == 2


def test_what_has_no_attachment_is_404(api: Api) -> None:
    mail = first(api, "Blocked")
    assert mail["hasAttachment"] is False
    for below in ("attachments", "attachments/1"):
        api.get(f"{emails(api, 'Blocked')}/{mail['id']}/{below}", 404)
    by_address = f"/users/{api.user()['email']}/emails/BadAttachments/{first(api, 'BadAttachments')['id']}"
    api.get(f"{by_address}/attachments", 404)


def test_an_attached_message_is_one_part(api: Api) -> None:
    mail = first(api, "INBOX", subject="Fwd")
    part = mail["attachments"]["parts"][0]
    assert part["contentType"] == "message/rfc822"
    assert b"Complaint" in api.session.get(part["downloadUri"], timeout=10).content


# Sending


def upload(api: Api, name: str = "note.txt") -> dict[str, Any]:
    return api.post("/emails/attachments", status=200, files={"file": (name, b"hello", "text/plain")})


def test_a_file_is_uploaded_read_and_deleted_by_its_account_alone(api: Api, limited: Api) -> None:
    made = upload(api, "größe.txt")
    assert (made["name"], made["type"], made["size"]) == ("größe.txt", "text/plain", 5)
    assert api.session.get(made["uri"], timeout=10).content == b"hello"
    path = f"/emails/attachments/{made['uid']}"
    limited.get(f"{path}/{quote(made['name'])}", 404)
    api.get(f"{path}/other.txt", 404)
    assert api.delete(f"{path}/{quote(made['name'])}", 200) is None
    api.get(f"{path}/{quote(made['name'])}", 404)
    api.post("/emails/attachments", status=400, files={"other": ("a", b"a")})
    api.post("/emails/attachments", status=400)


def test_mail_goes_out_as_the_tokens_account_and_uses_its_files_up(api: Api, limited: Api) -> None:
    file = upload(limited)
    message = {"to": ["a@b.example"], "cc": ["c@d.example"], "subject": "Hi", "body": "<p>Hi</p>"}
    attached = {**message, "attachments": [{"name": "n.txt", "uid": file["uid"]}]}
    api.post(f"{emails(api)}/send", attached, 400)
    assert limited.post(f"{emails(api)}/send", attached, 200)
    sent = api.records.every("sent")[0]
    assert (sent["from"], sent["recipients"]) == ("helpdesk@nordwind.example", ["a@b.example", "c@d.example"])
    limited.get(f"/emails/attachments/{file['uid']}/note.txt", 404)
    limited.post(f"{emails(api)}/send", attached, 400)


def test_a_mailbox_finds_what_it_sent(api: Api) -> None:
    own, user = api.mailbox(api.user()), api.user()
    file = upload(own, "bericht.txt")
    message = {"to": ["a@b.example"], "subject": "Größe", "body": "<p>Grüße</p>", "important": True}
    own.post(f"{emails(api)}/send", {**message, "attachments": [{"name": "ü.txt", "uid": file["uid"]}]}, 200)
    mail = first(api, "Sent", subject="größe")
    assert (mail["from"], mail["to"]) == (user["email"], ["a@b.example"])
    assert mail["attachments"]["parts"][0]["name"] == "ü.txt"


@pytest.mark.parametrize(
    "message",
    [{}, {"to": []}, {"to": "a@b.example"}, {"to": ["nobody"]}, {"to": ["a@b.example"], "body": 5}],
)
def test_mail_that_cannot_be_sent(api: Api, message: dict[str, Any]) -> None:
    api.post(f"{emails(api)}/send", message, 400)
    api.post("/users/nobody@nordwind.example/emails/send", {"to": ["a@b.example"]}, 404)
