# Sourced by .ci/run. Where no PostgreSQL or Redis answers, and we are root on Debian, start our own in a temporary
# folder, on ports of their own, and end them with the run.

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

if [ "$(id -u)" = 0 ] && [ -z "${TEST_DATABASE_URL:-}${TEST_REDIS_URL:-}" ] && ! { listens 5432 && listens 6379; }; then
    echo "No PostgreSQL or Redis here: starting our own."
    export DEBIAN_FRONTEND=noninteractive
    if ! { command -v redis-server && ls -d /usr/lib/postgresql/*/bin; } >/dev/null 2>&1; then
        apt-get -qq update </dev/null
        apt-get -qq install -y --no-install-recommends postgresql redis-server >/dev/null </dev/null
    fi
    services=$(mktemp -d)
    chown postgres "$services"
    binaries=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
    trap 'cd /; runuser -u postgres -- "$binaries/pg_ctl" -D "$services/data" -m immediate stop >/dev/null || true
          redis-cli -p 6399 shutdown nosave 2>/dev/null || true
          rm -rf "$services"' EXIT
    (
        cd /
        runuser -u postgres -- "$binaries/initdb" -A trust -E UTF8 -D "$services/data" >/dev/null
        runuser -u postgres -- "$binaries/pg_ctl" -D "$services/data" -w -l "$services/log" \
            -o "-p 5499 -c listen_addresses=127.0.0.1 -c unix_socket_directories=$services" start >/dev/null
    )
    redis-server --daemonize yes --bind 127.0.0.1 --port 6399 --save "" --appendonly no >/dev/null
    export TEST_DATABASE_URL=postgres://postgres@127.0.0.1:5499/postgres TEST_REDIS_URL=redis://127.0.0.1:6399/5
fi
