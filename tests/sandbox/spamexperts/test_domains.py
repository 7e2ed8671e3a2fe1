"""Domains, aliases and destinations (contract sheet, section 4)."""

import json

import pytest


@pytest.fixture
def routes(api):
    """Return the routes of a domain as the list prints them, whatever their port."""

    def of(domain):
        for line in api.lines("api_list_domains"):
            name, _, rest = line.partition(":")
            if name == domain:
                return rest.split(",")
        return None

    return of


def test_plain_list_with_aliases_after_their_domain(api, sandbox):
    lines = api.lines("api_list_domains")
    port = sandbox.smtp_port
    assert lines[:4] == [
        f"nordwind.example:mail.nordwind.example::{port},backup.nordwind.example::{port}",
        "nordwind.test*:",
        "nordwind-group.example*:",
        f"nordwind-logistik.example:mail.nordwind.example::{port},backup.nordwind.example::{port}",
    ]


def test_json_list_is_a_bare_array(api, sandbox):
    listed = api.json("api_list_domains")
    assert listed[0] == {
        "domain": "nordwind.example",
        "aliases": ["nordwind.test", "nordwind-group.example"],
        "destinations": [
            f"mail.nordwind.example::{sandbox.smtp_port}",
            f"backup.nordwind.example::{sandbox.smtp_port}",
        ],
    }
    assert len(listed) == int(api.text("api_get_domain_count")) == 10


@pytest.mark.parametrize(
    ("form", "item"),
    [("host:port", "a.example.net:26"), ("pair", ["a.example.net", 26]), ("host::port", "a.example.net::26")],
)
def test_the_form_of_a_destination_in_json_is_a_switch(api, switch, form, item):
    switch(destination_item=form)
    api.done("api_set_destination", domain="nordwind.example", destination="a.example.net:26")
    assert api.json("api_list_domains")[0]["destinations"] == [item]


def test_alias_lines_may_repeat_the_routes(api, switch):
    switch(alias_line="name*:routes")
    api.done("api_set_destination", domain="nordwind.example", destination="a.example.net:26")
    assert "nordwind.test*:a.example.net::26" in api.lines("api_list_domains")


def test_no_domains_is_an_empty_body(api):
    for domain in [each["domain"] for each in api.json("api_list_domains")]:
        api.done("api_remove_domain", domain=domain)
    assert api.text("api_list_domains") == ""
    assert api.json("api_list_domains") == []


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (["admin name", "nordwind", "is"], 3),
        (["admin name", "nordwind", "is not"], 7),
        (["domain", "Nordwind", "starts with"], 3),
        (["domain", ".example.com", "ends with"], 1),
        (["domain", "fisk", "contains"], 1),
        (["destination", "mail.hosting.example", "is"], 3),
        (["destination", "mail.hosting.example", "is not"], 7),
    ],
)
def test_filters(api, condition, count):
    assert len(api.json("api_list_domains", filter_by=json.dumps([condition]))) == count
    assert api.json("api_count_domains", filter_by=json.dumps([condition])) == count


def test_conditions_of_a_filter_all_hold(api):
    both = json.dumps([["domain", "nordwind", "contains"], ["domain", "werft", "contains"]])
    assert [each["domain"] for each in api.json("api_list_domains", filter_by=both)] == [
        "nordwind-werft.example"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        '["domain"]',
        "{",
        '[["colour","x","is"]]',
        '[["domain","x","resembles"]]',
        '[["domain",3,"is"]]',
        "[3]",
    ],
)
def test_a_bad_filter_is_a_clear_error(api, condition):
    assert api.refused("api_list_domains", filter_by=condition).startswith("Invalid value for filter_by: ")


def test_sort_and_paging(api):
    names = [each["domain"] for each in api.json("api_list_domains", sort="domain")]
    assert names == sorted(names)
    assert [
        each["domain"] for each in api.json("api_list_domains", sort="domain", limit=2, offset=3)
    ] == names[3:5]
    assert api.refused("api_list_domains", sort="colour")
    assert api.refused("api_list_domains", limit="few")


