"""Messages read without trust: what well-behaved ones hold, and what hostile ones cannot do."""

import base64
import time
import tracemalloc
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import NotFound
from app.core.mail import MOST_PARTS, read_headers, read_mail
from app.core.mail_html import safe_html
from app.core.mail_text import LONGEST_NAME, decoded, file_name, is_risky, visible

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def made() -> bytes:
    mail = EmailMessage()
    mail["From"] = "Müller & Söhne <post@mueller.example>"
    mail["To"] = "a@nordwind.example"
    mail["Subject"] = "Grüße aus Köln"
    mail["Message-ID"] = "<one@mueller.example>"
    mail["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
    mail.set_content("Guten Tag,\nmit Gruß\n")
    mail.add_alternative('<p>Guten <b>Tag</b> <img src="cid:logo"></p>', subtype="html")
    mail.get_payload()[1].add_related(PNG, "image", "png", cid="<logo>")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Angebot Köln.pdf")
    return mail.as_bytes()


def test_an_ordinary_message():
    mail = read_mail(made())
    assert mail.header("subject") == "Grüße aus Köln" and mail.message_id == "one@mueller.example"
    assert mail.date.isoformat() == "2026-11-20T10:00:00+01:00"
    assert mail.text().startswith("Guten Tag,") and "Gruß" in mail.text()
    html = mail.html()
    assert "<b>Tag</b>" in html.html and 'src="data:image/png;base64,' in html.html and html.blocked == 0
    names = {part.name: part for part in mail.files}
    assert mail.file(names["Angebot Köln.pdf"].id).data == b"%PDF-1.4"
    assert mail.notes == ()
    with pytest.raises(NotFound):
        mail.file("9.9")


@pytest.mark.parametrize(
    ("html", "never"),
    [
        ("<script>alert(1)</script>x", "alert"),
        ('<img src="https://track.example/p.gif">x', "track.example"),
        ('<p onclick="alert(1)">x</p>', "onclick"),
        ('<a href="javascript:alert(1)">x</a>', "javascript"),
        ('<form action="http://evil.example"><input name=p></form>x', "evil"),
        ('<div style="background:url(http://evil.example/a)">x</div>', "evil"),
        ('<div style="position:fixed;top:0">x</div>', "position"),
        ('<style>@import "http://evil.example"</style>x', "evil"),
        ('<iframe src="http://evil.example"></iframe>x', "evil"),
        ('<base href="http://evil.example/">x', "evil"),
        ('<meta http-equiv="refresh" content="0;url=http://evil.example">x', "evil"),
        ('<svg><a xlink:href="javascript:alert(1)">y</a></svg>x', "javascript"),
        ('<object data="http://evil.example"></object>x', "evil"),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4=">x', "svg"),
        (
            "<math><mtext></mtext><mglyph><style><img src=a onerror=alert(1)></style></mglyph></math>x",
            "onerror",
        ),
    ],
)
def test_html_does_nothing(html, never):
    cleaned = safe_html(html).html
    assert never not in cleaned and "x" in cleaned


def test_what_html_wanted_is_told():
    found = safe_html(
        '<a href="https://bank.example/login">https://safe.example</a><img src="http://t.example/1">'
    )
    assert found.links == ("https://bank.example/login",) and found.blocked == 1


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("CON.txt", "_CON.txt"),
        ("...", "attachment-3.bin"),
        ("", "attachment-3.bin"),
        ("=?utf-8?Q?=2E=2E=2Fk=C3=B6ln=2Epdf?=", "köln.pdf"),
        ("C:\\temp\\a:b?.pdf", "a_b_.pdf"),
    ],
)
def test_names_of_files(given_name, name):
    assert file_name(given_name, 3, ".bin") == name


def test_long_names_keep_their_ending():
    name = file_name("x" * 5000 + ".pdf", 1)
    assert len(name) == LONGEST_NAME and name.endswith(".pdf")
    assert is_risky("invoice.pdf.EXE") and not is_risky("invoice.pdf")


