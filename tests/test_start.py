"""`make run` as a user meets it: real processes on free ports, and nothing of them left afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parent.parent
SANDBOX_PORTS = 54
KEYS = {"spamexperts", "hornetsecurity", "olspanel", "cleanmail", "spanel", "ca", "ca_path", "dns", "smtp"}
SLOW_MACHINE = 60


class Started:
    """A running start of its own process group, like one typed at a terminal."""

    def __init__(self, data: Path, **environ: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
        self.port, self.sandbox_port = free_block(SANDBOX_PORTS + 1)
        ports = {"GATEHOUSE_PORT": str(self.port), "GATEHOUSE_SANDBOX_PORT": str(self.sandbox_port)}
        self._log = data.with_name(f"{data.name}-{self.port}.log")
        self.process = subprocess.Popen(
            [sys.executable, "deploy/start.py"],
            cwd=ROOT,
            env={
                **clean,
                "GATEHOUSE_DATA_DIR": str(data),
                "GATEHOUSE_LOG_LEVEL": "error",
                **ports,
                **environ,
            },
            stdin=subprocess.DEVNULL,
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.data = data

    @property
    def output(self) -> str:
        """Everything that was printed so far."""
        return self._log.read_text("utf-8")

    @property
    def url(self) -> str:
        """Where the dashboard is."""
        return f"http://127.0.0.1:{self.port}"

    def wait_until_served(self) -> None:
        """Waits for the first answer."""
        wait_until(lambda: self.process.poll() is not None or status_of(f"{self.url}/healthz") == 200)
        assert self.process.poll() is None, self.output

    def processes(self) -> dict[int, str]:
        """Everything that was started for this data, by process id."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environ, state = (folder / "environ").read_bytes(), (folder / "stat").read_text()
            except OSError:
                continue
            ours = f"GATEHOUSE_DATA_DIR={self.data}\0".encode() in environ
            if ours and state.rpartition(")")[2].split()[0] != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def end(self, number: signal.Signals, *, group: bool) -> int:
        """Sends a signal, to the whole group as Ctrl-C does or to the start alone; returns the exit code."""
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self.process.wait(SLOW_MACHINE)


