"""Bodies: capped as received and as unpacked, never more in memory than that."""

import gzip
import tracemalloc
import zlib

import pytest

from app.core.errors import Malformed
from tests.net.servers import Peer, answering, serve

MB = 2**20


def test_a_body_of_50_mb_is_cut_early_in_little_memory(bench):
    sent = 0

    def handler(peer: Peer) -> None:
        nonlocal sent
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MB))
        piece = b"x" * 65536
        while sent < 50 * MB and peer.send(piece):
            sent += len(piece)

    with serve(handler) as server:
        made = bench(server.url, body_cap=MB)
        tracemalloc.start()
        try:
            with pytest.raises(Malformed, match="longer than 1 MB"):
                made.http.read("x", "GET", "/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert len(server.requests) == 1
    assert peak < 8 * MB and sent < 40 * MB


def test_a_gzip_bomb_is_cut_early_in_little_memory(bench):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(MB)) for _ in range(200)) + packer.flush()
    with serve(answering(bomb, Content_Encoding="gzip")) as server:
        made = bench(server.url, body_cap=MB)
        tracemalloc.start()
        try:
            with pytest.raises(Malformed, match="longer than 1 MB"):
                made.http.read("x", "GET", "/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * MB


def test_a_body_of_exactly_the_cap_passes(bench):
    with serve(answering(b"x" * 1000)) as server:
        assert len(bench(server.url, body_cap=1000).http.read("x", "GET", "/").body) == 1000
        with pytest.raises(Malformed):
            bench(server.url, body_cap=999).http.read("x", "GET", "/")


def test_gzip_is_asked_for_and_unpacked(bench):
    with serve(answering(gzip.compress(b"packed" * 100), Content_Encoding="gzip")) as server:
        assert bench(server.url).http.read("x", "GET", "/").body == b"packed" * 100
    assert b"Accept-Encoding: gzip\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"packed" * 1000)[:-10], "gzip"),
        (gzip.compress(b"one") + b"two", "gzip"),
        (b"not packed at all", "gzip"),
        (b"whatever", "br"),
    ],
    ids=["ends early", "more after the end", "no gzip", "not asked for"],
)
def test_a_packed_body_that_is_not_whole_is_no_answer(bench, body, encoding):
    with serve(answering(body, Content_Encoding=encoding)) as server:
        with pytest.raises(Malformed, match="cannot be unpacked, or is not complete"):
            bench(server.url).http.read("x", "GET", "/")


def test_an_empty_body_need_not_be_packed(bench):
    with serve(answering(b"", Content_Encoding="gzip")) as server:
        assert bench(server.url).http.read("x", "GET", "/").body == b""


def test_a_chunked_body(bench):
    def handler(peer: Peer) -> None:
        while peer.request() is not None:
            peer.send(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwhol\r\n1\r\ne\r\n0\r\n\r\n"
            )

    with serve(handler) as server:
        http = bench(server.url).http
        assert http.read("x", "GET", "/").body == b"whole"
        assert http.read("x", "GET", "/").body == b"whole"
    assert server.connections == 1
