"""Help and version (SpamExperts contract sheet, section 3)."""

from __future__ import annotations

import html
from typing import Any

from app.sandbox.spamexperts import wording
from app.sandbox.spamexperts.answers import Answer, Text, misuse
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments
from app.sandbox.spamexperts.registry import CALLS, CLIENT, SEED, SoftwareCall, software


@software("api_version", tag=CLIENT, returns="version")
def version(cluster: Cluster, _arguments: Arguments) -> Answer:
    """Shows the build number."""
    text = str(cluster.profile["version"])
    return Text(f"{text}\n", text)


@software("api_help", "method=", tag=SEED, returns="help")
def help_page(cluster: Cluster, arguments: Arguments) -> Answer:
    """Lists all calls, with how sure each one is."""
    wanted = arguments.text("method").lower()
    calls = [call for call in CALLS.values() if call.name not in cluster.profile["help_hides"]]
    if wanted:
        calls = [call for call in calls if call.name == wanted]
    if not calls:
        raise misuse(wording.UNKNOWN_CALL, call=wanted)
    return Text(_page(calls), [_described(call) for call in calls])


def _described(call: SoftwareCall) -> dict[str, Any]:
    return {
        "name": call.name,
        "signature": call.signature,
        "description": call.about,
        "arguments": [
            {"name": one.name, "required": one.required, "default": one.default} for one in call.arguments
        ],
        "example": _example(call),
        "certainty": call.tag,
    }


def _example(call: SoftwareCall) -> str:
    """Return a URL whose placeholder for each argument is the argument's name in capitals."""
    pairs = [f"{one.name}={one.name.upper()}" for one in call.arguments]
    return "/cgi-bin/api?" + "&".join([f"call={call.name}", *pairs])


def _page(calls: list[SoftwareCall]) -> str:
    parts = [
        "<!DOCTYPE html>\n<html><head><title>Software API</title></head><body>\n<h1>Software API Calls</h1>\n"
    ]
    for call in calls:
        parts.append(
            f'<h2 id="{call.name}"><code>{html.escape(call.signature)}</code></h2>\n'
            f"<p>{html.escape(call.about)} <em>[{call.tag}]</em></p>\n"
            f"<pre>{html.escape(_example(call))}</pre>\n"
        )
    return "".join([*parts, "</body></html>\n"])
