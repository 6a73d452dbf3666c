# Everything a developer does, by name. `make` alone lists it; each target has a line of help.
PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SEEDS ?= 20

.DEFAULT_GOAL := help
.PHONY: help setup dev check format test test-system soak verify docs bench build clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the tests need (Redis, Chromium, HAProxy, a MongoDB-protocol server)
	npm ci
	node scripts/setup-tests.ts

dev: ## Run all-in-one and restart it on every change
	node scripts/build-page.ts
	node --watch-path=src --watch-path=bin bin/weir.js all-in-one

check: ## Format, lint, types, dead code, layers: under ten seconds
	npm run --silent check

format: ## Rewrite the files in the house format
	biome check --write .

test: ## Everything `npm test` runs
	npm test

test-system: ## The proofs alone: order, faults, lost tail
	node scripts/setup-tests.ts
	vitest run --project system

soak: ## The fault runs with SEEDS seeds each
	node scripts/setup-tests.ts
	SEEDS=$(SEEDS) vitest run --project system test/system/faults

verify: docs ## Regenerate what is generated and fail where it differs
	git diff --exit-code -- docs

docs: ## Write the documents that are made from the source
	npm run --silent docs

bench: ## Measure against stock Socket.IO and raw ws, and print the ratios
	node scripts/setup-tests.ts
	node bench/main.ts

build: ## Compile what is published into dist/
	npm run --silent build

clean: ## Remove what was built
	rm -rf dist coverage
