"""10,000 adds at 20 ms upstream latency, as a job within a cap of 16 calls at once, against the sample's loop."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.pages import connections_file, free_port_block
from bench.result import Result
from bench.world import (
    ROOT,
    control,
    data_folder,
    environment,
    flask,
    free_port,
    sandbox,
    sandbox_connections,
)

ADDS = 10_000
LOOP = 500  # adds of the sample's loop that are timed; each takes the same
LATENCY = 0.020
PARALLEL = 16

SCRIPT = """
import json, os, sys, threading, time
from app.core.actor import system_actor
from app.core.commands import AddDomain, parse
from app.core.ports import NewItem
from app.core.text import msg
from app.wiring import build
from config import Config

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

count = int(sys.argv[1])
wired = build(Config.from_env(os.environ))
actor = system_actor("bench")
commands = (
    NewItem(
        f"bulk-{n:05d}.example",
        {"command": "domain.add", "connection": "bench", "domain": f"bulk-{n:05d}.example", "check_first": False,
         "routes": [{"host": "mail.hosting.example", "port": 25}]},
    )
    for n in range(count)
)
job = wired.jobs.create(actor, "bulk", msg("bench"), commands)
idle = resident()
peak = [idle]
stop = threading.Event()

def watch():
    while not stop.is_set():
        peak[0] = max(peak[0], resident())
        time.sleep(0.05)

thread = threading.Thread(target=watch)
thread.start()
started = time.perf_counter()
state = wired.worker.work(job)
seconds = time.perf_counter() - started
stop.set()
thread.join()
found = wired.jobs.get(actor, job)
print(json.dumps({"seconds": seconds, "state": state, "counts": dict(found.counts), "idle": idle, "peak": peak[0]}))
"""

LOOP_SCRIPT = """
import os, sys, time
from bench.seed_sample import APP, add
base = "http://%s/cgi-bin/api?call=" % os.environ["SERVER"]
auth = (os.environ["USER"], os.environ["PASSWORD"])
with APP.test_request_context():
    started = time.perf_counter()
    for n in range(int(sys.argv[1])):
        assert add(base, auth, f"loop-{n:05d}.example", "mail.hosting.example").ok
    print(time.perf_counter() - started)
"""


def bulk_against_the_samples_loop() -> list[Result]:
    """Both sides against the same sandbox, one after the other."""
    with data_folder() as folder, sandbox(free_port_block(), 10) as at:
        control("PUT", f"{at}/faults/spamexperts", {"fault": "delay", "seconds": LATENCY, "when": "before"})
        # Dashboard and worker each have half of a connection's caps, so 32 makes 16 for the worker.
        data = sandbox_connections(at, {"bench": ""}, parallel=PARALLEL * 2, per_second=10000)
        env = environment(
            folder,
            free_port(),
            GATEHOUSE_CONNECTIONS_FILE=connections_file(folder, data),
            GATEHOUSE_JOB_THREADS=str(PARALLEL),
        )
        flask(env, "init")
        ours = json.loads(_run(SCRIPT, env, ADDS))
        upstream = control("GET", f"{at}/")["spamexperts"]
        sample_env = {
            **env,
            "USER": upstream["credentials"]["username"],
            "PASSWORD": upstream["credentials"]["password"],
            "SERVER": upstream["http"].removeprefix("http://"),
        }
        loop = float(_run(LOOP_SCRIPT, sample_env, LOOP)) / LOOP * ADDS
    above = ours["peak"] - ours["idle"]
    done = ours["counts"].get("done", 0)
    return [
        Result(
            f"{ADDS:,} adds at {LATENCY * 1000:.0f} ms against the sample's loop ({LOOP} timed)",
            f"{ours['seconds']:.0f} s against {loop:.0f} s: {loop / ours['seconds']:.1f} times faster, {done:,} done",
            "at least 8 times",
            loop >= 8 * ours["seconds"] and done == ADDS,
        ),
        Result("peak memory of it above idle", f"{above:.0f} MB", "flat: under 100 MB", above < 100),
    ]


def _run(script: str, env: dict[str, str], count: int) -> str:
    command = [sys.executable, "-c", script, str(count)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.splitlines()[-1]
