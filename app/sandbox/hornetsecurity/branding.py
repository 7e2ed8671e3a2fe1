"""The look of a partner's panel: "customization", "whitelabeling" (Hornetsecurity contract sheet, 5.11)."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from typing import Any

from werkzeug.wrappers import Response

from app.sandbox.hornetsecurity import fields
from app.sandbox.hornetsecurity.answers import no_content
from app.sandbox.hornetsecurity.call import Call
from app.sandbox.hornetsecurity.directory import CUSTOMER, PARTNER
from app.sandbox.hornetsecurity.domains import HOST_NAME
from app.sandbox.hornetsecurity.problems import Problem, invalid
from app.sandbox.hornetsecurity.routing import BASE, route
from app.sandbox.hornetsecurity.store import Row

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_APP_KEYS = ("app_name", "app_icon", "splash_screen", "app_icon_fallback")
_IMAGES = ("logo", "favicon", "app_icon", "splash_screen", "app_icon_fallback")
_SPLASH_SIZES = (
    "2048x2732", "1668x2224", "1536x2048", "1242x2208", "1125x2436", "750x1334", "640x1136",
)  # fmt: skip
_ICON_SIZES = (48, 72, 96, 128, 144, 152, 168, 192, 256, 512)

_NEW = {
    "theme": fields.text(required=True, choices=("dark", "bright")),
    "primary_color": fields.text(),
    "primary_colour": fields.text(),
    "logo": fields.text(required=True),
    "domain": fields.text(nullable=True),
    "favicon": fields.text(nullable=True),
    "app_name": fields.text(nullable=True),
    "app_icon": fields.text(nullable=True),
    "email_sender": fields.text(minimum=0),
}


def picture(colour: str, width: int = 16, height: int = 16) -> bytes:
    """Return a PNG of one colour."""
    row = b"\0" + bytes.fromhex(colour.removeprefix("#")) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def data_url(image: bytes, kind: str = "image/png") -> str:
    """Return an image as the base64 text that logos and icons come in."""
    return f"data:{kind};base64,{base64.b64encode(image).decode()}"


def new_branding(object_id: int, colour: str, domain: str | None, name: str) -> dict[str, Any]:
    """Return a stored branding, without id."""
    return {
        "object": object_id,
        "theme": "dark",
        "primary_color": colour,
        "domain": domain,
        "logo": data_url(picture(colour, 96, 32)),
        "favicon": data_url(picture(colour), "image/x-icon"),
        "app_name": name,
        "app_icon": None,
        "splash_screen": None,
        "app_icon_fallback": None,
        "email_sender": "",
    }


def _shown(row: Row, manual: bool) -> dict[str, Any]:
    shown = {key: row[key] for key in ("id", "theme", "domain", "logo", "favicon")}
    if manual:
        return {**shown, "primary_colour": row["primary_color"], "email_sender": row["email_sender"]}
    return {**shown, "primary_color": row["primary_color"], **{key: row[key] for key in _APP_KEYS}}


def _of_object(call: Call, row: Row) -> Row | None:
    return next((each for each in call.site.branding.all() if each["object"] == row["id"]), None)


def _of_host(call: Call) -> Row | None:
    """Return the branding of the panel that the Host header names; the demo partner's for a loopback host."""
    host = call.request.host.rpartition(":")[0] or call.request.host
    rows = call.site.branding.all()
    found = next((row for row in rows if row["domain"] == host), None)
    return found or (rows[0] if rows and host in ("127.0.0.1", "localhost") else None)


@route("GET", "/whitelabeling/")
def branding(call: Call) -> dict[str, Any]:
    """Show the object's own branding."""
    row = _of_object(call, call.scope())
    if row is None:
        raise Problem(3301)
    return _shown(row, call.manual)


@route("GET", "/whitelabeling/infos/", open=True)
def branding_of_host(call: Call) -> dict[str, str]:
    """Show the colours of the panel that was called."""
    row = _of_host(call)
    if row is None:
        raise Problem(3305)
    return {"theme": row["theme"], "primary_colour" if call.manual else "primary_color": row["primary_color"]}


@route("GET", "/whitelabeling/by_object/")
def branding_by_object(call: Call) -> dict[str, Any]:
    """Show the branding that applies to an object: its own or the nearest above."""
    scope = call.scope()
    images = call.query({"include_image_data": fields.boolean(default=True)})["include_image_data"]
    above = (_of_object(call, each) for each in call.site.directory.lineage(scope))
    found = [row for row in above if row]
    if not found:
        raise Problem(3305)
    domain = next((row["domain"] for row in found if row["domain"]), None)
    shown = _shown({**found[0], "domain": domain}, call.manual)
    return shown if images else {**shown, **{key: None for key in _IMAGES if key in shown}}


