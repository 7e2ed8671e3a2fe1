"""Mail of a domain, and the spam filter of an account (SPanel contract sheet, 5.2)."""

from __future__ import annotations

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg
from app.providers.spanel.kinds.fields import MEGABYTES, PASSWORD, password_action

LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
_QUOTA = Field(
    "quota",
    msg("Space"),
    FieldKind.NUMBER,
    required=True,
    least=100,
    most=9_999_999,
    default=1024,
    unit=MEGABYTES,
)


def _name(label: str = "Name") -> Field:
    return Field(
        "name",
        msg(label),
        required=True,
        most=64,
        pattern=LOCAL_PART,
        placeholder="info",
        help=msg("The part before the @; the domain follows by itself."),
    )


MAILBOXES = ResourceKind(
    name="mailboxes",
    label=msg("Mailboxes"),
    one=msg("Mailbox"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    icon="mailbox",
    calls=("email/listemailaccounts",),
    columns=(
        Column("usage", msg("Space"), Show.BAR),
        Column("two_factor", msg("Second factor"), Show.YES_NO),
        Column("domain", msg("Domain"), listed=False),
    ),
    actions=(
        Action(
            "add",
            msg("Add a mailbox"),
            msg("The mailbox {key} was added."),
            Right.CHANGE_MAILBOXES,
            "email/createemailaccount",
            fields=(_name(), PASSWORD, _QUOTA),
        ),
        Action(
            "edit",
            msg("Change its space"),
            msg("The space of {key} was changed."),
            Right.CHANGE_MAILBOXES,
            "email/changeemailquota",
            fields=(_QUOTA,),
            many=True,
        ),
        password_action("email/emailaccountpassword", Right.CHANGE_MAILBOXES),
        Action(
            "remove",
            msg("Remove"),
            msg("The mailbox {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "email/removeemailaccount",
            risk=True,
            many=True,
            lost=(msg("All mail in the mailbox, and its password."),),
        ),
    ),
    note=msg("SPanel suspends whole accounts, not single mailboxes."),
    covered=("name", "quota"),
)

FORWARDERS = ResourceKind(
    name="forwarders",
    label=msg("Forwarders"),
    one=msg("Forwarder"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    icon="arrow-forward-up",
    calls=("email/listemailforwarders",),
    columns=(
        Column("address", msg("Address"), Show.CODE),
        Column("to", msg("Goes to"), Show.CODE),
        Column("pipe", msg("Into the program"), Show.CODE),
    ),
    actions=(
        Action(
            "add",
            msg("Add a forwarder"),
            msg("The forwarder {key} was added."),
            Right.CHANGE_MAILBOXES,
            "email/addemailforwarder",
            fields=(
                _name(),
                Field("to", msg("Goes to"), shape="email", placeholder="anna@example.org"),
                Field(
                    "pipe",
                    msg("or into the program"),
                    most=1000,
                    pattern=r"[^\x00-\x1f]+",
                    placeholder="/home/example/ticket.php",
                    help=msg("The path of a program on the server, in the place of an address."),
                ),
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The forwarder {key} was removed."),
            Right.CHANGE_MAILBOXES,
            "email/removeemailforwarder",
            risk=True,
            many=True,
        ),
    ),
)

AUTORESPONDERS = ResourceKind(
    name="autoresponders",
    label=msg("Automatic replies"),
    one=msg("Automatic reply"),
    area=Area.MAILBOXES,
    parent=DOMAIN,
    right=Right.VIEW_MAILBOXES,
    icon="message-reply",
    calls=("email/listemailautoresponders",),
    columns=(Column("message", msg("Message")),),
    actions=(
        Action(
            "add",
            msg("Add an automatic reply"),
            msg("{key} replies by itself now."),
            Right.CHANGE_MAILBOXES,
            "email/addemailautoresponder",
            fields=(
                _name(),
                Field("message", msg("Message"), FieldKind.LONG_TEXT, required=True, most=10_000),
            ),
        ),
        Action(
            "edit",
            msg("Change the message"),
            msg("The automatic reply of {key} was changed."),
            Right.CHANGE_MAILBOXES,
            "email/editemailautoresponder",
            fields=(Field("message", msg("Message"), FieldKind.LONG_TEXT, required=True, most=10_000),),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("{key} replies no more."),
            Right.CHANGE_MAILBOXES,
            "email/removeemailautoresponder",
            risk=True,
            many=True,
        ),
    ),
)

DEFAULT_ADDRESS = ResourceKind(
    name="default_address",
    label=msg("Default address"),
    one=msg("Default address"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    right=Right.VIEW_DOMAINS,
    single=True,
    icon="mail-question",
    calls=("email/getdefaultaddressstatus",),
    columns=(
        Column(
            "type", msg("Mail for unknown addresses"), Show.STATE, tones={"forward": "ok", "discard": "muted"}
        ),
        Column("email", msg("Goes to"), Show.CODE),
    ),
    actions=(
        Action(
            "edit",
            msg("Change"),
            msg("What happens to mail for unknown addresses was changed."),
            Right.CHANGE_DOMAINS,
            "email/setdefaultaddressstatus",
            fields=(
                Field(
                    "type",
                    msg("Mail for unknown addresses"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(
                        ("discard", msg("is thrown away")),
                        ("forward", msg("goes to the address below")),
                    ),
                ),
                Field("email", msg("Address"), shape="email", empties=True),
            ),
        ),
    ),
)

MAIL_FILTERS = ResourceKind(
    name="mail_filters",
    label=msg("Mail filters"),
    one=msg("Mail filter"),
    area=Area.DELIVERY,
    parent=DOMAIN,
    right=Right.VIEW_RULES,
    icon="filter",
    calls=("email/listemailfilters",),
    columns=(
        Column("field", msg("Looks at")),
        Column("check", msg("Test")),
        Column("value", msg("Text"), Show.CODE),
    ),
    actions=(
        Action(
            "add",
            msg("Add a mail filter"),
            msg("The mail filter {key} was added."),
            Right.CHANGE_RULES,
            "email/addemailfilter",
            fields=(
                Field("name", msg("Name"), required=True, most=100, key=True),
                Field(
                    "field",
                    msg("Looks at"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(
                        ("from", msg("From")),
                        ("subject", msg("Subject")),
                        ("anyheader", msg("any header")),
                        ("spamscore", msg("the spam score")),
                    ),
                ),
                Field(
                    "check",
                    msg("Test"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(
                        ("contains", msg("contains")),
                        ("not-contains", msg("does not contain")),
                        ("is", msg("is")),
                    ),
                ),
                Field(
                    "value", msg("Text"), required=True, most=500, pattern=r"\S+", help=msg("Without blanks.")
                ),
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The mail filter {key} was removed."),
            Right.CHANGE_RULES,
            "email/removeemailfilter",
            risk=True,
            many=True,
        ),
    ),
    note=msg("What happens to a message that a filter finds is neither asked nor told by SPanel's API."),
)

SPAM_FILTER = ResourceKind(
    name="spam_filter",
    label=msg("Spam filter"),
    one=msg("Spam filter"),
    area=Area.DELIVERY,
    parent="accounts",
    right=Right.VIEW_POLICIES,
    single=True,
    icon="shield",
    calls=("email/listspamassassinsenders",),
    columns=(
        Column(
            "status",
            msg("SpamAssassin"),
            Show.STATE,
            tones={"enabled": "ok", "disabled": "warn", "unknown": "muted"},
            help=msg("No call reads it: it is known from the answer to the last change made here."),
        ),
        Column("score", msg("Score from which mail is spam")),
        Column("told_at", msg("Told by SPanel at"), Show.TIME),
        Column("allowed", msg("Allowed senders"), Show.LIST),
        Column("blocked", msg("Blocked senders"), Show.LIST),
    ),
    actions=(
        Action(
            "switch",
            msg("Switch on or off"),
            msg("The spam filter was switched."),
            Right.CHANGE_POLICIES,
            "email/togglespamassassin",
            fields=(
                Field(
                    "status",
                    msg("SpamAssassin"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(("enable", msg("on")), ("disable", msg("off"))),
                    shown=False,
                ),
            ),
            warning=msg("It holds for all domains of the account."),
            lost=(msg("What was set before: no call tells that."),),
            icon="power",
        ),
        Action(
            "score",
            msg("Set the score"),
            msg("The score was set."),
            Right.CHANGE_POLICIES,
            "email/setspamassassinscore",
            fields=(
                Field(
                    "score",
                    msg("Score from which mail is spam"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(
                        ("1", msg("1: aggressive")),
                        ("3", msg("3: strict")),
                        ("5", msg("5: as usual")),
                        ("8", msg("8: loose")),
                    ),
                    shown=False,
                ),
            ),
            warning=msg("It holds for all domains of the account."),
            lost=(msg("What was set before: no call tells that."),),
            icon="adjustments",
        ),
    ),
    note=msg(
        "No call of SPanel reads whether its spam filter is on. The senders' lists are changed among the rules of the "
        "account's domains."
    ),
)
