"""The record of calls: each attempt, in every collection that is open."""

import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from app.net.calls import collect
from tests.net.servers import answering, serve


def test_a_record_says_what_went_out_and_what_came_back(bench):
    before = datetime.now(UTC)
    with serve(answering(b"12345", "404 Not Found")) as server:
        made = bench(server.url)
        made.http.write("api_x", "POST", "/x", form={"a": "1"})
    [record] = made.records
    assert (record.connection, record.call, record.method, record.status) == ("demo", "api_x", "POST", 404)
    assert (record.bytes, record.write, record.attempt, record.problem) == (5, True, 1, "")
    assert record.url == f"{server.url}/x"
    assert before <= record.at <= datetime.now(UTC) and record.ms > 0
    assert record.curl == (
        f"curl -g -X POST -H 'Content-Type: application/x-www-form-urlencoded' --data-raw a=1 {server.url}/x"
    )


def test_collections_nest_and_close(bench):
    with serve(answering()) as server:
        made = bench(server.url)
        with collect() as outer:
            made.http.read("one", "GET", "/")
            with collect() as inner:
                made.http.read("two", "GET", "/")
            made.http.read("three", "GET", "/")
        made.http.read("four", "GET", "/")
    assert [record.call for record in outer] == ["one", "two", "three"]
    assert [record.call for record in inner] == ["two"]


def test_worker_threads_take_part_in_a_copy_of_the_context(bench):
    with serve(answering()) as server, ThreadPoolExecutor(4) as pool:
        made = bench(server.url)
        with collect() as mine:
            jobs = [
                pool.submit(contextvars.copy_context().run, made.http.read, f"call {i}", "GET", "/")
                for i in range(8)
            ]
            for job in jobs:
                job.result()
        made.http.read("elsewhere", "GET", "/")
    assert sorted(record.call for record in mine) == [f"call {i}" for i in range(8)]


def test_a_long_body_is_shortened_in_the_curl(bench):
    with serve(answering()) as server:
        made = bench(server.url)
        made.http.write("x", "POST", "/", form={"long": "x" * 50_000})
    assert len(made.records[0].curl) < 17_000 and made.records[0].curl.endswith("…")


def test_a_log_line_is_written_for_each_attempt(bench, caplog):
    caplog.set_level("INFO", "gatehouse.net")
    with serve(answering(b"", "503 Busy")) as server:
        bench(server.url).http.read("list", "GET", "/x")
    assert [record.getMessage().split(" in ")[0] for record in caplog.records] == [
        f"demo list GET {server.url}/x -> 503"
    ] * 3
