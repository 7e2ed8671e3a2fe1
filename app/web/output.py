"""How templates print a value: escaped, a Message in the reader's language.

Jinja calls `finalize` and then `escape` for each of the thousand values of a page, and wraps every result in a `Markup` that
is joined and thrown away. Here both are one function that returns plain text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import markupsafe
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from app.core.text import Message
from app.web.language import gettext

# The part of `escape` that works in C and wraps nothing.
_escaped_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", lambda text: str(escape(text)))


class PageCode(CodeGenerator):
    """Compiles templates so that they print by `printed`, wherever text is escaped."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """The template's module knows `printed`."""
        self.writeline("from app.web.output import printed")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _escaped(frame):
            self.write("printed(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _escaped(frame):
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)


def _escaped(frame: Frame) -> bool:
    return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


def printed(value: Any) -> str:
    """A value as HTML text, for `join`: `Markup` as it is, a Message in the reader's language, all else escaped."""
    if type(value) is str:
        return _escaped_text(value)
    if isinstance(value, Markup):
        return value
    return str(escape(value.render(gettext) if isinstance(value, Message) else value))
