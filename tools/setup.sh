#!/usr/bin/env bash
# Make this checkout ready to run: system libraries, .venv, static files. Starts nothing, asks nothing; again it
# costs less than a second. `setup.sh tests` adds what `make test` needs.
set -euo pipefail
cd "$(dirname "$0")/.."
# One at a time: a second call waits and then finds everything done.
exec 9<.
flock 9
for_tests=${1:-}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# --- Python and the system's packages ------------------------------------------------------------------------------

find_python() {
    local name
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
}

# Names of the packages that are wanted and not there.
missing_packages() {
    local there name purpose program
    there=$(awk '!/^#/ {print $1}' tools/system-packages.txt |
        xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null || true)
    while read -r name purpose program; do
        if [ "$purpose" = run ] || { [[ $purpose = tests || $purpose = server ]] && [ "$for_tests" ]; }; then
            grep -qx "installed $name" <<<"$there" || { [ "$program" ] && command -v "$program" >/dev/null; } || echo "$name"
        fi
    done <tools/system-packages.txt
    if [ -x .venv/bin/python ]; then return; fi
    if [ -z "$python" ]; then
        printf '%s\n' python3 python3-venv
    elif ! "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
}

install_packages() {
    local as_root=() log
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "缺少系统软件包，请运行这一行，再试一次 (missing packages; run this line, then try again):
  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
        as_root=(sudo -n)
    fi
    say "Installing system packages: $*"
    log=$(mktemp)
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
    # The package lists of a fresh machine are empty or old: fetched only where the first try shows it.
    "${apt[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null || {
        "${apt[@]}" update >>"$log" 2>&1 </dev/null || true
        "${apt[@]}" install -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null || {
            cat "$log" >&2
            fail "apt-get could not install: $*"
        }
    }
    rm -f "$log"
}

python=$(find_python)
if command -v dpkg-query >/dev/null; then
    mapfile -t missing < <(missing_packages)
    if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi
    python=$(find_python)
else
    say "No Debian or Ubuntu: see to it that the libraries of tools/system-packages.txt are there."
fi
[ "$python" ] || fail "需要Python 3.11或更新的版本。Python 3.11 or newer is needed."

# --- The virtual environment, from the hashed lock files ------------------------------------------------------------

if ! { [ -x .venv/bin/pip ] && .venv/bin/python -c ''; } 2>/dev/null; then
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

install_locked() {
    local lock=$1 stamp sum
    stamp=.venv/installed-$(basename "$lock")
    sum=$(sha256sum <"$lock")
    if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return; fi
    say "Installing $lock"
    if ! { command -v uv >/dev/null && uv pip install -q --python .venv/bin/python --require-hashes -r "$lock"; }; then
        .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --require-hashes -r "$lock"
    fi
    echo "$sum" >"$stamp"
}

install_locked requirements.txt
if [ "$for_tests" ]; then install_locked requirements-dev.txt; fi

# --- Static files: collected again where one of them or a package has changed ---------------------------------------

sum=$({ find ./*/static -type f -printf '%p %s %T@\n' | sort; cat requirements.txt; } | sha256sum)
if [ ! -f staticfiles/staticfiles.json ] || [ "$(cat .venv/collected 2>/dev/null)" != "$sum" ]; then
    say "Collecting static files"
    .venv/bin/python manage.py collectstatic --noinput --verbosity 0
    echo "$sum" >.venv/collected
fi
