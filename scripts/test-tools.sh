#!/usr/bin/env bash
# Installs the Debian packages that the tests run: Python and R for the help
# page's samples, mono for the C# one. Without root it says what is missing.
set -euo pipefail

declare -A package=(
  [/usr/bin/python3]="python3"
  [/usr/bin/Rscript]="r-base-core r-cran-rcurl r-cran-rjson"
  [/usr/bin/mcs]="mono-mcs libmono-system-net-http4.0-cil"
  [/usr/bin/mono]="mono-runtime"
)

missing=()
for program in "${!package[@]}"; do
  [ -x "$program" ] || missing+=(${package[$program]})
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need these Debian packages: ${missing[*]}" >&2
  echo "Install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "${missing[@]}"
