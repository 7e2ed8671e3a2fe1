"""Releasing, marking and deleting mails: per-item results within a 200 (contract sheet, 5.8)."""

from __future__ import annotations

from typing import Any

from tests.sandbox.hornetsecurity.conftest import ALWAYS, FIRST, M365, PARTNER, SECOND, Panel, refused


def held(panel: Panel, scope: str = FIRST, **filters: Any) -> list[str]:
    """Return the ids of incoming spam, newest first."""
    found = panel.mails(scope, **{"classification": [1], "direction": [1], **filters})
    return [mail["es_mail_id"] for mail in found]


def items(*ids: str) -> list[dict[str, str]]:
    return [{"es_mail_id": each} for each in ids]


def the_mail(panel: Panel, es_mail_id: str) -> dict[str, Any]:
    return dict(panel.post("/emails/_search/single_email/", {"es_mail_id": es_mail_id}, object_id=PARTNER))


def test_release_answers_per_item_in_order(panel: Panel) -> None:
    spam = held(panel)[0]
    outgoing = held(panel, direction=[2], classification=[2])[0]
    rejected = held(panel, classification=[3])[0]
    answer = panel.post("/emails/deliver/recipient/", items(spam, "unknown", outgoing, rejected))
    assert [item["es_identifier"] for item in answer] == [spam, "unknown", outgoing, rejected]
    assert [item["success"] for item in answer] == [True, False, False, False]
    assert "error" not in answer[0]
    assert [item["error"]["error_id"] for item in answer[1:]] == [3081, 3113, 3111]
    assert all(item["error"]["error_message"] for item in answer[1:])


def test_a_released_mail_is_delivered_and_keeps_its_class(panel: Panel, first: int) -> None:
    spam = held(panel)[0]
    assert the_mail(panel, spam)["status"] == {"id": 0, "text": "No status"}
    panel.post("/emails/deliver/recipient/", items(spam), source="control")
    released = the_mail(panel, spam)
    assert released["status"] == {"id": 1, "text": "Delivered"}
    assert released["classification"]["text"] == "spam"
    header = panel.post("/emails/header/", {"es_mail_id": spam}, object_id=first)["raw_header"]
    assert header == "" or "x-hornetsecurity-delivered:" in header
    counts = panel.post("/emails/statistics/by_type/", ALWAYS, object_id=first)
    assert {"type": 10, "value": 1, "name": "delivered"} in counts["data"]


def test_clean_mail_is_released_from_the_archive_only(panel: Panel) -> None:
    archived = held(panel, classification=[2])[0]
    elsewhere = held(panel, "ostergaard.example", classification=[2])[0]
    answer = panel.post("/emails/deliver/recipient/", items(archived, elsewhere))
    assert [item.get("error", {}).get("error_id") for item in answer] == [None, 3112]


def test_end_users_release_what_their_administrator_allows(panel: Panel, first: int) -> None:
    rules = [{"type": "content", "send": False}, {"type": "spam", "send": True}]
    assert (
        panel.call("PUT", "/permissions/email_actions/", {"user_actions": rules}, object_id=first).status_code
        == 201
    )
    address = panel.mails(FIRST, classification=[8], direction=[1])[0]["owner"]
    token = user_token(panel, address)
    content, spam = held(panel, address, classification=[8])[0], held(panel, address)[0]
    answer = panel.call("POST", "/emails/deliver/recipient/", items(content, spam), token=token).json()
    assert [item.get("error", {}).get("error_id") for item in answer] == [3108, None]
    refused(panel.call("POST", "/emails/whitelist_and_deliver/", items(content), token=token), 403, 3108)
    others = items(held(panel, SECOND)[0])
    stranger = panel.call("POST", "/emails/deliver/recipient/", others, token=token).json()
    assert stranger[0]["error"]["error_id"] == 1003


def user_token(panel: Panel, address: str) -> str:
    """Sign an ordinary user in and return the login token."""
    panel.profile["app_id_required"] = False
    body = {"username": address, "password": panel.credentials["password"]}
    return str(panel.call("POST", "/auth/login/", body).json()["token"])


def test_allow_and_release_puts_the_sender_on_the_recipients_list(panel: Panel) -> None:
    spam = next(mail for mail in panel.mails(FIRST, classification=[1], direction=[1]))
    assert panel.post("/emails/whitelist_and_deliver/", items(spam["es_mail_id"]))[0]["success"] is True
    owner = panel.object_id(spam["owner"])
    values = panel.get("/emails/black_white_list/", object_id=owner, type=1)["blackWhiteList"]
    assert spam["comm_partner"] in [entry["value"] for entry in values]
    again = panel.post("/emails/whitelist_and_deliver/", items(spam["es_mail_id"]))
    assert again[0]["success"] is True


def test_the_body_of_an_action_is_a_list(panel: Panel) -> None:
    refused(panel.call("POST", "/emails/deliver/recipient/", {"es_mail_id": "x"}), 400, 2009)
    refused(panel.call("POST", "/emails/deliver/recipient/", [{"id": "x"}]), 400, 2009)
    assert panel.post("/emails/deliver/recipient/", []) == []


def test_an_unknown_source_is_refused(panel: Panel) -> None:
    refused(panel.call("POST", "/emails/deliver/recipient/", [], source="moon"), 400, 2009)


