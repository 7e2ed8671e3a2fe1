"""What templates can call: times as people read them, names, messages in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_timedelta
from flask import Flask
from flask_babel import format_datetime

from app.core.mail_text import is_risky, visible
from app.core.names import display
from app.core.text import Message
from app.web.language import gettext, locale_code
from app.web.navigation import keep_query, page_url
from app.web.output import PageCode

_AGE_STEPS = (
    (120, 1),
    (7200, 30),
    (172_800, 900),
)  # (below so many seconds, exact to so many): lists repeat ages
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def register(app: Flask) -> None:
    """Registers filters; a Message that a template prints is shown in the reader's language by itself."""
    app.jinja_env.code_generator_class = PageCode
    app.jinja_env.finalize = translated
    app.jinja_env.globals["remembered_icon"] = _icons(app)
    app.add_template_global(keep_query)
    app.jinja_env.filters.update(
        age=age,
        local_time=local_time,
        unicode_name=display,
        message=translated,
        initials=initials,
        visible=visible,
        risky=is_risky,
    )


def _icons(app: Flask) -> Callable[..., Any]:
    """The `icon` of templates: `icon(name, label=None, class="")`, drawn once for each address that the site lives at."""

    @lru_cache(maxsize=1000)
    def drawn(address: str, name: str, label: str, class_: str) -> Any:
        macros: Any = app.jinja_env.get_template("_icon.html").module
        return macros.drawn(address, name, label, class_)

    def icon(name: str, label: Any = "", **more: str) -> Any:
        address = page_url("static", filename="icons.svg")
        return drawn(address, name, str(translated(label)) if label else "", more.get("class", ""))

    return icon


def translated(value: Any) -> Any:
    """A Message as text in the reader's language; everything else as it is."""
    return value.render(gettext) if isinstance(value, Message) else value


def age(when: datetime | None, locale: str = "") -> str:
    """How long ago that was, e.g. "2 min. ago"; "" for None. Less than ten seconds is "just now".

    Lists hand in the `locale` in use, which is then not looked up for every row.
    """
    if when is None:
        return ""
    passed = datetime.now(UTC) - (when if when.tzinfo else when.replace(tzinfo=UTC))
    seconds = round(passed.total_seconds())
    if abs(seconds) < 10:
        return str(gettext("just now"))
    step = next((step for limit, step in _AGE_STEPS if abs(seconds) < limit), 3600)
    return _relative(-(seconds // step * step), locale or locale_code())


@lru_cache(maxsize=4096)
def _relative(seconds: int, locale: str) -> str:
    return str(
        format_timedelta(timedelta(seconds=seconds), add_direction=True, format="short", locale=locale)
    )


def local_time(when: datetime | None, form: str = "medium") -> str:
    """The time in the reader's zone; "" for None."""
    return "" if when is None else str(format_datetime(when, form))


def initials(name: str) -> str:
    """One or two letters that stand for a person ("Ann Lee" -> "AL", "ops@example.org" -> "O")."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words[:1]]
    return "".join(letters).upper() or "?"


def formula_safe(cell: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
