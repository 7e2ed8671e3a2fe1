"""What is read from files: delimiters, encodings, workbooks, and the row and column of every mistake."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest
from openpyxl import Workbook

from app.core.errors import Invalid
from app.features.bulk.files import MOST_BYTES, MOST_ROWS, ReadRow, read_rows

HEAD = "connection,domain,aliases,routes"
GOOD = "se,new.example,one.test,mail.example.net:25"


def read(text: str | bytes, connection: str = "") -> list[ReadRow]:
    return list(read_rows("domains.csv", text.encode() if isinstance(text, str) else text, connection))


def workbook(rows: Iterable[Iterable[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return target.getvalue()


def refused(data: str | bytes) -> str:
    """The problem of a file that is none."""
    with pytest.raises(Invalid) as found:
        read(data)
    assert list(found.value.fields) == ["file"]
    return str(found.value.fields["file"])


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}\n{GOOD}\n",
        f"{HEAD}\r\n{GOOD}\r\n",
        f"\ufeff{HEAD}\n{GOOD}",
        f"{HEAD}\n{GOOD}\n".replace(",", ";"),
        f"{HEAD}\n{GOOD}\n".replace(",", "\t"),
        f" Connection , DOMAIN,Aliases,ROUTES\n{GOOD}\n",
        'connection,domain,aliases,routes\nse,new.example,"one.test","mail.example.net:25"\n',
        'routes,domain,connection,aliases\nmail.example.net,"new.example",se,one.test\n',
    ],
)
def test_the_ways_to_write_a_table(text: str) -> None:
    rows = [row for row in read(text) if row.command]
    assert len(rows) == 1
    command = rows[0].command
    assert command is not None
    assert (command.connection, command.domain, command.aliases) == ("se", "new.example", ["one.test"])
    assert [(r.host, r.port) for r in command.routes] == [("mail.example.net", 25)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_lists_in_a_cell(delimiter: str) -> None:
    cells = [
        "se",
        "new.example",
        "a.test, b.test;c.test d.test\ne.test",
        "x.test:26, [2001:db8::1]:27\ny.test",
    ]
    line = delimiter.join(f'"{cell}"' for cell in cells)
    [row] = read(f"{HEAD.replace(',', delimiter)}\n{line}\n")
    assert row.command is not None, row.problem
    assert row.command.aliases == ["a.test", "b.test", "c.test", "d.test", "e.test"]
    assert [(r.host, r.port) for r in row.command.routes] == [
        ("x.test", 26),
        ("2001:db8::1", 27),
        ("y.test", 25),
    ]


def test_a_workbook_is_read_like_a_text() -> None:
    rows = read(workbook([HEAD.split(","), GOOD.split(","), [None, "two.example", None, "a.test"]]), "twin")
    assert [row.command and row.command.connection for row in rows] == ["se", "twin"]
    assert rows[0].number == 2


def test_numbers_and_dates_in_a_workbook_are_text() -> None:
    import datetime

    rows = read(workbook([["domain", "routes"], [12345, 25], [datetime.date(2026, 1, 1), None], [True, 1.5]]))
    assert [row.command for row in rows] == [None] * 3


def test_international_names_and_options() -> None:
    [row] = read("domain;option.path;option.php_version\nBÜCHER.example;sites/x;\n", "ols")
    assert row.command is not None
    assert (row.command.domain, row.command.options) == ("xn--bcher-kva.example", {"path": "sites/x"})


def test_the_columns_of_the_export_are_known_and_its_apostrophes_come_off() -> None:
    head = "connection,domain,aliases,routes,status,mailboxes,read_at,changed_at,problem"
    [row] = read(f"{head}\nse,new.example,'-a.test,'@x,active,3,2026-01-01,2026-01-01,Row 2\n")
    assert row.cells["aliases"] == "-a.test"
    assert row.cells["routes"] == "@x"


BAD = [
    ("se,nonsense,,", "domain", "has no dot"),
    ("se,,,mail.example.net", "domain", "is needed"),
    ("se,new.example,nonsense,", "aliases", "has no dot"),
    ("se,new.example,new.example,", "", "alias of itself"),
    ("se,new.example,a.test a.test,", "", "named twice"),
    ("se,new.example,,a.test:0", "routes", "from 1 to 65535"),
    ("se,new.example,,a.test:", "routes", "port is missing"),
    ("se,new.example,,a.test a.test", "routes", "named twice"),
    ("se,=1+1.example,,", "domain", "letters, digits"),
    ("x" * 65 + ",new.example,,", "connection", "64"),
    ("se," + "x" * 300 + ".example,,", "domain", "63"),
    ("se,other.example,,mail.example.net,backup.example.net", "", "more cells"),
]


@pytest.mark.parametrize(("line", "column", "words"), BAD)
def test_a_bad_row_names_its_number_and_its_column(line: str, column: str, words: str) -> None:
    [good, bad, last] = read(f"{HEAD}\n{GOOD}\n{line}\nse,last.example,,a.test\n")
    assert good.command is not None and last.command is not None
    assert bad.command is None
    assert list(bad.problems) == [column]
    text = str(bad.problem)
    assert text.startswith("Row 3: ") and words in text


def test_several_problems_of_a_row_are_told_together() -> None:
    [row] = read(f"{HEAD}\n{'x' * 65},nonsense,bad,a.test\n")
    assert set(row.problems) == {"connection", "domain", "aliases"}


def test_a_domain_that_stands_twice_is_told_with_the_first_row() -> None:
    rows = read(f"{HEAD}\n{GOOD}\nse,NEW.example.,,b.test\ntwin,new.example,,b.test\n")
    assert [row.command is None for row in rows] == [False, True, False]
    assert "stands in row 2 already" in str(rows[1].problem)


def test_blank_rows_count_but_say_nothing() -> None:
    rows = read(f"{HEAD}\n\n,,,\n{GOOD}\n\n")
    assert [row.number for row in rows] == [4]
    rows = read(workbook([["domain"], [None], [""], ["new.example"], [None]]))
    assert [row.number for row in rows] == [4]


def test_no_row_at_all() -> None:
    assert read(HEAD) == []


# --- what is no such file ---


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "no column “domain”"),
        ("\n\n", "no column “domain”"),
        ("example.org\n", "no column “domain”"),
        ("name,host\na,b\n", "no column “domain”"),
        ("domain,colour,shape\n", "not known: colour, shape"),
        ("domain,domain\n", "named twice"),
        ("domain\nbücher.example\n".encode("latin-1"), "UTF-8"),
        ("domain\nnew.example\n".encode("utf-16"), "UTF-8"),
        (b"domain\nnew\x00.example\n", "neither XLSX nor text"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
        (b"PK\x03\x04rubbish", "cannot be read"),
        (zipped(a=b"b"), "cannot be read"),
        (workbook([["domain"], ["new.example"]])[:-200], "cannot be read"),
        ("domain\n" + '"' + "x" * 200_000 + "\n", "cannot be read"),
    ],
)
def test_what_is_no_such_file_is_told(data: str | bytes, words: str) -> None:
    assert words in refused(data)


def broken_workbook(name: str, content: bytes) -> bytes:
    """A workbook of which one part is something else."""
    good = io.BytesIO(workbook([["domain"], ["new.example"]]))
    with zipfile.ZipFile(good) as packed:
        files = {item: packed.read(item) for item in packed.namelist()}
    return zipped(**{**files, name: content})


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"ha" * 50 + b'">' + b"".join(
    f'<!ENTITY {b} "{f"&{a};" * 20}">'.encode() for a, b in zip("abcdefg", "bcdefgh", strict=True)
) + b"]><sst>&h;</sst>"  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/workbook.xml", b"<broken"),
        (
            "xl/worksheets/sheet1.xml",
            b"<worksheet><sheetData><row><c t='s'><v>99</v></c></row></sheetData></worksheet>",
        ),
        ("xl/worksheets/sheet1.xml", b"<broken"),
        ("xl/worksheets/sheet1.xml", b""),
        ("xl/sharedStrings.xml", b"<broken"),
        ("xl/sharedStrings.xml", LAUGHS),
        ("xl/styles.xml", b"<styleSheet><cellXfs><xf numFmtId='x'/></cellXfs></styleSheet>"),
        ("[Content_Types].xml", b"<x/>"),
        ("_rels/.rels", b"<broken"),
    ],
)
def test_a_broken_workbook_is_told(name: str, content: bytes) -> None:
    try:
        rows = read(broken_workbook(name, content))
    except Invalid as error:
        assert list(error.fields) == ["file"]
    else:  # openpyxl came along with it all the same
        assert all(row.command is None or row.command.domain == "new.example" for row in rows)


def test_a_workbook_behind_a_password_is_told() -> None:
    data = bytearray(workbook([["domain"], ["new.example"]]))
    for mark in (b"PK\x01\x02", b"PK\x03\x04"):
        at = data.find(mark)
        while at >= 0:
            data[at + (8 if mark == b"PK\x01\x02" else 6)] |= 1
            at = data.find(mark, at + 1)
    assert "cannot be read" in refused(bytes(data))


def test_a_zip_bomb_is_refused_unopened() -> None:
    with_bomb = broken_workbook("xl/bomb.xml", b"\0" * (201 * 1024 * 1024))
    assert len(with_bomb) < 1024 * 1024
    assert "too large when unpacked" in refused(with_bomb)


def test_too_large_and_too_many() -> None:
    assert "larger than 10 MB" in refused(b"x" * (MOST_BYTES + 1))
    many = "domain\n" + "".join(f"d{n}.example\n" for n in range(MOST_ROWS + 1))
    assert "More than 20000 rows" in refused(many)
