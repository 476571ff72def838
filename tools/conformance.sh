#!/usr/bin/env bash
# Installs the stock clients that the server is held against into .venv-conformance, an environment of their own: what
# they pin is no business of this project's. Called by make; does nothing where all of it is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
lock=tests/conformance/requirements.lock
alone=tests/conformance/alone.lock
home=.venv-conformance

# Never asks and never nags: it also runs with no terminal. -qq leaves only errors.
export PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

if ! cmp -s "$lock" "$home/installed.lock"; then
  echo "conformance: installing $lock (about a minute)"
  .venv/bin/python -m venv --clear "$home"
  # Compiled when they are first imported: most of what lies in there never is.
  "$home/bin/python" -m pip install -qq --no-compile --require-hashes --requirement "$lock"
  cp "$lock" "$home/installed.lock"
fi
if ! cmp -s "$alone" "$home/installed-alone.lock"; then
  echo "conformance: installing $alone"
  "$home/bin/python" -m pip install -qq --no-compile --no-deps --require-hashes --requirement "$alone"
  cp "$alone" "$home/installed-alone.lock"
fi

if ! command -v npm >/dev/null; then
  echo "conformance: npm is not installed: the client for Node is left out."
  exit
fi
if ! cmp -s tests/conformance/node/package-lock.json "$home/node/installed.lock"; then
  echo "conformance: installing tests/conformance/node/package-lock.json"
  rm -rf "$home/node"
  mkdir -p "$home/node"
  cp tests/conformance/node/package.json tests/conformance/node/package-lock.json "$home/node"
  npm ci --prefix "$home/node" --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
  cp "$home/node/package-lock.json" "$home/node/installed.lock"
fi
