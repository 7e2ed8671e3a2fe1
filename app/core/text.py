"""Texts as messages with parameters: written once in English, translated where a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """A text with named parameters, e.g. `Message("Added {name}.", {"name": "example.org"})`.

    `template` is the English text and the key of the translation; parameters stand in braces. A parameter may
    itself be a Message. `str(message)` gives the English text.
    """

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The text in the language of `translate` (a gettext function); a missing parameter stays visible."""
        values = {
            key: value.render(translate) if isinstance(value, Message) else value
            for key, value in self.params.items()
        }
        try:
            return translate(self.template).format_map(_Visible(values))
        except (ValueError, AttributeError, LookupError, TypeError):
            return self.template

    def __str__(self) -> str:
        return self.render()

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form that `from_json` reads back."""
        params = {k: v.to_json() if isinstance(v, Message) else v for k, v in self.params.items()}
        return {"text": self.template, "params": params}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | str) -> Message:
        """Reads what `to_json` wrote; a bare string becomes a message without parameters."""
        if isinstance(data, str):
            return literal(data)
        params = {
            k: cls.from_json(v) if isinstance(v, dict) and "text" in v else v
            for k, v in data.get("params", {}).items()
        }
        return cls(str(data.get("text", "")), params)


class _Visible(dict[str, Any]):
    """A mapping for `format_map` that shows a missing parameter as `{name}`."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def msg(template: str, **params: Any) -> Message:
    """Short form of `Message(template, params)`; the extraction of translatable texts looks for this name."""
    return Message(template, params)


def literal(text: str) -> Message:
    """A text that is not ours, e.g. an upstream's own words: never translated, braces kept as they are."""
    return Message("{words}", {"words": text})
