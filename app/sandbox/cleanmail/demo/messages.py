"""The demo's mail: for every class of the quarantine what a reader must survive, and ordinary mail beside it."""

from __future__ import annotations

import email.utils
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from app.sandbox.cleanmail import mails
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.times import HOUR
from app.sandbox.seed import chance

_SPAM = """<html><body onload="alert('spam')"><h1 style="color:red">You have won</h1>
<p>Dear {name}, you are today's lucky winner. <a href="http://win.prize.example.net/claim">https://bank.example.org/</a></p>
<img src="http://track.prize.example.net/pixel.gif?to={address}" width="1" height="1">
<script>document.location = "http://win.prize.example.net/";</script>
<form action="http://win.prize.example.net/"><input name="password" type="password"></form></body></html>
"""
_ADVERT = """<html><head><style>body {{ background: url(http://img.newsletter.example.net/bg.png) }}</style></head>
<body><table width="600"><tr><td><img src="http://img.newsletter.example.net/banner.png" alt="Spring sale"></td></tr>
<tr><td>Dear {name}, everything must go. <a href="http://newsletter.example.net/off">Unsubscribe</a></td></tr></table></body></html>
"""
_ORDINARY = "Hello {name},\n\nthe delivery note is attached. Please sign it by Friday.\n\nKind regards\n"

