"""All 93 operations of the OpenAPI document are there and answer as it says."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from app.sandbox.cleanmail import routes
from tests.sandbox.cleanmail import documented
from tests.sandbox.cleanmail.conftest import Api

OPERATIONS = documented.operations()


def test_the_router_has_exactly_the_documented_operations() -> None:
    def plain(path: str) -> str:
        return re.sub(r"[<{](\w+)[>}]", r"{\1}", path)

    known = {operation.name: (operation.method, plain(operation.path)) for operation in routes.OPERATIONS}
    wanted = {name: (method, path) for name, (method, path, _) in OPERATIONS.items()}
    assert len(wanted) == 93
    assert known == wanted


def test_the_router_takes_the_documented_query_parameters() -> None:
    """``name`` on the users' lists is in an example alone: it is ignored, with a warning (Cleanmail notes, 8)."""
    for operation in routes.OPERATIONS:
        parameters = OPERATIONS[operation.name][2].get("parameters", [])
        wanted = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
        if operation.name in ("listUsers", "listDomainUsers"):
            wanted.remove("name")
        assert set(operation.query) == wanted, operation.name


@dataclass
class Ask:
    """One request: path, body, status expected, and what else it takes."""

    path: str
    status: int
    body: Any = None
    more: dict[str, Any] = field(default_factory=dict)


def _d(api: Api) -> str:
    return f"/domains/{api.domain()['id']}"


def _u(api: Api) -> str:
    return f"/users/{api.user()['id']}"


def _admin(api: Api, login: str) -> str:
    return next(row["id"] for row in api.get("/security/admins") if row["login"] == login)


def _first(api: Api, path: str) -> str:
    return str(api.get(path)[0]["id"])


def _spare_policy(api: Api) -> str:
    policy = next(row for row in api.get(f"{_d(api)}/policies") if row["name"] == "Sales")
    return f"/policies/{policy['id']}"


def _group(api: Api) -> str:
    return f"{_d(api)}/groups/{_first(api, f'{_d(api)}/groups')}"


def _platform(api: Api) -> str:
    return f"/platforms/{api.domain()['platforms'][0]['id']}/health"


def _mail(api: Api, folder: str) -> str:
    """The path of the first message of a folder, by the id of the mailbox."""
    path = f"{_u(api)}/emails/{quote(folder, safe='')}"
    return f"{path}/{api.get(path)[0]['id']}"


def _upload(api: Api) -> str:
    made = api.post("/emails/attachments", status=200, files={"file": ("note.txt", b"hello", "text/plain")})
    return f"/emails/attachments/{made['uid']}/note.txt"


def _filter(api: Api, kind: str) -> str:
    path = f"/domains/{api.domain('atelier-lumiere.example')['id']}/filters/{kind}"
    return f"/filters/{kind}/{_first(api, path)}"


_NEW_DOMAIN = {
    "name": "new.example",
    "status": "ENABLED",
    "defaultLanguage": "EN",
    "quarantine": True,
    "retention": False,
    "archive": False,
}
_RULE = {"value": "one@new.example.com", "type": "BLOCK"}
_NEW_ADMIN = {
    "login": "new",
    "displayName": "New",
    "email": "new@cleanmail.example",
    "password": "demo-password",
    "enabled": True,
    "language": "EN",
    "permissions": ["READ"],
}
_RELAY = {"transportDest": "mail.nordwind.example", "transportPort": 25, "authType": "local"}

