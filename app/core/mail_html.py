"""HTML of a mail made harmless: nothing runs, nothing is loaded, links lead nowhere and are listed instead.

This is the first of two fences; the second is the address of its own from which it is served (see `features/quarantine`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import nh3

from app.core.mail_text import visible

MOST_HTML = 1_000_000
"""Characters of HTML that are shown."""

MOST_LINKS = 100
MOST_REFERENCES = 50_000
"""Ampersands: the parser's time grows faster than their number."""

MOST_OPEN = 200
"""Elements open inside each other: the parser's time grows with their square."""

MOST_ELEMENTS = 300_000
"""Elements that the parser may come to make: it repeats open bold, fonts and the like in each paragraph."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_NEVER_INSIDE = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dd",
        "dt",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "tfoot",
        "option",
    ]
)
"""Tags that end by themselves, so that being left open does not nest them."""

_REPEATED = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "article",
        "b",
        "bdi",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
_DROPPED = {
    "script",
    "style",
    "title",
    "noscript",
    "template",
    "svg",
    "math",
    "iframe",
    "object",
    "textarea",
    "select",
}
_STYLES = frozenset(
    [
        "background-color",
        "border",
        "border-bottom",
        "border-bottom-color",
        "border-collapse",
        "border-color",
        "border-left",
        "border-radius",
        "border-right",
        "border-spacing",
        "border-style",
        "border-top",
        "border-width",
        "color",
        "direction",
        "display",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-width",
        "min-width",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "vertical-align",
        "white-space",
        "width",
        "word-break",
    ]
)
_LAYOUT = {
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "dir",
    "height",
    "style",
    "valign",
    "width",
}
_ATTRIBUTES: Mapping[str, set[str]] = {
    "*": _LAYOUT,
    "a": {"href"},
    "img": {"src", "alt"},
    "font": {"face", "size"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start", "type"},
}
_PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif", "webp"))


@dataclass(frozen=True, slots=True)
class SafeHtml:
    """HTML that can be shown. `blocked`: pictures that were not loaded. `links`: where its links would have led."""

    html: str
    blocked: int
    links: tuple[str, ...]
    cut: bool = False
    refused: bool = False
    """It is built so that reading it would take too long; nothing of it is shown."""


def safe_html(html: str, picture: Callable[[str], str | None] = lambda _cid: None) -> SafeHtml:
    """The HTML without anything that runs, loads or leads away. `picture` gives a picture of the message itself as a data:
    address, by its Content-ID."""
    if _too_costly(html[:MOST_HTML]):
        return SafeHtml("", 0, (), refused=True)
    blocked = 0
    links: dict[str, None] = {}

    def attribute(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if name == "href":
            if len(links) < MOST_LINKS and value.strip() and not value.strip().startswith("#"):
                links.setdefault(visible(value, 500))
            return None
        if name == "src":
            own = picture(value[4:].strip("<> ")) if value.lower().startswith("cid:") else value
            if own is not None and own.startswith(_PICTURES):
                return own
            blocked += 1
            return None
        return value if tag and len(value) <= 2000 else None

    cleaned = nh3.clean(
        html[:MOST_HTML],
        tags=set(_TAGS),
        clean_content_tags=_DROPPED,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=attribute,
        strip_comments=True,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "ftp", "tel", "data", "cid"},
        filter_style_properties=set(_STYLES),
    )
    return SafeHtml(cleaned, blocked, tuple(links), len(html) > MOST_HTML)


def _too_costly(html: str) -> bool:
    """Whether the parser would need time or memory beyond reason."""
    if html.count("&") > MOST_REFERENCES:
        return True
    still_open: Counter[str] = Counter()
    depth = repeated = deepest = most_repeated = tags = 0
    for closing, name in _TAG.findall(html.lower()):
        tags += 1
        if name in _NEVER_INSIDE:
            continue
        change = -1 if closing and still_open[name] else 0 if closing else 1
        still_open[name] += change
        depth += change
        repeated += change if name in _REPEATED else 0
        deepest, most_repeated = max(deepest, depth), max(most_repeated, repeated)
        if deepest > MOST_OPEN:
            return True
    return most_repeated > 20 and tags * most_repeated > MOST_ELEMENTS
