"""The six calls of the seed, in both profiles (sheet, section 4)."""

from __future__ import annotations

import pytest

KEYS = [
    "package_name", "disk_limit", "disk_used", "email_disk_used", "db_disk_used", "email_limit", "email_used", "db_limit",
    "db_used", "ftp_limit", "ftp_used", "domain_limit", "domain_used", "server_ip", "main_domain", "user_id", "email",
    "full_name",
]  # fmt: skip


def failed(message: str) -> dict[str, object]:
    return {"success": False, "message": message}


def error(text: str) -> dict[str, object]:
    return {"success": False, "error": text}


# --- 4.1 account information


def test_usage_in_the_seeds_format(example):
    answer = example.post("/api/", username="exampleuser")
    assert list(answer) == KEYS
    assert answer["package_name"] == "Basic Plan"
    assert [answer[key] for key in KEYS[1:5]] == ["10GB", "2GB", "100MB", "500MB"]
    assert [answer[key] for key in KEYS[5:13]] == [5, 2, 3, 1, 2, 1, 3, 2]
    assert answer["main_domain"] == "example.com"
    assert (answer["email"], answer["full_name"]) == ("user@example.com", "John Doe")
    assert isinstance(answer["user_id"], int)


def test_usage_in_the_live_format(live, example, admin):
    answer = example.post("/api/", username="ignored")
    assert list(answer) == KEYS
    assert [answer[key] for key in KEYS[1:5]] == [10240, "2.0 GB", "100.00 MB", "500.0 MB"]
    unlimited = admin.post("/api/")
    assert [unlimited[key] for key in KEYS if key.endswith("_limit")] == ["∞"] * 5
    assert (unlimited["email_disk_used"], unlimited["disk_used"], unlimited["main_domain"]) == (
        0,
        "0 Bytes",
        None,
    )


def test_live_counts_database_users_as_databases(live, example):
    example.post("/api/db_make/", dbname="second")
    assert example.post("/api/")["db_used"] == 1
    assert len(example.post("/api/database_list/")["databases"]) == 2


def test_seed_reports_the_account_of_the_body(example, admin):
    assert admin.post("/api/", username="exampleuser")["full_name"] == "John Doe"
    assert example.post("/api/", username="piernine") == {"error": "Invalid credentials"}
    assert example.post("/api/", username="nobody") == {"error": "User not found"}
    assert admin.post("/api/", username="newcomer") == {"error": "Package not found"}


def test_seed_signs_in_with_the_name_of_the_body(example):
    password = {"password": "demo-password"}
    assert example.raw("/api/", headers=password, username="exampleuser").json()["full_name"] == "John Doe"
    assert example.raw("/api/", headers=password).json() == {"error": "Username is required"}
    assert example.raw("/api/", headers={}, username="exampleuser").json() == {
        "error": "Username and password required"
    }
    assert example.raw("/api/", headers=password, username="nobody").json() == {
        "error": "Invalid credentials"
    }


def test_an_account_without_package_has_no_usage(profile, example):
    headers = {"username": "newcomer", "password": "demo-password"}
    assert example.raw("/api/", headers=headers).json() == {"error": "Package not found"}


# --- 4.2 add a domain


def test_add_a_domain(profile, agency):
    answer = agency.post("/api/add_domain/", domain="got.example", php_version="8.2")
    number = answer.pop("domain_id")
    assert answer == {"success": True, "message": "Domain 'got.example' added successfully!"}
    row = {"id": number, "domain": "got.example", "path": "/home/piernine/public_html"}
    assert agency.post("/api/domain_list/")[-1] == row


@pytest.mark.parametrize(
    ("path", "kept"), [("//sites/x", "sites/x"), ("", "public_html"), ("/", "public_html"), ("a/b/", "a/b/")]
)
def test_the_path_of_a_new_domain(profile, agency, path, kept):
    agency.post("/api/add_domain/", domain="got.example", php_version="any", path=path)
    assert agency.post("/api/domain_list/")[-1]["path"] == f"/home/piernine/{kept}"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (" http://www.Got.Example ", "Got.Example"),
        ("https://got.example", "got.example"),
        ("www.got.example", "got.example"),
    ],
)
def test_names_are_normalised_and_keep_their_case(profile, agency, sent, name):
    answer = agency.post("/api/add_domain/", domain=sent, php_version="8.2")
    assert answer["message"] == f"Domain '{name}' added successfully!"


