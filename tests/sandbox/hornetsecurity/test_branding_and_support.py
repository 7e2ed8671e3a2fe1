"""Branding, support contacts and the settings of users (contract sheet, 5.2, 5.11 and 5.12)."""

from __future__ import annotations

import pytest

from tests.sandbox.hornetsecurity.conftest import FIRST, PARTNER, Panel, refused

LOGO = "data:image/png;base64,iVBORw0KGgo="


def test_branding_of_the_partner(panel: Panel) -> None:
    shown = panel.get("/whitelabeling/", object_id=PARTNER)
    assert set(shown) == {
        "id",
        "theme",
        "primary_color",
        "domain",
        "logo",
        "favicon",
        "app_name",
        "app_icon",
        "splash_screen",
        "app_icon_fallback",
    }
    assert (shown["id"], shown["theme"], shown["primary_color"]) == (542, "dark", "#15358B")


def test_the_panel_is_known_by_its_host(panel: Panel) -> None:
    expected = {"theme": "dark", "primary_color": "#15358B"}
    for host in ("cp.nordwind.example", "cp.nordwind.example:443", "127.0.0.1"):
        assert panel.call("GET", "/whitelabeling/infos/", headers={"Host": host}).json() == expected
    refused(panel.call("GET", "/whitelabeling/infos/", headers={"Host": "cp.other.example"}), 404, 3305)


def test_branding_is_inherited(panel: Panel, first: int) -> None:
    refused(panel.call("GET", "/whitelabeling/", object_id=first), 404, 3301)
    inherited = panel.get("/whitelabeling/by_object/", object_id=first)
    assert inherited == panel.get("/whitelabeling/", object_id=PARTNER)
    slim = panel.get("/whitelabeling/by_object/", object_id=first, include_image_data="false")
    assert slim["logo"] is None
    assert slim["theme"] == "dark"


def test_branding_is_made_changed_and_deleted(panel: Panel, first: int) -> None:
    body = {"theme": "bright", "primary_color": "#bed600", "logo": LOGO}
    made = panel.post("/whitelabeling/", body, object_id=first)
    assert (made["primary_color"], made["favicon"], made["app_name"]) == ("#bed600", None, None)
    path = f"/whitelabeling/{made['id']}/"
    changed = panel.post(path, {**body, "domain": "cp.kontor.example"})
    assert changed["domain"] == "cp.kontor.example"
    known = panel.call("GET", "/whitelabeling/check_domain/", domain="cp.kontor.example")
    unknown = panel.call("GET", "/whitelabeling/check_domain/", domain="cp.free.example")
    assert (known.status_code, unknown.status_code) == (200, 204)
    assert panel.call("DELETE", path).status_code == 204
    refused(panel.call("DELETE", path), 404, 3301)


@pytest.mark.parametrize(
    ("changes", "error_id"),
    [
        ({"theme": "pink"}, 2009),
        ({"primary_color": "blue"}, 2009),
        ({"primary_color": None}, 2009),
        ({"logo": "data:image/png;base64,###"}, 2009),
        ({"domain": "no domain"}, 3309),
    ],
)
def test_refused_brandings(panel: Panel, first: int, changes: dict[str, str], error_id: int) -> None:
    body = {"theme": "bright", "primary_color": "#bed600", "logo": LOGO, **changes}
    refused(panel.call("POST", "/whitelabeling/", body, object_id=first), 400, error_id)


def test_the_old_spelling_of_the_colour_is_taken_too(panel: Panel, first: int) -> None:
    body = {"theme": "dark", "primary_colour": "#112233", "logo": LOGO}
    made = panel.call("POST", "/whitelabeling/", body, manual=True, object_id=first).json()
    assert made["primary_colour"] == "#112233"
    assert panel.get("/whitelabeling/", object_id=first)["primary_color"] == "#112233"


@pytest.mark.parametrize("name", ["favicon/", "logo/", "app_icon/48/", "splash_screen/640x1136/"])
def test_images_of_the_panel(panel: Panel, name: str) -> None:
    image = panel.call("GET", f"/whitelabeling/pwa/{name}", token="")
    assert image.status_code == 200
    assert image.headers["Content-Type"].startswith("image/")
    assert image.content.startswith(b"\x89PNG")


