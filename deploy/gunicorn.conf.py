"""How gunicorn serves the dashboard: one process with threads, unless Redis shares the caps between several."""

import gc
import os

bind = f"{os.environ.get('GATEHOUSE_BIND', '127.0.0.1')}:{os.environ.get('GATEHOUSE_PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("GATEHOUSE_WORKERS", "1"))
threads = int(os.environ.get("GATEHOUSE_THREADS", "8"))
timeout = 120
graceful_timeout = 30
keepalive = 30
# Otherwise one fixed socket in the home directory is shared by every gunicorn of the user.
control_socket_disable = True
limit_request_line = 8190
accesslog = None
errorlog = "-"
loglevel = os.environ.get("GATEHOUSE_LOG_LEVEL", "warning")


def post_worker_init(_worker: object) -> None:
    """What was loaded at the start stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