@pytest.mark.parametrize(
    "body", [{}, {"domain": "got.example"}, {"php_version": "8.2"}, {"domain": " ", "php_version": " "}]
)
def test_a_new_domain_needs_both_fields(profile, agency, body):
    assert agency.post("/api/add_domain/", **body) == failed("Domain and PHP version are required.")


@pytest.mark.parametrize(
    "name",
    ["nodots", "a.b:80", "a.example/x", "bücher.example", "a.xn--p1ai", "a b.example", "a.e", "http://"],
)
def test_a_new_domain_has_a_format(profile, agency, name):
    assert agency.post("/api/add_domain/", domain=name, php_version="8.2") == failed("Invalid domain format.")


@pytest.mark.parametrize("name", ["example.com", "EXAMPLE.com", "www.example.com", "oldquay-rooms.example"])
def test_a_domain_of_any_account_exists(profile, agency, name):
    shown = name.removeprefix("www.")
    assert agency.post("/api/add_domain/", domain=name, php_version="8.2") == failed(
        f"The domain '{shown}' already exists."
    )


def test_limits_count_domains_and_subdomains_apart(profile, example):
    def add(name: str) -> dict[str, object]:
        return example.post("/api/add_domain/", domain=name, php_version="8.2")

    assert add("second.example")["success"] and add("third.example")["success"]
    assert add("fourth.example") == failed("Domain add limit exceeded.")
    assert add("new.elsewhere.example") == failed("Domain add limit exceeded.")
    assert add("two.example.com")["success"]
    assert add("three.example.com") == failed("Subdomain add limit exceeded.")
    assert add("example.com") == failed("The domain 'example.com' already exists.")


def test_the_server_may_fail(profile, agency):
    for word, text in (
        ("fail-map", "Failed to add mapping for '{}'."),
        ("fail-vhost", "Failed to add virtual host for '{}'."),
        ("fail-perm", "Failed to set folder permissions for '{}'."),
    ):
        name = f"{word}.example"
        assert agency.post("/api/add_domain/", domain=name, php_version="8.2") == failed(text.format(name))
    assert not [row for row in agency.post("/api/domain_list/") if "fail-" in row["domain"]]


def test_without_a_package_the_exceptions_text_comes_out(profile, example):
    headers = {"username": "newcomer", "password": "demo-password"}
    answer = example.raw("/api/add_domain/", headers=headers, domain="got.example", php_version="8.2").json()
    assert answer == failed("'NoneType' object has no attribute 'allowed_domains'")


def test_the_first_domain_becomes_the_main_domain(live, sandbox, example):
    sandbox.upstreams["olspanel"].state.table("accounts")["newcomer"] |= {"package": "1"}
    headers = {"username": "newcomer", "password": "demo-password"}
    example.raw("/api/add_domain/", headers=headers, domain="got.example", php_version="8.2")
    usage = example.raw("/api/", headers=headers).json()
    assert (usage["main_domain"], usage["domain_used"]) == ("got.example", 1)


# --- 4.3 list


def test_the_list_is_a_bare_array(profile, example):
    assert example.post("/api/domain_list/", username="exampleuser") == [
        {"id": 1, "domain": "example.com", "path": "/home/exampleuser/public_html"},
        {"id": 2, "domain": "sub.example.com", "path": "/home/exampleuser/public_html/sub"},
    ]


def test_the_seed_lists_the_account_of_the_body(example, admin):
    assert len(admin.post("/api/domain_list/", username="exampleuser")) == 2
    assert admin.post("/api/domain_list/") == []
    assert example.post("/api/domain_list/", username="piernine") == {"error": "Invalid credentials"}
    assert example.post("/api/domain_list/", username="nobody") == failed("User 'nobody' not found.")


def test_live_lists_who_signed_in(live, example, admin):
    assert admin.post("/api/domain_list/", username="exampleuser") == []
    assert len(example.post("/api/domain_list/", username="nobody")) == 2


# --- 4.4 certificates


def test_issue_ssl_in_the_seeds_words(example, admin):
    good = {"success": True, "message": "SSL issued successfully for 'example.com'."}
    assert example.post("/api/domain_issue_ssl/", domain="example.com") == good
    assert admin.post("/api/domain_issue_ssl/", domain="example.com") == good
    assert example.post("/api/domain_issue_ssl/") == failed("Domain name is required.")
    for name in ("nowhere.example", "piernine.example", "Example.com"):
        assert example.post("/api/domain_issue_ssl/", domain=name) == failed(f"Domain '{name}' not found.")