def test_send_to_admin_needs_a_contact(panel: Panel, first: int) -> None:
    spam, clean = held(panel)[0], held(panel, classification=[2])[0]
    answer = panel.post("/emails/deliver/helpdesk/", items(spam, clean), object_id=first)
    assert [item.get("error", {}).get("error_id") for item in answer] == [None, 3111]
    without = panel.call("POST", "/emails/deliver/helpdesk/", items(spam), object_id=panel.object_id(SECOND))
    refused(without, 400, 3109)


def test_support_takes_incoming_mail(panel: Panel, first: int) -> None:
    answer = panel.post(
        "/emails/deliver/support/",
        items(held(panel)[0], held(panel, direction=[2], classification=[2])[0]),
        object_id=first,
    )
    assert [item.get("error", {}).get("error_id") for item in answer] == [None, 3113]


def test_marks(panel: Panel) -> None:
    clean = held(panel, classification=[2])[0]
    assert panel.post("/emails/mark/spam/", items(clean)) == [
        {"es_identifier": clean, "success": True, "private": False}
    ]
    assert the_mail(panel, clean)["classification"] == {"id": 1, "text": "spam"}
    panel.post("/emails/mark/info/", items(clean))
    assert the_mail(panel, clean)["classification"] == {"id": 11, "text": "info"}
    panel.post("/emails/mark/private/", [{"es_mail_id": clean, "private": True}])
    assert the_mail(panel, clean)["private"] is True
    refused(panel.call("POST", "/emails/mark/private/", items(clean)), 400, 2009)


def test_deletion_of_delivered_mail_is_for_m365_and_counted(panel: Panel) -> None:
    m365 = panel.object_id(M365)
    assert panel.get("/emails/delete/counter/", object_id=m365) == {"count": 10}
    spam = held(panel, M365)[:10]
    assert all(item["success"] for item in panel.post("/emails/delete/", items(*spam), object_id=m365))
    assert panel.get("/emails/delete/counter/", object_id=m365) == {"count": 0}
    refused(panel.call("POST", "/emails/delete/", items(spam[0]), object_id=m365), 402, 3197)
    refused(panel.call("POST", "/emails/delete/", items(held(panel)[0])), 424, 3199)
    assert panel.call("GET", "/emails/delete/counter/", object_id=panel.object_id(FIRST)).status_code == 204


def test_scans(panel: Panel) -> None:
    threat = next(mail for mail in panel.mails(FIRST, classification=[5], attachments="."))
    body = {"es_mail_id": threat["es_mail_id"]}
    assert panel.post("/emails/atp/status/", body) == []
    report = panel.post("/emails/atp/scan/", body)
    assert [each["attachment"] for each in report] == [each["name"] for each in threat["attachments"]]
    refused(panel.call("POST", "/emails/atp/scan/", body), 202, 6297)
    assert panel.post("/emails/atp/status/", body)[0]["status"] == "finished"
    limited = panel.credentials["limited_token"]
    other = {"es_mail_id": panel.mails(SECOND)[0]["es_mail_id"]}
    refused(panel.call("POST", "/emails/atp/scan/", other, token=limited), 400, 1003)


def test_a_reset_undoes_what_was_done_to_mails(sandbox: Any, panel: Panel) -> None:
    spam = held(panel)[0]
    panel.post("/emails/deliver/recipient/", items(spam))
    sandbox.reset()
    assert the_mail(panel, spam)["status"]["id"] == 0


# previews


def test_a_preview_link_shows_an_archived_mail_and_acts_on_it(panel: Panel) -> None:
    clean = panel.mails(FIRST, classification=[2], direction=[1], is_archived=True)[0]
    made = panel.post("/emails/preview/link/", {"es_identifier": clean["es_mail_id"]})
    page = panel._session.get(made["link"], timeout=20)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Good day" in page.text
    action = f"/emails/preview/action/?token={made['token']}&action="
    assert panel.call("GET", f"{action}deliver_and_whitelist", token="").status_code == 204
    assert panel.call("GET", f"{action}denylist", token="").status_code == 204
    refused(panel.call("GET", f"{action}burn", token=""), 400, 2009)
    refused(panel.call("GET", "/emails/preview/action/?token=x&action=deliver", token=""), 400, 3066)
    owner = panel.object_id(clean["owner"])
    denied = panel.get("/emails/black_white_list/", object_id=owner, type=2)["blackWhiteList"]
    assert [entry["value"] for entry in denied] == [clean["comm_partner"]]


def test_errors_of_the_preview_are_pages(panel: Panel) -> None:
    page = panel.call("GET", "/emails/preview/show/", token="")
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "expired" in page.text


def test_a_link_can_be_used_up(panel: Panel) -> None:
    clean = panel.mails(FIRST, classification=[2], is_archived=True)[0]
    made = panel.post("/emails/preview/link/", {"es_identifier": clean["es_mail_id"], "use_limit": 1})
    pages = [panel._session.get(made["link"], timeout=20).text for _ in range(2)]
    assert "expired" not in pages[0]
    assert "expired" in pages[1]


def test_no_link_for_what_is_not_archived_or_was_rejected(panel: Panel) -> None:
    refused(panel.call("POST", "/emails/preview/link/", {"es_identifier": held(panel)[0]}), 409, 3112)
    rejected = held(panel, classification=[3])[0]
    refused(panel.call("POST", "/emails/preview/link/", {"es_identifier": rejected}), 400, 3111)
    response = panel.call("POST", "/emails/preview/link/", {"es_mail_id": rejected})
    assert refused(response, 400, 2009)["error_data"] == {"es_identifier": ["This field is required."]}
