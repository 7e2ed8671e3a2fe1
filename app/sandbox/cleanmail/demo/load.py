"""Generated domains for load tests: each with a policy, a route, two mailboxes and a rule."""

from __future__ import annotations

from app.sandbox import company
from app.sandbox.cleanmail import aliases, domains, platforms, senders, users
from app.sandbox.cleanmail.demo import messages
from app.sandbox.cleanmail.records import Records, Row
from app.sandbox.cleanmail.times import DAY
from app.sandbox.seed import GeneratedDomain, generated

_LANGUAGES = ("de", "en", "fr", "es", "da", "nb")


def add_generated(records: Records, smtp_port: int, now: int, count: int) -> list[Row]:
    """Add that many domains and return them. The mailbox of the first has mail in its folders."""
    customers = list(records.table("customers"))
    made = []
    for each in generated(count):
        made.append(_add(records, smtp_port, now, each, customers[each.number % len(customers)]))
    for first in made[:1]:
        for user in records.owned("users", first["id"])[:1]:
            messages.fill(records, user, now)
    return made


def _status(number: int) -> str:
    if number % 211 == 0:
        return "DELETED"
    if number % 97 == 0:
        return "PENDING"
    return "DISABLED" if number % 50 == 0 else "ENABLED"


def _dns(number: int) -> Row:
    mx = "missing" if number % 29 == 0 else "invalid" if number % 37 == 0 else "ok"
    return {"mx": mx, "dkim": company.DKIM_PUBLIC_KEY}


def _add(records: Records, smtp_port: int, now: int, each: GeneratedDomain, customer_id: str) -> Row:
    language = _LANGUAGES[each.number % len(_LANGUAGES)]
    start = {
        "name": each.name,
        "customerId": customer_id,
        "status": _status(each.number),
        "defaultLanguage": language.upper(),
        "externalId": f"C-{each.number:05d}",
        "creationDate": now - (each.number % 900 + 1) * DAY,
        "dns": _dns(each.number),
    }
    row = domains.make(records, start, {"quarantine": each.number % 4 != 0})
    if row["status"] == "DELETED":
        domains.mark_deleted(records, row, now - DAY, 30)
    for name in each.aliases:
        aliases.make(records, row["id"], name)
    platforms.make(records, row["id"], platforms.route("Main", each.routes, smtp_port))
    records.table("dkim")[row["id"]] = {
        "selector": company.DKIM_SELECTORS["cleanmail"],
        "publicKey": company.DKIM_PUBLIC_KEY,
        "privateKey": None,
    }
    for person in company.people_of(each.name, language)[:2]:
        names = {"firstname": person.first, "lastname": person.last, "creationDate": row["creationDate"]}
        users.make(records, {**names, "email": f"{person.local_part}@{each.name}"}, row)
    blocked = {
        "value": f"spam-{each.number}.example.net",
        "type": "BLOCK",
        "createdDate": row["creationDate"],
    }
    senders.make(records, senders.owner_of_domain(row), blocked)
    return row
