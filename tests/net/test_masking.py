"""Secrets: a marked one goes through every path and may come out at no end but the upstream's."""

import base64
import html
import json
import logging
import shlex
import subprocess
import traceback
from urllib.parse import quote

import pytest

from app.core.errors import GatehouseError
from app.net.calls import collect
from app.net.masking import Masker
from tests.net.conftest import PASSWORD
from tests.net.servers import Peer, answering, free_port, serve

ARGUMENT = "ARGUMENT-s3cret'\"$(id)"


def echo(status: str):
    """Answers with everything it was sent, as a careless upstream would."""

    def handler(peer: Peer) -> None:
        while (request := peer.request()) is not None:
            words = f"<html>{PASSWORD}{ARGUMENT}{html.escape(ARGUMENT)}{PASSWORD}".encode()
            peer.answer(words + request, status, Location=f"http://{quote(PASSWORD, safe='')}.example")

    return handler


def reset(peer: Peer) -> None:
    peer.request()
    peer.reset()


def bad_headers(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nbroken header\r\nContent-Length: 0\r\n\r\n")


def not_http(peer: Peer) -> None:
    request = peer.request() or b""
    peer.send(request[:300] + b"\r\n")


def cut(peer: Peer) -> None:
    request = peer.request() or b""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + request)


PATHS = [echo("200 OK"), echo("400 No"), echo("429 Later"), echo("302 There"), echo("503 Busy")]
PATHS += [reset, bad_headers, not_http, cut]


@pytest.mark.parametrize("handler", [*PATHS, None])
@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_marked_secret_stays_hidden_on_every_path(bench, caplog, handler, kind):
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    with serve(handler or reset) as server:
        made = bench(server.url if handler else f"http://127.0.0.1:{free_port()}")
        with collect() as collected:
            try:
                answer = getattr(made.http, kind)(
                    "call",
                    "POST",
                    "/users/password/" + quote(ARGUMENT, safe=""),
                    query={"call": "add", "certificate": ARGUMENT, "hidden": ARGUMENT},
                    json={"list": [{"new_password": ARGUMENT}], "echo": f"my {PASSWORD}"},
                    headers={"X-Key": PASSWORD, "cp-token": ARGUMENT},
                    auth=("api", made.connection.values["password"]),
                    mask=["hidden"],
                )
                answer.json()
            except GatehouseError as error:
                shown += [str(error), repr(error), *map(str, error.args), getattr(error, "excerpt", "")]
                shown += ["".join(traceback.format_exception(error))]
                assert error.__context__ is None and error.__cause__ is None
    if handler is not None:
        sent = server.requests[0].decode("latin-1")
        assert json.dumps(ARGUMENT)[1:-1] in sent and f"X-Key: {PASSWORD}" in sent
    assert made.records == collected != []
    shown += [repr(record) + json.dumps(record.to_json(), ensure_ascii=False) for record in made.records]
    shown += [record.getMessage() + str(record.exc_info) + str(record.args) for record in caplog.records]
    everything = "\n".join(shown)
    encoded = base64.b64encode(f"api:{PASSWORD}".encode()).decode()
    for piece in ("MARKED", "ARGUMENT", "s3cret", encoded):
        assert piece not in everything


def test_names_are_hidden_in_url_form_and_json():
    masker = Masker(["data"])
    url = masker.url(
        "https://h.example/add/user/joe/password/a%2Fb/x?call=add&data=%7B%7D12&token=t0ken&plain=1"
    )
    assert masker.plain(url) == (
        "https://h.example/add/user/joe/password/••••••/x?call=add&data=••••••&token=••••••&plain=1"
    )
    assert masker.plain(masker.form([("data", "1234"), ("user", "joe")])) == "data=••••••&user=joe"
    assert (
        masker.plain(masker.json({"a": [{"DATA": {"x": 1}, "b": None}]}))
        == '{"a": [{"DATA": "••••••", "b": null}]}'
    )


@pytest.mark.parametrize(
    "name", ["password", "new_password", "API-Key", "apikey", "pwd", "client.secret", "Token"]
)
def test_names_that_are_always_hidden(name):
    assert Masker().hides(name)


@pytest.mark.parametrize("name", ["domain", "passport", "tokens_used", "keyboard"])
def test_names_that_are_not(name):
    assert not Masker().hides(name)


def test_headers_are_hidden_unless_known_to_be_harmless():
    masker = Masker()
    shown = {
        name: masker.plain(masker.header(name, value))
        for name, value in {
            "Accept": "text/plain",
            "authorization": "Token abcdef",
            "X-Anything": "abcdef",
            "Cookie": "a=b",
        }.items()
    }
    assert shown == {
        "Accept": "text/plain",
        "authorization": "Token ••••••",
        "X-Anything": "••••••",
        "Cookie": "••••••",
    }


def test_a_short_secret_does_not_blot_out_every_text():
    assert Masker([], ["a"]).plain("banana") == "banana"


def test_curl_can_be_run_with_variables_in_the_place_of_secrets(bench):
    with serve(answering()) as server:
        made = bench(server.url)
        made.http.write(
            "call",
            "POST",
            "/p[1-2]",
            query={"name": "it's $HOME `id`", "token": "abcd"},
            json={"note": "a'b\"c", "password": "efgh"},
            headers={"X-Token": "ijkl"},
            auth=("api", "mnop"),
        )
        words = shlex.split(made.records[0].curl)
        assert words[:4] == ["curl", "-g", "-X", "POST"]
        run = subprocess.run(
            ["bash", "-c", made.records[0].curl],
            env={
                "TOKEN": "abcd",
                "PASSWORD": "efgh",
                "X_TOKEN": "ijkl",
                "USER": "api",
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True,
        )
    assert run.returncode == 0
    ours, curls = (request.decode() for request in server.requests)
    assert ours.split("\r\n")[0] == curls.split("\r\n")[0]
    assert json.loads(ours.rpartition("\r\n")[2]) == {"note": "a'b\"c", "password": "efgh"}
    assert json.loads(curls.rpartition("\r\n")[2]) == {"note": "a'b\"c", "password": "efgh"}
    assert "X-Token: ijkl\r\n" in curls and "Authorization: Basic YXBpOmVmZ2g=\r\n" in curls
