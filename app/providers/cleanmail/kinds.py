"""Mailboxes, their options and their signatures as kinds of resources (Cleanmail REST API manual, 5.12 to 5.14 and 5.16)."""

from __future__ import annotations

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg
from app.providers.cleanmail import inferred
from app.providers.cleanmail.compose import FILES
from app.providers.cleanmail.domain_fields import LANGUAGE_NAMES
from app.providers.cleanmail.wire_domains import LANGUAGES

MAILBOXES, OPTIONS, SIGNATURE = "mailboxes", "mailbox_options", "mailbox_signature"

_CHANGE = Right.CHANGE_MAILBOXES
_LANGUAGE = Field(
    "language",
    msg("Language"),
    FieldKind.CHOICE,
    choices=tuple((code, LANGUAGE_NAMES[code]) for code in LANGUAGES),
    help=msg("Left open: that of its domain."),
)
_STATES = {
    "ENABLED": msg("Enabled"),
    "DISABLED": msg("Disabled"),
    "PENDING": msg("Pending"),
    "DELETED": msg("Deleted"),
}
_STATUS = Field(
    "status",
    msg("Status"),
    FieldKind.CHOICE,
    choices=tuple((state, _STATES[state]) for state in ("ENABLED", "DISABLED")),
    default="ENABLED",
)
_PERSON = (
    Field("firstname", msg("First name"), most=100, empties=True),
    Field("lastname", msg("Last name"), most=100, empties=True),
)
_PLACES = (
    Field(
        "policy",
        msg("Policy"),
        most=100,
        help=msg("The name of a policy of its domain. Left open: the domain's default."),
    ),
    Field(
        "platform",
        msg("Platform"),
        most=100,
        help=msg("The name of a platform of its domain, where its mail goes. Left open: the default one."),
    ),
)
_VERIFY = Field(
    "sender_verify",
    msg("Sender verification"),
    FieldKind.SWITCH,
    default=True,
    help=msg("Unknown senders are asked to confirm their mail."),
)


def _valid_for(hours: int, most: int = inferred.MOST_HOURS) -> Field:
    """How long a link works, with what stands there at first."""
    return Field(
        "validity",
        msg("Valid for"),
        FieldKind.NUMBER,
        default=hours,
        unit=msg("hours"),
        least=1,
        most=most,
        shown=False,
    )


_SEND_WELCOME = Action(
    "send_welcome",
    msg("Send the welcome mail"),
    msg("The welcome mail to {key} is on its way."),
    _CHANGE,
    "executeTask",
    many=True,
    icon="mail",
)
_SEND_TOKEN = Action(
    "send_token",
    msg("Send a sign-in link"),
    msg("A mail with a sign-in link is on its way to {key}."),
    _CHANGE,
    "executeTask",
    fields=(_valid_for(inferred.TOKEN_HOURS),),
    icon="mail-forward",
)
_SEND_RESET = Action(
    "send_password_reset",
    msg("Send a password reset"),
    msg("A mail with which {key} can set a new password is on its way."),
    _CHANGE,
    "executeTask",
    fields=(_valid_for(inferred.RESET_HOURS),),
    icon="key",
)
_SIGN_IN_LINK = Action(
    "sign_in_link",
    msg("Temporary sign-in link"),
    msg("Made a sign-in link for {key}."),
    Right.READ_MAIL,
    "temporaryAuthTokens",
    fields=(_valid_for(1, 24),),
    secret=True,
    warning=msg(
        "Whoever has this link is signed in as the mailbox's owner and can read its mail. It is shown once, and kept nowhere."
    ),
    icon="link",
)

