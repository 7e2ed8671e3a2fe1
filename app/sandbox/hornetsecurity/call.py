"""One request as a handler sees it: its generation, who asks, its keys, and the objects that it may touch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.directory import CUSTOMER, USER
from app.sandbox.hornetsecurity.fields import Field
from app.sandbox.hornetsecurity.problems import Problem
from app.sandbox.hornetsecurity.site import Site
from app.sandbox.hornetsecurity.store import Row

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Call:
    """A request on its way to its handler.

    ``caller`` is the user object of the token; open calls have none.
    """

    def __init__(self, site: Site, request: Request, manual: bool, forms: bool = False) -> None:
        self.site, self.request, self.manual = site, request, manual
        self._forms = forms
        self._caller: Row | None = None
        self.token = ""

    @property
    def caller(self) -> Row:
        """The user who asks."""
        if self._caller is None:
            raise Problem(1002)
        return self._caller

    @caller.setter
    def caller(self, user: Row) -> None:
        self._caller = user

    @property
    def caller_name(self) -> str:
        """The name of the user who asks, or ``""`` while nobody is known."""
        return self._caller["name"] if self._caller else ""

    # what was sent

    def query(self, wanted: Mapping[str, Field]) -> dict[str, Any]:
        """Read keys of the query string. Raises Problem 2009."""
        return fields.clean(self.request.args, wanted)

    def body(self, wanted: Mapping[str, Field]) -> dict[str, Any]:
        """Read keys of the body, which is a JSON object (or a form, where those are taken).

        Raises Problem 2009.
        """
        if self._forms and self.request.mimetype in _FORMS:
            return fields.clean(self.request.form, wanted)
        sent = self._json()
        if not isinstance(sent, dict):
            raise Problem(2009)
        return fields.clean(sent, wanted)

    def rows(self, wanted: Mapping[str, Field]) -> list[dict[str, Any]]:
        """Read the body as a JSON list of objects with these keys. Raises Problem 2009."""
        sent = self._json()
        if not isinstance(sent, list) or not all(isinstance(each, dict) for each in sent):
            raise Problem(2009)
        return [fields.clean(each, wanted) for each in sent]

    def _json(self) -> Any:
        try:
            return json.loads(self.request.get_data())
        except ValueError:
            raise Problem(2009) from None

    # whom it may touch

    def sees(self, row: Row) -> bool:
        """Tell whether the caller's roles reach the object; everybody sees themselves [inferred]."""
        reach = self.reach()
        return any(each["id"] in reach for each in self.site.directory.lineage(row))

    def reach(self) -> set[int]:
        """Return the ids of the objects whose subtrees the caller sees."""
        targets = {role["target"] for role in self.site.roles.all() if role["user"] == self.caller["id"]}
        return targets | {self.caller["id"]}

    def administers(self, row: Row) -> bool:
        """Tell whether the caller has a role on a customer or partner at or above the object."""
        targets = self.reach() - {self.caller["id"]}
        return any(each["id"] in targets for each in self.site.directory.lineage(row))

    def require(self, row: Row) -> Row:
        """Return the object. Raises Problem 1003 when it lies outside the caller's scope."""
        if not self.sees(row):
            raise Problem(1003)
        return row

    def scope(self, *kinds: str, wrong: int = 3702, missing: int | None = None) -> Row:
        """Return the object that the query's ``object_id`` names.

        Raises Problem 2009 without one, 3080 for an unknown id (with the status ``missing``, if given), 1003
        outside the caller's scope, and ``wrong`` when it is of none of the ``kinds``.
        """
        object_id = self.query({"object_id": fields.integer(required=True)})["object_id"]
        return self._scope(object_id, kinds, wrong, missing)

    def optional_scope(self, *kinds: str, wrong: int = 3702) -> Row | None:
        """Return the object that the query names, or None when it names none."""
        object_id = self.query({"object_id": fields.integer()}).get("object_id")
        return None if object_id is None else self._scope(object_id, kinds, wrong, None)

    def _scope(self, object_id: int, kinds: tuple[str, ...], wrong: int, missing: int | None) -> Row:
        row = self.site.directory.object(object_id)
        if row is None:
            raise Problem(3080, status=missing)
        self.require(row)
        if kinds and row["type"] not in kinds:
            raise Problem(wrong)
        return row

    def customer(self, *, bare: bool = False, status: int | None = None) -> Row:
        """Return the customer in scope, which must have booked the spam filter.

        Raises what ``scope`` raises, and Problem 3107, as ``bare`` answer or with another status where
        documented.
        """
        row = self.scope(CUSTOMER)
        if not self.site.booked(row):
            raise Problem(3107, bare=bare, status=status)
        return row

    def domain(self, domain_id: int, missing: int) -> Row:
        """Return the domain of a path.

        Raises Problem ``missing`` when there is none, 1003 outside the scope.
        """
        row = self.site.directory.domain(domain_id)
        if row is None:
            raise Problem(missing)
        self.require(self.site.directory.the(row["customer"]))
        return row

    def mailbox(self, mailbox_id: int | None, missing: int, *, status: int | None = None) -> Row:
        """Return the mailbox of that id.

        Raises Problem ``missing`` when there is none, 1003 outside the scope.
        """
        row = None if mailbox_id is None else self.site.directory.mailbox(mailbox_id)
        if row is None:
            raise Problem(missing, status=status)
        self.require(self.site.directory.the(row["object"]))
        return row

    def either(self, missing: int = 3409) -> Row:
        """Return the object that ``mailbox_id`` or else ``object_id`` names, else the caller itself."""
        wanted = self.query({"mailbox_id": fields.integer(), "object_id": fields.integer()})
        if "mailbox_id" in wanted:
            return self.site.directory.the(self.mailbox(wanted["mailbox_id"], missing)["object"])
        return self.optional_scope() or self.caller

    def mailbox_of(self, row: Row, missing: int = 3409) -> Row:
        """Return the mailbox of a user object. Raises Problem ``missing`` when the object has none."""
        found = self.site.directory.mailbox_of(row["id"]) if row["type"] == USER else None
        if found is None:
            raise Problem(missing)
        return found
