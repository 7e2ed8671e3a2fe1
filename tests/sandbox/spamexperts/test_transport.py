"""Sign-in, methods, formats, errors and argument rules of the Software API (contract sheet, sections 1, 2 and 3)."""

import json

import pytest
import requests

DATA = '{"brand-new.example": {"destinations": [["mail.brand-new.example", 25]]}}'


def test_credentials_are_challenged(sandbox):
    answer = requests.get(f"{sandbox.http('spamexperts')}/cgi-bin/api?call=api_version", timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert answer.text.startswith("ERROR")


def test_wrong_credentials_get_the_same_challenge(sandbox, credentials):
    wrong = (credentials["username"], "wrong")
    answer = requests.get(
        f"{sandbox.http('spamexperts')}/cgi-bin/api?call=api_version", auth=wrong, timeout=5
    )
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_the_two_apis_have_separate_credentials(sandbox, credentials):
    base = sandbox.http("spamexperts")
    panel = (credentials["panel_username"], credentials["panel_password"])
    software = (credentials["username"], credentials["password"])
    assert requests.get(f"{base}/cgi-bin/api?call=api_version", auth=panel, timeout=5).status_code == 401
    answer = requests.get(f"{base}/api/version/get/format/json", auth=software, timeout=5).json()
    assert answer["messages"]["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_get_is_supported(api, method):
    answer = api.session.request(method, f"{api.url}?call=api_version", timeout=5)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"
    assert answer.text.startswith("ERROR: Only the GET method")


def test_version_begins_with_six_digits(api, switch):
    assert api.raw("call=api_version&").text[:6].isdigit()
    assert api.json("api_version") == "106752"
    switch(version="123456")
    assert api.text("api_version") == "123456\n"


def test_content_types_and_caching(api):
    assert api("api_version").headers["Content-Type"] == "text/plain; charset=utf-8"
    assert api("api_version", format="json").headers["Content-Type"] == "application/json"
    assert api("api_help").headers["Content-Type"] == "text/html; charset=utf-8"
    assert api("api_version").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query",
    [
        "&&call=api_get_destination&&domain=nordwind.example&",
        "call=API_Get_Destination&domain=NordWind.EXAMPLE",
        "domain=x&call=api_get_destination&domain=nordwind.example",
        "call=api_get_destination&domain=nordwind.example&api_language=en&client_username=me&client_ip=192.0.2.1",
        "call=api_get_destination&domain=nordwind%2Eexample&format=",
    ],
)
def test_queries_are_read_generously(api, query):
    assert api.raw(query).text.startswith("nordwind.example mail.nordwind.example::")


def test_raw_json_in_the_query(api):
    assert api.raw(f"call=api_add_delivery_domain&data={DATA}").text == ""
    assert "brand-new.example" in api.text("api_list_domains")


def test_quoted_json_in_the_query(api):
    api.done("api_add_delivery_domain", data=DATA)


def test_names_in_unicode_and_in_punycode_are_one(api):
    api.done("api_add_incoming_domain", domain="bücher.example", destination="mail.example.net")
    assert api.refused("api_add_incoming_domain", domain="xn--bcher-kva.example", destination="m.example.net")
    assert "xn--bcher-kva.example:mail.example.net::25" in api.lines("api_list_domains")
    api.done("api_remove_domain", domain="BÜCHER.example")


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        ({"call": "api_nothing"}, "there is no call 'api_nothing'"),
        ({"call": ""}, "the argument 'call' is missing"),
        ({"call": "api_get_log"}, "there is no call 'api_get_log'"),
        ({"call": "api_remove_domain"}, "api_remove_domain needs the argument 'domain'"),
        ({"call": "api_remove_domain", "domain": ""}, "api_remove_domain needs the argument 'domain'"),
        ({"call": "api_version", "colour": "red"}, "api_version does not know the argument 'colour'"),
    ],
)
def test_incorrect_usage(api, arguments, detail):
    assert api.refused(**arguments) == f"Incorrect usage of API: {detail}"


def test_errors_in_json_are_a_list(api):
    answer = api("api_remove_domain", domain="missing.example", format="json")
    assert answer.status_code == 200
    assert answer.json() == {"error": ["The domain 'missing.example' is missing on this server"]}


def test_errors_may_come_with_400(api, switch):
    switch(error_http_status=400)
    assert api("api_remove_domain", domain="missing.example").status_code == 400
    assert api("api_remove_domain", domain="missing.example", format="json").status_code == 400
    assert api("api_version").status_code == 200


def test_json_for_proven_calls_only(api, switch):
    switch(json_support="proven")
    assert api("api_list_domains", format="json").json()[0]["domain"] == "nordwind.example"
    assert api("api_find_messages", domain="nordwind.example", limit=1, format="json").json()
    assert api("api_get_delivery_queue", format="json").json()
    assert api("api_get_quarantine_threshold", domain="nordwind.example", format="json").text.startswith(
        "WARNING"
    )
    assert api("api_get_json_server_status").headers["Content-Type"] == "application/json"
    assert api("api_remove_domain", domain="missing.example", format="json").text.startswith("ERROR: ")


def test_a_change_in_json_is_the_empty_string(api):
    answer = api("api_remove_domain", domain="nordwind.example", format="json")
    assert answer.text == '""'


def test_help_lists_every_call_with_its_certainty(api):
    page = api.text("api_help")
    assert "api_add_incoming_domain(domain, destination) -&gt; &quot;&quot;." in page
    assert "[seed]" in page
    assert "[inferred]" in page
    assert "href" not in page
    listed = api.json("api_help")
    assert len(listed) > 150
    assert [call["name"] for call in listed if not call["description"].endswith((".", ")"))] == []
    assert {call["certainty"] for call in listed} == {"seed", "vendor doc", "client code", "inferred"}
    [one] = api.json("api_help", method="api_set_quarantine_days")
    assert one["signature"] == "api_set_quarantine_days(domain, days, username='') -> \"\"."
    assert (
        one["example"]
        == "/cgi-bin/api?call=api_set_quarantine_days&domain=DOMAIN&days=DAYS&username=USERNAME"
    )
    assert one["arguments"][0] == {"name": "domain", "required": True, "default": None}
    assert api.refused("api_help", method="api_nothing")


def test_hidden_calls_are_not_listed_and_not_allowed(api, switch):
    switch(help_hides=["api_remove_domain"])
    assert "api_remove_domain(" not in api.text("api_help")
    answer = api("api_remove_domain", domain="nordwind.example")
    assert answer.status_code == 403
    assert answer.text == "ERROR: No permission to call api_remove_domain\n"
    answer = api("api_remove_domain", domain="nordwind.example", format="json")
    assert (answer.status_code, answer.json()["error"]) == (403, ["No permission to call api_remove_domain"])


def test_every_listed_call_answers_without_crashing(api):
    """With placeholders for arguments a call succeeds or is refused, but never breaks."""
    for call in api.json("api_help"):
        required = {one["name"]: "nordwind.example" for one in call["arguments"] if one["required"]}
        if call["name"] == "api_remove_domain":
            required = {"domain": "missing.example"}
        for extra in ({}, {"format": "json"}):
            answer = api(call["name"], **required, **extra)
            assert answer.status_code == 200, call["name"]
            if extra:
                json.loads(answer.text)


def test_other_paths_are_not_found(api, sandbox):
    assert requests.get(f"{sandbox.http('spamexperts')}/cgi-bin/other", timeout=5).status_code == 404
    assert requests.get(sandbox.http("spamexperts"), timeout=5).status_code == 404
