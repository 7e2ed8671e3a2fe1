"""The entry point of web server and command line: `gunicorn wsgi:app`, `flask --app wsgi …`."""

import os

from app import create_app
from config import Config

app = create_app(Config.from_env(os.environ))
