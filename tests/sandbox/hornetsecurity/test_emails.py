"""The mail log: searching it, paging, single mails (contract sheet, 5.7 and 6.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.sandbox.server import Sandbox
from tests.sandbox.hornetsecurity.conftest import ALWAYS, FIRST, PARTNER, SECOND, UNBOOKED, Panel, refused

ES_MAIL_ID = re.compile(r"(es02,\d{4}_\d\d_v3,mail,|\d{4}_\d\d_v3,|r)[\w-]{20}")


def test_a_page_of_mails(panel: Panel, first: int) -> None:
    answer = panel.post("/emails/_search/", {**ALWAYS, "limit": 20}, object_id=first)
    assert len(answer["emails"]) == 20
    assert answer["num_found_items"] > 1000
    assert answer["has_more_elements"] is True
    dates = [mail["date"] for mail in answer["emails"]]
    assert dates == sorted(dates, reverse=True)
    assert dates[0] <= datetime.now(UTC).isoformat()
    assert all(ES_MAIL_ID.fullmatch(mail["es_mail_id"]) for mail in answer["emails"])


def test_the_keys_of_a_mail(panel: Panel) -> None:
    mail = next(mail for mail in panel.mails(FIRST) if isinstance(mail["history"], list))
    assert set(mail["classification"]) == {"id", "text"}
    assert set(mail["size"]) == {"value", "unit"}
    assert set(mail["crypt_type_in"]) == set(mail["crypt_type_out"]) == {"id", "text"}
    assert "encryption" not in mail
    assert mail["owner_domain"] == FIRST
    assert len(mail["msg_id"]) == 64
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", mail["date"])


def test_some_rows_carry_empty_strings_for_lists_and_booleans(panel: Panel) -> None:
    odd = next(mail for mail in panel.mails(FIRST) if mail["history"] == "")
    assert odd["last_remediation_actions"] == odd["last_remediation_effectiveness"] == odd["fix_ids"] == ""
    assert panel.post("/emails/header/", {"es_mail_id": odd["es_mail_id"]}, object_id=PARTNER) == {
        "raw_header": ""
    }


def test_every_class_occurs_in_both_directions(panel: Panel) -> None:
    for direction in (1, 2):
        for kind in (1, 2, 3, 5, 8, 11, 12):
            body = {**ALWAYS, "classification": [kind], "direction": [direction], "limit": 1}
            answer = panel.post("/emails/_search/", body, object_id=PARTNER)
            assert answer["num_found_items"] >= 7, (kind, direction)


def test_a_mail_to_many_has_one_row_per_recipient(panel: Panel) -> None:
    rows: dict[str, set[str]] = {}
    for mail in panel.post("/emails/_search/", {**ALWAYS, "limit": 10_000}, object_id=PARTNER)["emails"]:
        rows.setdefault(mail["message_id"], set()).add(mail["owner"])
    assert max(len(owners) for owners in rows.values()) >= 4


def test_pages_do_not_overlap_and_cover_everything(panel: Panel, first: int) -> None:
    window = {
        "date_from": "2020-01-01T00:00:00Z",
        "date_to": datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z"),
    }
    seen: list[str] = []
    more = True
    while more:
        body = {**window, "offset": len(seen), "limit": 500}
        page = panel.post("/emails/_search/", body, object_id=first)
        seen += [mail["es_mail_id"] for mail in page["emails"]]
        more = page["has_more_elements"]
    assert len(seen) == len(set(seen)) == page["num_found_items"]


def test_ten_thousand_rows_are_the_ceiling(panel: Panel) -> None:
    full = panel.post("/emails/_search/", {**ALWAYS, "limit": 10_000}, object_id=PARTNER)
    assert len(full["emails"]) == 10_000
    assert full["num_found_items"] > 10_000
    assert full["has_more_elements"] is True
    for beyond in ({"offset": 1, "limit": 10_000}, {"offset": 9_901, "limit": 100}, {"limit": 10_001}):
        refused(panel.call("POST", "/emails/_search/", {**ALWAYS, **beyond}, object_id=PARTNER), 400, 3089)
    refused(panel.call("POST", "/emails/_search/", {**ALWAYS, "limit": -1}, object_id=PARTNER), 400, 2009)


def test_the_scope_cuts_the_log(panel: Panel) -> None:
    assert {mail["owner_domain"] for mail in panel.mails(FIRST)} == {FIRST}
    address = panel.mails(FIRST)[0]["owner"]
    assert {mail["owner"] for mail in panel.mails(address)} == {address}
    assert panel.mails(UNBOOKED) == []
    assert {FIRST, SECOND} < {mail["owner_domain"] for mail in panel.mails("Nordwind IT")}


def test_an_alias_address_belongs_to_its_user(panel: Panel) -> None:
    mail = panel.mails(FIRST)[0]
    counts = len(panel.mails(mail["owner"]))
    box = panel.mailbox(mail["owner"])
    panel.call("POST", "/mailboxes/rename/", {"new_name": f"renamed@{FIRST}"}, mailbox_id=box["id"])
    panel.call("PUT", "/mailboxes/alias/", {"mailbox_id": box["id"], "alias": mail["owner"]})
    assert len(panel.mails(f"renamed@{FIRST}")) == counts


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"classification": [5, 12]}, lambda mail: mail["classification"]["text"] in ("threat", "advthreat")),
        ({"direction": [2]}, lambda mail: mail["direction"] == 2),
        ({"status": [3]}, lambda mail: mail["status"] == {"id": 3, "text": "Rejected"}),
        ({"subject": "INVOICE"}, lambda mail: "invoice" in mail["subject"].lower()),
        (
            {"comm_partner": "@nordwind-supply.example"},
            lambda mail: mail["comm_partner"].endswith("@nordwind-supply.example"),
        ),
        (
            {"comm_partner": "orders@nordwind-supply.example"},
            lambda mail: mail["comm_partner"].startswith("orders@"),
        ),
        ({"comm_partner": "supply"}, lambda mail: "supply" in mail["comm_partner"]),
        ({"reason": "spam content"}, lambda mail: mail["reason"] == "spam content"),
        ({"source_ip": "203.0.113."}, lambda mail: mail["source_ip"].startswith("203.0.113.")),
        ({"attachments": ".exe"}, lambda mail: any(".exe" in each["name"] for each in mail["attachments"])),
        ({"smtp_code": "554"}, lambda mail: mail["smtp_status_code"] == 554),
        ({"size": {"operator": "gt", "value": 1, "unit": "MB"}}, lambda mail: mail["size"]["value"] > 1024),
        ({"size": {"operator": "lt", "value": 5, "unit": "kb"}}, lambda mail: mail["size"]["value"] < 5),
        ({"is_archived": True}, lambda mail: mail["is_archived"]),
        ({"crypt_type_in": [7]}, lambda mail: mail["crypt_type_in"] == {"id": 7, "text": "TLS"}),
        (
            {"subject": r"^(Re|AW): ", "regex": True},
            lambda mail: mail["subject"].startswith(("Re: ", "AW: ")),
        ),
    ],
)
def test_filters(panel: Panel, filters: dict[str, Any], fits: Any) -> None:
    found = panel.mails(FIRST, **filters)
    assert found
    assert all(fits(mail) for mail in found)
    assert len(found) < len(panel.mails(FIRST))


def test_empty_filters_count_as_absent(panel: Panel) -> None:
    empty = {"sort": "", "subject": "", "size": "", "classification": "", "direction": []}
    assert len(panel.mails(FIRST, **empty)) == len(panel.mails(FIRST))


def test_a_mail_is_found_by_its_ids(panel: Panel) -> None:
    mail = panel.mails(FIRST)[7]
    assert mail in panel.mails(FIRST, message_id=mail["message_id"])
    assert mail in panel.mails(FIRST, msg_id=mail["msg_id"])
    assert mail in panel.mails(FIRST, query=mail["message_id"].upper())
    with_file = panel.mails(FIRST, attachments=".pdf")[0]
    assert with_file in panel.mails(FIRST, attachment_hash=with_file["attachments"][0]["checksum"])


def test_sorting(panel: Panel, first: int) -> None:
    oldest = panel.mails(FIRST, sort={"key": "date", "order": "asc"})
    assert [mail["date"] for mail in oldest] == sorted(mail["date"] for mail in oldest)
    large = panel.mails(FIRST, sort={"key": "size", "order": "desc"})
    assert large[0]["size"]["value"] >= large[-1]["size"]["value"]
    wrong = panel.call("POST", "/emails/_search/", {**ALWAYS, "sort": {"field": "date"}}, object_id=first)
    assert refused(wrong, 400, 2009)["error_data"] == {"key": ["This field is required."]}
    unknown = {**ALWAYS, "sort": {"key": "colour", "order": "asc"}}
    refused(panel.call("POST", "/emails/_search/", unknown, object_id=first), 400, 2009)


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        ({"date_from": "2026-01-02T00:00:00Z", "date_to": "2026-01-01T00:00:00Z"}, "date_from"),
        ({"date_from": "2026-01-01T00:00:00.000Z", "date_to": "2026-01-02T00:00:00Z"}, "date_from"),
        ({"date_from": "2026-01-01", "date_to": "2026-01-02T00:00:00Z"}, "date_from"),
        ({"date_from": "2026-01-01T00:00:00Z", "date_to": "2026-13-01T00:00:00Z"}, "date_to"),
        ({"date_from": "2026-01-01T00:00:00Z"}, "date_to"),
    ],
)
def test_dates_that_are_refused(panel: Panel, first: int, dates: dict[str, str], field: str) -> None:
    response = panel.call("POST", "/emails/_search/", dates, object_id=first)
    assert field in refused(response, 400, 2009)["error_data"]


def test_a_window_of_time(panel: Panel) -> None:
    start = (datetime.now(UTC) - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    end = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = panel.mails(FIRST, date_from=start, date_to=end)
    assert found
    assert all(start <= mail["date"] <= end for mail in found)


def test_statistics_on_demand(panel: Panel, first: int) -> None:
    answer = panel.post(
        "/emails/_search/", {**ALWAYS, "limit": 1, "include_statistics": True}, object_id=first
    )
    assert answer["statistics"]["emails_total"] == answer["num_found_items"]


def test_the_log_is_the_same_after_a_reset(sandbox: Sandbox, panel: Panel) -> None:
    before = [
        mail["es_mail_id"]
        for mail in panel.mails(FIRST, date_to=datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z"))
    ]
    sandbox.reset()
    after = [
        mail["es_mail_id"]
        for mail in panel.mails(FIRST, date_to=datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z"))
    ]
    assert before == after


def test_a_single_mail(panel: Panel, first: int) -> None:
    mail = panel.mails(FIRST)[3]
    single = panel.post("/emails/_search/single_email/", {"es_mail_id": mail["es_mail_id"]}, object_id=first)
    assert {key: single[key] for key in mail} == mail
    assert set(single) - set(mail) == {
        "spf_validation",
        "dkim_validation",
        "dmarc_validation",
        "auth_header_id",
        "envelope_from",
    }
    unknown = panel.call("POST", "/emails/_search/single_email/", {"es_mail_id": "none"}, object_id=first)
    refused(unknown, 404, 3081)
    other = {"es_mail_id": panel.mails(SECOND)[0]["es_mail_id"]}
    refused(panel.call("POST", "/emails/_search/single_email/", other, object_id=first), 404, 3081)


def test_headers(panel: Panel, first: int) -> None:
    mail = next(
        mail for mail in panel.mails(FIRST, classification=[2], direction=[1]) if mail["history"] == []
    )
    raw = panel.post("/emails/header/", {"es_mail_id": mail["es_mail_id"]}, object_id=first)["raw_header"]
    assert f"Message-ID: <{mail['message_id']}>" in raw
    assert f"From: <{mail['comm_partner']}>" in raw
    rejected = {"es_mail_id": panel.mails(FIRST, classification=[3])[0]["es_mail_id"]}
    refused(panel.call("POST", "/emails/header/", rejected, object_id=first), 500, 3073)
    refused(panel.call("POST", "/emails/header/", {"es_mail_id": "none"}, object_id=first), 404, 3081)


def test_export(panel: Panel, first: int) -> None:
    body = {
        **ALWAYS,
        "limit": 5,
        "export_type": "download",
        "export_keys": ["date", "owner", "classification"],
    }
    file = panel.call("POST", "/emails/_export/", body, object_id=first)
    assert file.headers["Content-Type"].startswith("text/csv")
    assert len(file.text.splitlines()) == 6
    one = panel.mails(FIRST)[0]["es_mail_id"]
    rows = {**ALWAYS, "export_type": "row_download", "mail_list": [{"es_mail_id": one}]}
    assert len(panel.call("POST", "/emails/_export/", rows, object_id=first).text.splitlines()) == 2
    assert (
        panel.call("POST", "/emails/_export/", {**body, "export_type": "email"}, object_id=first).status_code
        == 204
    )
    refused(panel.call("POST", "/emails/_export/", ALWAYS, object_id=first), 400, 2009)
