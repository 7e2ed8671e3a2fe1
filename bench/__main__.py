"""`make bench`: every measurement, or those named; prints a table with figure, goal and verdict."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from bench import bulk, lookup, pages, sync, tables
from bench.result import Result

MEASUREMENTS: dict[str, Callable[[], list[Result]]] = {
    "size": pages.size_of_the_inventory,
    "sample": pages.against_the_sample,
    "bare": pages.against_a_bare_view,
    "test-all": pages.test_all,
    "sync": sync.large_sync,
    "tables": tables.stored_tables,
    "lookup": lookup.look_up_beside_trouble,
    "bulk": bulk.bulk_against_the_samples_loop,
}


def main(names: list[str]) -> int:
    """Runs the measurements; exit code 1 when a goal is missed."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(f"There is no measurement {', '.join(unknown)}; known are {', '.join(MEASUREMENTS)}.")
        return 2
    results: list[Result] = []
    for name in names or MEASUREMENTS:
        started = time.monotonic()
        found = MEASUREMENTS[name]()
        print(f"# {name}: {time.monotonic() - started:.0f} s")
        for result in found:
            print(f"  {result}", flush=True)
        results += found
    print("\n| measured | figure | goal | |\n|---|---|---|---|")
    for result in results:
        print(result.row)
    return int(any(result.missed for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
