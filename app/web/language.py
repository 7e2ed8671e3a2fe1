"""The reader's language and time zone."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast
from zoneinfo import available_timezones

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, get_locale, get_translations
from flask_login import current_user
from markupsafe import Markup

LANGUAGES: dict[str, str] = {"en": "English"}


def register(app: Flask, default_zone: str) -> None:
    """Sets up Flask-Babel: what a person chose, else what the browser asks for, else English and `default_zone`."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_DEFAULT_TIMEZONE"] = default_zone if default_zone in zones() else "UTC"
    Babel(app, locale_selector=_locale, timezone_selector=_zone)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension jinja2.ext.i18n
        gettext=gettext,
        ngettext=lambda one, many, count: _translations().ungettext(one, many, count),
        newstyle=True,
    )
    # What the extension puts there goes through the template's context twice for every text.
    app.jinja_env.globals.update(gettext=_in_template, _=_in_template)


def gettext(text: str, /, **values: Any) -> str:
    """The text in the reader's language, with its `%(name)s` filled in. As Flask-Babel's, for texts that a page asks for again
    and again."""
    found = str(_translations().ugettext(text))
    return found % values if values else found


def _in_template(text: str, /, **values: Any) -> Markup:
    found = Markup(_translations().ugettext(text))  # noqa: S704  the text of a template, or its translation
    return found % values if "%" in found else found


def _translations() -> NullTranslations:
    """The texts of the reader's language, found once a request: a page asks for them a hundred times."""
    try:
        kept = g._flask_babel.babel_translations  # where Flask-Babel forgets it when the language is switched
    except (AttributeError, RuntimeError):
        kept = None
    if kept is None:
        kept = get_translations()
        if "_flask_babel" in g:
            g._flask_babel.babel_translations = kept
    return cast(NullTranslations, kept)


@lru_cache
def zones() -> frozenset[str]:
    """The names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def _chosen(name: str) -> str:
    """What the signed-in person chose; "" outside a request, for nobody, and while accounts cannot be read."""
    if not has_request_context() or g.get("account_unreadable") or not current_user.is_authenticated:
        return ""
    return str(getattr(current_user, name, ""))


def _locale() -> str | None:
    """None (the default) on the command line and in the worker."""
    if not has_request_context():
        return None
    chosen = _chosen("language")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES), "en")


def _zone() -> str:
    chosen = _chosen("timezone")
    return chosen if chosen in zones() else str(current_app.config["BABEL_DEFAULT_TIMEZONE"])


def locale_code() -> str:
    """The locale in use as Babel's functions take it ("en", "pt_BR")."""
    locale = get_locale()
    return _code_of(locale) if locale else "en"


@lru_cache
def _code_of(locale: Locale) -> str:
    return str(locale)


def language() -> str:
    """The code of the language in use, for the page's `lang`."""
    return locale_code().replace("_", "-")
