"""What the imitated OLSPanel knows at the start: an agency that hosts the demo company's sites, and odd accounts."""

from __future__ import annotations

from app.sandbox.company import firms_of
from app.sandbox.olspanel import accounts, databases, domains
from app.sandbox.seed import generated
from app.sandbox.state import State

ACCOUNT = "piernine"
"""The account of the credentials; it exists in generated data too."""
ADMIN = "admin"
SUSPENDED = "oldquay"
WITHOUT_PACKAGE = "newcomer"
EXAMPLE = "exampleuser"
"""The account of the documents' samples."""
PASSWORD, ADMIN_PASSWORD = "demo-password", "demo-admin-password"
_MB = 1 << 20


def credentials() -> dict[str, str]:
    """Return the names and passwords that work."""
    return {
        "username": ACCOUNT,
        "password": PASSWORD,
        "account": ACCOUNT,
        "admin_username": ADMIN,
        "admin_password": ADMIN_PASSWORD,
    }


def seed(state: State, count: int | None) -> None:
    """Fill the empty state with the demo company, or with that many domains in one account."""
    basic = accounts.insert_package(state, "Basic Plan", 10240, 102400, 5, 3, 2, 3, 2)
    agency = accounts.insert_package(state, "Agency", 51200, 512000, 100, 20, 10, 60, 20)
    unlimited = accounts.insert_package(state, "Unlimited", 0, 0, 0, 0, 0, 0, 0)
    accounts.insert(
        state,
        ADMIN,
        ADMIN_PASSWORD,
        unlimited,
        whm=True,
        email="admin@hosting.example",
        first_name="Panel",
        last_name="Admin",
    )
    if count is None:
        _seed_others(state, basic)
        _seed_agency(state, agency)
    else:
        _insert(state, ACCOUNT, unlimited, "info@customer-00001.example", "Load Test")
        domains.insert(state, ACCOUNT, *((domain.name, _folder(domain.name)) for domain in generated(count)))


def _insert(state: State, username: str, package: str | None, email: str, name: str, **facts: object) -> None:
    first, _, last = name.partition(" ")
    accounts.insert(
        state, username, PASSWORD, package, email=email, first_name=first, last_name=last, **facts
    )


def _seed_agency(state: State, package: str) -> None:
    """Pier Nine Media hosts itself and the other firms that this panel knows."""
    own = next(firm for firm in firms_of("olspanel") if firm.domain.startswith(ACCOUNT))
    head = own.people[0]
    _insert(
        state,
        ACCOUNT,
        package,
        own.addresses[0],
        head.name,
        home=3200 * _MB,
        mail=870 * _MB,
        bandwidth=41_000 * _MB,
        emails=14,
        ftp=2,
    )
    for firm in (own, *(firm for firm in firms_of("olspanel") if firm is not own)):
        domains.insert(state, ACCOUNT, *((name, _folder(name)) for name in (firm.domain, *firm.aliases)))
    for name, size in (("shop", 120), ("wiki", 34)):
        databases.insert(state, ACCOUNT, f"{ACCOUNT}_{name}", size * _MB)
        state.table("dbusers")[f"{ACCOUNT}_{name}"] = {"owner": ACCOUNT, "password": PASSWORD}
    state.table("crontabs")[ACCOUNT] = (
        f"*/5 * * * * /usr/bin/php /home/{ACCOUNT}/public_html/cron.php\n"
        f"30 2 * * 1 /usr/bin/php /home/{ACCOUNT}/public_html/backup.php\n"
    )


def _folder(domain: str) -> str:
    return f"/home/{ACCOUNT}/{'public_html' if domain.startswith(ACCOUNT) else domain}"


def _seed_others(state: State, basic: str) -> None:
    _insert(
        state,
        EXAMPLE,
        basic,
        "user@example.com",
        "John Doe",
        home=1448 * _MB,
        mail=100 * _MB,
        emails=2,
        ftp=1,
    )
    home = f"/home/{EXAMPLE}/public_html"
    domains.insert(state, EXAMPLE, ("example.com", home), ("sub.example.com", f"{home}/sub"))
    databases.insert(state, EXAMPLE, f"{EXAMPLE}_blog", 500 * _MB)
    state.table("dbusers")[f"{EXAMPLE}_blog"] = {"owner": EXAMPLE, "password": PASSWORD}
    _insert(state, SUSPENDED, basic, "info@oldquay.example", "Old Quay", active=False)
    domains.insert(state, SUSPENDED, ("oldquay-rooms.example", f"/home/{SUSPENDED}/public_html"))
    _insert(state, WITHOUT_PACKAGE, None, "info@newcomer.example", "New Comer")