ASK: dict[str, Callable[[Api], Ask]] = {
    "deleteAdminAccount": lambda api: Ask(f"/security/admins/{_admin(api, 'audit')}", 200),
    "listAdmins": lambda api: Ask("/security/admins", 200),
    "getAdmin": lambda api: Ask(f"/security/admins/{_admin(api, 'audit')}", 200),
    "listPermissions": lambda api: Ask(f"/security/permissions?scope=DOMAIN&id={api.domain()['id']}", 200),
    "updateAdmin": lambda api: Ask(f"/security/admins/{_admin(api, 'moreau')}", 200, {"totp": False}),
    "createToken": lambda api: Ask(f"/admins/{_admin(api, 'audit')}/tokens", 201, {"name": "new"}),
    "listOfUserTokens": lambda api: Ask(f"/admins/{_admin(api, 'helpdesk@nordwind.example')}/tokens", 200),
    "deleteToken": lambda api: (lambda admin: Ask(f"{admin}/{_first(api, admin)}", 204))(
        f"/admins/{_admin(api, 'helpdesk@nordwind.example')}/tokens"
    ),
    "addDomainAlias": lambda api: Ask(f"{_d(api)}/aliases", 201, ["new.example"]),
    "deleteDomainAlias": lambda api: Ask(f"{_d(api)}/aliases/{_first(api, f'{_d(api)}/aliases')}", 204),
    "listDomainAliases": lambda api: Ask(f"{_d(api)}/aliases", 200),
    "editDomainAliases": lambda api: Ask(f"{_d(api)}/aliases", 204, ["new.example"]),
    "newPolicy": lambda api: Ask(
        f"{_d(api)}/policies", 201, {"name": "n", "quarantine": True, "retention": True, "incoming": True}
    ),
    "deletePolicy": lambda api: Ask(_spare_policy(api), 204),
    "singleDomainPolicy": lambda api: Ask(_spare_policy(api), 200),
    "listDomainPolicies": lambda api: Ask(f"{_d(api)}/policies", 200),
    "editPolicy": lambda api: Ask(_spare_policy(api), 204, {"spamScore": 6}),
    "createDomain": lambda api: Ask("/domains", 201, _NEW_DOMAIN),
    "affectUsersAccess": lambda api: Ask(f"{_d(api)}/access", 200, ["OWN_RULES"]),
    "createAdminAccess": lambda api: Ask(f"{_d(api)}/admins", 200, _NEW_ADMIN),
    "deleteDomainOption": lambda api: Ask(f"{_d(api)}/options/DOMAIN_ADMIN", 204),
    "revokeAdminAccess": lambda api: Ask(f"{_d(api)}/admins/{_admin(api, 'moreau')}", 200),
    "deleteDomain": lambda api: Ask(_d(api), 204),
    "getDomainAdmin": lambda api: Ask(f"{_d(api)}/admins/{_admin(api, 'moreau')}", 200),
    "singleDomain": lambda api: Ask(_d(api), 200),
    "listDomainAdmins": lambda api: Ask(f"{_d(api)}/admins", 200),
    "listDomainOptions": lambda api: Ask(f"{_d(api)}/options", 200),
    "listDomains": lambda api: Ask("/domains", 200),
    "listUsersAccess": lambda api: Ask(f"{_d(api)}/access", 200),
    "defineAdminAccess": lambda api: Ask(
        f"{_d(api)}/admins/{_admin(api, 'moreau')}/authorities", 200, ["READ"]
    ),
    "setDomainOption": lambda api: Ask(f"{_d(api)}/options", 201, {"name": "GREETING", "value": "Moin"}),
    "editDomain": lambda api: Ask(_d(api), 204, {"description": "headquarters"}),
    "addDkim": lambda api: Ask(f"/domains/{api.domain('lofotenfisk.example')['id']}/dkim", 201),
    "deleteDomainDkim": lambda api: Ask(f"{_d(api)}/dkim", 204),
    "getDkim": lambda api: Ask(f"{_d(api)}/dkim", 200),
    "updateDomainDkim": lambda api: Ask(f"{_d(api)}/dkim", 200, {"selector": "s2026"}),
    "deleteAttachment": lambda api: Ask(_upload(api), 200),
    "getAllEmailAttachments": lambda api: Ask(f"{_mail(api, 'BadAttachments')}/attachments", 200),
    "downloadEmailAttachmentPart": lambda api: Ask(f"{_mail(api, 'BadAttachments')}/attachments/2", 200),
    "downloadAttachment": lambda api: Ask(_upload(api), 200),
    "getEmail": lambda api: Ask(_mail(api, "Spam"), 200),
    "getFolders": lambda api: Ask(f"{_u(api)}/emails/folders", 200),
    "getSubfolders": lambda api: Ask(f"{_u(api)}/emails/folders/Archives", 200),
    "getFolderContent": lambda api: Ask(f"{_u(api)}/emails/Spam", 200),
    "releaseEmail": lambda api: Ask(f"{_mail(api, 'Spam')}/release", 204),
    "sendEmail": lambda api: Ask(
        f"{_u(api)}/emails/send", 200, {"to": ["a@b.example"], "subject": "s", "body": "b"}
    ),
    "uploadAttachment": lambda api: Ask(
        "/emails/attachments", 200, more={"files": {"file": ("a.txt", b"a")}}
    ),
    "addAttachmentFilterToDomain": lambda api: Ask(
        f"{_d(api)}/filters/attachments", 201, {"action": "DENY", "checkType": "FILENAME", "filter": "x$"}
    ),
    "deleteAttachmentFilter": lambda api: Ask(_filter(api, "attachments"), 204),
    "getDomainAttachmentFilters": lambda api: Ask(f"{_d(api)}/filters/attachments", 200),
    "editAttachmentFilter": lambda api: Ask(_filter(api, "attachments"), 204, {"description": "new"}),
    "addEntries": lambda api: Ask("/wblist", 201, [{**_RULE, "owner": "nordwind.example"}]),
    "addDomainRule": lambda api: Ask(f"{_d(api)}/wblist", 201, [_RULE]),
    "addMailboxRule": lambda api: Ask(f"{_u(api)}/wblist", 201, [_RULE]),
    "deleteDomainRule": lambda api: Ask(f"{_d(api)}/wblist/{_first(api, f'{_d(api)}/wblist')}", 204),
    "deleteMailboxRule": lambda api: Ask(f"{_u(api)}/wblist/{_first(api, f'{_u(api)}/wblist')}", 204),
    "getDomainFilterRules": lambda api: Ask(f"{_d(api)}/wblist", 200),
    "getUserFilterRules": lambda api: Ask(f"{_u(api)}/wblist", 200),
    "updateDomainRule": lambda api: Ask(f"{_d(api)}/wblist/{_first(api, f'{_d(api)}/wblist')}", 200, _RULE),
    "updateMailboxRule": lambda api: Ask(f"{_u(api)}/wblist/{_first(api, f'{_u(api)}/wblist')}", 200, _RULE),
    "setDomainRules": lambda api: Ask(f"{_d(api)}/wblist", 200, [_RULE]),
    "setMailboxRules": lambda api: Ask(f"{_u(api)}/wblist", 200, [_RULE]),
    "addUriBlFilterToDomain": lambda api: Ask(
        f"{_d(api)}/filters/uris", 201, {"action": "BLACKLIST_URI_HOST", "filter": "bad.example"}
    ),
    "deleteUriBlFilter": lambda api: Ask(_filter(api, "uris"), 204),
    "getDomainUriBlFilters": lambda api: Ask(f"{_d(api)}/filters/uris", 200),
    "editUriBlFilter": lambda api: Ask(_filter(api, "uris"), 204, {"description": "new"}),
    "runDomainDiagnostic": lambda api: Ask(f"{_d(api)}/health", 201),
    "runDiagnosticOnExistingRelay": lambda api: Ask(_platform(api), 201),
    "getDomainHealth": lambda api: Ask(f"{_d(api)}/health", 200),
    "getHealthErrors": lambda api: Ask("/health", 200),
    "getDiagnosticOfExistingRelay": lambda api: Ask(_platform(api), 200),
    "tryRelayConfiguration": lambda api: Ask("/health/try-relay", 200, _RELAY),
    "executeTask": lambda api: Ask(
        "/tasks",
        202,
        {"command": "send_token_mail", "params": {"recipient": api.user()["email"], "validity": 24}},
    ),
    "temporaryAuthTokens": lambda api: Ask(f"/token?username={api.user()['email']}&validity=2", 202),
    "newUser": lambda api: Ask(
        "/users", 201, {"email": "new@nordwind.example", "status": "ENABLED", "domainId": api.domain()["id"]}
    ),
    "deleteUserOption": lambda api: Ask(f"{_u(api)}/options/GREETING", 204),
    "deleteUser": lambda api: Ask(_u(api), 204),
    "singleUser": lambda api: Ask(_u(api), 200),
    "listDomainUsers": lambda api: Ask(f"{_d(api)}/users", 200),
    "listUserOptions": lambda api: Ask(f"{_u(api)}/options", 200),
    "listUsers": lambda api: Ask("/users", 200),
    "setUserOption": lambda api: Ask(f"{_u(api)}/options", 201, {"name": "GREETING", "value": "Moin"}),
    "editUser": lambda api: Ask(_u(api), 204, {"lastname": "New"}),
    "addAddressesToEmailAlias": lambda api: Ask(f"{_group(api)}/addresses", 201, ["someone@new.example.com"]),
    "newEmailAlias": lambda api: Ask(f"{_d(api)}/groups", 201, {"email": "new@nordwind.example"}),
    "deleteEmailAlias": lambda api: Ask(f"/groups/{_first(api, f'{_d(api)}/groups')}", 204),
    "deleteEmailAliasRecipient": lambda api: Ask(
        f"{_group(api)}/addresses/{api.get(_group(api))['recipients'][0]['id']}", 204
    ),
    "listTargetedAddressesOfAlias": lambda api: Ask(_group(api), 200),
    "listEmailAliasesOfDomain": lambda api: Ask(f"{_d(api)}/groups", 200),
    "editEmailAlias": lambda api: Ask(_group(api), 204, {"recipients": []}),
    "deleteSign": lambda api: Ask(f"{_u(api)}/sign", 204),
    "getSign": lambda api: Ask(f"{_u(api)}/sign", 200),
    "setSign": lambda api: Ask(f"{_u(api)}/sign", 200, {"sign": base64.b64encode(b"<b>Me</b>").decode()}),
}


