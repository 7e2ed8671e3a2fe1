"""Texts out of mail made fit for people: decoded, without characters that hide or turn around what they say, and names of
files under which something can be saved without harm."""

from __future__ import annotations

import codecs
import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header

MOST_ENCODED = 20_000
"""Characters of a header that are looked through for encoded words; decoding costs more than its length."""

LONGEST_NAME = 120
"""Characters of a file's name: file systems take 255 bytes."""

_NO_TEXT = {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
"""Codecs of Python that are no charsets of mail, some of them slow beyond reason for long texts."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_IN_NAMES = re.compile(r'[<>:"|?*\\/]')
_RISKY = frozenset(
    [
        "ade",
        "adp",
        "apk",
        "app",
        "appx",
        "bat",
        "chm",
        "cmd",
        "com",
        "cpl",
        "dll",
        "dmg",
        "exe",
        "hta",
        "htm",
        "html",
        "img",
        "inf",
        "ins",
        "iso",
        "jar",
        "js",
        "jse",
        "lnk",
        "msc",
        "msi",
        "msp",
        "mst",
        "one",
        "pif",
        "ps1",
        "reg",
        "scf",
        "scr",
        "sct",
        "shb",
        "svg",
        "sys",
        "url",
        "vb",
        "vbe",
        "vbs",
        "vhd",
        "vhdx",
        "wsc",
        "wsf",
        "wsh",
        "xhtml",
        "xll",
        "xml",
        "xps",
        "docm",
        "dotm",
        "xlsm",
        "xltm",
        "pptm",
    ]
)


def visible(text: str, most: int = 1000) -> str:
    """One line of at most `most` characters that shows what it holds: without control characters, and without the invisible
    ones that turn the reading direction around or hide letters ("exe.fdp" is no PDF)."""
    kept = "".join(_shown(character) for character in text[: most * 4])
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else kept[: most - 1] + "…"


def visible_lines(text: str) -> str:
    """The same for a text of several lines; its length is the caller's affair."""
    return "".join(c if c in "\n\t" else "" if c == "\r" else _shown(c) for c in text)


def _shown(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else " " if character in "\t\r\n\v\f" else ""
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Co"):
        return ""
    if category in ("Zl", "Zp"):
        return " "
    return "\ufffd" if category in ("Cs", "Cn") else character


def decoded(value: str, most: int = 1000) -> str:
    """A header's text with its encoded words read (RFC 2047), fit to be shown; what cannot be read stays as it is."""
    text = value.replace("\r", "").replace("\n", "")[:MOST_ENCODED]
    if "=?" in text:
        try:
            parts = decode_header(_as_text(text))
        except (HeaderParseError, ValueError, LookupError):
            parts = []
        if parts:
            text = "".join(p if isinstance(p, str) else in_charset(p, c or "") for p, c in parts)
    return visible(_as_text(text), most)


def _as_text(text: str) -> str:
    """Bytes that were no ASCII (kept as half characters by the parser) read as UTF-8, else as Latin-1."""
    if text.isascii():
        return text
    return in_charset(text.encode("utf-8", "surrogateescape"), "")


def in_charset(data: bytes, charset: str) -> str:
    """The bytes as text: in this charset where there is such a one, else as UTF-8, else as Latin-1. Never fails."""
    for name, errors in ((charset.strip().strip("\"'").lower(), "replace"), ("utf-8", "strict")):
        if not name or len(name) > 40:
            continue
        try:
            codec = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if codec.name in _NO_TEXT or not codec._is_text_encoding:
            continue
        try:
            return data.decode(codec.name, errors)
        except (UnicodeError, ValueError):
            continue
    return data.decode("latin-1")


def file_name(text: str, number: int, extension: str = "") -> str:
    """A name under which a file can be saved: no folder, no invisible or forbidden character, no reserved word, not too
    long. Where nothing is left it is numbered."""
    name = decoded(text, MOST_ENCODED).replace("\\", "/").rsplit("/", 1)[-1]
    name = _IN_NAMES.sub("_", name).strip(" .")
    if not name:
        return f"attachment-{number}{extension}"
    if _RESERVED.match(name):
        name = f"_{name}"
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 10 else ""
        name = name[: LONGEST_NAME - len(ending)].rstrip(" .") + ending
    return name


def is_risky(name: str) -> bool:
    """Whether opening a file of this name may run something."""
    return name.rpartition(".")[2].lower() in _RISKY
