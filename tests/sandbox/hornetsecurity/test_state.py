"""What the sandbox keeps: over a restart, and on load; and that many generated customers work."""

from __future__ import annotations

from pathlib import Path

from app.sandbox.server import Sandbox
from tests.sandbox.hornetsecurity.conftest import ALWAYS, FIRST, PARTNER, Panel


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    spam = ""
    for start in (1, 2):
        sandbox = Sandbox(state_path=path)
        sandbox.start()
        try:
            panel = Panel(sandbox)
            customer = panel.object_id(FIRST)
            if start == 1:
                panel.call("PUT", "/domains/", {"domains": ["kept.example"]}, object_id=customer)
                spam = panel.mails(FIRST, classification=[1], direction=[1])[0]["es_mail_id"]
                panel.post("/emails/deliver/recipient/", [{"es_mail_id": spam}])
            else:
                assert panel.domain_id(FIRST, "kept.example") > 900_000
                body = {"es_mail_id": spam}
                mail = panel.post("/emails/_search/single_email/", body, object_id=customer)
                assert mail["status"]["id"] == 1
            panel.close()
        finally:
            sandbox.stop()


def test_a_reset_returns_to_the_start(sandbox: Sandbox, panel: Panel, first: int) -> None:
    panel.call("PUT", "/domains/", {"domains": ["gone.example"]}, object_id=first)
    panel.call("DELETE", f"/service_dashboard/customers/{panel.object_id('piernine.example')}/")
    sandbox.reset()
    assert panel.get("/domains/", object_id=first)["num_found_items"] == 2
    assert panel.object_id("piernine.example")
    assert panel.get("/hierarchy/")["hierarchy"][0]["children_count"] == 10


def test_many_generated_customers(sandbox: Sandbox, panel: Panel) -> None:
    sandbox.seed(20_000, ["hornetsecurity"])
    [root] = panel.get("/hierarchy/", size=1)["hierarchy"]
    assert root["children_count"] == 20_001
    seen: set[str] = set()
    while len(seen) < 20_001:
        nodes = panel.get("/hierarchy/", object_id=PARTNER, offset=len(seen), size=5_000)["hierarchy"]
        assert nodes
        seen |= {node["name"] for node in nodes}
    last = panel.object_id("customer-20000.example")
    domains = panel.get("/domains/", object_id=last)["domains"]
    assert [(row["domain"], row["type"]) for row in domains] == [
        ("customer-20000.example", "primary"),
        ("customer-20000.test", "alias"),
    ]
    assert (
        panel.post("/emails/_search/", {**ALWAYS, "limit": 1}, object_id=PARTNER)["num_found_items"] > 8_000
    )


def test_generated_customers_can_be_searched(sandbox: Sandbox, panel: Panel) -> None:
    sandbox.seed(3, ["hornetsecurity"])
    found = panel.post("/hierarchy/_search/", {"search_string": "customer-00002", "filter": ["customer"]})
    assert found[0]["children"][0]["name"] == "customer-00002.example"
