# `make help` lists everything. README's two commands are `make run` and `make test`.
SHELL := /bin/bash
GO ?= go
BIN := bin/portico
DATA ?= data
export CGO_ENABLED = 0

.PHONY: bench-gateway soak-gateway operations help build ui run test check bench bench-ui soak fuzz oracle corpus clean tools

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ui ## build bin/portico, with the user interfaces where Node.js is there
	$(GO) build -trimpath -o $(BIN) ./cmd/portico

ui: internal/web/dist/publisher.html ## build the user interfaces (Node.js 20.19 or later, with npm)

internal/web/dist/publisher.html: $(wildcard web/*.html web/*.ts web/*.json web/scripts/*) $(shell find web/src -type f 2>/dev/null)
	@scripts/build-ui.sh

run: build ## start Portico with the guide's demo in ./data (DATA=folder for another)
	$(BIN) serve --demo --data $(DATA)

tools: ## install what the tests need beside Go (as root, from Debian), or say what is missing
	@scripts/test-tools.sh

test: tools ui ## run every test
	cd web && npm run --silent check
	PORTICO_TEST_ALL=1 $(GO) test -count=1 -timeout 25m ./...

check: ## what CI runs: formatting, vet, tests
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	$(MAKE) test

operations: ## count the operations of the management contract that are real, and name the others
	$(GO) test ./internal/rest/arm -count=1 -v | grep '^operations'

bench-gateway: ## measure the gateway beside nginx and HAProxy (from Debian: nginx haproxy wrk nghttp2-client)
	$(GO) run ./bench/gateway

soak-gateway: ## half an hour of mixed traffic through the gateway, with faults and changes (SOAK=5m for less)
	$(GO) run ./bench/gateway -soak $(or $(SOAK),30m)

bench: ## measure against the references, as ratios within one run
	$(GO) run ./bench

bench-ui: build ## print how long pages take until they can be used, and how evenly long lists scroll
	PORTICO_TEST_BINARY=$(CURDIR)/$(BIN) node e2e/browser/bench.mjs

soak: ## kill the running product 200 times under load (KILLS=n), and hold that nothing is lost
	PORTICO_TEST_KILLS=$(or $(KILLS),200) $(GO) test -count=1 -timeout 2h -run 'TestKillLosesNothing' -v ./e2e

fuzz: ## fuzz every parser for a minute each (FUZZTIME=10m for more)
	@scripts/fuzz.sh

oracle: ## record again what mono, pandas, SciPy and scikit-learn give (needs Debian's mono-mcs, libnewtonsoft-json5.0-cil, python3-pandas, -scipy, -sklearn)
	$(GO) run ./internal/policy/csharp/oracle
	/usr/bin/python3 -W ignore internal/module/testdata/oracle.py

corpus: ## count how many of the policy documents in SNIPPETS (a folder or bare git directory) are accepted, and what of their expressions works
	@test -n "$(SNIPPETS)" || { echo "make corpus SNIPPETS=path/to/api-management-policy-snippets"; exit 1; }
	$(GO) test -count=1 -v -run TestCorpus ./internal/policy/catalogue ./internal/policy/csharp -args -snippets $(abspath $(SNIPPETS))

clean: ## remove what was built; never the data folder
	rm -rf bin web/dist internal/web/dist/assets internal/web/dist/*.html
