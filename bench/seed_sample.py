"""The sample domain manager of the Software API page, rebuilt as the document shows it.

One uncached list call for every view, and one table with all rows. The lines that the document has lost are filled in by the
obvious reading; nothing is made slower or faster than it shows. Run: USER=… PASSWORD=… SERVER=… gunicorn bench.seed_sample:APP
"""

import json
import os

import flask
import requests

APP = flask.Flask(__name__)
APP.secret_key = "some_secret"

TEMPLATE = """<html><body>
{% with messages = get_flashed_messages(with_categories=true) %}
{% if messages %}
<ul class=flashes>
{% for category, message in messages %}
<li class="{{ category }}">{{ message }}</li>
{% endfor %}
</ul>
{% endif %}
{% endwith %}
<form method="post" action="">
<legend><strong>Add new domain</strong></legend>
<input name="action" type="hidden" value="add" />
<label style="float:left;width:100px;text-align:right;">Domain: </label><input name="domain" type="text" /><br />
<label style="float:left;width:100px;text-align:right;">Route: </label><input name="destination" type="text" /><br />
<input style="margin-left:100px;" type="submit" value="Add" />
</form>
<h3>View existing domains</h3>
<table border="1" cellspacing="0" cellpadding="2">
<tr><th>Domain</th><th>Aliases</th><th>Routes</th><th>Action</th></tr>
{% if domains %}
{% for info in domains %}
<tr>
<td>{{ info.domain }}</td>
<td>{{ info.aliases|join('<br />') }}</td>
<td>{{ info.destinations|join('<br />') }}</td>
<td><form method="post" action=""><input name="action" type="hidden" value="remove" /><input name="domain" type="hidden" value="{{ info.domain }}" /><input type="submit" value="remove" /></form></td>
</tr>
{% endfor %}
{% else %}
<tr><td colspan="4">No domains are set up.</td></tr>
{% endif %}
</table>
</body></html>
"""


@APP.route("/", methods=["GET", "POST"])
def view():
    """List, add and remove, as in the document."""
    auth = (os.environ["USER"], os.environ["PASSWORD"])
    base = "http://%(server)s/cgi-bin/api?call=" % {"server": os.environ["SERVER"]}
    if flask.request.method == "POST":
        action = flask.request.form["action"]
        domain = flask.request.form["domain"]
        if action == "add" and domain and flask.request.form["destination"]:
            add(base, auth, domain, flask.request.form["destination"])
        elif action == "remove" and domain:
            response = requests.get(
                "%(base)sapi_remove_domain&domain=%(domain)s" % {"base": base, "domain": domain}, auth=auth
            )
            if response.ok:
                flask.flash("Removed %(domain)s" % {"domain": domain}, "info")
            else:
                flask.flash("An error occurred.", "error")
        return flask.redirect(flask.url_for("view"))
    domains = requests.get("%(base)sapi_list_domains&format=json" % {"base": base}, auth=auth).json()
    return flask.render_template_string(TEMPLATE, domains=domains)


def add(base, auth, domain, destination_text):
    """One domain with its routes, as the sample adds it."""
    destinations = []
    for destination in destination_text.split(","):
        destinations.append(destination.split(":") if ":" in destination else (destination, 25))
    data = json.dumps({domain: {"destinations": destinations}})
    response = requests.get(
        "%(base)sapi_add_delivery_domain&data=%(data)s" % {"base": base, "data": data}, auth=auth
    )
    if response.ok:
        flask.flash("Added %(domain)s" % {"domain": domain}, "info")
    else:
        flask.flash("An error occurred.", "error")
    return response
