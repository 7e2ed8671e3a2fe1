"""The REST of the vendor's mobile app (contract sheet, section 7.4)."""

import pytest
import requests

DOMAIN = "nordwind.example"


@pytest.fixture
def phone(sandbox, credentials):
    """A client with a token, as the mobile app makes itself one."""
    base = f"{sandbox.http('spamexperts')}/rest"
    session = requests.Session()
    auth = (credentials["panel_username"], credentials["panel_password"])
    answer = session.get(f"{base}/auth/token", auth=auth, timeout=5).json()
    assert answer["success"]
    session.headers["Authorization"] = f"Bearer {answer['token']}"

    def ask(method, path, **options):
        return session.request(method, f"{base}/{path}", timeout=5, **options)

    yield ask
    session.close()


def test_the_app_needs_a_token(sandbox):
    base = f"{sandbox.http('spamexperts')}/rest"
    assert requests.get(f"{base}/auth/token", auth=("a", "b"), timeout=5).status_code == 401
    for header in ({}, {"Authorization": "Bearer nonsense"}):
        assert requests.get(f"{base}/log/search/delivery", headers=header, timeout=5).status_code == 401


def test_the_app_searches_the_quarantine_page_by_page(phone, api):
    wishes = {"domain": DOMAIN, "since": "2020-01-01 00:00", "until": "2099-01-01 00:00", "length": 5}
    body = phone("GET", "log/search/delivery", params={**wishes, "current_page": 0}).json()["body"]
    assert body["last_count"] == api.json("api_count_messages", domain=DOMAIN, status="quarantined")
    assert (len(body["entries"]), body["currentPage"]) == (5, 1)
    following = phone("GET", "log/search/delivery", params={**wishes, "current_page": 1}).json()["body"][
        "entries"
    ]
    assert following != body["entries"]
    entry = body["entries"][0]
    assert {
        "datetime",
        "sender",
        "recipient",
        "message_id",
        "filtering_host",
        "subject_header",
        "main_class",
    } <= set(entry)
    only = phone("GET", "log/search/delivery", params={**wishes, "sender": entry["sender"]}).json()["body"][
        "entries"
    ]
    assert {each["sender"] for each in only} == {entry["sender"]}
    assert (
        phone("GET", "log/search/delivery", params={**wishes, "until": "2020-01-02 00:00"}).json()["body"][
            "last_count"
        ]
        == 0
    )


@pytest.mark.parametrize(
    ("method", "action", "status"),
    [
        ("PUT", "release", "released"),
        ("PUT", "releaseandtrain", "released"),
        ("PUT", "releaseandwhitelist", "released"),
        ("DELETE", "remove", "quarantine-removed"),
        ("DELETE", "removeandblacklist", "quarantine-removed"),
        ("DELETE", "quarantined", "quarantine-removed"),
    ],
)
def test_the_app_settles_messages(phone, api, method, action, status):
    entry = phone("GET", "log/search/delivery", params={"domain": DOMAIN}).json()["body"]["entries"][0]
    assert (
        entry["message_id"]
        in phone("GET", "log/view/raw/delivery", params=entry).json()["body"]["mail"]["details"]
    )
    assert phone(method, f"log/{action}/delivery", json=[entry]).json()["success"]
    [row] = api.json("api_find_messages", domain=DOMAIN, id=entry["message_id"], columns="status")
    assert row["status"] == status
    assert phone(method, f"log/{action}/delivery", json=[entry]).status_code == 404
    if "list" in action:
        colour = action.removeprefix("releaseand").removeprefix("removeand")
        assert entry["sender"] in api.lines(f"api_get_sender_{colour}", domain=DOMAIN)


def test_the_app_gets_404_for_the_rest(phone):
    assert phone("POST", "log/release/delivery", json=[]).status_code == 404
    assert phone("GET", "nothing").status_code == 404
    assert phone("GET", "log/search/delivery", params={"domain": "missing.example"}).status_code == 404
    assert phone("PUT", "log/release/delivery", data="no json").json()["success"]
