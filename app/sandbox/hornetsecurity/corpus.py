"""What the mails of the imitated log are about: senders, subjects, reasons, attachments, texts."""

from __future__ import annotations

from app.sandbox.hornetsecurity.enums import ADVTHREAT, CLEAN, CONTENT, INFO, REJECTED, SPAM, THREAT

Correspondent = tuple[str, str, str]
"""Address, host, IP address (documentation ranges only)."""

SENDERS: dict[int, list[Correspondent]] = {
    CLEAN: [
        ("orders@nordwind-supply.example", "mail.nordwind-supply.example", "192.0.2.11"),
        ("jonas.keller@keller-metallbau.example", "mx.keller-metallbau.example", "192.0.2.24"),
        ("accounts@brightline-audit.example", "smtp1.brightline-audit.example", "192.0.2.37"),
        ("maria.lopez@puerto-logistics.example", "out.puerto-logistics.example", "192.0.2.52"),
        ("dispatch@fjordfrakt.example", "relay.fjordfrakt.example", "192.0.2.66"),
        ("sophie.martin@atelier-martin.example", "mail.atelier-martin.example", "192.0.2.71"),
        ("support@ticketdesk.example", "mta3.ticketdesk.example", "192.0.2.88"),
        ("oliver.brandt@brandt-partner.example", "mx1.brandt-partner.example", "192.0.2.93"),
    ],
    SPAM: [
        ("winner@prize-centre.example", "host-17.cheap-vps.example", "203.0.113.17"),
        ("dr.health@pills-direct.example", "srv4.pills-direct.example", "203.0.113.41"),
        ("offers@seo-rank-first.example", "bulk9.seo-rank-first.example", "203.0.113.58"),
        ("invest@coin-rocket.example", "vm203.coin-rocket.example", "203.0.113.77"),
        ("lonely.heart@meet-tonight.example", "out2.meet-tonight.example", "203.0.113.90"),
    ],
    INFO: [
        ("newsletter@shop-and-save.example", "mail.news-engine.example", "198.51.100.12"),
        ("digest@industry-weekly.example", "mta7.news-engine.example", "198.51.100.13"),
        ("no-reply@social-circle.example", "notify.social-circle.example", "198.51.100.40"),
        ("deals@city-breaks.example", "promo.city-breaks.example", "198.51.100.61"),
    ],
    CONTENT: [
        ("scanner@copyshop-mitte.example", "mail.copyshop-mitte.example", "192.0.2.120"),
        ("jonas.keller@keller-metallbau.example", "mx.keller-metallbau.example", "192.0.2.24"),
        ("builds@devforge.example", "ci.devforge.example", "192.0.2.131"),
    ],
    THREAT: [
        ("billing@invoice-portal.example", "unknown", "203.0.113.121"),
        ("security@account-verify.example", "cpe-203-0-113-130.isp.example", "203.0.113.130"),
        ("parcel@delivery-notice.example", "vps44.delivery-notice.example", "203.0.113.144"),
    ],
    ADVTHREAT: [
        ("ceo.office@brandt-partner-group.example", "mail.brandt-partner-group.example", "203.0.113.201"),
        ("hr@payroll-update.example", "smtp.payroll-update.example", "203.0.113.212"),
    ],
    REJECTED: [
        ("bounce-8841@mass-mailer.example", "dyn-203-0-113-233.isp.example", "203.0.113.233"),
        ("info@listed-on-rbl.example", "mx.listed-on-rbl.example", "203.0.113.241"),
    ],
}

SUBJECTS: dict[int, list[str]] = {
    CLEAN: [
        "Order confirmation {n}",
        "Re: Offer {n}, delivery date",
        "Minutes of our meeting",
        "Invoice {n}",
        "Ticket #{n}: your question",
        "Bestätigung Ihres Auftrags {n}",
        "=?utf-8?q?R=C3=BCckfrage_zum_Angebot?= {n}",
        "AW: Lieferschein {n}",
        "Draft contract for review",
        "Lunch on Thursday?",
    ],
    SPAM: [
        "You have won €{n}!!!",
        "Rank first within {n} hours",
        "Doctors hate this one trick",
        "Double your coins, offer {n}",
        "<b>Cheap</b> watches & bags <script>alert({n})</script>",
    ],
    INFO: [
        "Your weekly digest, issue {n}",
        "New arrivals and 20 % off",
        "{n} people looked at your profile",
        "Weekend breaks from 49 €",
    ],
    CONTENT: ["Scan {n}", "Build artefacts {n}", "Price list with macros {n}"],
    THREAT: [
        "Overdue invoice {n}, final reminder",
        "Your account will be closed, verify now",
        "Parcel {n} could not be delivered",
        "Payment advice \u202efdp.{n}.exe",
    ],
    ADVTHREAT: ["Urgent transfer, confidential", "Updated salary statement {n}"],
    REJECTED: ["", "Special offer {n}", "Undelivered Mail Returned to Sender"],
}

REASONS: dict[int, list[str]] = {
    CLEAN: ["good sender reputation", "headerwl2"],
    SPAM: ["spam content", "bad url reputation", "bad ip reputation"],
    INFO: ["unsolicited email"],
    CONTENT: ["denied by user policy"],
    THREAT: ["phishing", "malicious email content", "bad url reputation"],
    ADVTHREAT: ["malicious email content", "phishing"],
    REJECTED: ["bad ip reputation"],
}

ATTACHMENTS: dict[int, list[tuple[str, ...]]] = {
    CLEAN: [(), (), (), (), ("invoice.pdf",), ("drawing.dwg", "parts.xlsx")],
    SPAM: [(), (), (), ("prize.jpg",)],
    INFO: [()],
    CONTENT: [("scan.zip",), ("pricelist.xlsm",), ("setup.exe",)],
    THREAT: [(), ("invoice.pdf.exe",), ("label.js",)],
    ADVTHREAT: [("statement.docm",), ()],
    REJECTED: [()],
}

BODIES: dict[int, str] = {
    CLEAN: "<p>Good day,</p><p>please find the details as discussed. We look forward to your answer.</p>",
    SPAM: '<p>Act now! <a href="http://coin-rocket.example/win">Claim your prize</a></p>',
    INFO: '<p>News of the week. <img src="http://news-engine.example/p.gif"> <a href="#">Unsubscribe</a></p>',
    CONTENT: "<p>The files you asked for are attached.</p>",
    THREAT: '<form action="http://account-verify.example/"><input name="pw"></form><script>alert(1)</script>',
    ADVTHREAT: "<p>Please transfer the amount today and tell nobody.</p>",
    REJECTED: "",
}

GATEWAYS = ("mx-gate12-hz1", "mx-gate70-hz2", "mx-gate101-hz3", "mx-gate08-hz1")
