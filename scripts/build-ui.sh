#!/usr/bin/env bash
# Builds the user interfaces from web/ into internal/web/dist, from where the
# binary embeds them. Without Node.js it says so and leaves a binary that serves
# a page about it in their place.
set -euo pipefail
cd "$(dirname "$0")/../web"
if ! command -v npm >/dev/null; then
  echo "Node.js with npm is missing: this build has no user interfaces (install Node.js 20.19 or later, then run make build again)." >&2
  exit 0
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel error
  touch node_modules/.package-lock.json
fi
npm run --silent build
