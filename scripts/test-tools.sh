#!/usr/bin/env bash
# Installs the Debian packages that the tests run: Python and R for the help
# page's samples, Azure's storage client for the guide's batch program, mono for the C# one, curl for the README's lines. Without
# root it says what is missing.
set -euo pipefail

packages="curl ca-certificates python3 python3-azure-storage r-base-core r-cran-rcurl r-cran-rjson mono-mcs mono-runtime libmono-system-net-http4.0-cil"

if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian: install what these Debian packages hold, then run the tests with PORTICO_TEST_ALL=1 go test ./...: $packages" >&2
  exit 1
fi
missing=""
for p in $packages; do
  dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null | grep -q '^installed$' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need these Debian packages:$missing" >&2
  echo "Install them with: sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 # a list of package names
apt-get install -y -q --no-install-recommends $missing