def test_what_turns_text_around_is_not_shown():
    assert visible("pay\u202eexe\u200b.fdp\x07") == "payexe.fdp"
    assert decoded("=?utf-8?B?" + base64.b64encode("a\u202eb".encode()).decode() + "?=") == "ab"
    assert decoded("=?nonsense?Q?abc=FC?=") == "abcü"


def nested(depth: int) -> bytes:
    lines = [b"Subject: deep"]
    for level in range(depth):
        lines += [b"Content-Type: multipart/mixed; boundary=b%d" % level, b"", b"--b%d" % level]
    return b"\r\n".join([*lines, b"", b"the bottom"])


HOSTILE = {
    "nothing": b"",
    "no header": b"\n\nbody",
    "deep": nested(5000),
    "huge header": b"X-Junk: " + b"a" * 3_000_000 + b"\r\nSubject: s\r\n\r\nbody",
    "many headers": b"X-A: b\r\n" * 200_000 + b"\r\nbody",
    "10,000 recipients": b"To: " + b",\r\n ".join(b"p%d@example.org" % n for n in range(10_000)) + b"\r\nSubject: s\r\n\r\nbody",
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000,
    "own boundary inside": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 2000,
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nbody",
    "empty boundary": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nbody',
    "quotes": b"Content-Type: text/plain; " + b'a="' * 100_000 + b"\r\n\r\nbody",
    "encoded words": b"Subject: " + b"=?utf-8?Q?a?= " * 100_000 + b"\r\n\r\nbody",
    "bad base64": b"Content-Transfer-Encoding: base64\r\n\r\n%%%===A",
    "odd charset": b"Content-Type: text/plain; charset=punycode\r\n\r\nb\xfc" + b"a-" * 200_000,
    "half characters": b"Subject: \xff\xfe\xed\xa0\x80\r\n\r\n\xff\xfe",
    "nul": b"Subject: a\x00b\r\n\r\n\x00\x00",
    "deep html": b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    "ampersands": b"Content-Type: text/html\r\n\r\n" + b"&" * 900_000,
    "open fonts": b"Content-Type: text/html\r\n\r\n" + b"<font size=1>" * 190 + b"<p>x" * 100_000,
    "25 MB": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/zip; name=a.zip\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * 330_000 + b"--b--\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_cost_little_and_are_shown_as_far_as_they_go(name):
    started = time.process_time()
    mail = read_mail(HOSTILE[name])
    assert isinstance(mail.text() or "", str) and (mail.html() or True)
    assert len(mail.headers) <= 300 and len(mail.parts) <= MOST_PARTS + 1
    assert all(value.isprintable() for _, value in mail.headers)
    assert time.process_time() - started < 3
    if name in ("huge header", "many headers", "deep", "many parts"):
        assert mail.notes


def test_a_large_attachment_is_kept_once_until_somebody_wants_it():
    source = HOSTILE["25 MB"]
    tracemalloc.start()
    mail = read_mail(source)
    assert mail.text() == "text" and [part.name for part in mail.files] == ["a.zip"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    data = mail.file(mail.files[0].id).data
    assert data.startswith(b"ABCABC") and abs(len(data) - mail.files[0].size) < len(data) / 50


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_it(data):
    for source in (
        data,
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + data + b"\n--b--",
        b"Subject: " + data,
    ):
        mail = read_mail(source)
        mail.text(), mail.html(), [mail.file(part.id) for part in mail.parts], mail.date
        assert all(value.isprintable() for _, value in mail.headers)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_no_name_leads_out_of_its_folder(text):
    name = file_name(text, 1)
    assert name and len(name) <= LONGEST_NAME and name not in (".", "..")
    assert not set(name) & set('/\\\0\r\n:*?"<>|') and name.isprintable()


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>/=\"' abimgsrcdhefscript:()&;#x0-9!-", max_size=200))
def test_no_html_gets_anything_that_loads(html):
    cleaned = safe_html(html).html.lower()
    assert "<script" not in cleaned and " href=" not in cleaned
    assert 'src="' not in cleaned or 'src="data:image/' in cleaned


def test_a_bare_header_block():
    assert read_headers("Subject: =?utf-8?Q?K=C3=B6ln?=\r\nX: a\r\n b\r\n") == (
        ("Subject", "Köln"),
        ("X", "a b"),
    )