def test_issue_ssl_in_live_words(live, example, admin):
    good = {"success": True, "message": 'SSL issued successfully for "example.com".'}
    assert example.post("/api/domain_issue_ssl/", domain=" example.com ") == good
    assert example.post("/api/domain_issue_ssl/") == failed("Domain field is required.")
    for client, name in ((example, "piernine.example"), (example, "Example.com"), (admin, "example.com")):
        assert client.post("/api/domain_issue_ssl/", domain=name) == failed(
            f"Domain '{name}' not found for this user."
        )


@pytest.mark.parametrize(
    ("profile_name", "text"),
    [
        ("seed", "Failed to issue SSL for 'fail-ssl.example'."),
        ("live", 'Failed to issue SSL for "fail-ssl.example", self-signed SSL created instead.'),
    ],
)
def test_a_failure_leaves_a_self_signed_certificate(sandbox, agency, profile_name, text):
    upstream = sandbox.upstreams["olspanel"]
    upstream.profile["profile"] = profile_name
    agency.post("/api/add_domain/", domain="fail-ssl.example", php_version="8.2")
    assert agency.post("/api/domain_issue_ssl/", domain="fail-ssl.example") == failed(text)
    assert upstream.state.table("domains")["fail-ssl.example"]["certificate"] == "self-signed"


# --- 4.5 databases

USER = {"dbuser": "writer", "dbpass": "long-enough", "dbpassc": "long-enough"}


def test_seed_makes_a_database_user(example, admin):
    good = {"success": True, "message": "Database user created successfully for exampleuser."}
    assert example.post("/api/db_make/", db="shop", **USER) == good
    assert example.post("/api/db_make/", db="shop", **USER) == error("User already exists.")
    other = USER | {"dbuser": "reader"}
    assert admin.post("/api/db_make/", username="exampleuser", db="shop", **other) == good


@pytest.mark.parametrize("name", ["db", "dbuser", "dbpass", "dbpassc"])
def test_seed_needs_all_database_fields(example, name):
    body = {"db": "shop", **USER, name: ""}
    assert example.post("/api/db_make/", **body) == error("All fields are required.")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"dbuser": "w"}, "Database username must be at least 2 characters long."),
        ({"dbpass": "short"}, "Password must be at least 8 characters long."),
        ({"dbpassc": "different"}, "Passwords do not match."),
        ({"username": "nobody"}, "Username 'nobody' does not exist."),
        ({"db": "a-b"}, "Invalid characters in database/user identifier: 'exampleuser_a-b'"),
        ({"dbuser": "a-b"}, "Invalid characters in database/user identifier: 'exampleuser_a-b'"),
        ({"db": "d" * 60}, f"(1059, \"Identifier name 'exampleuser_{'d' * 60}' is too long\")"),
    ],
)
def test_seed_database_errors(example, change, text):
    assert example.post("/api/db_make/", **{"db": "shop", **USER, **change}) == error(text)


def test_seed_another_accounts_database_is_for_administrators(example):
    assert example.post("/api/db_make/", db="shop", username="piernine", **USER) == {
        "error": "Invalid credentials"
    }


def test_live_reads_dbname_and_needs_no_user(live, example):
    good = {"success": True, "message": "Database and user created successfully."}
    assert example.post("/api/db_make/", db="shop", **USER) == error("Database name is required.")
    assert example.post("/api/db_make/", dbname="shop", **USER) == good
    assert example.post("/api/db_make/", dbname="plain") == good
    assert example.post("/api/database_list/") == {
        "databases": ["exampleuser_blog", "exampleuser_shop", "exampleuser_plain"]
    }
    assert example.post("/api/database_userlist/") == {"users": ["exampleuser_blog", "exampleuser_writer"]}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"dbname": "s"}, "Database name must be at least 2 characters."),
        ({"dbname": "blog"}, "Database 'exampleuser_blog' already exists."),
        ({"dbname": "x-y"}, "Invalid characters in database/user identifier: 'exampleuser_x-y'"),
        ({"dbname": "shop", "dbuser": "writer"}, "All database user fields are required."),
        ({"dbname": "shop", **USER, "dbuser": "w"}, "DB user name must be at least 2 characters."),
        ({"dbname": "shop", **USER, "dbpass": "short"}, "Password must be at least 8 characters."),
        ({"dbname": "shop", **USER, "dbpassc": "different"}, "Passwords do not match."),
        ({"dbname": "shop", **USER, "dbuser": "blog"}, "User already exists."),
    ],
)
def test_live_database_errors(live, example, body, text):
    assert example.post("/api/db_make/", **body) == error(text)


