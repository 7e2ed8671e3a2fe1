"""Fields and words that several kinds share."""

from __future__ import annotations

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import Action, Field
from app.core.text import msg

ALL, LISTED = "all", "listed"

MEGABYTES = msg("MB")
PASSWORD = Field(
    "password",
    msg("Password"),
    FieldKind.SECRET,
    required=True,
    least=8,
    most=200,
    help=msg("At least 8 characters."),
)
PATH_PATTERN = r"(?!.*\.\.)[^\x00-\x1f]+"


def folder(*, required: bool = True, help_: str = "") -> Field:
    """A folder, counted from the account's home folder."""
    return Field(
        "folder",
        msg("Folder"),
        required=required,
        most=1000,
        pattern=PATH_PATTERN,
        placeholder="public_html/shop",
        help=msg(help_) if help_ else msg("Below the account's home folder; it is made if it is missing."),
    )


def limits(*, empties: bool = True) -> tuple[Field, ...]:
    """The five limits of an account or a package. Empty is unlimited, 0 switches the thing off."""
    named = (
        ("quota", msg("Disk space"), 100, MEGABYTES),
        ("inodes", msg("Files (inodes)"), 10_000, None),
        ("domains", msg("Added domains"), 0, None),
        ("emails", msg("Mailboxes"), 0, None),
        ("databases", msg("Databases"), 0, None),
    )
    return tuple(
        Field(
            name,
            label,
            FieldKind.NUMBER,
            least=least,
            most=999_999_999,
            unit=unit,
            empties=empties,
            help=msg("Empty: unlimited.") if least else msg("Empty: unlimited; 0: switched off."),
        )
        for name, label, least, unit in named
    )


def privileges(*, shown: bool, default: str = "") -> tuple[Field, ...]:
    """Everything, or the pages that are listed. Nothing listed is refused: the panel would take that for everything."""
    return (
        Field(
            "access",
            msg("Privileges"),
            FieldKind.CHOICE,
            required=True,
            default=default,
            choices=((ALL, msg("all of them")), (LISTED, msg("only the pages listed below"))),
            shown=shown,
        ),
        Field(
            "pages",
            msg("Pages"),
            FieldKind.LINES,
            pattern=r"[A-Za-z0-9_-]{1,60}/[A-Za-z0-9_-]{1,60}",
            placeholder="email/accounts",
            empties=True,
            shown=shown,
            help=msg(
                "One category/page in a line, such as email/accounts. “Privileges” in the menu names all that there are."
            ),
        ),
    )


def password_action(call: str, right: Right, *fields: Field) -> Action:
    """Give it another password."""
    return Action(
        "password",
        msg("Set a password"),
        msg("{one} {key} has another password."),
        right,
        call,
        fields=(PASSWORD, *fields),
        icon="key",
        lost=(msg("The former password: nobody can read it."),),
    )
