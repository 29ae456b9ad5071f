#!/usr/bin/env bash
# Installs the Debian packages that the tests run: Python and R for the help
# page's samples, mono for the C# one, curl for the README's lines, a storage
# client, PostgreSQL, a mail server, Chromium for the browser tests, and bubblewrap, pandas and matplotlib for script modules. Without root it says what is missing. Azurite, which the storage account
# is compared with, and Microsoft's SDK for JavaScript come from npm into the user's cache folder.
set -euo pipefail

packages="curl ca-certificates python3 python3-aiosmtpd postgresql python3-azure-storage r-base-core r-cran-rcurl r-cran-rjson mono-mcs mono-runtime libmono-system-net-http4.0-cil libmono-system-runtime-serialization4.0-cil chromium fonts-liberation bubblewrap python3-pandas python3-matplotlib"

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

# npm packages, at exact versions, each in a folder of its own.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/portico"
package() { # NAME VERSION FOLDER
  grep -qs "\"version\": \"$2\"" "$cache/$3/node_modules/$1/package.json" && return
  if ! command -v npm >/dev/null; then
    echo "The tests need Node.js with npm, for $1 $2." >&2
    exit 1
  fi
  mkdir -p "$cache/$3"
  npm install --prefix "$cache/$3" --no-audit --no-fund --no-save --ignore-scripts --loglevel error "$1@$2"
}
package azurite 3.37.0 azurite
package oidc-provider 9.13.3 oidc-provider
package @azure/arm-apimanagement 10.0.0 arm-apimanagement