_COMPOSE = Action(
    "compose",
    msg("Write a mail"),
    msg("The mail was handed to Cleanmail."),
    _CHANGE,
    "sendEmail",
    fields=(
        Field("to", msg("To"), FieldKind.LINES, required=True, shape="email", shown=False),
        Field("cc", msg("Copy to"), FieldKind.LINES, shape="email", shown=False),
        Field("bcc", msg("Hidden copy to"), FieldKind.LINES, shape="email", shown=False),
        Field("subject", msg("Subject"), required=True, most=400, shown=False),
        Field("text", msg("Text"), FieldKind.LONG_TEXT, required=True, most=50_000, shown=False, kept=False),
        *(
            Field(name, msg("Attachment {number}", number=number), FieldKind.FILE, most=2_000_000)
            for number, name in enumerate(FILES, 1)
        ),
        Field("important", msg("Marked as important"), FieldKind.SWITCH, default=False, shown=False),
        Field("ack", msg("Ask for a read receipt"), FieldKind.SWITCH, default=False, shown=False),
    ),
    warning=msg(
        "The sender is not this mailbox but the account of this connection's token. The journal keeps to whom it goes and its "
        "subject; of text and files only size and checksum."
    ),
    shows=("sends_as",),
    icon="mail-forward",
)

_MAILBOX_ACTIONS = (
    Action(
        "add",
        msg("Add a mailbox"),
        msg("Added the mailbox {key}."),
        _CHANGE,
        "newUser",
        fields=(
            Field("email", msg("Address"), required=True, key=True, shape="email", most=320),
            *_PERSON,
            _LANGUAGE,
            _STATUS,
            *_PLACES,
            _VERIFY,
            Field(
                "password",
                msg("Password"),
                FieldKind.SECRET,
                help=msg("Left open where it signs in elsewhere, or sets one by a password reset."),
            ),
            Field("notify", msg("Send the welcome mail"), FieldKind.SWITCH, default=False, shown=False),
        ),
        icon="plus",
    ),
    Action(
        "edit",
        msg("Edit"),
        msg("Changed the mailbox {key}."),
        _CHANGE,
        "editUser",
        fields=(
            Field(
                "email",
                msg("Address"),
                required=True,
                key=True,
                shape="email",
                most=320,
                help=msg("Another address of the same domain."),
            ),
            *_PERSON,
            _LANGUAGE,
            _STATUS,
            *_PLACES,
            _VERIFY,
            Field("password", msg("New password"), FieldKind.SECRET),
        ),
        icon="pencil",
    ),
    Action(
        "enable",
        msg("Enable"),
        msg("Enabled the mailbox {key}."),
        _CHANGE,
        "editUser",
        many=True,
        wants={"status": "DISABLED"},
        effect={"status": "ENABLED"},
        undo="disable",
        icon="player-play",
    ),
    Action(
        "disable",
        msg("Disable"),
        msg("Disabled the mailbox {key}: its owner cannot sign in."),
        _CHANGE,
        "editUser",
        many=True,
        wants={"status": "ENABLED"},
        effect={"status": "DISABLED"},
        undo="enable",
        icon="player-pause",
    ),
    Action(
        "factor_off",
        msg("Switch off the second factor"),
        msg("The second factor of {key} is off. Its owner can switch it on again after signing in."),
        _CHANGE,
        "editUser",
        risk=True,
        wants={"second_factor": True},
        effect={"second_factor": False},
        lost=(msg("Only its owner can switch the second factor on again."),),
        warning=msg(
            "Whoever knows the password can then sign in with it alone. Make sure that it is the owner who asks."
        ),
        icon="key",
    ),
    _SEND_WELCOME,
    _SEND_TOKEN,
    _SEND_RESET,
    _COMPOSE,
    _SIGN_IN_LINK,
    Action(
        "remove",
        msg("Delete"),
        msg("Deleted the mailbox {key}."),
        _CHANGE,
        "deleteUser",
        risk=True,
        many=True,
        lost=(
            msg("Its stored mail, sender rules, options and signature, and its password and second factor."),
        ),
        icon="trash",
    ),
)

