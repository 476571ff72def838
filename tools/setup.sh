#!/usr/bin/env bash
# Builds .venv from a lock file and installs the project into it, editable. Called by make; safe to run again after
# an interruption.
#
#   tools/setup.sh requirements.lock|requirements-dev.lock
#
# PYTHON names the interpreter; otherwise the first of python3, python3.14 ... python3.11 that is new enough is taken.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    new_enough "$PYTHON" && echo "$PYTHON" && return
    echo "setup: PYTHON=$PYTHON is not a working Python 3.11 or newer." >&2
    exit 1
  fi
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if new_enough "$candidate"; then echo "$candidate"; return; fi
  done
  echo "setup: Python 3.11 or newer is needed: install it, or name it with make PYTHON=/path/to/python3." >&2
  exit 1
}

# Root as it is, others through sudo where it asks no password.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

make_venv() {
  local python=$1 version
  if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$python" -m venv --clear .venv
    return
  fi
  # Debian and Ubuntu ship Python without the module that fills a new environment.
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  if ! command -v apt-get >/dev/null || ! { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    echo "setup: $python lacks the venv module: run  sudo apt-get install python$version-venv  and make again." >&2
    exit 1
  fi
  echo "setup: installing python$version-venv"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "python$version-venv" </dev/null >/dev/null
  "$python" -m venv --clear .venv
}

# An environment whose interpreter is gone or too old, or that was left half made, is made anew.
if ! new_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$(find_python)
  echo "setup: making .venv with $("$python" --version)"
  make_venv "$python"
fi

# Never asks and never nags: it also runs with no terminal. -qq leaves only errors.
export PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
echo "setup: installing $lock (about a minute the first time)"
.venv/bin/python -m pip install -qq --require-hashes --requirement "$lock"
# No isolation: setuptools is in the lock, and an isolated build would fetch another one, unhashed.
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation --editable .
