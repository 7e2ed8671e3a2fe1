"""The list of providers: each is loaded by its name and keeps what its card says."""

import inspect

import pytest

from app.core.capabilities import PROTOCOLS, Capability
from app.core.contract import Contract
from app.core.errors import NotFound
from app.core.model import Connection
from app.providers import registry
from tests.providers.conftest import Bench


@pytest.fixture(params=registry.PROVIDERS)
def slug(request):
    return request.param


def test_the_card_is_that_of_the_slug(slug):
    card = registry.cards()[slug]
    assert card.kind == slug and card.label
    names = [setting.name for setting in card.settings]
    assert names and len(set(names)) == len(names)


def test_what_a_card_lacks_has_a_reason(slug):
    card = registry.cards()[slug]
    for capability in Capability:
        assert capability in card.can or str(card.reason(capability))


def test_the_driver_satisfies_the_protocols_of_its_card(slug):
    card = registry.cards()[slug]
    every_api = {name: "x" for api in card.apis for name in api.settings}
    driver = Bench(slug, "http://127.0.0.1:1", every_api).driver
    for capability, protocol in PROTOCOLS.items():
        assert (capability in card.can) <= isinstance(driver, protocol), capability
    for name in ("probe", "plan", "apply", "observe"):
        assert inspect.ismethod(getattr(driver, name))


def test_building_a_driver_sends_nothing(slug):
    assert Bench(slug, "http://127.0.0.1:1", {}).records == []


def test_the_contract_can_be_read(slug):
    contract = registry.contract(slug)
    assert isinstance(contract, Contract) and contract.provider == slug
    names = [call.name for call in contract.calls]
    assert len(set(names)) == len(names) > 0


def test_an_unknown_kind():
    with pytest.raises(NotFound, match="no provider “nothing”"):
        registry.build(Connection("x", "nothing", "X", "http://x"), None)


def test_calls_of_packages_inside_a_provider_are_counted():
    """The kinds of resources stand in a package of their own."""
    assert {"GET /groups/", "PUT /compliance_filter/"} <= registry.used_calls("hornetsecurity")
