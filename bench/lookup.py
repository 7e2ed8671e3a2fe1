"""How soon a look-up shows something while one of five upstreams hangs and another is broken, and when it is complete."""

from __future__ import annotations

import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.pages import connections_file
from bench.result import Result, ratio
from bench.world import (
    ROOT,
    Browser,
    control,
    dashboard,
    data_folder,
    environment,
    flask,
    free_port,
    sandbox,
    sandbox_connections,
)

DEADLINE = 4.0
LATENCY = 0.4
"""Seconds that the imitated upstreams take for each call, as one across the Internet does."""
ROUNDS = 5
DOMAIN = "nordwind.example"
ASKED = f"/lookup/?to=anna@{DOMAIN}&from=the@deadguys.fr"


class _Broken(BaseHTTPRequestHandler):
    """Answers 500 to everything."""

    def do_GET(self) -> None:
        self.send_error(500)

    do_POST = do_GET

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@contextmanager
def _bad_upstreams() -> Iterator[tuple[str, str]]:
    """The addresses of a server that takes connections and never answers, and of one that always answers 500."""
    broken = ThreadingHTTPServer(("127.0.0.1", 0), _Broken)
    threading.Thread(target=broken.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0), backlog=500) as silent:
        try:
            yield (
                f"http://127.0.0.1:{silent.getsockname()[1]}",
                f"http://127.0.0.1:{broken.server_address[1]}",
            )
        finally:
            broken.shutdown()


def look_up_beside_trouble() -> list[Result]:
    """(i) Five connections, one hangs, one answers 500: the first result, and the end."""
    with data_folder() as folder, sandbox(free_port()) as where, _bad_upstreams() as (silent, broken):
        names = {"one": "", "two": "", "three": "", "silent": silent, "broken": broken}
        data = sandbox_connections(where, names, per_second=10_000)
        env = environment(
            folder,
            free_port(),
            GATEHOUSE_CONNECTIONS_FILE=connections_file(folder, data),
            GATEHOUSE_PAGE_DEADLINE=str(DEADLINE),
        )
        flask(env, "init")
        _know_the_domain(env, list(names))
        control("PUT", f"{where}/faults/spamexperts", {"fault": "delay", "calls": "*", "seconds": LATENCY})
        with dashboard(env) as address:
            browser = Browser(address).sign_in()
            parts = [
                unescape(part) for part in re.findall(r'hx-get="(/lookup/answer[^"]+)"', browser.get(ASKED))
            ]
            good = [part for part in parts if re.search("connection=(one|two|three)", part)]
            alone, first, last = [], [], []
            for _ in range(ROUNDS):
                alone.append(_timed(browser, good[0]))
                taken = _side_by_side(browser, parts)
                first.append(min(taken[part] for part in good))
                last.append(max(taken.values()))
            whole = _timed(browser, ASKED + "&wait=1")
    return [
        ratio(
            "look-up: first of five sources beside one that hangs and one that is broken, against it alone",
            statistics.median(first) * 1000,
            statistics.median(alone) * 1000,
            "ms",
            1.3,
        ),
        _by_the_deadline("look-up: all five parts", max(last)),
        _by_the_deadline("look-up: the page without script", whole),
    ]


def _by_the_deadline(what: str, seconds: float) -> Result:
    return Result(
        what,
        f"{seconds:.2f} s",
        f"the deadline of {DEADLINE:g} s and half a second",
        seconds <= DEADLINE + 0.5,
    )


def _timed(browser: Browser, path: str) -> float:
    started = time.perf_counter()
    browser.get(path)
    return time.perf_counter() - started


def _side_by_side(browser: Browser, parts: list[str]) -> dict[str, float]:
    with ThreadPoolExecutor(len(parts)) as pool:
        taken = pool.map(lambda part: _timed(browser, part), parts)
        return dict(zip(parts, taken, strict=True))


def _know_the_domain(env: Mapping[str, str], keys: list[str]) -> None:
    """All five connections have the same domain in the inventory."""
    script = f"""
import os
from app.core.model import Domain
from app.storage.db import Database
from app.storage.inventory import SqlInventory
from config import Config
inventory = SqlInventory(Database(Config.from_env(os.environ).database_url))
inventory.upsert_many([Domain(key, {DOMAIN!r}) for key in {keys!r}])
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=dict(env), check=True)
