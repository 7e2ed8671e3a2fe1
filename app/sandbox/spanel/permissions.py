"""The categories and pages that permissions and sign-in redirects name.

Named in the documents and clients: the pages of ``email``, ``domain``, ``mysql``, ``file``, ``tool`` and
``software`` that the SPanel contract sheet lists in section 4, and ``server`` for administrators. The others
complete the set: [inferred].
"""

from __future__ import annotations

from app.sandbox.spanel.php import Value, texts

Pages = dict[str, tuple[str, ...]]

USER_PAGES: Pages = {
    "email": (
        "accounts",
        "forwarders",
        "mailroute",
        "autoresponders",
        "filters",
        "spamassassin",
        "defaultaddress",
    ),
    "domain": ("domains", "subdomains", "redirects", "dnseditor"),
    "mysql": ("databases", "users"),
    "file": ("filemanager", "ftpaccounts", "backups"),
    "tool": ("sshield", "cronjobs", "csr"),
    "software": ("wpmanager",),
    "user": ("subusers",),
}
ADMIN_PAGES: Pages = {
    "server": ("information", "status", "services"),
    "accounts": ("list", "create", "packages"),
    "admin": ("users",),
}


MODULE_LINKS = ("ajax/mysql/getphpmyadmin/get",)
"""Redirects beside the pages, which the WHMCS module offers (client code)."""


def granted(value: Value) -> str | dict[str, list[str]]:
    """Return checked permissions as they are kept: "all", or the pages of each category."""
    if isinstance(value, dict):
        return {category: texts(pages) for category, pages in value.items()}
    return "all"


def described(
    permissions: str | dict[str, list[str]], pages: Pages, labels: bool
) -> dict[str, dict[str, object]]:
    """Return the granted pages by category; with ``labels``, names as a person reads them ([inferred])."""
    own = {category: list(all_pages) for category, all_pages in pages.items()}
    if isinstance(permissions, dict):
        own = permissions
    return {
        category: {
            "category": category.capitalize() if labels else category,
            "pages": [page.capitalize() if labels else page for page in own[category]],
        }
        for category in pages
        if category in own
    }


def is_page(redirect: str, pages: Pages) -> bool:
    """True for the ``category/page`` of an existing page."""
    category, _, page = redirect.partition("/")
    return page in pages.get(category, ()) or (pages is USER_PAGES and redirect in MODULE_LINKS)
