"""(e) A sync of 100,000 domains: seconds and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.pages import connections_file, free_port_block
from bench.result import Result
from bench.world import ROOT, data_folder, environment, flask, free_port, sandbox, sandbox_connections

DOMAINS = 100_000
MOST_ABOVE_IDLE = 200

SCRIPT = """
import json, os, resource, threading, time
from app.core.actor import system_actor
from app.wiring import build
from config import Config

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

wired = build(Config.from_env(os.environ))
connection = wired.connections.visible(system_actor())[0]
wired.inventory.sync_states(system_actor())
idle = resident()
peak = [idle]
stop = threading.Event()

def watch():
    while not stop.is_set():
        peak[0] = max(peak[0], resident())
        time.sleep(0.02)

thread = threading.Thread(target=watch)
thread.start()
started = time.perf_counter()
first = wired.sync.run(connection)
first_seconds = time.perf_counter() - started
started = time.perf_counter()
wired.sync.run(connection)
again = time.perf_counter() - started
stop.set()
thread.join()
print(json.dumps({"seen": first.seen, "seconds": first_seconds, "again": again, "idle": idle, "peak": peak[0]}))
"""


def large_sync() -> list[Result]:
    """The first sync of 100,000 domains into an empty inventory, and the next one in which nothing changed."""
    with data_folder() as folder, sandbox(free_port_block(), DOMAINS) as at:
        names = connections_file(folder, sandbox_connections(at, {"bench": ""}))
        env = environment(folder, free_port(), GATEHOUSE_CONNECTIONS_FILE=names)
        flask(env, "init")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr)
    found = json.loads(done.stdout.splitlines()[-1])
    above = found["peak"] - found["idle"]
    return [
        Result(f"first sync of {found['seen']:,} domains", f"{found['seconds']:.1f} s"),
        Result("the same again, nothing changed", f"{found['again']:.1f} s"),
        Result(
            "peak memory of it above idle",
            f"{above:.0f} MB above {found['idle']:.0f} MB",
            f"under {MOST_ABOVE_IDLE} MB",
            above < MOST_ABOVE_IDLE,
        ),
    ]
