#!/usr/bin/env bash
# The demo district, from nothing to a served page. HOST, PORT and WUHAO_VAR may be set; Ctrl-C ends it.
set -euo pipefail
cd "$(dirname "$0")/.."
export HOST=${HOST:-127.0.0.1} PORT=${PORT:-8000} DJANGO_RUNSERVER_HIDE_WARNING=true PYTHONUNBUFFERED=1

tools/setup.sh
# Asked before the work, not after it.
.venv/bin/python - "$HOST" "$PORT" <<'PY'
import socket
import sys

host, port = sys.argv[1:]
with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((host, int(port)))
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(
            f"{port}号端口用不了（{error}）。请换一个，例如：make demo PORT=8010\n"
            f"Port {port} cannot be used. Take another one, for example: make demo PORT=8010"
        )
PY
echo "准备数据库 Preparing the database" >&2
.venv/bin/python manage.py migrate --verbosity 0
echo "准备演示小区，第一次要半分钟左右 Making the demo district; the first time this takes half a minute or so" >&2
.venv/bin/python manage.py demo
# Nothing listens until here: whoever gets an answer finds last month's ledgers hanging.
exec .venv/bin/python manage.py runserver --noreload "$HOST:$PORT"
