"""A client made from the description of the API alone works against the imitated panel.

It knows `contract.json` and nothing of our code: path, place and kind of every argument, and what the answer is said to hold.
Each call is sent over plain HTTP with an example of its arguments and has to come back as described.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import app.providers.hornetsecurity
from app.sandbox.server import Sandbox

Json = Any
DESCRIPTION: list[dict[str, Any]] = json.loads(
    Path(app.providers.hornetsecurity.__file__).with_name("contract.json").read_text("utf-8")
)["calls"]
NOW = datetime.now(UTC).replace(microsecond=0)
CUSTOMER, SECOND, M365, PARTNER = 2_222_222, 2_222_223, 2_222_225, 1_111_111
FIRST = "kontor-hansen.example"
ALIAS_DOMAIN = 433
USER, OUTSIDER, FORWARDER, ORPHAN = 6_213_002, 6_213_007, 6_213_009, 6_213_027
PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- examples of arguments ---------------------------------------------------------------------------------------------

COMMON: dict[str, Json] = {
    "object_id": CUSTOMER,
    "domain_id": 432,
    "mailbox_id": USER,
    "env_id": 98,
    "group_id": 433,
    "id": 21_001,
    "type": 1,
    "date_from": stamp(NOW - timedelta(days=7)),
    "date_to": stamp(NOW),
    "export_type": "download",
    "es_mail_id": "$mail",
    "es_identifier": "$mail",
    "token": "$made.token",
    "*": [{"es_mail_id": "$mail"}],
}
"""What an argument of this name is wherever nothing else is said; "$" names what is looked up or was made before."""

ENTRY = {"type": 2, "value": "bulk@sender.example"}
RULE = {"direction": 1, "action": 1, "criterion": 1, "subject_contains": "lottery"}
SIDE = {
    "email_size": 20,
    "forbidden_attachment_handling": 0,
    **dict.fromkeys(("allow_encrypted_attachments", "allow_executables", "allow_excel"), False),
    **dict.fromkeys(("allow_powerpoint", "allow_word", "inherit_forbidden_extensions"), True),
    "forbidden_attachment_extensions": ["scr"],
    "forbidden_attachment_extensions_archives": [],
}
BRANDING = {"object_id": CUSTOMER, "primary_color": "#225533", "theme": "dark", "logo": PNG}
REPORT = {"object_id": SECOND, "times": [8], "days": [0, 4]}
RECEIVERS = ("POST /emails/statistics/receiver/", {"receivers": [f"info@{FIRST}"]})
LINK = ("POST /emails/preview/link/", {"es_identifier": "$archived"})
ASSIGNMENT = (
    "POST /service_dashboard/role_assignments/",
    {"object_id": "$user", "target_id": CUSTOMER, "role_id": 5},
)

EXAMPLES: dict[str, dict[str, Json]] = {
    "POST /auth/login/": {"username": "it@nordwind.example", "password": "hornet-demo-2026"},
    "POST /auth/access_token/": {"name": "A client"},
    "DELETE /auth/access_token/{token_id}/": {"token_id": "$made.id"},
    "GET /auth/check/permission/": {"permission": "read"},
    "POST /password_reset/": {"email": f"info@{FIRST}"},
    "GET /object/": {"name": FIRST},
    "POST /hierarchy/_search/": {"search_string": FIRST, "filter": ["customer"]},
    "POST /hierarchy/_filter/": {"search_text": "kontor", "type": "customer"},
    "PUT /domains/": {"domains": ["one-more.example"]},
    "GET /domains/{domain_id}/deletion_info/": {"domain_id": ALIAS_DOMAIN},
    "DELETE /domains/{domain_id}/": {"domain_id": ALIAS_DOMAIN},
    "POST /domains/{domain_id}/": {"verified": True},
    "POST /filtering/environment/{domain_id}/": {
        "enabled": True,
        "dest_type": 1,
        "destination_server": "mx.one.example",
    },
    "POST /email_authentication/dmarc/": {"status": 1},
    "POST /email_authentication/dkim/validation/": {"status": 1},
    "POST /email_authentication/dkim/signature/": {"status": 1},
    "POST /user/settings/": {"object_id": "$user", "language": "fr"},
    "DELETE /user/settings/": {"object_id": "$user"},
    "PUT /environments/": {"name": "Warehouse", "routing_type": 1, "ip_hostname": "mx.warehouse.example"},
    "POST /environments/{env_id}/": {"name": "Warehouse"},
    "GET /filtering/filtering_action_mode/": {"object_id": M365},
    "POST /filtering/filtering_action_mode/": {"object_id": M365, "filtering_action_mode": "monitoring"},
    "GET /filtering/info_mail/": {"object_id": CUSTOMER},
    "POST /filtering/info_mail/": {"object_id": CUSTOMER, "infomail_enabled": True},
    "PUT /content_control/": {"object_id": SECOND, "incoming": SIDE, "outgoing": SIDE},
    "POST /content_control/": {"use_same_settings": True},
    "PUT /compliance_filter/": RULE,
    "POST /compliance_filter/{id}/": {"active": False},
    "GET /permissions/email_actions/": {"object_id": SECOND},
    "PUT /permissions/email_actions/": {"user_actions": [{"type": "spam", "send": True}]},
    "POST /permissions/email_actions/": {
        "object_id": SECOND,
        "user_actions": [{"type": "spam", "send": False}],
    },
    "DELETE /permissions/email_actions/": {"object_id": SECOND},
    "POST /email_authentication/spf/": {"status": 1, "fail": 0, "softfail": 2, "analysis": 0},
    "PUT /mailboxes/": {"email_address": f"new@{FIRST}", "password": "Ein-langes-Wort-9"},
    "DELETE /mailboxes/": {"mailbox_ids": [USER]},
    "POST /mailboxes/rename/": {"mailbox_id": USER, "new_name": f"renamed@{FIRST}"},
    "POST /mailboxes/password/": {"mailbox_id": USER, "password": "Ein-langes-Wort-9"},
    "PUT /mailboxes/foreign/": {"email_address": "guest@elsewhere.example"},
    "GET /mailboxes/personal_data/": {"mailbox_id": USER},
    "POST /mailboxes/personal_data/": {"mailbox_id": USER, "forename": "Ida"},
    "GET /mailboxes/groups/": {"mailbox_id": USER},
    "PUT /mailboxes/deputy/": {"deputies": [f"ines.yildiz@{FIRST}"], "deputy_state": True},
    "DELETE /mailboxes/deputy/": {"deputies": [f"ines.yildiz@{FIRST}"]},
    "GET /mailboxes/reassignment/{mailbox_id}/": {"mailbox_id": ORPHAN, "object_id": M365},
    "PUT /mailboxes/reassignment/{mailbox_id}/": {
        "mailbox_id": ORPHAN,
        "object_id": M365,
        "assignee_id": "$assignee",
        "data_protection_confirmation": True,
    },
    "DELETE /mailboxes/reassignment/{mailbox_id}/": {
        "mailbox_id": ORPHAN,
        "object_id": M365,
        "assignee_id": "$assignee",
    },
    "PUT /mailboxes/alias/": {"alias": f"contact@{FIRST}"},
    "DELETE /mailboxes/alias/": {"alias": f"contact@{FIRST}"},
    "PUT /mailboxes/forward/": {"email": f"all@{FIRST}", "addresses": ["a@elsewhere.example"]},
    "GET /mailboxes/forward/{mailbox_id}/": {"mailbox_id": FORWARDER},
    "POST /mailboxes/forward/{mailbox_id}/": {"mailbox_id": FORWARDER, "addresses": ["b@elsewhere.example"]},
    "DELETE /mailboxes/forward/": {"mailbox_id": FORWARDER},
    "POST /mailboxes/forward/_export": {"mailbox_id": FORWARDER},
    "PUT /groups/": {"name": "Yard", "members": [f"info@{FIRST}"]},
    "POST /groups/{group_id}/": {"name": "Board", "members": [f"info@{FIRST}"]},
    "PUT /groups/members/{group_id}/": {"mailbox_id": OUTSIDER},
    "DELETE /groups/members/{group_id}/": {"mailbox_id": OUTSIDER},
    "POST /emails/preview/link/": {"es_identifier": "$archived"},
    "GET /emails/preview/action/": {"action": "deliver"},
    "POST /emails/mark/private/": {"*": [{"es_mail_id": "$mail", "private": True}]},
    "POST /emails/delete/": {"object_id": M365, "*": [{"es_mail_id": "$delivered_at_m365"}]},
    "POST /emails/atp/scan/": {"es_mail_id": "$attached"},
    "POST /emails/atp/status/": {"es_mail_id": "$attached"},
    "POST /emails/black_white_list/": {"*": [ENTRY]},
    "DELETE /emails/black_white_list/{bwl_id}/": {"bwl_id": "$made.id", "type": 2},
    "POST /emails/black_white_list/import/": {"type": 2, "data": ["one.example", "two.example"]},
    "POST /emails/statistics/frequency/": {"frequency": "weekly"},
    "POST /emails/statistics/receiver/": RECEIVERS[1],
    "GET /whitelabeling/": {"object_id": PARTNER},
    "POST /whitelabeling/": BRANDING,
    "POST /whitelabeling/{whitelabeling_id}/": {**BRANDING, "whitelabeling_id": 542},
    "DELETE /whitelabeling/{whitelabeling_id}/": {"whitelabeling_id": 542},
    "GET /whitelabeling/check_domain/": {"domain": "cp.nordwind.example"},
    "GET /whitelabeling/pwa/app_icon/{size}/": {"size": 192},
    "GET /whitelabeling/pwa/splash_screen/{size}/": {"size": "640x1136"},
    "GET /support/": {"object_id": PARTNER},
    "PUT /support/": {"telephone": "+49 40 1", "email": "help@elsewhere.example"},
    "POST /support/": {"object_id": PARTNER, "telephone": "+49 40 1", "email": "help@elsewhere.example"},
    "DELETE /support/": {"object_id": PARTNER},
    "POST /atp/subscriptions/": {"enabled": True},
    "GET /quarantinereport/": {"object_id": CUSTOMER},
    "PUT /quarantinereport/": REPORT,
    "POST /quarantinereport/": REPORT,
    "DELETE /quarantinereport/": {"object_id": SECOND},
    "GET /quarantinereport/last_report/": {"object_id": CUSTOMER},
    "POST /service_dashboard/_search/": {"object_id": PARTNER},
    "POST /service_dashboard/customers/": {
        "object_id": PARTNER,
        "name": "customer-new.example",
        "parent": PARTNER,
        "external_reference": "K-17",
    },
    "PATCH /service_dashboard/customers/": {"external_reference": "K-18"},
    "DELETE /service_dashboard/customers/{target_id}/": {"target_id": SECOND},
    "POST /service_dashboard/role_assignments/": ASSIGNMENT[1],
    "POST /service_dashboard/role_assignments/{role_assignment_id}/": {
        **ASSIGNMENT[1],
        "role_assignment_id": "$made.id",
        "role_id": 2,
    },
    "DELETE /service_dashboard/role_assignments/{role_assignment_id}/": {
        "object_id": "$user",
        "role_assignment_id": "$made.id",
    },
    "POST /service_dashboard/contacts/": {"user_id": 3_000_053, "type": "helpdesk"},
    "POST /service_dashboard/contacts/{contact_id}/": {"contact_id": 1, "type": "helpdesk"},
    "DELETE /service_dashboard/contacts/{contact_id}/": {"contact_id": 1},
    "GET /service_dashboard/contacts/": {"object_id": CUSTOMER},
    "POST /restrictions/ip/": {"ip": "192.0.2.0/24"},
    "DELETE /restrictions/ip/{ip_restriction_id}/": {"ip_restriction_id": "$made.id"},
    "POST /restrictions/password/": {"min_length": 12},
    "POST /mfa/": {"enabled": True},
}
"""Arguments of a call beside those of COMMON that it requires."""

BEFORE: dict[str, list[tuple[str, dict[str, Json]]]] = {
    "DELETE /user/settings/": [("POST /user/settings/", {"object_id": "$user", "language": "fr"})],
    "POST /service_dashboard/role_assignments/{role_assignment_id}/": [ASSIGNMENT],
    "DELETE /service_dashboard/role_assignments/{role_assignment_id}/": [ASSIGNMENT],
    "DELETE /auth/access_token/{token_id}/": [("POST /auth/access_token/", {"name": "A client"})],
    "DELETE /mailboxes/deputy/": [("PUT /mailboxes/deputy/", EXAMPLES["PUT /mailboxes/deputy/"])],
    "DELETE /mailboxes/reassignment/{mailbox_id}/": [
        (
            "PUT /mailboxes/reassignment/{mailbox_id}/",
            EXAMPLES["PUT /mailboxes/reassignment/{mailbox_id}/"],
        )
    ],
    "DELETE /mailboxes/alias/": [("PUT /mailboxes/alias/", EXAMPLES["PUT /mailboxes/alias/"])],
    "DELETE /groups/members/{group_id}/": [
        ("PUT /groups/members/{group_id}/", EXAMPLES["PUT /groups/members/{group_id}/"])
    ],
    "GET /emails/preview/show/": [LINK],
    "GET /emails/preview/action/": [LINK],
    "POST /emails/atp/status/": [("POST /emails/atp/scan/", {"es_mail_id": "$attached"})],
    "DELETE /emails/black_white_list/{bwl_id}/": [
        ("POST /emails/black_white_list/", {"object_id": CUSTOMER, "*": [ENTRY]})
    ],
    "GET /emails/statistics/frequency/": [RECEIVERS],
    "POST /emails/statistics/frequency/": [RECEIVERS],
    "GET /emails/statistics/receiver/": [RECEIVERS],
    "DELETE /emails/statistics/receiver/": [RECEIVERS],
    "POST /quarantinereport/": [("PUT /quarantinereport/", REPORT)],
    "DELETE /quarantinereport/": [("PUT /quarantinereport/", REPORT)],
    "DELETE /restrictions/ip/{ip_restriction_id}/": [("POST /restrictions/ip/", {"ip": "192.0.2.0/24"})],
}
"""Calls that make what a call is about."""


# --- the client ----------------------------------------------------------------------------------------------------------


class Client:
    """Sends the described calls. What "$…" names is looked up by described calls, too."""

    def __init__(self, sandbox: Sandbox) -> None:
        demo = sandbox.upstreams["hornetsecurity"].credentials()
        self._url = sandbox.http("hornetsecurity")
        self._headers = {"Authorization": f"Token {demo['api_token']}", "APP-ID": demo["app_id"]}
        self._made: Json = None

    def send(self, name: str, given: Mapping[str, Json] | None = None) -> requests.Response:
        call = CALLS[name]
        path, query, body, whole = call["path"], {}, {}, None
        for argument in call.get("arguments", []):
            value = self._value(argument, EXAMPLES.get(name, {}) if given is None else given)
            if value is None:
                continue
            where = argument.get("where", "query")
            if where == "path":
                path = path.replace(f"{{{argument['name']}}}", str(value))
            elif argument["name"] == "*":
                whole = value
            else:
                (query if where == "query" else body)[argument["name"]] = value
        has_body = any(argument.get("where") == "body" for argument in call.get("arguments", []))
        sent = whole if whole is not None else body
        return requests.request(
            call["method"],
            f"{self._url}{path}",
            params=query,
            json=sent if has_body else None,
            headers=self._headers,
            timeout=20,
        )

    def prepare(self, name: str) -> None:
        """Sends what has to be there before the call, and keeps what the last of it made."""
        for before, given in BEFORE.get(name, ()):
            answer = self.send(before, given)
            assert answer.status_code < 300, (before, answer.text[:200])
            self._made = answer.json() if answer.content else None

    def _value(self, argument: Mapping[str, Json], given: Mapping[str, Json]) -> Json:
        name = argument["name"]
        if name not in given and not argument.get("required"):
            return None
        return self._resolved(given.get(name, COMMON.get(name)))

    def _resolved(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$made."):
            made = self._made[0] if isinstance(self._made, list) else self._made
            return made[value.removeprefix("$made.")]
        if value in USERS:
            return self.send("GET /object/", {"name": USERS[value]}).json()["object_id"]
        return self._mail(**MAILS[value])

    def _mail(self, object_id: int = CUSTOMER, **filters: Json) -> str:
        days = {name: stamp(NOW - timedelta(days=ago)) for name, ago in (("date_from", 40), ("date_to", 0))}
        found = self.send("POST /emails/_search/", {"object_id": object_id, "limit": 1, **days, **filters})
        return str(found.json()["emails"][0]["es_mail_id"])


USERS = {"$user": f"info@{FIRST}", "$assignee": "info@lighthouse-legal.example"}
CALLS = {call["name"]: call for call in DESCRIPTION}
MAILS: dict[str, dict[str, Json]] = {
    "$mail": {"classification": [1], "direction": [1]},
    "$archived": {"is_archived": True, "direction": [1]},
    "$attached": {"attachments": ".", "classification": [1, 5, 8, 12], "direction": [1]},
    "$delivered_at_m365": {"object_id": M365, "classification": [2], "direction": [1], "status": [1]},
}

# --- what the description says of an answer ------------------------------------------------------------------------------

SOMETIMES = {
    "move_from_list",
    "statistics",
    "error",
    "children",
    "private",
    "premium",
    "num_of_users",
    "whitelist",
    "region",
}
"""Keys that the reference calls optional."""


def check(name: str, answer: requests.Response) -> None:
    """Raises AssertionError where the answer is not what is described."""
    said = CALLS[name]["answer"]
    assert answer.status_code < 300, answer.text[:300]
    for status in re.findall(r"the status is (\d+)", said)[:1]:
        assert answer.status_code == int(status)
    first = re.split(r"; |, also seen|, or |, one for each|, always", said)[0].strip()
    kind = answer.headers.get("Content-Type", "")
    files = {"CSV": "text/csv", "image": "image/", "HTML page": "text/html", "CSS": "text/css"}
    if first in files:
        assert answer.status_code == 204 or kind.startswith(files[first]), kind
    elif first.startswith("empty"):
        assert not answer.content, answer.text[:200]
    elif answer.status_code == 204:
        assert "empty with 204" in said and not answer.content
    else:
        assert kind.startswith("application/json"), kind
        fits(described(name, first), answer.json())


def described(name: str, text: str) -> Json:
    """The shape in words as lists and dictionaries: "list of {a, b: list of {c}}" → [{"a": …, "b": [{"c": …}]}].

    "the group" is what the read of the same thing shows; what is only named ("the mail") has no shape.
    """
    if text.startswith("list of "):
        return [described(name, text.removeprefix("list of "))]
    if text.startswith("{"):
        return {
            key: described(name, inner.strip()) if inner else None
            for key, _, inner in (part.partition(":") for part in parts(text[1:-1]))
        }
    read = f"GET {name.split(' ', 1)[1]}"
    shown = CALLS[read]["answer"] if text.startswith("the ") and read in CALLS and read != name else ""
    if shown.startswith("{") and "num_found_items" not in shown:
        return described(read, re.split(r"; |, also seen|, or ", CALLS[read]["answer"])[0])
    return None


def parts(text: str) -> Iterator[str]:
    """Keys that stand between commas, not those inside braces."""
    depth, start = 0, 0
    for end, sign in enumerate(f"{text},"):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            key = text[start:end].strip()
            if key and key != "…":
                yield key
            start = end + 1


def fits(shape: Json, value: Json) -> None:
    """Raises AssertionError where a value lacks what its shape has."""
    if isinstance(shape, list):
        assert isinstance(value, list), f"no list: {value!r:.200}"
        for item in value:
            fits(shape[0], item)
    elif isinstance(shape, dict):
        assert isinstance(value, dict), f"no object: {value!r:.200}"
        missing = shape.keys() - value.keys() - SOMETIMES
        assert not missing, f"without {sorted(missing)}: {sorted(value)}"
        for key, inner in shape.items():
            if key in value and value[key] is not None:
                fits(inner, value[key])


# --- every call ------------------------------------------------------------------------------------------------------------

REFUSED = {"POST /auth/nologin/": (400, 2001)}
"""Calls that only somebody else's secret opens."""


@pytest.mark.parametrize("name", [name for name in CALLS if name not in REFUSED])
def test_a_client_of_the_description_gets_what_is_described(name: str, sandbox: Sandbox) -> None:
    client = Client(sandbox)
    client.prepare(name)
    check(name, client.send(name))


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_somebody_else_s_secret_is_refused_as_described(name: str, sandbox: Sandbox) -> None:
    answer = Client(sandbox).send(name, {"token": "unknown"})
    assert (answer.status_code, answer.json()["error_id"]) == REFUSED[name]


def test_the_shapes_in_words_are_read() -> None:
    """So that the test above cannot pass by understanding nothing."""
    shape = described("GET /x/", "{rows: list of {id, name, …}, total}")
    assert shape == {"rows": [{"id": None, "name": None}], "total": None}
    fits(shape, {"rows": [{"id": 1, "name": "a", "more": 2}], "total": 1})
    for wrong in ({"rows": [{"id": 1}], "total": 1}, {"rows": {}, "total": 1}, {"total": 1}, []):
        with pytest.raises(AssertionError):
            fits(shape, wrong)
    with_shape = [name for name in CALLS if described(name, CALLS[name]["answer"].split(";")[0])]
    assert len(with_shape) > 90