def test_live_is_not_atomic(live, example):
    """A user error leaves the database behind, and the retry then says that it exists."""
    example.post("/api/db_make/", dbname="shop", **(USER | {"dbpassc": "different"}))
    assert example.post("/api/db_make/", dbname="shop", **USER) == error(
        "Database 'exampleuser_shop' already exists."
    )


def test_live_limits_databases_by_counting_users(live, example):
    for number in (1, 2):
        assert example.post("/api/db_make/", dbname=f"db{number}", **(USER | {"dbuser": f"user{number}"}))[
            "success"
        ]
    assert example.post("/api/db_make/", dbname="db3") == error("Database limit exceeded.")


# --- 4.6 cron

CRON = {
    "minute": "0",
    "hour": "*/2",
    "day": "*",
    "month": "*",
    "weekday": "1-5",
    "comm": "/usr/bin/php /home/x/cron.php",
}
LINE = " ".join(CRON.values())


def test_add_a_cron_job(profile, example):
    assert example.post("/api/cronjob_add/", **CRON) == {
        "success": True,
        "message": "Cron job added successfully.",
    }
    assert example.post("/api/cronjob_add/", **CRON) == error("Cron job already exists.")


@pytest.mark.parametrize("name", list(CRON))
def test_a_cron_job_needs_all_fields(profile, example, name):
    assert example.post("/api/cronjob_add/", **{**CRON, name: ""}) == error("All fields are required.")


def test_live_takes_the_beginning_of_a_line_for_a_duplicate(sandbox, example):
    beginning = {**CRON, "comm": "/usr/bin/php"}
    example.post("/api/cronjob_add/", **CRON)
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    assert example.post("/api/cronjob_add/", **beginning) == error("Cron job already exists.")
    sandbox.upstreams["olspanel"].profile["profile"] = "seed"
    assert example.post("/api/cronjob_add/", **beginning)["success"] is True


def test_a_rejected_line_stays_in_the_file_in_live(sandbox, example):
    bad = {**CRON, "minute": "now & then"}
    assert "returned non-zero exit status 1" in example.post("/api/cronjob_add/", **bad)["error"]
    assert "exampleuser" not in sandbox.upstreams["olspanel"].state.table("crontabs")
    sandbox.upstreams["olspanel"].profile["profile"] = "live"
    assert "returned non-zero exit status 1" in example.post("/api/cronjob_add/", **bad)["error"]
    assert example.post("/api/cronjob_add/", **bad) == error("Cron job already exists.")


# --- section 5: calls beyond the seed


def test_live_finds_and_deletes_a_cron_line(live, example):
    assert example.raw("/api/cronjob_list/", value=LINE).status_code == 500
    for command in ("/bin/first", "/bin/second"):
        example.post("/api/cronjob_add/", **{**CRON, "comm": command})
    second = f"{LINE.rpartition('/usr')[0]}/bin/second"
    assert example.post("/api/cronjob_list/", value=f" {second} ") == {"line_number": 2}
    assert example.post("/api/cronjob_list/") == {"error": "Line is required."}
    assert example.post("/api/cronjob_list/", value="no such line") == {"error": "Cron job not found."}
    assert example.post("/api/cronjob_delete/1/") == {"success": "Cron job deleted successfully!"}
    assert example.post("/api/cronjob_list/", value=second) == {"line_number": 1}
    for line in ("0", "2", "999"):
        answer = {"error": "Failed to delete the cron job. Please check the line number or cron file."}
        assert example.post(f"/api/cronjob_delete/{line}/") == answer
    assert example.raw("/api/cronjob_delete/first/").status_code == 404


def test_live_looks_for_database_users(live, example):
    assert example.post("/api/check_db_user/", db_user="exampleuser_blog") == {"status": True}
    assert example.post("/api/check_db_user/", db_user="blog") == {"status": False}
    assert example.post("/api/check_db_user/") == {"status": False}
    example.post("/api/db_make/", dbname="only_a_database")
    assert example.post("/api/database_exists/", db="exampleuser_only_a_database") == {"status": False}
    assert example.post("/api/database_exists/", db="exampleuser_blog") == {"status": True}
    assert example.post("/api/database_exists/") == {"status": False}


def test_live_db_user_make_is_broken(live, example):
    answer = example.raw("/api/db_user_make/blog/", db="blog", **USER)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")


def test_live_fixes_permissions_below_home(live, example):
    good = {"success": True, "message": "Permission successfully set."}
    assert example.post("/api/fix_user_permission/", full_path="/home/exampleuser/x") == good
    assert example.post("/api/fix_user_permission/", full_path="/etc") == error(
        "Invalid path: must start with /home/"
    )
