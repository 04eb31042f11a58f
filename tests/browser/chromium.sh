#!/bin/sh
# Have a Chromium for the browser tests: an existing one, else Debian's, else playwright's own.
set -eu

for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then
    exit 0
  fi
done

install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >/dev/null
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  # The one without windows is the quicker one; older releases have none.
  install chromium-headless-shell || install chromium
else
  "$BIN/python" -m playwright install chromium
fi
