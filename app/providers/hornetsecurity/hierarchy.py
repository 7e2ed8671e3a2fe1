"""Which customers there are: the tree below the connection's scope, level by level (Hornetsecurity contract sheet, 5.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from app.core.errors import NotFound, NotThere
from app.core.model import Connection
from app.core.text import msg
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.wire_tree import (
    CUSTOMER,
    PARTNER,
    USER,
    Node,
    Thing,
    count_hits,
    find_object,
    kind_told_by,
    read_nodes,
    read_object,
)

PAGE = 200
"""Nodes that we ask for at once. No most is documented, so the panel may give fewer."""

DEFAULT_PAGE = 50
"""Nodes that the panel gives unasked: only a shorter page is surely the last one."""

_SEARCH_END = 10_000


class Hierarchy:
    """The tree that the connection's user sees, or the part of it that the setting `account` names."""

    def __init__(self, connection: Connection, panel: ControlPanel) -> None:
        self._account = connection.value("account").strip()
        self._panel = panel

    def roots(self) -> list[Node]:
        """Where the tree begins: the objects on which the user has a role. Raises NotFound for an unknown `account`."""
        if self._account:
            return [self._account_node()]
        roots: dict[int, Node] = {}
        while True:
            answer = self._panel.read("GET /hierarchy/", query={"offset": len(roots), "size": PAGE})
            found = {node.id: node for node in read_nodes(answer) if node.id not in roots}
            roots |= found
            if len(found) < DEFAULT_PAGE:
                return list(roots.values())

    def _account_node(self) -> Node:
        """The object that `account` names by its id or its name."""
        name = self._account
        try:
            thing = self.by_id(int(name)) if name.isdecimal() else self.by_name(name)
        except NotThere as error:
            text = msg(
                "The panel knows no “{account}”, which the connection names as its account.", account=name
            )
            raise NotFound(text) from error
        return Node(thing.id, thing.name, thing.kind or kind_told_by(thing.name), parent=thing.parent)

    def walk(self) -> Walk:
        """Goes through all customers."""
        return Walk(self._panel, self.roots())

    def by_id(self, object_id: int) -> Thing:
        """One object. Raises NotThere, NoPermission."""
        return read_object(self._panel.read("GET /object/", query={"object_id": object_id}))

    def by_name(self, name: str) -> Thing:
        """One object. Raises NotThere, NoPermission."""
        return read_object(self._panel.read("GET /object/", query={"name": name}))

    def customer(self, name: str) -> Thing:
        """The customer of that name. Raises NotFound, NoPermission.

        Of the old generation's manual only the search is known, which finds every name that holds the wanted one.
        """
        try:
            found = self._search(name, CUSTOMER) if self._panel.login.old else self.by_name(name)
        except NotThere:
            found = None
        if found is None or found.kind not in (CUSTOMER, ""):
            raise NotFound(msg("The panel has no customer {domain}.", domain=name))
        return found

    def user(self, address: str) -> Thing:
        """The user of that address. Raises NotFound, NoPermission."""
        try:
            found = self._search(address, USER) if self._panel.login.old else self.by_name(address)
        except NotThere:
            found = None
        if found is None or found.kind not in (USER, ""):
            raise NotFound(msg("The panel has no user {address}.", address=address))
        return found

    def _search(self, name: str, kind: str) -> Thing | None:
        offset = 0
        while True:
            body = {"search_string": name, "filter": kind, "offset": offset, "size": PAGE}
            nodes = read_nodes(self._panel.read("POST /hierarchy/_search/", body=body))
            found, hits = find_object(nodes, name, kind), count_hits(nodes)
            offset += hits
            if found is not None or hits < DEFAULT_PAGE or offset >= _SEARCH_END:
                return found


class Walk:
    """One way through the tree, partner by partner; what is held at a time is one page and the partners to come."""

    def __init__(self, panel: ControlPanel, roots: Sequence[Node]) -> None:
        self._panel = panel
        self._customers = [node for node in roots if node.kind == CUSTOMER]
        self._partners = deque(node for node in roots if node.kind == PARTNER)
        self._seen = {node.id for node in self._partners}

    def also(self, node: Node) -> None:
        """This one turned out to be a partner: its customers come too."""
        if node.id not in self._seen:
            self._seen.add(node.id)
            self._partners.append(node)

    def pages(self) -> Iterator[list[Node]]:
        """Customers, a page at a time, each with the name of its partner in `parent`."""
        for start in range(0, len(self._customers), PAGE):
            yield self._customers[start : start + PAGE]
        while self._partners:
            partner = self._partners.popleft()
            for level in self._below(partner):
                for node in level:
                    if node.kind == PARTNER:
                        self.also(node)
                yield [node.below(partner) for node in level if node.kind == CUSTOMER]

    def _below(self, partner: Node) -> Iterator[Sequence[Node]]:
        """The level below a partner in pages, without asking where it came along in full."""
        count = partner.children_count
        if count is not None and len(partner.children) >= count:
            yield partner.children
            return
        seen: set[int] = set()
        while True:
            query = {"object_id": partner.id, "offset": len(seen), "size": PAGE}
            level = read_nodes(self._panel.read("GET /hierarchy/", query=query))
            new = [node for node in level if node.id not in seen]
            seen |= {node.id for node in new}
            yield new
            if not new or (count is not None and len(seen) >= count and len(level) < PAGE):
                return
