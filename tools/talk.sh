#!/usr/bin/env bash
# The conversation of `make talk`: with a person where there is a terminal or a sound device; otherwise (CI, a
# container) the program asks itself a spoken question, through the same path, and saves the answer.
#
#   tools/talk.sh QUESTION
set -euo pipefail
program=.venv/bin/realtime-chat

if [ -t 0 ] || "$program" devices >/dev/null 2>&1; then
  exec "$program" talk
fi
exec "$program" talk --ask "$1" --output answer.wav --force
