#!/usr/bin/env bash
# Installs the system libraries that the Python packages load, where it may; otherwise says the one command to run.
#
#   tools/system-libraries.sh talk    PortAudio for the sound devices, libgomp for the language model
#   tools/system-libraries.sh test    and PulseAudio, whose virtual devices the tests play to and record from
#
# `talk` never fails: without PortAudio the program says so and goes on as text. `test` fails, because a test that
# cannot run must not pass for one that did. macOS and Windows have PortAudio in sounddevice's own wheel.
set -euo pipefail
what=$1

has_library() {
  { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true; } | grep -q "$1"
}

# ALSA's bridge to PulseAudio is a plug-in that no linker lists.
has_alsa_bridge() {
  local found
  found=$(find /usr/lib /usr/lib64 -maxdepth 3 -name libasound_module_pcm_pulse.so -print -quit 2>/dev/null || true)
  [ -n "$found" ]
}

if [ "$(uname -s)" != Linux ]; then
  if [ "$what" = test ]; then
    echo "system libraries: the tests of the sound devices need PulseAudio (brew install pulseaudio) and Linux."
  fi
  exit 0
fi

missing=()
has_library 'libportaudio\.so\.2' || missing+=(libportaudio2)
has_library 'libgomp\.so\.1' || missing+=(libgomp1)
if [ "$what" = test ]; then
  command -v pulseaudio >/dev/null || missing+=(pulseaudio)
  command -v pactl >/dev/null || missing+=(pulseaudio-utils)
  has_alsa_bridge || missing+=(libasound2-plugins)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

give_up() {
  echo "system libraries: missing ${missing[*]}. $1" >&2
  if [ "$what" = test ]; then exit 1; fi
  exit 0
}

if ! command -v apt-get >/dev/null; then
  give_up "Install them with this system's package manager (the names are Debian's)."
fi
command="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
  root=()
elif sudo -n true 2>/dev/null; then
  root=(sudo -n)
else
  give_up "Run:  sudo $command"
fi

echo "system libraries: installing ${missing[*]}"
install() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" </dev/null >/dev/null
}
# The package lists may be absent (a fresh container) or too old to be found on the mirror: then fetch them, once.
if ! install 2>/dev/null; then
  "${root[@]}" apt-get update -qq || give_up "apt-get update failed. Run later:  $command"
  install || give_up "apt-get could not install them. Run:  $command"
fi