def test_files_of_the_panel(panel: Panel) -> None:
    assert "#15358B" in panel.call("GET", "/whitelabeling/pwa/css/", token="").text
    manifest = panel.call("GET", "/whitelabeling/pwa/manifest/", token="").json()
    assert (manifest["name"], manifest["theme_color"]) == ("Nordwind Mail", "#15358B")
    refused(panel.call("GET", "/whitelabeling/pwa/app_icon/49/", token=""), 404, 404)
    refused(panel.call("GET", "/whitelabeling/pwa/splash_screen/1x1/", token=""), 404, 404)


def test_support(panel: Panel, first: int) -> None:
    partner = {
        "id": 12345,
        "telephone": "+49 40 555 0100",
        "email": "support@nordwind.example",
        "is_custom": True,
    }
    assert panel.get("/support/", object_id=PARTNER) == partner
    refused(panel.call("GET", "/support/", object_id=first), 404, 3321)
    assert panel.get("/support/show/", object_id=first) == partner
    refused(panel.call("POST", "/support/", {"telephone": "1", "email": None}, object_id=first), 404, 3321)
    made = panel.call("PUT", "/support/", {"telephone": "1", "email": "help@x.example"}, object_id=first)
    assert made.status_code == 200
    refused(panel.call("PUT", "/support/", {"telephone": "1", "email": None}, object_id=first), 409, 3323)
    changed = panel.post("/support/", {"telephone": "2", "email": None}, object_id=first)
    assert (changed["id"], changed["telephone"]) == (made.json()["id"], "2")
    assert panel.get("/support/show/", object_id=first) == changed
    assert panel.call("DELETE", "/support/", object_id=first).status_code == 200
    refused(panel.call("DELETE", "/support/", object_id=first), 404, 3321)
    refused(panel.call("GET", "/support/", object_id=panel.object_id(f"info@{FIRST}")), 400, 3080)


def test_formats_are_inherited_until_they_are_set(panel: Panel, first: int) -> None:
    user = panel.object_id(f"info@{FIRST}")
    assert panel.get("/user/settings/", object_id=user)["is_inherited"] is True
    panel.post("/user/settings/", {"dateformat": "MM-DD-YY", "timezone": "Europe/London"}, object_id=user)
    shown = panel.get("/user/format/", object_id=user)
    assert shown["format_date"] == {"short": "MM-DD-YY", "medium": "MM-DD-YYYY"}
    assert shown["timezone"] == "Europe/London"
    assert panel.get("/user/format/", object_id=first)["timezone"] == "Europe/Berlin"
    assert panel.call("DELETE", "/user/settings/", object_id=user).json()["is_inherited"] is True
    refused(panel.call("DELETE", "/user/settings/", object_id=user), 404, 3040)


def test_without_any_settings_there_is_no_format(panel: Panel, first: int) -> None:
    refused(panel.call("DELETE", "/user/settings/", object_id=PARTNER), 404, 3040)
    refused(panel.call("GET", "/user/format/", object_id=first), 422, 3040)
    refused(panel.call("GET", "/user/settings/", object_id=first), 404, 3040)


def test_choices_of_settings(panel: Panel) -> None:
    for name in ("language", "timezone", "dateformat", "timeformat", "numberformat"):
        assert panel.get(f"/user/settings/{name}_list/")
    zones = {row["name"]: row["utc_offset"] for row in panel.get("/user/settings/timezone_list/")}
    assert (zones["Europe/Berlin"], zones["Asia/Kolkata"]) == ("UTC+1", "UTC+5:30")
    refused(panel.call("POST", "/user/settings/", {"language": "tlh"}), 400, 2009)


def test_the_own_password(panel: Panel) -> None:
    old, new = panel.credentials["password"], "an-other-one"
    body = {"old_password": "wrong", "new_password": new, "new_password_repeat": new}
    refused(panel.call("POST", "/user/settings/", body), 400, 3045)
    refused(
        panel.call("POST", "/user/settings/", {**body, "old_password": old, "new_password_repeat": "x"}),
        400,
        2009,
    )
    panel.post("/user/settings/", {**body, "old_password": old})
    panel.profile["app_id_required"] = False
    login = {"username": panel.credentials["username"], "password": new}
    assert panel.call("POST", "/auth/login/", login).status_code == 200


def test_a_lost_password_is_never_confirmed(panel: Panel) -> None:
    for address in (panel.credentials["username"], "nobody@nowhere.example"):
        assert panel.call("POST", "/password_reset/", {"email": address}, token="").status_code == 204
    refused(panel.call("POST", "/password_reset/", {}, token=""), 400, 2009)