def test_aliases_can_be_left_out_but_true_was_removed(api):
    assert not any("*" in line for line in api.lines("api_list_domains", include_aliases="false"))
    assert api.refused("api_list_domains", include_aliases="true").startswith(
        "Invalid value for include_aliases"
    )


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("mail.example.net", "mail.example.net::25"),
        ("Mail.Example.NET:2525", "mail.example.net::2525"),
        ("192.0.2.10", "192.0.2.10::25"),
        ("192.0.2.10:26", "192.0.2.10::26"),
        ("[2001:db8::1]:26", "2001:db8::1::26"),
        ("[2001:DB8::1]", "2001:db8::1::25"),
        ("2001:db8::1", "2001:db8::1::25"),
        ("a.example.net:26, b.example.net", "a.example.net::26,b.example.net::25"),
    ],
)
def test_a_destination_goes_in_with_one_colon_and_comes_out_with_two(api, routes, given, printed):
    api.done("api_add_incoming_domain", domain="new.example", destination=given)
    assert routes("new.example") == printed.split(",")
    assert api.text("api_get_destination", domain="new.example") == f"new.example {printed}\n"


@pytest.mark.parametrize(
    "given",
    [
        *(
            "a..com",
            "-a.example",
            ".a.example",
            "a.example.",
            "a_b!.example",
            "a.example:0",
            "a.example:65536",
        ),
        *(
            "a.example:x",
            "a.example::25",
            "[2001:db8::1",
            "[a.example]:25",
            f"{'a' * 64}.example",
            "a.example,,b.example",
        ),
        *(",", f"{'a.' * 130}example"),
    ],
)
def test_bad_destinations(api, given):
    api.refused("api_add_incoming_domain", domain="new.example", destination=given)
    assert "new.example" not in api.text("api_list_domains")


def test_the_filter_itself_cannot_be_a_destination(api):
    text = api.refused("api_add_incoming_domain", domain="new.example", destination="node1.filtering.example")
    assert "cannot be a destination" in text


@pytest.mark.parametrize(
    "domain", ["-x.example", ".x.example", "x", "x y.example", "default", "x..example", "a@b.example"]
)
def test_bad_domain_names(api, domain):
    text = api.refused("api_add_incoming_domain", domain=domain, destination="mail.example.net")
    assert text == f"Invalid value for domain: '{domain}'"


@pytest.mark.parametrize("name", ["nordwind.example", "NORDWIND.example", "nordwind.test"])
def test_a_name_that_is_taken_as_domain_or_alias(api, name):
    text = api.refused("api_add_incoming_domain", domain=name, destination="mail.example.net")
    assert text == f"Domain '{name.lower()}' is already present in the filtering software"


def test_several_domains_in_one_call(api, routes):
    data = {
        "one.example": {"destinations": [["mail.one.example", 25], ["10.0.0.2", "2525"]]},
        "two.example": {"destinations": [["2001:db8::2", 25]]},
    }
    api.done("api_add_delivery_domain", data=json.dumps(data))
    assert routes("one.example") == ["mail.one.example::25", "10.0.0.2::2525"]
    assert routes("two.example") == ["2001:db8::2::25"]


def test_all_or_nothing_and_every_error_is_told(api, routes):
    data = {
        "one.example": {"destinations": [["mail.one.example", 25]]},
        "nordwind.example": {"destinations": [["mail.one.example", 25]]},
        "-bad.example": {"destinations": [["mail.one.example", 25]]},
        "two.example": {"destinations": [["mail..example", 25]]},
    }
    lines = api.lines("api_add_delivery_domain", data=json.dumps(data))
    assert lines == [
        "ERROR: Domain 'nordwind.example' is already present in the filtering software",
        "ERROR: Invalid value for domain: '-bad.example'",
        "ERROR: Invalid value for destinations: 'mail..example'",
    ]
    assert routes("one.example") is None


@pytest.mark.parametrize(
    "data",
    [
        *("", "{", "[]", "{}", "3", '{"a.example": {}}', '{"a.example": {"destinations": []}}'),
        *('{"a.example": {"destinations": ["h:25"]}}', '{"a.example": {"destinations": [["h"]]}}'),
        *('{"a.example": {"destinations": [["h", true]]}}', '{"a.example": {"destinations": [[3, 25]]}}'),
        *('{"a.example": {"destinations": [["h", 25]], "colour": 1}}', '{"a.example": [["h", 25]]}'),
    ],
)
def test_data_that_makes_no_sense(api, data):
    api.refused("api_add_delivery_domain", data=data)


