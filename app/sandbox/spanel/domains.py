"""domain/: domains, subdomains and redirects (SPanel contract sheet, section 5.1).

The keys of the three lists were not recovered: [inferred].
"""

from __future__ import annotations

from app.sandbox.spanel import hosting
from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call, missing, taken


def list_domains(call: Call) -> Answer:
    """domain/listdomains: the main domain first."""
    main = call.table("accounts")[call.account]["domain"]
    return found(
        [
            {
                "domain": name,
                "documentroot": row["documentroot"],
                "maindomain": "1" if name == main else "0",
                "modsecurity": row["modsecurity"],
            }
            for name, row in call.map("domains").items()
        ]
    )


def add_domain(call: Call) -> Answer:
    """domain/adddomain. The limit counts added domains, as ``numaddons`` does ([inferred])."""
    domains, name = call.map("domains"), call.text("domain").lower()
    taken(name, call.table("owners"), "domain")
    call.room("domains", len(domains) - 1)
    domains[name] = hosting.new_domain(call.account, call.text("path"))
    call.keep("domains", domains)
    call.table("owners")[name] = call.account
    return done(f"Domain {name} added successfully")


def change_path(call: Call) -> Answer:
    """domain/changedomainpath."""
    name = call.own(subdomains=False)
    _change_domain(call, name, documentroot=hosting.folder(call.account, call.text("path")))
    return done("Domain path changed successfully")


def change_modsecurity(call: Call) -> Answer:
    """domain/changemodsecurity."""
    _change_domain(call, call.own(subdomains=False), modsecurity=f"{call.text('status')}d")
    return done(f"ModSecurity {call.text('status')}d")


def _change_domain(call: Call, name: str, **facts: str) -> None:
    domains = call.map("domains")
    domains[name] = domains[name] | facts
    call.keep("domains", domains)


def remove_domains(call: Call) -> Answer:
    """domain/removedomain: one or several; files stay. The main domain cannot go ([inferred])."""
    names = [name.lower() for name in call.texts("domain")]
    for name in names:
        missing(name, call.map("domains"), "domain")
        if name == call.table("accounts")[call.account]["domain"]:
            raise Refused(domain=f"{name} is the main domain of the account")
    hosting.remove_domains(call, names)
    return done("Domain removed successfully", d=list(dict.fromkeys(names)))


def list_subdomains(call: Call) -> Answer:
    """domain/listsubdomains: full names."""
    return found([{"subdomain": name, **row} for name, row in call.map("subdomains").items()])


def add_subdomain(call: Call) -> Answer:
    """domain/addsubdomain: takes the left label only."""
    parent, subdomains = call.own(subdomains=False), call.map("subdomains")
    name = f"{call.text('subdomain').lower()}.{parent}"
    taken(name, call.table("owners"), "subdomain")
    root = hosting.folder(call.account, call.text("path"))
    subdomains[name] = {"domain": parent, "documentroot": root}
    call.keep("subdomains", subdomains)
    call.table("owners")[name] = call.account
    return done(f"Subdomain {name} added successfully")


def change_subdomain_path(call: Call) -> Answer:
    """domain/changesubdomainpath: takes the full name."""
    subdomains, name = call.map("subdomains"), call.text("subdomain").lower()
    missing(name, subdomains, "subdomain")
    subdomains[name] = subdomains[name] | {"documentroot": hosting.folder(call.account, call.text("path"))}
    call.keep("subdomains", subdomains)
    return done("Subdomain path changed successfully")


def remove_subdomains(call: Call) -> Answer:
    """domain/removesubdomain: full names, one or several; files stay."""
    names = [name.lower() for name in call.texts("subdomain")]
    for name in names:
        missing(name, call.map("subdomains"), "subdomain")
    hosting.remove_domains(call, names)
    return done("Subdomain removed successfully")


def list_redirects(call: Call) -> Answer:
    """domain/listredirects."""
    return found(call.rows("redirects"))


def _same_redirect(row: dict[str, str], domain: str, path: str) -> bool:
    return row["domain"] == domain and row["path"].strip("/") == path.strip("/")


def create_redirect(call: Call) -> Answer:
    """domain/createredirect."""
    redirects, domain, path = call.rows("redirects"), call.own(), call.text("path")
    if any(_same_redirect(row, domain, path) for row in redirects):
        raise Refused(path=f"A redirect for {domain}/{path.strip('/')} already exists")
    redirects.append(
        {"domain": domain, "path": path, "destination": call.text("destination"), "type": call.text("type")}
    )
    call.keep("redirects", redirects)
    return done("Redirect created successfully")


def remove_redirect(call: Call) -> Answer:
    """domain/removeredirect."""
    redirects, domain, path = call.rows("redirects"), call.own(), call.text("path")
    kept = [row for row in redirects if not _same_redirect(row, domain, path)]
    if len(kept) == len(redirects):
        raise Refused(path=f"There is no redirect for {domain}/{path.strip('/')}")
    call.keep("redirects", kept)
    return done("Redirect removed successfully")
