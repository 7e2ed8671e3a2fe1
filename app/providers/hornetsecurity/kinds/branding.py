"""The look of the panel for a customer, or for the partner itself (contract sheet, 5.11)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from app.core.actor import Right
from app.core.errors import Invalid, NotThere
from app.core.model import FieldKind
from app.core.names import NameProblem, domain_name
from app.core.plan import Applied
from app.core.resources import DOMAIN, Action, Area, Column, Field, Resource, ResourceAt, ResourceKind, Show
from app.core.text import Message, msg
from app.providers.hornetsecurity.control_panel import nothing_sent
from app.providers.hornetsecurity.kinds.base import Keeper, Sending, Values
from app.providers.hornetsecurity.kinds.values import (
    Row,
    data_url,
    image_type,
    number_of,
    read_image,
    read_object,
    text_of,
)
from app.providers.hornetsecurity.wire import read_answer

Json = Any

BRANDING, PARTNER_BRANDING = "branding", "partner_branding"
IMAGES = ("logo", "favicon", "app_icon")
LARGEST = 512 * 1024
"""Bytes of one image. The panel names no most; a logo that is larger is no logo."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_TYPES = ("image/png", "image/jpeg", "image/gif")
_ICON_TYPES = (*_TYPES, "image/x-icon", "image/vnd.microsoft.icon")

_FIELDS = (
    Field(
        "theme",
        msg("Theme"),
        FieldKind.CHOICE,
        required=True,
        default="bright",
        choices=(("bright", msg("bright")), ("dark", msg("dark"))),
    ),
    Field(
        "colour", msg("Colour"), FieldKind.COLOUR, required=True, default="#15358B", pattern=_COLOUR.pattern
    ),
    Field(
        "domain",
        msg("Panel's own address"),
        most=253,
        empties=True,
        help=msg("The host name under which customers open the panel."),
    ),
    Field("app_name", msg("Name of the app"), most=100, empties=True),
    Field(
        "logo",
        msg("Logo"),
        FieldKind.FILE,
        most=LARGEST,
        media_types=_TYPES,
        help=msg("PNG, JPEG or GIF of at most 512 KiB. Needed when there is no branding yet."),
    ),
    Field(
        "favicon",
        msg("Favicon"),
        FieldKind.FILE,
        most=LARGEST,
        media_types=_ICON_TYPES,
        help=msg("ICO, PNG, JPEG or GIF of at most 512 KiB."),
    ),
    Field("app_icon", msg("Icon of the app"), FieldKind.FILE, most=LARGEST, media_types=_TYPES),
)


def _kind(name: str, label: Message, parent: str) -> ResourceKind:
    return ResourceKind(
        name=name,
        label=label,
        one=label,
        area=Area.BRANDING,
        parent=parent,
        single=True,
        icon="palette",
        calls=("GET /whitelabeling/", "GET /whitelabeling/by_object/"),
        columns=(
            Column("theme", msg("Theme")),
            Column("colour", msg("Colour"), Show.COLOUR),
            Column("domain", msg("Panel's own address"), Show.CODE),
            Column("app_name", msg("Name of the app")),
            Column("logo", msg("Logo"), Show.IMAGE, listed=False),
            Column("favicon", msg("Favicon"), Show.IMAGE, listed=False),
            Column("app_icon", msg("Icon of the app"), Show.IMAGE, listed=False),
            Column(
                "own",
                msg("Set here"),
                Show.YES_NO,
                help=msg("No: what is shown comes from above, or the panel's own look applies."),
            ),
        ),
        actions=(
            Action(
                "edit",
                msg("Edit"),
                msg("The branding was changed."),
                Right.CHANGE_DOMAINS,
                "POST /whitelabeling/{whitelabeling_id}/",
                fields=_FIELDS,
            ),
            Action(
                "reset",
                msg("Drop the own branding"),
                msg("The branding of what stands above applies again."),
                Right.CHANGE_DOMAINS,
                "DELETE /whitelabeling/{whitelabeling_id}/",
                risk=True,
                wants={"own": True},
                effect={"own": False},
                undo="edit",
            ),
        ),
    )


