"""Each fault on the wire, and what the request did meanwhile."""

import http.client
import socket
import ssl
import time

import pytest
import requests

LIST = "/cgi-bin/api?call=api_list_domains"
ADD = "/cgi-bin/api?call=api_add_incoming_domain&domain=new.example&destination=mail.new.example"


@pytest.fixture
def faults(sandbox):
    def put(**fault):
        answer = requests.put(f"{sandbox.control_url}/faults/spamexperts", json=fault, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return put


@pytest.fixture
def get(sandbox):
    given = sandbox.upstreams["spamexperts"].credentials()
    session = requests.Session()
    session.trust_env = False
    session.auth = (given["username"], given["password"])

    def ask(target, **options):
        return session.get(sandbox.http("spamexperts") + target, timeout=10, **options)

    yield ask
    session.close()


@pytest.fixture
def added(sandbox):
    """Tell whether the request to add the domain took effect."""
    return lambda: "new.example" in sandbox.upstreams["spamexperts"].state.table("domains")


@pytest.mark.parametrize(("when", "handled"), [("before", True), ("after", True)])
def test_delay(faults, get, added, when, handled):
    faults(fault="delay", seconds=0.3, when=when, count=1)
    start = time.monotonic()
    assert get(ADD).status_code == 200
    assert time.monotonic() - start >= 0.3
    assert added() is handled


def test_refuse_closes_before_a_byte_is_read(faults, get, added, sandbox):
    faults(fault="refuse", count=2)
    with socket.create_connection(("127.0.0.1", sandbox.base_port + 1), timeout=5) as connection:
        assert connection.recv(1) == b""
    with pytest.raises(requests.ConnectionError):
        get(ADD)
    assert not added()
    assert sandbox.calls["spamexperts"].count() == 0
    assert get(ADD).status_code == 200


def test_refuse_reaches_tls_before_the_handshake(faults, sandbox):
    faults(fault="refuse", count=1)
    context = ssl.create_default_context(cafile=sandbox.ca_path)
    with socket.create_connection(("127.0.0.1", sandbox.base_port + 11), timeout=5) as connection:
        with pytest.raises(OSError):
            context.wrap_socket(connection, server_hostname="127.0.0.1")


def test_refuse_of_one_call_lets_the_others_pass(faults, get, added):
    faults(fault="refuse", calls="api_add_incoming_domain")
    assert get(LIST).status_code == 200
    with pytest.raises(requests.ConnectionError):
        get(ADD)
    assert not added()


def test_an_open_connection_is_refused_too(faults, sandbox):
    given = sandbox.upstreams["spamexperts"].credentials()
    header = {"Authorization": requests.auth._basic_auth_str(given["username"], given["password"])}
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.base_port + 1)
    connection.request("GET", LIST, headers=header)
    connection.getresponse().read()
    faults(fault="refuse")
    connection.sock.sendall(f"GET {LIST} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert connection.sock.recv(1) == b""
    connection.close()


@pytest.mark.parametrize(("when", "handled"), [("before", False), ("after", True)])
def test_reset_is_a_tcp_reset(faults, added, sandbox, when, handled):
    faults(fault="reset", when=when, count=1)
    given = sandbox.upstreams["spamexperts"].credentials()
    header = requests.auth._basic_auth_str(given["username"], given["password"])
    with socket.create_connection(("127.0.0.1", sandbox.base_port + 1), timeout=5) as connection:
        connection.sendall(f"GET {ADD} HTTP/1.1\r\nAuthorization: {header}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert added() is handled


def test_hangup_handles_the_request_and_says_nothing(faults, get, added):
    faults(fault="hangup", count=1)
    with pytest.raises(requests.ConnectionError, match="without response"):
        get(ADD)
    assert added()


@pytest.mark.parametrize(("when", "handled"), [("before", False), ("after", True)])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx(faults, get, added, status, when, handled):
    faults(fault="5xx", status=status, when=when, count=1)
    assert get(ADD).status_code == status
    assert added() is handled


@pytest.mark.parametrize("wait", [7, "Wed, 21 Oct 2037 07:28:00 GMT"])
def test_429_says_when_to_come_back(faults, get, added, wait):
    faults(fault="429", retry_after=wait, count=1)
    answer = get(ADD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(wait))
    assert not added()
    assert get(ADD).status_code == 200


def test_truncated_announces_more_than_it_sends(faults, get, added):
    faults(fault="truncated", calls="api_list_domains", count=1)
    answer = get(LIST, stream=True)
    assert int(answer.headers["Content-Length"]) > 100
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        answer.content  # noqa: B018
    faults(fault="truncated", count=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(ADD)
    assert added()


def test_malformed_is_neither_json_nor_text(faults, get):
    good = get(f"{LIST}&format=json").content
    faults(fault="malformed", count=1)
    answer = get(f"{LIST}&format=json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.content.startswith(good[: len(good) // 2])
    with pytest.raises(ValueError):
        answer.json()


def test_html_comes_with_200(faults, get, added):
    faults(fault="html", count=1)
    answer = get(ADD)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text
    assert added()


def test_huge_is_streamed_without_a_length(faults, get):
    faults(fault="huge", count=1)
    answer = get(f"{LIST}&format=json", stream=True)
    assert "Content-Length" not in answer.headers
    assert answer.headers["Content-Type"] == "application/json"
    size = sum(len(piece) for piece in answer.iter_content(1 << 20))
    assert 49_000_000 < size <= 50_000_000


def test_huge_is_valid_json_and_has_the_asked_size(faults, get):
    faults(fault="huge", size=200_000, count=1)
    answer = get(f"{LIST}&format=json")
    assert 100_000 < len(answer.content) <= 200_000
    assert isinstance(answer.json(), list)


def test_a_client_that_leaves_a_huge_answer_does_no_harm(faults, get):
    faults(fault="huge", count=1)
    get(LIST, stream=True).close()
    assert get(LIST).status_code == 200


def test_half_of_a_json_list_and_of_the_lines_of_a_text(faults, get):
    objects, lines = get(f"{LIST}&format=json").json(), get(LIST).text.splitlines()
    faults(fault="half", count=2)
    assert get(f"{LIST}&format=json").json() == objects[: len(objects) // 2]
    assert get(LIST).text.splitlines() == lines[: len(lines) // 2]


def test_half_reaches_lists_inside_an_object(faults, sandbox):
    given = sandbox.upstreams["spamexperts"].credentials()
    auth = (given["panel_username"], given["panel_password"])
    url = f"{sandbox.http('spamexperts')}/api/domainslist/get/format/json"
    whole = requests.get(url, auth=auth, timeout=5).json()["result"]
    faults(fault="half", calls="domainslist/get", count=1)
    half = requests.get(url, auth=auth, timeout=5).json()
    assert half == {"messages": [], "result": whole[: len(whole) // 2]}


@pytest.mark.parametrize("kind", ["truncated", "malformed", "html", "huge"])
def test_before_means_that_nothing_was_done(faults, get, added, kind):
    faults(fault=kind, when="before", count=1)
    try:
        get(ADD)
    except requests.RequestException:
        assert kind == "truncated"
    assert not added()


def test_count_and_pattern_choose_the_calls(faults, get, sandbox):
    faults(fault="5xx", calls=["api_list_*", "api_version"], count=2)
    assert get("/cgi-bin/api?call=api_help").status_code == 200
    assert [get(LIST).status_code for _ in range(3)] == [503, 503, 200]
    assert requests.get(f"{sandbox.control_url}/faults/spamexperts", timeout=5).json() == []


def test_several_faults_wait_for_their_calls(get, sandbox):
    wanted = [
        {"fault": "html", "calls": "api_version"},
        {"fault": "5xx", "calls": "api_list_domains", "count": 1},
    ]
    requests.put(f"{sandbox.control_url}/faults/spamexperts", json=wanted, timeout=5)
    assert get(LIST).status_code == 503
    assert get(LIST).status_code == 200
    assert "<html>" in get("/cgi-bin/api?call=api_version").text
    active = requests.get(f"{sandbox.control_url}/faults/spamexperts", timeout=5).json()
    assert [(fault["fault"], fault["hits"]) for fault in active] == [("html", 1)]


def test_a_fault_stays_until_it_is_deleted_and_stands_in_the_log(faults, get, sandbox):
    faults(fault="5xx")
    assert {get(LIST).status_code for _ in range(3)} == {503}
    requests.delete(f"{sandbox.control_url}/faults/spamexperts", timeout=5)
    assert get(LIST).status_code == 200
    entries = sandbox.calls["spamexperts"].entries()
    assert [(entry["fault"], entry["status"]) for entry in entries] == [("5xx", 503)] * 3 + [(None, 200)]


def test_faults_of_one_upstream_leave_the_others_alone(faults, sandbox):
    faults(fault="refuse")
    for slug in sandbox.upstreams:
        if slug != "spamexperts":
            assert requests.get(sandbox.http(slug), timeout=5).status_code < 500
