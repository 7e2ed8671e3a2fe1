"""A dashboard to measure: a data folder, a filled inventory, a sandbox, and a gunicorn in front."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "bench-password-of-no-value-7"
EMAIL = "admin@gatehouse.example"
AGENT = "gatehouse-bench"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data: Path, port: int, **more: str) -> dict[str, str]:
    """The settings of a dashboard that is measured."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("GATEHOUSE_")},
        "GATEHOUSE_DATA_DIR": str(data),
        "GATEHOUSE_PORT": str(port),
        "GATEHOUSE_ADMIN_PASSWORD": PASSWORD,
        "GATEHOUSE_LOG_LEVEL": "error",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A folder for one measurement."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as name:
        yield Path(name)


def flask(env: Mapping[str, str], *arguments: str) -> str:
    """Runs a command of the application and returns what it printed."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def dashboard(env: Mapping[str, str]) -> Iterator[str]:
    """A dashboard as deployed: gunicorn, one process with threads. Yields its address."""
    flask(env, "init")
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    with running(command, env) as process:
        address = f"http://127.0.0.1:{env['GATEHOUSE_PORT']}"
        wait_for(f"{address}/healthz", process)
        yield address


@contextlib.contextmanager
def running(command: list[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is stopped at the end."""
    process = subprocess.Popen(command, cwd=ROOT, env=dict(env))
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    """Waits until the address answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"{url}: the process ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise SystemExit(f"{url} did not answer")


@contextlib.contextmanager
def sandbox(port: int, domains: int | None = None) -> Iterator[str]:
    """A sandbox in a process of its own. Yields the address of its control port."""
    command = [sys.executable, "-m", "app.sandbox", "--port", str(port)]
    if domains is not None:
        command += ["--domains", str(domains)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def control(method: str, url: str, data: Any = None) -> Any:
    """A call of the sandbox's control port."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def sandbox_connections(control_url: str, names: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A connections file with SpamExperts connections to the sandbox: key -> base URL ("" for the sandbox's own)."""
    upstream = control("GET", f"{control_url}/")["spamexperts"]
    credentials = {k: upstream["credentials"][k] for k in ("username", "password")}
    return {
        "connection": [
            {
                "key": key,
                "kind": "spamexperts",
                "name": key,
                "base_url": url or upstream["http"],
                "values": credentials,
                **more,
            }
            for key, url in names.items()
        ]
    }


class Browser:
    """Signs in and reads pages, as a browser does: with cookies and form tokens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._opener.addheaders = [("User-Agent", AGENT)]

    def sign_in(self) -> Browser:
        """Signs in as the administrator."""
        page = self.get("/login")
        self.post("/login", page, email=EMAIL, password=PASSWORD)
        if 'name="password"' in self.get("/overview/"):
            raise SystemExit("signing in did not work")
        return self

    def get(self, path: str) -> str:
        """A page as text."""
        with self._opener.open(self.address + path, timeout=120) as answer:
            return str(answer.read().decode())

    def post(self, path: str, page: str, **fields: str) -> str:
        """Sends a form; its token is taken from the page that it was on."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        data = urlencode({**fields, "csrf_token": token.group(1) if token else ""}).encode()
        with self._opener.open(self.address + path, data, timeout=300) as answer:
            return str(answer.read().decode())

    @property
    def headers(self) -> dict[str, str]:
        """What this browser sends with every request. The session is tied to the name of the browser."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)
        return {"Cookie": cookies, "User-Agent": AGENT}


def fill_inventory(env: Mapping[str, str], count: int, connection: str = "bench") -> None:
    """Puts so many domains into the inventory, with the application's own code. One in 500 fails a check, of the first
    thousand one in 20, so that a page of them is full in every inventory; one in 20 warns."""
    script = f"""
import os
from datetime import UTC, datetime
from sqlalchemy import insert, select
from app.core.model import Domain, Route
from app.storage.db import Database
from app.storage.health_tables import health_readings, health_runs
from app.storage.inventory import SqlInventory
from app.storage.tables import domains
from config import Config
database = Database(Config.from_env(os.environ).database_url)
inventory = SqlInventory(database)
run = inventory.begin_sync({connection!r})
names = ("{{:06d}}-{{}}.example".format(n, ("north", "south", "east", "west")[n % 4]) for n in range({count}))
batch = []
for number, name in enumerate(names):
    routes = (Route(f"mail{{number % 10}}.hosting.example", 25), Route(f"10.0.{{number % 250}}.7", 2525))
    aliases = (f"alias-{{name}}",) if number % 5 == 0 else ()
    batch.append(Domain({connection!r}, name, aliases, routes))
    if len(batch) == 500:
        inventory.put_batch(run, {connection!r}, batch)
        batch = []
if batch:
    inventory.put_batch(run, {connection!r}, batch)
inventory.finish_sync(run, {connection!r})
now = datetime.now(UTC)
with database.unit_of_work() as session:
    ids = session.execute(select(domains.c.id, domains.c.name).order_by(domains.c.id)).all()
    ranks = [(0 if n % (20 if n < 1000 else 500) == 7 else 1 if n % 20 == 3 else 3, *row) for n, row in enumerate(ids)]
    session.execute(insert(health_runs), [dict(domain_id=i, rank=rank, checked_at=now) for rank, i, _ in ranks])
    session.execute(insert(health_readings), [
        dict(domain_id=i, check_name=check, source="DNS", subject="", connection={connection!r}, domain=name,
             rank=rank, found={{"text": "no record"}}, record="", value="", seen_at=now, since=now)
        for rank, i, name in ranks if rank < 3 for check in ("mx", "dkim")
    ])
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=dict(env), check=True)


def read_inventory(env: Mapping[str, str]) -> None:
    """Reads the domains of all connections, as the worker does."""
    script = """
import os
from app.core.actor import system_actor
from app.wiring import build
from config import Config
wired = build(Config.from_env(os.environ))
for connection in wired.connections.visible(system_actor()):
    wired.sync.run(connection)
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=dict(env), check=True)
