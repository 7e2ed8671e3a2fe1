"""`python -m bench.kill [rounds]`: kills worker and dashboard with -9 in the middle of work, then counts what became of it.

Each round a job of 1,000 adds runs in a process that is killed at a random moment, between "intended" and the answer as well as
between items; another process takes it up. Then a dashboard, as deployed, is killed while a person's "Add domain" waits for
the upstream's answer. In the end every item must be done, every domain there once, no row open, and the journal must say
of each domain what is so.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request

from bench.pages import connections_file, free_port_block
from bench.world import (
    ROOT,
    Browser,
    control,
    data_folder,
    environment,
    flask,
    free_port,
    sandbox,
    sandbox_connections,
    wait_for,
)

ITEMS = 1_000

CREATE = """
import os
from app.core.actor import system_actor
from app.core.ports import NewItem
from app.core.text import msg
from app.wiring import build
from config import Config
wired = build(Config.from_env(os.environ))
items = (NewItem(f"kill-{n:04d}.example", {"command": "domain.add", "connection": "bench", "domain": f"kill-{n:04d}.example",
          "routes": [{"host": "mail.hosting.example", "port": 25}]}) for n in range(COUNT_OF_ITEMS))
print(wired.jobs.create(system_actor("bench"), "bulk", msg("kill"), items))
""".replace("COUNT_OF_ITEMS", str(ITEMS))

WORK = """
import os, sys
from app.wiring import build
from config import Config
wired = build(Config.from_env(os.environ))
wired.worker._lease = 2.0
wired.worker.work(int(sys.argv[1]))
"""

COUNT = """
import json, os, sys, time
from app.core.actor import system_actor
from app.core.ports import ItemState
from app.wiring import build
from config import Config
wired = build(Config.from_env(os.environ))
actor, job = system_actor("bench"), int(sys.argv[1])
wired.worker._lease = 2.0
until = time.time() + 120
while time.time() < until:
    wired.worker.work(job)
    wired.settler.sweep(1000)
    found = wired.jobs.get(actor, job)
    if wired.jobs.retry(job, (ItemState.FAILED, ItemState.UNKNOWN)) == 0 and found.state.ended and not wired.journal.count_open(actor):
        break
    time.sleep(1)
from app.core.ports import ChangeQuery
pages = {}
for name in sys.argv[2:]:
    pages[name] = [c.state for c in wired.journal.page(actor, ChangeQuery(connection="bench", domain=name))]
print(json.dumps({"state": found.state, "counts": dict(found.counts), "open": wired.journal.count_open(actor), "pages": pages}))
"""

UPSTREAM_TAKES = 0.6  # seconds, while the dashboard is killed


def main(rounds: int) -> int:
    """Kills `rounds` times; exit code 1 when anything was lost, doubled or left open."""
    with data_folder() as folder, sandbox(free_port_block(), 10) as at:
        control("PUT", f"{at}/faults/spamexperts", {"fault": "delay", "seconds": 0.02, "when": "after"})
        data = sandbox_connections(at, {"bench": ""}, parallel=16, per_second=10000, write_timeout=1.0)
        names = connections_file(folder, data)
        env = environment(
            folder,
            free_port(),
            GATEHOUSE_CONNECTIONS_FILE=names,
            GATEHOUSE_SETTLE_GRACE="0",
            GATEHOUSE_JOB_THREADS="8",
        )
        flask(env, "init")
        job = _python(CREATE, env)
        people = Browser(f"http://127.0.0.1:{env['GATEHOUSE_PORT']}")
        added = [f"page-{number:02d}.example" for number in range(rounds)]
        for number in range(rounds):
            worker = subprocess.Popen([sys.executable, "-c", WORK, job], cwd=ROOT, env=env)
            time.sleep(random.uniform(1.0, 2.2))
            killed = worker.poll() is None
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            print(f"round {number + 1}: {'killed' if killed else 'had ended'}", flush=True)
            when = ("before", "after")[number % 2]
            _kill_dashboard(at, env, people, added[number], when)
            time.sleep(2.1)  # the leases of the dead one run out
        control("DELETE", f"{at}/faults/spamexperts")
        found = json.loads(_python(COUNT, env, job, *added))
        arrived = [c for c in control("GET", f"{at}/calls/spamexperts") if c["call"].startswith("api_add")]
        domains = control("GET", f"{at}/")["spamexperts"]["http"]
        listed = _listed(domains, control("GET", f"{at}/")["spamexperts"]["credentials"])
    mine = [name for name in listed if name.startswith("kill-")]
    lost, doubled = ITEMS - len(set(mine)), len(mine) - len(set(mine))
    print(f"items {found['counts']}, open rows {found['open']}, adds that arrived {len(arrived)}")
    print(f"lost {lost}, doubled {doubled}")
    wrong = [n for n in added if (n in listed) != (found["pages"][n] == ["done"]) or listed.count(n) > 1]
    there = sum(name in listed for name in added)
    print(f"pages: {there} of {rounds} adds had arrived, the journal is wrong about {wrong or 'none'}")
    return int(
        bool(
            lost
            or doubled
            or wrong
            or found["open"]
            or found["counts"].get("done", 0) + found["counts"].get("skipped", 0) != ITEMS
        )
    )


def _kill_dashboard(at: str, env: dict[str, str], people: Browser, domain: str, when: str) -> None:
    """Adds a domain by the page and kills the dashboard, all of its processes, before the upstream has answered."""
    slow = {"fault": "delay", "seconds": UPSTREAM_TAKES, "when": when, "calls": ["api_add*"]}
    fast = {"fault": "delay", "seconds": 0.02, "when": "after"}
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    wait_for(f"{people.address}/healthz", process)
    if not people.headers["Cookie"]:
        people.sign_in()
    page = people.get("/domains/new?connection=bench")
    control("PUT", f"{at}/faults/spamexperts", slow)
    fields = {"connection": "bench", "domain": domain, "routes-0-host": "mail.hosting.example"}
    asking = threading.Thread(target=_post, args=(people, page, fields))
    asking.start()
    time.sleep(random.uniform(0.3, 0.5))
    answered = not asking.is_alive()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    asking.join()
    control("PUT", f"{at}/faults/spamexperts", fast)
    print(f"  dashboard {'had answered' if answered else 'killed'}, upstream slow {when}", flush=True)


def _post(people: Browser, page: str, fields: dict[str, str]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):  # nobody answers any more
        people.post("/domains/new", page, **fields)


def _listed(base: str, credentials: dict[str, str]) -> list[str]:
    token = base64.b64encode(f"{credentials['username']}:{credentials['password']}".encode()).decode()
    request = urllib.request.Request(
        f"{base}/cgi-bin/api?call=api_list_domains", headers={"Authorization": f"Basic {token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [line.split(":", 1)[0] for line in answer.read().decode().splitlines()]


def _python(script: str, env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
