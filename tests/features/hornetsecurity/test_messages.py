"""Message search of the Control Panel on its page, over REST and on the command line."""

import json
from urllib.parse import quote

from app.core.actor import Scope, ScopeKind

FIRST, SECOND = "kontor-hansen.example", "praxis-am-deich.example"


def test_the_page_offers_every_field_and_narrows_by_it(world):
    admin = world.sign_in()
    page = admin.get(f"/quarantine/list/log?domain={FIRST}").text
    assert "Further fields of Hornetsecurity" in page and "Checksum of an attachment" in page
    few = admin.get(f"/quarantine/list/log?domain={FIRST}&f.source_ip=203.0.113.&f.size=> 1 MB").text
    assert "2 in use" in few and 'value="&gt; 1 MB"' in few and "<details" in few.split("Further fields")[0]
    assert few.count('<td class="text-nowrap">') < page.count('<td class="text-nowrap">')


def test_a_field_that_makes_no_sense_is_said_before_anything_is_sent(world):
    admin = world.sign_in()
    for asked, says in (("f.size=huge", "Larger, smaller or exactly"), ("f.nonsense=1", "What can be named")):
        page = admin.get(f"/quarantine/list/log?domain={FIRST}&{asked}")
        assert page.status_code == 422 and says in page.text
    assert world.upstream_calls() == 0


def test_without_a_domain_the_whole_account_is_searched(world):
    page = world.sign_in().get("/quarantine/list/log").text
    assert FIRST in page and SECOND in page and "10,000" in page


def test_who_sees_one_domain_only_searches_that_one(world):
    only = world.sign_in("operator", scopes=(Scope(ScopeKind.DOMAIN, FIRST),))
    assert SECOND not in only.get("/quarantine/list/log").text and world.upstream_calls() == 0
    assert "In quarantine" in only.get(f"/quarantine/?domain={FIRST}").text


def test_rest_and_the_command_line_take_the_same_fields(world):
    api = world.api()
    asked = f"/messages/log?domain={FIRST}&size=3"
    both = {"attachments": ".exe", "size": "> 1 KB"}
    everything = api("GET", asked).json["answers"][0]["total"]
    few = api("GET", f"{asked}&fields={quote(json.dumps(both))}").json
    assert 0 < few["answers"][0]["total"] < everything and few["answers"][0]["ignored"] == []
    for wrong in ('{"nonsense": "1"}', '{"size": 5}', "[]", "size"):
        assert api("GET", f"{asked}&fields={quote(wrong)}").status_code == 422
    done = world.run("mail", "find", "log", "--domain", FIRST, "--field", "attachments=.exe", "--json")
    assert 0 < len(json.loads(done.stdout)) <= 50
    assert world.run("mail", "find", "log", "--domain", FIRST, "--field", "size=5").exit_code != 0
