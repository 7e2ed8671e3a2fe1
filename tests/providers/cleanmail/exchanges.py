"""The manual's exchanges as data, and what the contract calls their arguments."""

import json
import re
from pathlib import Path

from app.providers.cleanmail.client import operations

EXCHANGES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "exchanges").glob("*.json"))
}

UNDOCUMENTED = {("listDomainUsers", "name"), ("listUsers", "name"), ("listEmailAliasesOfDomain", "address")}
"""Query parameters that the manual's own examples send, and its tables do not know (Cleanmail contract notes, 17)."""


def arguments(name):
    """The arguments by which the contract's call becomes the request of the exchange."""
    request, call = EXCHANGES[name]["request"], operations()[name]
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", call.path)
    found = re.fullmatch(pattern, request["path"]).groupdict()
    found |= {key: value for key, value in request["query"].items() if (name, key) not in UNDOCUMENTED}
    body = request["body"]
    if isinstance(body, list):
        found["body"] = body
    elif body is not None:
        found |= body
    return found


def answered(name):
    """Status, body and headers of the documented answer, for a server that gives it."""
    response = EXCHANGES[name]["response"]
    headers = {key: value for key, value in response["headers"].items() if key != "Content-Length"}
    return response["status"], response["body"], headers