_ABOUT_MAILBOXES = ResourceKind(
    name=MAILBOXES,
    label=msg("Mailboxes"),
    one=msg("Mailbox"),
    area=Area.MAILBOXES,
    calls=("listDomainUsers", "singleUser", "listUsers", "listEmailAliasesOfDomain", "listDomains"),
    columns=(
        Column("email", msg("Address"), sort=True),
        Column("name", msg("Name")),
        Column(
            "status",
            msg("Status"),
            Show.STATE,
            tones={"ENABLED": "ok", "DISABLED": "muted", "PENDING": "warn", "DELETED": "bad"},
            words=_STATES,
            sort=True,
        ),
        Column("language", msg("Language"), sort=True),
        Column("policy", msg("Policy")),
        Column("platform", msg("Platform")),
        Column("created", msg("Made"), Show.TIME, sort=True),
        Column("last_seen", msg("Last sign-in"), Show.TIME, listed=False),
        Column("second_factor", msg("Second factor"), Show.YES_NO, listed=False),
        Column("sender_verify", msg("Sender verification"), Show.YES_NO, listed=False),
        Column(
            "aliases",
            msg("E-mail aliases that reach it"),
            Show.LIST,
            listed=False,
            help=msg("The first 40 of its own domain."),
        ),
        Column("sends_as", msg("Mail from here is sent as"), listed=False),
        Column("firstname", msg("First name"), listed=False),
        Column("lastname", msg("Last name"), listed=False),
    ),
    actions=_MAILBOX_ACTIONS,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    paged=True,
    search=True,
    icon="mail",
)

_ABOUT_OPTIONS = ResourceKind(
    name=OPTIONS,
    label=msg("Options"),
    one=msg("Option"),
    area=Area.MAILBOXES,
    calls=("listUserOptions", "listUsers", "listDomains"),
    columns=(
        Column("name", msg("Option"), Show.CODE),
        Column("value", msg("Value")),
        Column("own", msg("Set here"), Show.YES_NO),
        Column("inherited", msg("Inherited value")),
        Column("meaning", msg("Meaning")),
        Column("choices", msg("Choices"), Show.LIST, listed=False),
    ),
    actions=(
        Action(
            "edit",
            msg("Set"),
            msg("Set the option {key}."),
            _CHANGE,
            "setUserOption",
            fields=(Field("value", msg("Value"), required=True, most=4000),),
            icon="pencil",
        ),
        Action(
            "reset",
            msg("Back to the inherited value"),
            msg("The option {key} has the inherited value again."),
            _CHANGE,
            "deleteUserOption",
            wants={"own": True},
            effect={"own": False},
            undo="edit",
            icon="arrow-back-up",
        ),
    ),
    parent=MAILBOXES,
    right=Right.VIEW_MAILBOXES,
    icon="adjustments",
)

_ABOUT_SIGNATURE = ResourceKind(
    name=SIGNATURE,
    label=msg("Signature"),
    one=msg("Signature"),
    area=Area.MAILBOXES,
    calls=("getSign", "listUsers", "listDomains"),
    columns=(Column("html", msg("Signature"), Show.HTML, listed=False),),
    actions=(
        Action(
            "edit",
            msg("Edit"),
            msg("Changed the signature."),
            _CHANGE,
            "setSign",
            fields=(
                Field(
                    "html",
                    msg("HTML"),
                    FieldKind.LONG_TEXT,
                    required=True,
                    most=100_000,
                    help=msg("Cleanmail puts it below mail that is written in its own interface."),
                ),
            ),
            icon="pencil",
        ),
        Action(
            "clear",
            msg("Remove the signature"),
            msg("Removed the signature."),
            _CHANGE,
            "deleteSign",
            risk=True,
            effect={"html": ""},
            undo="edit",
            icon="trash",
        ),
    ),
    parent=MAILBOXES,
    right=Right.VIEW_MAILBOXES,
    single=True,
    note=msg(
        "Cleanmail has signatures for mailboxes whose policy has quarantine, retention or archive; others are refused."
    ),
    icon="signature",
)

KINDS = (_ABOUT_MAILBOXES, _ABOUT_OPTIONS, _ABOUT_SIGNATURE)
"""What the card declares."""
