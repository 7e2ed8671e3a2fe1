"""Settings of domains over REST."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import SetSetting, parse
from app.core.model import PolicyField
from app.features.policies.service import PolicyService
from app.web.api import Body, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("settings", "Settings")

DEFAULTS = "default"


class SettingOut(BaseModel):
    """One setting. `source`: own, inherited, default or unknown."""

    name: str
    label: str
    kind: str
    value: Any = None
    source: str
    default: Any = None
    unit: str | None = None
    problem: str | None = None


class SettingsOut(BaseModel):
    """The settings of a domain, or of "default" for the connection's defaults."""

    items: list[SettingOut]
    problem: str | None = None


class SettingIn(Body):
    """A value to set."""

    value: str = Field(max_length=4000)


def _domain(text: str) -> str | None:
    return None if text == DEFAULTS else name_from_address(text)


@api.get("/domains/<connection>/<domain>/settings")
@api_right(Right.VIEW_POLICIES)
@api.output(SettingsOut)
def list_settings(actor: Actor, connection: str, domain: str) -> SettingsOut:
    """Read the settings of a domain live; the domain "default" stands for the connection's defaults."""
    page = service_with(PolicyService, CollectFeedback()).page(actor, connection, _domain(domain))
    return SettingsOut(
        items=[setting_out(field) for field in page.fields],
        problem=text_out(page.problem),
    )


@api.put("/domains/<connection>/<domain>/settings/<name>")
@api_right(Right.CHANGE_POLICIES)
@api.input(SettingIn, location="json")
@api.output(ReportOut)
def set_setting(actor: Actor, connection: str, domain: str, name: str, json_data: SettingIn) -> Response:
    """Set a value."""
    return _set(actor, connection, domain, name, json_data.value)


@api.delete("/domains/<connection>/<domain>/settings/<name>")
@api_right(Right.CHANGE_POLICIES)
@api.output(ReportOut)
def reset_setting(actor: Actor, connection: str, domain: str, name: str) -> Response:
    """Go back to the inherited value."""
    return _set(actor, connection, domain, name, None)


def _set(actor: Actor, connection: str, domain: str, name: str, value: str | None) -> Response:
    feedback = CollectFeedback()
    data = {"connection": connection, "domain": _domain(domain), "name": name, "value": value}
    execution = service_with(PolicyService, feedback).set(actor, parse(SetSetting, data), request_key())
    return written(feedback.reports, execution.outcomes)


def setting_out(field: PolicyField) -> SettingOut:
    """A setting as JSON."""
    return SettingOut(
        name=field.name,
        label=field.label.render(gettext),
        kind=field.kind.value,
        value=field.value,
        source=field.source.value,
        default=field.default,
        unit=text_out(field.unit),
        problem=text_out(field.problem),
    )
