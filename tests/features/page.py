"""A page as a browser without script has it: its visible text, its links and its forms with what they would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.browser import Browser

_SILENT = ("script", "style", "template", "head")


@dataclass
class Form:
    """A form: where it goes, the fields that are sent without pressing a button, and its buttons as (name, value)."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def value(self, name: str) -> str:
        """The value of a field as it stands on the page."""
        return next(value for key, value in self.fields if key == name)

    def values(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self.fields if key == name]

    def sent(self, press: str | tuple[str, str] = "", **changes: Any) -> MultiDict[str, Any]:
        """What the browser sends when these fields are changed (a list: several values; None: not ticked)."""
        data: MultiDict[str, Any] = MultiDict(pair for pair in self.fields if pair[0] not in changes)
        for name, value in changes.items():
            assert name in self.names, f"no field {name!r} among {sorted(self.names)}"
            for one in value if isinstance(value, list) else [value] if value is not None else []:
                data.add(name, one)
        if press:
            pair = press if isinstance(press, tuple) else next(b for b in self.buttons if b[0] == press)
            assert pair in self.buttons, f"no button {pair!r} among {self.buttons}"
            data.add(*pair)
        return data


class Page(HTMLParser):
    """A parsed answer."""

    def __init__(self, answer: TestResponse, url: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.answer = answer
        self.status = answer.status_code
        self.url = url or answer.request.path
        self.html = answer.get_data(as_text=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._texts: list[str] = []
        self._silent = 0
        self._fieldsets: list[bool] = []
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: tuple[str, list[str]] | None = None
        self.feed(self.html)

    @property
    def text(self) -> str:
        """What can be read on the page, blanks collapsed."""
        return " ".join(" ".join(self._texts).split())

    def form(self, name: str, value: str | None = None) -> Form:
        """The first form that holds a field (or a button) of this name, with this value where one is given."""
        for form in self.forms:
            pairs = [*form.fields, *form.buttons]
            if (value is None and (name in form.names or any(n == name for n, _ in form.buttons))) or (
                value is not None and (name, value) in pairs
            ):
                return form
        raise AssertionError(f"no form with {name!r}={value!r} on {self.url}: {self.text[:500]}")

    def form_to(self, action: str) -> Form:
        """The first form that is sent to this address."""
        for form in self.forms:
            if form.action == action:
                return form
        raise AssertionError(f"no form to {action} on {self.url}")

    # --- HTMLParser ---

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        if tag == "fieldset":
            self._fieldsets.append("disabled" in at)
        if tag == "a" and "href" in at:
            self.links.append(at["href"])
        if tag == "form":
            self._form = Form(at.get("action") or self.url, at.get("method", "get"))
            self.forms.append(self._form)
        owner = self._owner(at)
        if owner is None or "disabled" in at or not at.get("name"):
            if tag == "option" and self._select is not None:
                self._select[1].append((at.get("value", ""), "selected" in at))
            return
        name, value = at["name"], at.get("value", "")
        if tag == "input":
            owner.names.add(name)
            if at.get("type") not in ("checkbox", "radio") or "checked" in at:
                owner.fields.append((name, value))
        elif tag == "button":
            owner.buttons.append((name, value))
        elif tag == "select":
            owner.names.add(name)
            self._select = (name, [])
        elif tag == "textarea":
            owner.names.add(name)
            self._area = (name, [])

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent -= 1
        if tag == "fieldset":
            self._fieldsets.pop()
        if tag == "form":
            self._form = None
        if tag == "select" and self._select is not None:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [v for v, _ in options[:1]]
            if self._form is not None and chosen:
                self._form.fields.append((name, chosen[0]))
            self._select = None
        if tag == "textarea" and self._area is not None:
            name, pieces = self._area
            if self._form is not None:
                self._form.fields.append((name, "".join(pieces).replace("\r\n", "\n").removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
        if not self._silent:
            self._texts.append(data)

    def _owner(self, at: dict[str, str]) -> Form | None:
        """The form of a control that is sent; one that names its form by an id is left out."""
        return None if "form" in at or any(self._fieldsets) else self._form


def see(browser: Browser, url: str, **options: Any) -> Page:
    """The page under an address; redirects are followed."""
    answer = browser.get(url, follow_redirects=True, **options)
    return Page(answer, answer.request.full_path.rstrip("?"))


def submit(browser: Browser, form: Form, press: str | tuple[str, str] = "", **changes: Any) -> Page:
    """Sends a form as it stands, with these changes; redirects are followed."""
    answer = send(browser, form, press, follow_redirects=True, **changes)
    return Page(answer, answer.request.full_path.rstrip("?"))


def send(
    browser: Browser,
    form: Form,
    press: str | tuple[str, str] = "",
    *,
    follow_redirects: bool = False,
    **changes: Any,
) -> TestResponse:
    """The same, for the answer itself."""
    data = form.sent(press, **changes)
    return browser.post(form.action, data=data, follow_redirects=follow_redirects)
