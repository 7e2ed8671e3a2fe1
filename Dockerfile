# syntax=docker/dockerfile:1
# Two stages: the first builds the virtual environment, the second has nothing but Python and the application.
FROM python:3.12-slim AS build
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin gatehouse \
 && install -d -o gatehouse -g gatehouse -m 0700 /data
COPY --from=build /venv /venv
WORKDIR /srv/gatehouse
COPY config.py wsgi.py ./
COPY app app
COPY migrations migrations
COPY static static
COPY templates templates
COPY deploy/gunicorn.conf.py deploy/entrypoint.sh deploy/
COPY pyproject.toml ./
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FLASK_APP=wsgi \
    GATEHOUSE_BIND=0.0.0.0 \
    GATEHOUSE_DATA_DIR=/data
USER gatehouse
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('GATEHOUSE_PORT', '8000') + '/healthz', timeout=4)"]
ENTRYPOINT ["/bin/sh", "deploy/entrypoint.sh"]
# `web` serves the dashboard, `worker` runs jobs and schedules; one container each, on the same volume or database.
CMD ["web"]
