"""Calls about the cluster itself (contract sheet, sections 3 and 5.1)."""

import time


def test_the_call_log_knows_who_really_asked(api, sandbox):
    api.text("api_version")
    api.text("api_version", client_username="support.person", client_ip="192.0.2.44")
    assert [line.partition(",")[2] for line in api.lines("api_find_call_logs")] == [
        "softwareapi,127.0.0.1,api_version",
        "support.person,192.0.2.44,api_version",
        "softwareapi,127.0.0.1,api_find_call_logs",
    ]
    assert api.json("api_count_call_logs", search_client_username="support.person") == 1
    assert api.json("api_count_call_logs", search_client_ip="192.0.2.44", to_date=int(time.time()) - 60) == 0
    assert len(api.json("api_find_call_logs", limit=1, offset=1)) == 1
    sandbox.reset()
    assert api.json("api_count_call_logs") == 1


def test_the_syslog_server(api):
    assert "enabled False" in api.lines("api_get_remote_syslog_server")
    api.done("api_set_remote_syslog_server", host="log.example.net", port="6514", enabled="true")
    api.done("api_set_remote_syslog_server", level="debug")
    shown = api.json("api_get_remote_syslog_server")
    assert (shown["host"], shown["port"], shown["enabled"], shown["level"]) == (
        "log.example.net",
        6514,
        True,
        "debug",
    )
    assert "at least one value" in api.refused("api_set_remote_syslog_server")
    assert api.refused("api_set_remote_syslog_server", port="70000") == "Invalid value for port: '70000'"


def test_host_names_of_addresses(api):
    api.done("api_set_outgoing_ehlo", ip="192.0.2.1", ehlo="out1.example.net")
    assert api.lines("api_get_outgoing_ehlo") == ["192.0.2.1,out1.example.net"]
    assert api.text("api_get_incoming_ehlo") == ""
    assert api.refused("api_set_outgoing_ehlo", ip="x", ehlo="out1.example.net")


def test_settings_without_public_names(api):
    for name in ("load_settings", "backup_settings"):
        assert api.text(f"api_get_{name}") == ""
        assert "at least one value" in api.refused(f"api_set_{name}")


def test_ways_to_sign_in(api, sandbox):
    domain = "nordwind.example"
    api.done("api_add_outgoing_user", domain=domain, username="printer", password="x")
    api.done("api_add_user_method", domain=domain, username="printer", method="ip")
    api.done("api_add_user_method", domain=domain, username="*", method="password")
    users = sandbox.upstreams["spamexperts"].state.table("outgoing_users")[domain]
    assert users["printer"]["methods"] == ["ip", "password"]
    assert "nobody" in api.refused("api_add_user_method", domain=domain, username="nobody", method="ip")


def test_trusted_relays(api):
    api.done("api_set_trusted_xclient_list", ips="192.0.2.1, 2001:DB8::1")
    assert api.lines("api_get_trusted_xclient_list") == ["192.0.2.1", "2001:db8::1"]
    api.done("api_set_trusted_xclient_list", ips="")
    assert api.text("api_get_trusted_xclient_list") == ""
    assert api.refused("api_set_trusted_xclient_list", ips="x")


def test_retry_times(api):
    assert api.text("api_retry_time_outgoing", message_id="1ZPhsl-0004Im-99") == ""
