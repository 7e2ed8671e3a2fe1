"""The web site of a domain, its subdomains, redirects and DNS zone (SPanel contract sheet, 5.1)."""

from __future__ import annotations

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg
from app.providers.spanel.kinds.fields import PATH_PATTERN, folder

RECORD_TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT")
_FILES_STAY = msg("Its files stay on the server; its DNS zone, mail route and mailboxes go with it.")

WEB_SITE = ResourceKind(
    name="web_site",
    label=msg("Web site"),
    one=msg("Web site"),
    area=Area.HOSTING,
    parent=DOMAIN,
    right=Right.VIEW_DOMAINS,
    single=True,
    icon="world",
    calls=("domain/listdomains",),
    columns=(
        Column("account", msg("Account"), Show.CODE),
        Column("folder", msg("Folder"), Show.CODE),
        Column("main", msg("Main domain of the account"), Show.YES_NO),
        Column(
            "modsecurity",
            msg("ModSecurity"),
            Show.STATE,
            tones={"enabled": "ok", "disabled": "warn", "unknown": "muted"},
        ),
    ),
    actions=(
        Action(
            "edit",
            msg("Change the folder"),
            msg("The folder was changed."),
            Right.CHANGE_DOMAINS,
            "domain/changedomainpath",
            fields=(folder(),),
            warning=msg("The files of the former folder stay where they are."),
        ),
        Action(
            "modsecurity",
            msg("Switch ModSecurity"),
            msg("ModSecurity was switched."),
            Right.CHANGE_DOMAINS,
            "domain/changemodsecurity",
            fields=(
                Field(
                    "modsecurity",
                    msg("ModSecurity"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(("enabled", msg("on")), ("disabled", msg("off"))),
                    help=msg("Holds off attacks on the web site; some programs need it off."),
                ),
            ),
            sets=True,
            undo="modsecurity",
            icon="shield-check",
        ),
        Action(
            "certificate_request",
            msg("Make a certificate request"),
            msg("The panel made a certificate request."),
            Right.CHANGE_DOMAINS,
            "tool/generatecsr",
            fields=(
                Field("country", msg("Country"), required=True, pattern="[A-Za-z]{2}", placeholder="DE"),
                Field("stateorprovince", msg("State or province"), required=True, most=64),
                Field("city", msg("City"), required=True, most=64),
                Field("organization", msg("Organisation"), required=True, most=64),
                Field("email", msg("Address"), required=True, shape="email"),
                Field("password", msg("Password"), FieldKind.SECRET, most=64, help=msg("May stay empty.")),
            ),
            secret=True,
            icon="certificate",
        ),
    ),
)

SUBDOMAINS = ResourceKind(
    name="subdomains",
    label=msg("Subdomains"),
    one=msg("Subdomain"),
    area=Area.HOSTING,
    parent=DOMAIN,
    right=Right.VIEW_DOMAINS,
    icon="sitemap",
    calls=("domain/listsubdomains",),
    columns=(Column("folder", msg("Folder"), Show.CODE),),
    actions=(
        Action(
            "add",
            msg("Add a subdomain"),
            msg("The subdomain {key} was added."),
            Right.CHANGE_DOMAINS,
            "domain/addsubdomain",
            fields=(
                Field(
                    "name",
                    msg("Name"),
                    required=True,
                    most=63,
                    pattern=r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)",
                    placeholder="shop",
                    help=msg("The left part alone; the domain follows by itself."),
                ),
                folder(),
            ),
        ),
        Action(
            "edit",
            msg("Change the folder"),
            msg("The folder of {key} was changed."),
            Right.CHANGE_DOMAINS,
            "domain/changesubdomainpath",
            fields=(folder(),),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The subdomain {key} was removed."),
            Right.REMOVE_DOMAINS,
            "domain/removesubdomain",
            risk=True,
            many=True,
            warning=_FILES_STAY,
            lost=(msg("Mailboxes, redirects and the mail route of the subdomain."),),
        ),
    ),
)

REDIRECTS = ResourceKind(
    name="redirects",
    label=msg("Redirects"),
    one=msg("Redirect"),
    area=Area.HOSTING,
    parent=DOMAIN,
    right=Right.VIEW_DOMAINS,
    icon="arrow-right-circle",
    calls=("domain/listredirects",),
    columns=(
        Column("path", msg("Path"), Show.CODE),
        Column("destination", msg("Leads to"), Show.CODE),
        Column("type", msg("Status")),
    ),
    actions=(
        Action(
            "add",
            msg("Add a redirect"),
            msg("The redirect {key} was added."),
            Right.CHANGE_DOMAINS,
            "domain/createredirect",
            fields=(
                Field(
                    "path",
                    msg("Path"),
                    most=500,
                    pattern=PATH_PATTERN,
                    placeholder="/old-shop",
                    help=msg("Empty: the whole domain."),
                ),
                Field(
                    "destination",
                    msg("Leads to"),
                    required=True,
                    most=2000,
                    pattern=r"https?://\S+",
                    placeholder="https://example.org/",
                ),
                Field(
                    "type",
                    msg("Status"),
                    FieldKind.CHOICE,
                    required=True,
                    default="301",
                    choices=(("301", msg("301: for good")), ("302", msg("302: for now"))),
                ),
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The redirect {key} was removed."),
            Right.CHANGE_DOMAINS,
            "domain/removeredirect",
            risk=True,
            many=True,
        ),
    ),
)

_RECORD = (
    Field(
        "name",
        msg("Name"),
        required=True,
        most=255,
        placeholder="www",
        help=msg("A name below the domain, or @ for the domain itself."),
    ),
    Field(
        "type",
        msg("Type"),
        FieldKind.CHOICE,
        required=True,
        choices=tuple((kind, msg(kind)) for kind in RECORD_TYPES),
    ),
    Field(
        "value",
        msg("Value"),
        required=True,
        most=4096,
        help=msg("Names of hosts (CNAME, MX, NS) get their final dot by themselves."),
    ),
    Field(
        "ttl", msg("Kept for"), FieldKind.NUMBER, least=0, most=604_800, default=86_400, unit=msg("seconds")
    ),
    Field(
        "priority",
        msg("Priority"),
        FieldKind.NUMBER,
        least=0,
        most=65_535,
        default=0,
        help=msg("For MX and SRV."),
    ),
)

DNS_RECORDS = ResourceKind(
    name="dns_records",
    label=msg("DNS records"),
    one=msg("DNS record"),
    area=Area.HOSTING,
    parent=DOMAIN,
    right=Right.VIEW_DOMAINS,
    icon="list-details",
    calls=("domain/listdnszone",),
    columns=(
        Column("name", msg("Name"), Show.CODE),
        Column("type", msg("Type")),
        Column("priority", msg("Priority"), Show.NUMBER),
        Column("value", msg("Value"), Show.CODE),
        Column("ttl", msg("Kept for (seconds)"), Show.NUMBER),
    ),
    actions=(
        Action(
            "add",
            msg("Add a record"),
            msg("The record {key} was added."),
            Right.CHANGE_DOMAINS,
            "domain/adddnsrecord",
            fields=_RECORD,
        ),
        Action(
            "edit",
            msg("Change the record"),
            msg("The record {key} was changed."),
            Right.CHANGE_DOMAINS,
            "domain/editdnszone",
            fields=_RECORD,
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The record {key} was removed."),
            Right.CHANGE_DOMAINS,
            "domain/editdnszone",
            risk=True,
            many=True,
        ),
    ),
)
