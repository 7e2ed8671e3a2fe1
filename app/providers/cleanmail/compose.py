"""Mail that is written here: files uploaded and read back first, then the mail that carries them (Cleanmail REST API manual,
5.7.1, 5.7.4, 5.7.10, 5.7.11).

The path names a mailbox, yet the sender is the account of the connection's token (notes 12).
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import GatehouseError, Malformed, OutcomeUnknown, Rejected, Unreachable, UpstreamError
from app.core.plan import Applied
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.wire import id_of, raise_refusal, text_of

Json = Any

FILES = ("file1", "file2", "file3")
"""The fields of the form that take a file each."""


class Compose:
    """Sends mail as the account of one connection's token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, mailbox: str, values: Mapping[str, Json]) -> Applied:
        """Uploads the files, then sends the mail; what was uploaded for a mail that surely did not go is removed again.

        Only the mail itself may end unknown: a file that did not arrive as it was means that nothing was sent. One that
        Cleanmail does not hand back to be compared goes, with a warning.
        """
        uploaded: list[dict[str, str]] = []
        warnings: list[str] = []
        try:
            for name in FILES:
                if values.get(name):
                    uploaded.append(self._upload(values[name]))
                    warnings += self._compared(values[name], uploaded[-1])
        except UpstreamError as error:
            self._forget(uploaded)
            raise Unreachable(
                msg(
                    "{problem} An attachment did not arrive, so the mail was not sent.", problem=error.message
                )
            ) from error
        try:
            self._client.ask("sendEmail", {"userIdOrEmail": mailbox, **_message(values, uploaded)})
        except OutcomeUnknown:
            raise
        except GatehouseError:
            self._forget(uploaded)
            raise
        return Applied(warnings=tuple(warnings))

    def _compared(self, file: Mapping[str, Json], uploaded: Mapping[str, str]) -> list[str]:
        """Reads an uploaded file back. Raises Rejected when it is not the one that was sent; a warning where it cannot be read."""
        try:
            answer = self._client.call(
                "downloadAttachment", {"uid": uploaded["uid"], "filename": uploaded["name"]}
            )
            raise_refusal(answer, "downloadAttachment")
        except UpstreamError as error:
            text = msg(
                "“{name}” could not be read back: {problem}", name=uploaded["name"], problem=error.message
            )
            return [str(text)]
        if answer.body != base64.b64decode(str(file["base64"])):
            raise Rejected(
                str(msg("“{name}” is not at Cleanmail as it was uploaded.", name=uploaded["name"]))
            )
        return []

    def _upload(self, file: Mapping[str, Json]) -> dict[str, str]:
        part = {"name": file.get("name"), "type": file.get("media_type"), "base64": file.get("base64")}
        made = self._client.ask("uploadAttachment", {"file": part})
        uid = id_of(made, "uid") if isinstance(made, dict) else ""
        if not uid:
            raise Malformed(msg("Cleanmail did not say what it calls the file."))
        return {"name": text_of(made, "name", 200) or str(file.get("name") or "file"), "uid": uid}

    def _forget(self, uploaded: Sequence[Mapping[str, str]]) -> None:
        """Removes uploaded files; one that stays belongs to nothing and goes by itself."""
        for file in uploaded:
            try:
                self._client.ask("deleteAttachment", {"uid": file["uid"], "filename": file["name"]})
            except UpstreamError:
                continue


def _message(values: Mapping[str, Json], uploaded: Sequence[Mapping[str, str]]) -> dict[str, Json]:
    """The mail in the API's fields; plain text becomes HTML."""
    body = "<br>\n".join(html.escape(str(values["text"])).splitlines())
    message: dict[str, Json] = {name: list(values[name]) for name in ("to", "cc", "bcc") if values.get(name)}
    message |= {"subject": values["subject"], "body": f"<p>{body}</p>"}
    message |= {name: True for name in ("important", "ack") if values.get(name)}
    return message | ({"attachments": [dict(file) for file in uploaded]} if uploaded else {})
