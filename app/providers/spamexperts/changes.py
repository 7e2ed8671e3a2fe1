"""Changes as steps: planned by what was wished, sent through the API that their call belongs to, and looked for afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.capabilities import Card, require
from app.core.commands import Command
from app.core.errors import NotSupported
from app.core.plan import RESOURCE_VERBS, Applied, Observed, Step, Verb
from app.core.text import msg
from app.providers.spamexperts.app_messages import AppMessages
from app.providers.spamexperts.app_rest import is_rest
from app.providers.spamexperts.control_panel import ControlPanelApi, read_panel
from app.providers.spamexperts.resources import WithResources
from app.providers.spamexperts.software_api import SoftwareApi
from app.providers.spamexperts.wire import read_change

Json = Any
Plans = Mapping[type[Command], Callable[[Any], list[Step]]]
Observers = Mapping[Verb, Callable[[Step], Observed]]


class Changes(WithResources):
    """The part of a driver that plans, sends and looks. `_plans` and `_observers` say who knows which wish and which step."""

    _card: Card
    _api: SoftwareApi
    _panel: ControlPanelApi
    _app: AppMessages
    _plans: Plans
    _observers: Observers

    def plan(self, command: Command) -> list[Step]:
        """See Driver."""
        require(self._card, command.capability)
        plan = self._plans.get(type(command))
        if plan is None:
            raise NotSupported(command.capability.value, self._card.reason(command.capability))
        return plan(command)

    def apply(self, step: Step) -> Applied:
        """See Driver. The step holds the call and its arguments."""
        if step.verb not in self._observers:
            raise NotSupported(step.verb.value, msg("SpamExperts offers no call for this."))
        if step.verb in RESOURCE_VERBS:
            return self._resources.apply(step)
        if is_rest(str(step.args["call"])):
            return self._app.apply(step)
        call, arguments = step.args["call"], plain(step.args["arguments"])
        if call.startswith("api_"):
            return read_change(self._api.write(call, arguments))
        read_panel(self._panel.answer(call, arguments))
        return Applied()

    def observe(self, step: Step) -> Observed:
        """See Driver."""
        observe = self._observers.get(step.verb)
        if observe is None:
            raise NotSupported(step.verb.value, msg("SpamExperts offers no call for this."))
        return observe(step)


def plain(arguments: Mapping[str, Json]) -> dict[str, str]:
    """The arguments of a step as they are sent, its secrets revealed."""
    return {name: value["$secret"] if isinstance(value, dict) else value for name, value in arguments.items()}
