#!/bin/sh
# What a container runs: `web` (prepares the data first), `worker`, or any `flask` command.
set -eu
case "${1:-web}" in
  web)
    flask init
    exec gunicorn --config deploy/gunicorn.conf.py wsgi:app
    ;;
  worker)
    exec flask worker
    ;;
  *)
    exec flask "$@"
    ;;
esac