def _sent(call: Call) -> dict[str, Any]:
    sent = call.body(_NEW)
    colour = sent.pop("primary_colour", None) or sent.get("primary_color")
    if colour is None:
        raise invalid("primary_color", fields.REQUIRED)
    if not _COLOUR.fullmatch(colour):
        raise invalid("primary_color", "Enter a valid colour.")
    if sent.get("domain") and not HOST_NAME.fullmatch(sent["domain"].lower()):
        raise Problem(3309)
    for key in ("logo", "favicon", "app_icon"):
        if sent.get(key) and not _is_image(sent[key]):
            raise invalid(key, "Upload a valid image.")
    return {**sent, "primary_color": colour}


def _is_image(text: str) -> bool:
    """Tell whether a text is an image as a base64 data URL."""
    head, _, data = text.partition(",")
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        return False
    return re.fullmatch(r"data:image/[\w.+-]+;base64", head) is not None


@route("POST", "/whitelabeling/", entity="whitelabeling")
def create_branding(call: Call) -> dict[str, Any]:
    """Create the branding of an object; answers 200.

    One that has a branding is refused with 400/3309 [inferred].
    """
    scope = call.scope(PARTNER, CUSTOMER)
    sent = _sent(call)
    if _of_object(call, scope) is not None:
        raise Problem(3309)
    values = {**new_branding(scope["id"], sent["primary_color"], None, ""), "app_name": None, "favicon": None}
    return _shown(call.site.branding.add({**values, **sent}), call.manual)


def _by_id(call: Call, whitelabeling_id: int) -> Row:
    row = call.site.branding.get(whitelabeling_id)
    if row is None:
        raise Problem(3301)
    call.require(call.site.directory.the(row["object"]))
    return row


@route("POST", "/whitelabeling/<int:whitelabeling_id>/", entity="whitelabeling")
def change_branding(call: Call, whitelabeling_id: int) -> dict[str, Any]:
    """Replace a branding."""
    row = _by_id(call, whitelabeling_id)
    return _shown(call.site.branding.change(row, **_sent(call)), call.manual)


@route("DELETE", "/whitelabeling/<int:whitelabeling_id>/", entity="whitelabeling")
def delete_branding(call: Call, whitelabeling_id: int) -> Response:
    """Delete a branding."""
    call.site.branding.remove(_by_id(call, whitelabeling_id)["id"])
    return no_content()


@route("GET", "/whitelabeling/check_domain/")
def check_domain(call: Call) -> Response:
    """Answer 200 when a panel with that domain exists and 204 when not [inferred: which is which]."""
    name = call.query({"domain": fields.text(required=True, maximum=255)})["domain"].lower()
    known = any(row["domain"] == name for row in call.site.branding.all())
    return no_content(200 if known else 204)


# files of the web app, by Host header


def _host_branding(call: Call) -> Row:
    row = _of_host(call)
    if row is None:
        raise Problem(3305)
    return row


def _file(text: str | None, fallback: bytes) -> Response:
    """Return an image that is stored as a data URL."""
    if not text:
        return Response(fallback, mimetype="image/png")
    head, _, data = text.partition(",")
    return Response(base64.b64decode(data), mimetype=head.removeprefix("data:").partition(";")[0])


@route("GET", "/whitelabeling/pwa/favicon/", open=True)
def favicon(call: Call) -> Response:
    """Serve the favicon."""
    row = _host_branding(call)
    return _file(row["favicon"], picture(row["primary_color"]))


@route("GET", "/whitelabeling/pwa/logo/", open=True)
def logo(call: Call) -> Response:
    """Serve the logo."""
    row = _host_branding(call)
    return _file(row["logo"], picture(row["primary_color"], 96, 32))


@route("GET", "/whitelabeling/pwa/css/", open=True)
def css(call: Call) -> Response:
    """Serve the style sheet."""
    colour = _host_branding(call)["primary_color"]
    return Response(f":root {{ --primary: {colour}; }}\n", mimetype="text/css")


@route("GET", "/whitelabeling/pwa/manifest/", open=True)
def manifest(call: Call) -> dict[str, Any]:
    """Serve the web app's manifest."""
    row = _host_branding(call)
    name = row["app_name"] or "Control Panel"
    icons = [
        {"src": f"{BASE}/whitelabeling/pwa/app_icon/{size}/", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in _ICON_SIZES
    ]
    return {
        "name": name,
        "short_name": name,
        "start_url": "/",
        "display": "standalone",
        "theme_color": row["primary_color"],
        "background_color": "#ffffff",
        "icons": icons,
    }


@route("GET", "/whitelabeling/pwa/app_icon/<int:size>/", open=True)
def app_icon(call: Call, size: int) -> Response:
    """Serve the app icon in one of the sizes."""
    if size not in _ICON_SIZES:
        raise Problem(404)
    return _file(None, picture(_host_branding(call)["primary_color"], size, size))


@route("GET", "/whitelabeling/pwa/splash_screen/<size>/", open=True)
def splash_screen(call: Call, size: str) -> Response:
    """Serve the splash screen in one of the sizes."""
    if size not in _SPLASH_SIZES:
        raise Problem(404)
    width, height = map(int, size.split("x"))
    return _file(None, picture(_host_branding(call)["primary_color"], width, height))