def test_removal_takes_aliases_settings_and_lists_along(api):
    api.done("api_remove_domain", domain="nordwind.example")
    assert api.refused("api_remove_domain", domain="nordwind.example") == (
        "The domain 'nordwind.example' is missing on this server"
    )
    assert "nordwind.test" not in api.text("api_list_domains")
    api.done("api_add_incoming_domain", domain="nordwind.example", destination="mail.nordwind.example")
    assert api.lines("api_get_quarantine_threshold", domain="nordwind.example") == ["nordwind.example 0.8"]
    assert api.text("api_get_sender_whitelist", domain="nordwind.example") == ""
    assert api.text("api_get_local_recipients", domain="nordwind.example") == ""
    assert api.text("api_list_domain_aliases", domain="nordwind.example") == ""


def test_aliases(api):
    domain = "nordwind-werft.example"
    api.done("api_add_domain_alias", domain=domain, alias="werft.example")
    assert api.lines("api_list_domain_aliases", domain=domain) == ["werft.example"]
    assert api.json("api_list_domain_aliases", domain=domain) == ["werft.example"]
    assert "already present" in api.refused("api_add_domain_alias", domain=domain, alias="werft.example")
    assert "already present" in api.refused("api_add_domain_alias", domain=domain, alias="hafencafe.example")
    api.done("api_remove_domain_alias", domain=domain, alias="werft.example")
    assert api.refused("api_remove_domain_alias", domain=domain, alias="werft.example") == (
        "No such alias: 'werft.example'"
    )


@pytest.mark.parametrize("call", ["api_add_domain_alias", "api_remove_domain_alias"])
def test_aliases_of_nothing_and_with_a_colon(api, call):
    assert "is missing" in api.refused(call, domain="missing.example", alias="a.example")
    assert api.refused(call, domain="nordwind.example", alias="a.example:25") == (
        "Invalid value for alias: 'a.example:25'"
    )


def test_an_alias_is_not_a_domain_of_its_own(api):
    for call in ("api_get_destination", "api_remove_domain", "api_list_domain_aliases"):
        assert "is missing" in api.refused(call, domain="nordwind.test")


def test_set_destination_replaces_all(api, routes):
    api.done("api_set_destination", domain="nordwind.example", destination="a.example.net:26,b.example.net")
    assert routes("nordwind.example") == ["a.example.net::26", "b.example.net::25"]
    assert api.json("api_get_destination", domain="nordwind.example") == {
        "domain": "nordwind.example",
        "destinations": ["a.example.net::26", "b.example.net::25"],
    }
    assert "is missing" in api.refused(
        "api_set_destination", domain="missing.example", destination="a.example"
    )
    api.refused("api_set_destination", domain="nordwind.example", destination="a..example")
    assert len(routes("nordwind.example")) == 2


def test_types(api):
    assert api.text("api_get_domain_type", domain="nordwind.example") == "nordwind.example incoming\n"
    assert api.json("api_get_domain_type", domain="nordwind.test") == {
        "domain": "nordwind.test",
        "type": "alias",
    }
    assert "is missing" in api.refused("api_get_domain_type", domain="missing.example")


def test_transfer_and_callout_cache(api):
    api.done("api_transfer_domain", domain="oldquay.example", admin="nordwind")
    assert api.text("api_get_admin", domain="oldquay.example") == "oldquay.example nordwind\n"
    api.done("api_transfer_domain", domain="oldquay.example", admin="")
    assert api.text("api_get_admin", domain="oldquay.example") == "oldquay.example \n"
    assert (
        api.refused("api_transfer_domain", domain="oldquay.example", admin="nobody")
        == "No such admin: 'nobody'"
    )
    api.done("api_clear_callout_cache")
    api.done("api_clear_callout_cache", domain="oldquay.example", callback="http://127.0.0.1:1/")
    assert "is missing" in api.refused("api_clear_callout_cache", domain="missing.example")
