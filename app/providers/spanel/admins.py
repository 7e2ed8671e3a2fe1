"""The administrators of a panel (contract sheet, 4): one call lists them; nothing tells whose token a connection has."""

from __future__ import annotations

from typing import Any

from app.core.access import AdminPage, Grant, UpstreamAdmin
from app.core.errors import NotFound
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.wire import read_rows, shown

Json = Any

_LIST = "admin/listadminusers"


class Admins:
    """The administrators of one panel, for connections with an admin token."""

    def __init__(self, api: PanelApi) -> None:
        self._api = api

    def page(self, text: str, page: int, size: int) -> AdminPage:
        """One page of them; the panel has no paging, so the whole list is cut here."""
        found = [admin for admin in self._all() if text.casefold() in admin.login.casefold()]
        return AdminPage(tuple(found[(page - 1) * size : page * size]), len(found))

    def one(self, login: str) -> UpstreamAdmin:
        """One of them. Raises NotFound."""
        found = next((admin for admin in self._all() if admin.login.casefold() == login.casefold()), None)
        if found is None:
            raise NotFound(msg("The panel has no administrator “{login}”.", login=login))
        return found

    def _all(self) -> list[UpstreamAdmin]:
        answer = self._api.read(_LIST)
        return [_admin(row, answer) for row in read_rows(answer)]


def _admin(row: Any, answer: Answer) -> UpstreamAdmin:
    login = shown(row.get("user"), 200)
    if not login:
        raise answer.unreadable(msg("An administrator without a name came."))
    permissions, factor, current = row.get("permissions"), row.get("twofactor"), row.get("currentuser")
    return UpstreamAdmin(
        login=login,
        email=login if "@" in login else "",
        everything=permissions == "all",
        second_factor=factor if isinstance(factor, bool) else None,
        grants=_grants(permissions),
        ours=True if current is True else None,
    )


def _grants(permissions: Json) -> tuple[Grant, ...]:
    """Pages by category; "all" is no grant but everything."""
    if not isinstance(permissions, dict):
        return ()
    return tuple(
        Grant("category", shown(category, 100), tuple(shown(page, 100) for page in pages))
        for category, pages in permissions.items()
        if isinstance(pages, list)
    )
