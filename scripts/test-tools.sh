#!/usr/bin/env bash
# Installs the Debian packages that the tests run: Python and R for the help
# page's samples, mono for the C# one, curl for the README's lines, a storage
# client, PostgreSQL, a mail server, and Chromium for the browser tests. Without root it says what is missing. Azurite, which the storage account
# is compared with, comes from npm into the user's cache folder.
set -euo pipefail

packages="curl ca-certificates python3 python3-aiosmtpd postgresql python3-azure-storage r-base-core r-cran-rcurl r-cran-rjson mono-mcs mono-runtime libmono-system-net-http4.0-cil libmono-system-runtime-serialization4.0-cil chromium fonts-liberation"

if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian: install what these Debian packages hold, then run the tests with PORTICO_TEST_ALL=1 go test ./...: $packages" >&2
  exit 1
fi
missing=""
for p in $packages; do
  dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null | grep -q '^installed$' || missing="$missing $p"
done
if [ -n "$missing" ] && [ "$(id -u)" -ne 0 ]; then
  echo "The tests need these Debian packages:$missing" >&2
  echo "Install them with: sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
if [ -n "$missing" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  # shellcheck disable=SC2086 # a list of package names
  apt-get install -y -q --no-install-recommends $missing
fi

azurite=3.37.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/portico/azurite"
grep -qs "\"version\": \"$azurite\"" "$cache/node_modules/azurite/package.json" && exit 0
if ! command -v npm >/dev/null; then
  echo "The tests need Node.js with npm, for Azurite $azurite." >&2
  exit 1
fi
mkdir -p "$cache"
npm install --prefix "$cache" --no-audit --no-fund --no-save --ignore-scripts --loglevel error "azurite@$azurite"
