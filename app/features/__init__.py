"""What the product does, one folder per noun; the folder list is the menu.

A folder holds `service.py` and the doors on it (`views.py`, `api.py`, `cli.py`, with their `forms.py`), and in its
`__init__.py` its place in the menu (`MENU`). May import: web, cli, operations, core.
"""