def without_nulls(value: Any) -> Any:
    """An answer without its null values: null and missing are the same (Cleanmail notes, 6)."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_answers_as_the_document_says(api: Api, name: str) -> None:
    ask = ASK[name](api)
    more = dict(ask.more) if ask.body is None else {"json": ask.body}
    api.sandbox.calls["cleanmail"].clear()
    answer = api.send(OPERATIONS[name][0], ask.path, **more)
    assert answer.status_code == ask.status, answer.text
    assert api.sandbox.calls["cleanmail"].names() == [name]
    schema = documented.answer_schema(name, answer.status_code)
    if answer.headers.get("Content-Type") == "application/json":
        assert schema is not None
        assert documented.errors(schema, without_nulls(answer.json())) == []
    elif answer.content:
        assert name in ("getAllEmailAttachments", "downloadEmailAttachmentPart", "downloadAttachment")


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_without_a_token_is_refused(api: Api, name: str) -> None:
    path = re.sub(r"{\w+}", "ByE3n", OPERATIONS[name][1])
    answer = api.with_token(None).send(OPERATIONS[name][0], path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    shown = answer.json()
    assert {**shown, "message": ""} == {
        "status": 401,
        "error": "Unauthorized",
        "message": "",
        "path": f"/api/v3{path}",
    }


@pytest.mark.parametrize("name", [name for name, (_, path, _) in OPERATIONS.items() if "{" in path])
def test_plain_numbers_and_unknown_ids_are_not_found(api: Api, name: str) -> None:
    """Only the name of an option is no id: an unknown one is a 400 in an existing domain, a 404 in none."""
    method, path, _ = OPERATIONS[name]
    body = None if method in ("GET", "DELETE") else {"json": {}}
    for value in ("42", "zzzzz"):
        answer = api.send(method, re.sub(r"{\w+}", value, path), **(body or {}))
        assert answer.status_code == 404, (value, answer.text)