def free_block(count: int) -> tuple[int, int]:
    """The first ports of a dashboard and of a sandbox behind it, all free a moment ago.

    Below 32,768, where Linux takes the ports of outgoing connections from.
    """
    for base in range(10_000 + os.getpid() % 300 * 60, 32_700, 60):
        if all(is_free(base + offset) for offset in range(count)):
            return base, base + 1
    raise AssertionError("no free ports")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until(true) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + SLOW_MACHINE
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def status_of(url: str) -> int:
    """The status that an address answers with, 0 where nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError):
        return 0


class Visitor:
    """Somebody with a session, who posts forms with their token."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, data: dict[str, str] | None = None) -> str:
        """The page at a path, after a form was posted to it where there is data."""
        body = urlencode(data).encode() if data else None
        with self._opener.open(f"{self._url}{path}", body, timeout=SLOW_MACHINE) as answer:
            return str(answer.read().decode())

    def sign_in(self, email: str, password: str) -> str:
        """Signs in; returns the page that follows."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/login"))
        assert token is not None
        return self.get("/login", {"csrf_token": token.group(1), "email": email, "password": password})


@pytest.fixture
def started() -> Iterator[list[Started]]:
    """What a test started; whatever of it still runs at the end is killed, and the test has failed before."""
    starts: list[Started] = []
    yield starts
    for start in starts:
        for pid in start.processes():
            os.kill(pid, signal.SIGKILL)
        start.process.wait()


def test_from_the_first_start_to_the_second(tmp_path: Path, started: list[Started]) -> None:
    data = tmp_path / "data"
    first = Started(data)
    started.append(first)
    first.wait_until_served()
    assert f"Gatehouse: http://localhost:{first.port} " in first.output
    password = re.findall(r"password +(\S+)", first.output)
    assert len(password) == 1, "printed once"
    assert "admin@gatehouse.example" in first.output
    sandbox_says_where_everything_is(first)
    visitor = Visitor(first.url)
    assert "Sign out" in visitor.sign_in("admin@gatehouse.example", password[0])
    wait_until(lambda: "nordwind.example" in visitor.get("/domains/"))
    a_taken_port_is_named(first, data)
    assert first.end(signal.SIGINT, group=True) == 130
    assert first.processes() == {}
    assert "Traceback" not in first.output

    second = Started(data)
    started.append(second)
    second.wait_until_served()
    assert "password" not in second.output
    visitor = Visitor(second.url)
    visitor.sign_in("admin@gatehouse.example", password[0])
    assert "nordwind.example" in visitor.get("/domains/"), "the domains are still there"
    assert str(second.sandbox_port + 11) in visitor.get("/connections/"), (
        "the demo follows the sandbox's port"
    )
    assert second.end(signal.SIGTERM, group=False) == 143
    assert second.processes() == {}
    assert status_of(f"http://127.0.0.1:{second.sandbox_port}/") == 0


def sandbox_says_where_everything_is(start: Started) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{start.sandbox_port}/", timeout=SLOW_MACHINE) as answer:
        world = json.load(answer)
    assert world.keys() == KEYS
    for slug in KEYS - {"ca", "ca_path", "dns", "smtp"}:
        assert world[slug].keys() == {"http", "https", "credentials"}
    assert world["dns"] == f"127.0.0.1:{start.sandbox_port + 53}"
    demo = start.data / "demo-connections.json"
    assert demo.stat().st_mode & 0o777 == 0o600


def a_taken_port_is_named(running: Started, data: Path) -> None:
    """Two more starts, on a port of the dashboard and on one of the sandbox that runs already."""
    for variable, port in (
        ("GATEHOUSE_PORT", running.port),
        ("GATEHOUSE_SANDBOX_PORT", running.sandbox_port),
    ):
        other = Started(data.with_name("other"), **{variable: str(port)})
        assert other.process.wait(SLOW_MACHINE) == 2
        assert f"Port {port}" in other.output
        assert "is taken by another program" in other.output
        assert f"{variable}=" in other.output, "it says what to type instead"


def test_without_the_sandbox(tmp_path: Path, started: list[Started]) -> None:
    start = Started(tmp_path / "data", SANDBOX="0", GATEHOUSE_ADMIN_PASSWORD="a password of my own 7")
    started.append(start)
    start.wait_until_served()
    assert "a password of my own 7" not in start.output
    assert status_of(f"http://127.0.0.1:{start.sandbox_port}/") == 0
    assert not (start.data / "demo-connections.json").exists()
    visitor = Visitor(start.url)
    assert "Welcome to Gatehouse" in visitor.sign_in("admin@gatehouse.example", "a password of my own 7")
    assert "No connection yet" in visitor.get("/connections/")
    assert start.end(signal.SIGTERM, group=True) in (143, -signal.SIGTERM)
    wait_until(lambda: start.processes() == {})


def test_an_interrupt_in_the_middle_of_the_start_leaves_nothing(
    tmp_path: Path, started: list[Started]
) -> None:
    start = Started(tmp_path / "data")
    started.append(start)
    wait_until(lambda: "Sandbox: control" in start.output or start.process.poll() is not None)
    assert start.process.poll() is None, start.output
    assert start.end(signal.SIGTERM, group=False) == 143
    assert start.processes() == {}
    assert "Traceback" not in start.output


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    start = Started(tmp_path / "data", GATEHOUSE_THREADS="many")
    assert start.process.wait(SLOW_MACHINE) == 2
    assert "Gatehouse did not start: GATEHOUSE_THREADS must be" in start.output


def test_an_old_python_is_named_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "pyproject.toml").touch()
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\ncase "$1" in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "run", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert f"Gatehouse needs Python 3.11 or newer; {old} is Python 3.9.2." in done.stdout
    assert "Try: make run PYTHON=" in done.stdout
    assert not (tmp_path / ".venv").exists()
