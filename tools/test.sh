#!/usr/bin/env bash
# Everything CI needs, part by part; a part that fails does not keep the others from running.
#
# TEST_DATABASE_URL and TEST_REDIS_URL say where PostgreSQL (a role that may create databases) and Redis are sought;
# with WUHAO_REQUIRE_SERVICES=1 their absence is a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh tests || exit 1

# The product's own settings stay out of it, and so do its files.
unset DATABASE_URL REDIS_URL REDIS_PREFIX DOCUMENTS_URL SECRET_KEY ALLOWED_HOSTS PUBLIC_URL TRUSTED_PROXIES DEBUG PORT \
    DISTRICT_CODE DISTRICT_NAME JOB_LEASE_SECONDS JOB_SWEEP_SECONDS SERVER_LOG_LEVEL
WUHAO_VAR=$(mktemp -d) || exit 1
export WUHAO_VAR
trap 'rm -rf "$WUHAO_VAR"; kill $(jobs -p) 2>/dev/null' EXIT
export TEST_DATABASE_URL=${TEST_DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
export TEST_REDIS_URL=${TEST_REDIS_URL:-redis://127.0.0.1:6379/5}
PATH=$PWD/.venv/bin:$PATH

summary=() failed=0
part() {
    local name=$1 begun=$SECONDS verdict=ok
    shift
    printf '\n=== %s\n' "$name"
    "$@" </dev/null || { verdict=FAILED; failed=1; }
    summary+=("$(printf '%-34s %5d s  %s' "$name" $((SECONDS - begun)) "$verdict")")
}

# beside NAME COMMAND …: as part, but while the others go on; only one at a time. `joined` waits for it and prints it.
beside() {
    local begun=$SECONDS
    beside_name=$1
    rm -f "$WUHAO_VAR/beside.end"
    shift
    {
        "$@" </dev/null >"$WUHAO_VAR/beside.out" 2>&1
        echo "$? $((SECONDS - begun))" >"$WUHAO_VAR/beside.end"
    } &
}

joined() {
    local code=1 took=0 verdict=ok
    wait
    printf '\n=== %s\n' "$beside_name"
    cat "$WUHAO_VAR/beside.out"
    # Without its last line it did not come to an end, and has failed.
    read -r code took <"$WUHAO_VAR/beside.end" || { code=1; took=0; }
    if [ "$code" != 0 ]; then verdict=FAILED failed=1; fi
    summary+=("$(printf '%-34s %5d s  %s, beside others' "$beside_name" "$took" "$verdict")")
}

services_answer() {
    python - <<'PY'
import os
import sys

import psycopg
import redis

try:
    psycopg.connect(os.environ["TEST_DATABASE_URL"], connect_timeout=3).close()
    redis.Redis.from_url(os.environ["TEST_REDIS_URL"], socket_connect_timeout=3).ping()
except (psycopg.Error, redis.RedisError) as error:
    sys.exit(f"{type(error).__name__}: {error}")
PY
}

on_postgres() {
    # A database name of this run's own: two checkouts may be tested beside each other.
    local url
    url=$(python -c 'import os, urllib.parse as u
print(u.urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/wuhao_{os.getppid()}").geturl())')
    DATABASE_URL=$url SECRET_KEY=of-the-tests ALLOWED_HOSTS=127.0.0.1,localhost PUBLIC_URL=http://127.0.0.1:8000 "$@"
}

# "faults": only the races and faults named in quality.md: R9, R10, R12, R15, R17, R18, and workers that are killed.
what=${1:-all}
shopt -s globstar
services=answer
why=$(services_answer 2>&1) || services=
if [ "$what" = faults ]; then
    races=(tests/**/test_r[0-9]*.py)
    export R17_VOUCHERS=${R17_VOUCHERS:-5000}
    part "races on SQLite" pytest -q "${races[@]}"
    if [ "$services" ]; then part "Redis, Celery, PostgreSQL" pytest -q -m services tests/services; fi
else
    races=(tests/postgres)
    # Mostly waiting for workers, and the checks of the code need one core.
    if [ "$services" ]; then beside "Redis, Celery, PostgreSQL" pytest -q -m services tests/services; fi
    part "ruff check" ruff check .
    part "ruff format" ruff format --check .
    part "mypy" mypy
    part "import contracts" lint-imports
    part "migrations" python manage.py makemigrations --check --dry-run
    if [ "$services" ]; then joined; fi
    # worksteal: halves that stay together, so that a module's filled database is made once.
    part "tests on SQLite" pytest -q -n 2 --dist worksteal -m "not services and not journey"
    if [ "$services" ]; then
        part "tests on PostgreSQL" on_postgres pytest -q -n 2 --dist worksteal \
            -m "not services and not journey and not once" --ignore tests/postgres
    fi
fi
if [ ! "$services" ]; then
    printf '\n*** PostgreSQL or Redis does not answer: the tests on PostgreSQL and with a Celery worker are NOT RUN.\n*** %s\n' "$why"
    summary+=("PostgreSQL, Redis, Celery                   NOT RUN")
    if [ "${WUHAO_REQUIRE_SERVICES:-}" ]; then failed=1; fi
else
    # By themselves, as some of them are timed.
    part "races on PostgreSQL" on_postgres pytest -q "${races[@]}"
fi
if [ "$what" = all ]; then
    part "journeys in Chromium" pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m journey tests/journeys
fi

printf '\n=== Summary, %d min %d s\n' $((SECONDS / 60)) $((SECONDS % 60))
printf '%s\n' "${summary[@]}"
exit "$failed"