_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@dataclass(frozen=True)
class Envelope:
    """What every message of one mailbox needs: who gets it, when it came, which number it has."""

    user: Row
    sent: int
    fuglu_id: str

    @property
    def name(self) -> str:
        return f"{self.user['firstname']} {self.user['lastname']}"

    @property
    def address(self) -> str:
        return str(self.user["email"])

    def head(self, sender: str, subject: str, score: float | None) -> list[tuple[str, str]]:
        """Return the headers; the score is left out where the service writes none."""
        domain = sender.rpartition("@")[2].rstrip(">")
        lines = [
            (
                "Received",
                f"from {domain} ([192.0.2.25]) by mx1.cleanmail.example with ESMTPS id {self.fuglu_id[:10]}",
            ),
            ("From", sender),
            ("To", email.utils.formataddr((self.name, self.address))),
            ("Subject", subject),
            ("Date", email.utils.formatdate(self.sent // 1000)),
            ("Message-ID", f"<{self.fuglu_id[:16]}@{domain}>"),
            ("X-Fuglu-Id", self.fuglu_id),
        ]
        if score is not None:
            verdict = "Yes" if score >= 5 else "No"
            lines.append(
                ("X-Spam-Status", f"{verdict}, score={score:.1f} required=5.0 tests=BAYES_50,HTML_MESSAGE")
            )
        return lines

    def message(self, sender: str, subject: str, score: float | None) -> EmailMessage:
        """Return a message with headers and without content."""
        made = EmailMessage()
        for name, value in self.head(sender, subject, score):
            made[name] = value
        return made

    def raw(self, sender: str, subject: str, score: float | None, rest: bytes) -> bytes:
        """Return a message whose last headers and content are given as bytes, however broken they are."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.head(sender, subject, score))
        return lines.encode("utf-8") + rest

    def words(self, template: str) -> str:
        """Return a template with name and address filled in."""
        return template.format(name=self.name, address=self.address)


def _spam(to: Envelope) -> bytes:
    made = to.message("Winners Club <claim@prize.example.net>", "[SPAM] You have WON!!!", 14.2)
    made.set_content("You have won. Look at the HTML part.")
    made.add_alternative(to.words(_SPAM), subtype="html")
    return made.as_bytes()


def _phishing(to: Envelope) -> bytes:
    """Spam whose subject and sender are in an odd charset."""
    head = b"Subject: =?koi8-r?B?88/Qyc3P08Y=?=\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n"
    body = "Ваш счёт будет закрыт.\r\n".encode("koi8-r")
    lines = to.raw("=?windows-1251?B?wQ==?= <bank@prize.example.net>", "", 9.8, head + body)
    return lines.replace(b"Subject: \r\n", b"")


def _virus(to: Envelope) -> bytes:
    made = to.message("Parcel service <track@parcel.example.net>", "Your parcel", None)
    made.set_content("See the attached invoice.")
    made.add_attachment(
        b"This text stands for a virus.\n",
        maintype="application",
        subtype="x-msdownload",
        filename="invoice.pdf.exe",
    )
    return made.as_bytes()


def _advert(to: Envelope) -> bytes:
    made = to.message("Seasons <news@newsletter.example.net>", "Spring sale: everything must go", 4.1)
    made["List-Unsubscribe"] = "<http://newsletter.example.net/off>"
    made.set_content(to.words(_ADVERT), subtype="html")
    return made.as_bytes()


def _blocked(to: Envelope) -> bytes:
    made = to.message("orders@newsletter.example.net", "Invoice 4411", 2.0)
    made.set_content("Thank you for your subscription; the invoice is attached.\n")
    return made.as_bytes()


def _unverified(to: Envelope) -> bytes:
    made = to.message("nobody@unverified.example.net", "Quick question", 3.3)
    made.set_content("Do you have a minute?\n")
    return made.as_bytes()


def _bad_headers(to: Envelope) -> bytes:
    """No date, raw bytes in the subject, two senders, a header line without a colon."""
    rest = b"From: second@elsewhere.example.net\r\nSubject: R\xe9union \xff\xfe\r\nthis line is no header\r\n\r\nText.\r\n"
    return to.raw("first@elsewhere.example.net", "Réunion", 5.5, rest).replace(
        b"\r\nDate:", b"\r\nDate-Lost:"
    )


def _bad_encoding(to: Envelope) -> bytes:
    """Quoted-printable and Base64 that break off, in a charset that does not exist."""
    rest = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="edge"\r\n\r\n--edge\r\n'
        b"Content-Type: text/plain; charset=x-unknown-9\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Gr=FC=DFe aus K=F6ln =ZZ =\r\n--edge\r\n"
        b'Content-Type: application/pdf; name="=?utf-8?Q?Angebot_=C3?="\r\nContent-Transfer-Encoding: base64\r\n'
        b"Content-Disposition: attachment\r\n\r\nJVBERi0xLjQK!!!not base64\r\n"
    )
    return to.raw("Müller <mueller@elsewhere.example.net>", "=?utf-8?B?QW5nZWJvd?=", 6.0, rest)


def _bad_attachment(to: Envelope) -> bytes:
    made = to.message("Copy shop <scan@copyshop.example.com>", "Scan from the copier", 1.2)
    made.set_content("Your scan.\n")
    made.add_attachment("WScript.Echo('demo')\n", subtype="javascript", filename="scan.js")
    made.add_attachment(_PIXEL, maintype="image", subtype="png", filename="Übersicht Größe.png")
    return made.as_bytes()


def _ordinary(to: Envelope) -> bytes:
    made = to.message("Dirk Hansen <orders@supplier.example.com>", "Lieferschein für Freitag", 0.3)
    made["Cc"] = "Buchhaltung <bookkeeping@nordwind.example>"
    made["Importance"] = "high"
    made.set_content(to.words(_ORDINARY))
    made.add_alternative("<p>Hello,</p><p>see <img src='cid:logo'></p>", subtype="html")
    made.add_attachment(
        b"%PDF-1.4\n% demo\n", maintype="application", subtype="pdf", filename="delivery note.pdf"
    )
    return made.as_bytes()


def _forwarded(to: Envelope) -> bytes:
    inner = EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = (
        "customer@shop.example.com",
        "info@nordwind.example",
        "Complaint",
    )
    inner.set_content("Nothing has arrived.\n")
    made = to.message("Service desk <service@nordwind.example>", "Fwd: Complaint", 0.0)
    made.set_content("Please have a look.\n")
    made.add_attachment(inner)
    return made.as_bytes()


def _sent(to: Envelope) -> bytes:
    made = EmailMessage()
    made["From"] = email.utils.formataddr((to.name, to.address))
    made["To"] = "orders@supplier.example.com"
    made["Subject"], made["Date"] = "Re: Lieferschein für Freitag", email.utils.formatdate(to.sent // 1000)
    made["Message-ID"], made["X-Fuglu-Id"] = f"<{to.fuglu_id[:16]}@sent>", to.fuglu_id
    made.set_content("Thank you.\n")
    return made.as_bytes()


FOLDERS: tuple[tuple[str, Callable[[Envelope], bytes], int], ...] = (
    ("INBOX", _ordinary, 3),
    ("INBOX", _forwarded, 1),
    ("Spam", _spam, 7),
    ("Spam", _phishing, 2),
    ("Virus", _virus, 1),
    ("Advert", _advert, 4),
    ("Blocked", _blocked, 2),
    ("SenderVerify", _unverified, 1),
    ("BadHeaders", _bad_headers, 1),
    ("BadEncoding", _bad_encoding, 1),
    ("BadAttachments", _bad_attachment, 2),
    ("Clean", _ordinary, 3),
    ("Sent", _sent, 1),
    ("Archives/2025", _ordinary, 1),
    ("Entwürfe & Notizen", _forwarded, 0),
)
"""Folder, message and how many of them. Some folders lie below another, one has a name that must be encoded."""


def fill(records: Records, user: Row, now: int) -> None:
    """Give a mailbox its folders and mail of the last days."""
    luck = chance("cleanmail", user["email"])
    mails.add_folder(records, user["id"], "INBOX")
    mails.add_folder(records, user["id"], "Archives")
    for path, build, most in FOLDERS:
        mails.add_folder(records, user["id"], path)
        for number in range(most and luck.randint(1, most)):
            fuglu_id = hashlib.sha256(
                f"{user['email']}/{path}/{build.__name__}/{number}".encode()
            ).hexdigest()[:32]
            to = Envelope(user, now - luck.randint(1, 200) * HOUR, fuglu_id)
            mails.add_message(records, user["id"], path, build(to), fuglu_id, **_flags(path, luck.random()))


def _flags(path: str, draw: float) -> dict[str, bool]:
    return {
        "infected": path == "Virus",
        "seen": draw < 0.4 or path == "Sent",
        "answered": draw < 0.1,
        "recent": draw > 0.8,
        "important": path in ("INBOX", "Clean"),
    }
