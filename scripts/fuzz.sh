#!/usr/bin/env bash
# Runs every fuzz target in turn. FUZZTIME sets how long each runs (default 1m).
set -euo pipefail
time=${FUZZTIME:-1m}
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
  for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
    echo "== $(dirname "$file") $target"
    go test "$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time"
  done
done