class Brandings(Keeper):
    """Theme, colour, logo and icons."""

    kinds = (
        _kind(BRANDING, msg("Branding"), DOMAIN),
        _kind(PARTNER_BRANDING, msg("Partner's branding"), ""),
    )

    def read(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """The own branding, else the one that applies from above; empty where there is none at all."""
        row, own = self._applying(self.desk.scope(at))
        values = branding_values(row)
        return Resource("", {**values, "own": own}, ref={"own": own, "logo": bool(values["logo"])})

    def _applying(self, object_id: int) -> tuple[Row, bool]:
        query = {"object_id": object_id}
        for call, own in (("GET /whitelabeling/", True), ("GET /whitelabeling/by_object/", False)):
            try:
                return read_object(self.desk.panel.read(call, query=query)) or {}, own
            except NotThere:
                continue
        return {}, False

    def check(self, kind: str, action: str, values: Values, now: Values) -> None:
        """Refuses images by what their bytes are and how many, a colour that is none, and a first branding without logo."""
        if action != "edit":
            return
        if values.get("colour") and not _COLOUR.fullmatch(str(values["colour"])):
            raise Invalid({"colour": msg("A colour has the form #15358B.")})
        if values.get("domain"):
            _checked_name(str(values["domain"]))
        for name in IMAGES:
            if isinstance(values.get(name), Mapping):
                check_image(name, values[name])
        if now and not now.get("own") and not values.get("logo") and not now.get("logo"):
            raise Invalid({"logo": msg("A first branding needs a logo.")})

    def send(self, sending: Sending) -> Applied:
        """Writes the whole branding with the changes in it, or drops it."""
        with nothing_sent():
            object_id = self.desk.scope(sending.at)
            row, own = self._applying(object_id)
        ids = {"whitelabeling_id": number_of(row, "id") or 0}
        if sending.action == "reset":
            read_answer(self.desk.panel.write("DELETE /whitelabeling/{whitelabeling_id}/", ids=ids))
            return Applied()
        body = branding_body(row, sending.values, old=self.desk.panel.login.old)
        if own:
            answer = self.desk.panel.write("POST /whitelabeling/{whitelabeling_id}/", ids=ids, body=body)
        else:
            # the address above stays there: two brandings cannot share one
            body = {
                name: value for name, value in body.items() if name != "domain" or "domain" in sending.values
            }
            answer = self.desk.panel.write("POST /whitelabeling/", query={"object_id": object_id}, body=body)
        read_answer(answer)
        return Applied()


def branding_values(row: Row) -> dict[str, Json]:
    """A branding of either generation; the colour's key changed its spelling (section 0)."""
    return {
        "theme": text_of(row, "theme", 20),
        "colour": text_of(row, "primary_color", 20) or text_of(row, "primary_colour", 20),
        "domain": text_of(row, "domain", 253),
        "app_name": text_of(row, "app_name", 100),
        **{name: read_image(row.get(name)) for name in IMAGES},
    }


def branding_body(row: Row, changes: Mapping[str, Json], *, old: bool) -> dict[str, Json]:
    """The whole branding as the panel takes it: what is there, images untouched, with the changes in it."""
    now = branding_values(row)
    colour = changes.get("colour") or now["colour"] or "#15358B"
    body: dict[str, Json] = {
        "theme": changes.get("theme") or now["theme"] or "bright",
        "primary_colour" if old else "primary_color": colour,
        "domain": (changes["domain"] if "domain" in changes else now["domain"]) or None,
    }
    if not old:
        body["app_name"] = (changes["app_name"] if "app_name" in changes else now["app_name"]) or None
    for name in IMAGES:
        image = changes.get(name)
        if isinstance(image, Mapping):
            content = str(image["base64"])
            body[name] = data_url(image_type(base64.b64decode(content)) or "image/png", content)
        elif row.get(name):
            body[name] = row[name]
    return body


def check_image(name: str, image: Mapping[str, Json]) -> None:
    """Raises Invalid for an image that is too large, or is not what the field takes, whatever its name says."""
    try:
        content = base64.b64decode(str(image.get("base64", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid({name: msg("The file cannot be read.")}) from error
    if len(content) > LARGEST:
        raise Invalid({name: msg("The image is larger than {most} KiB.", most=LARGEST // 1024)})
    allowed = _ICON_TYPES if name == "favicon" else _TYPES
    if image_type(content) not in allowed:
        names = ", ".join(kind.removeprefix("image/") for kind in allowed if "vnd" not in kind)
        raise Invalid({name: msg("The file is no image of these kinds: {kinds}.", kinds=names)})


def _checked_name(text: str) -> None:
    try:
        domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem
