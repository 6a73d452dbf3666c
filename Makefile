# Everything a developer does, by name. `make` alone lists it; each target has a line of help.
PATH := $(CURDIR)/node_modules/.bin:$(PATH)
SEEDS ?= 20
IMAGE ?= weir:dev

.DEFAULT_GOAL := help
.PHONY: help setup dev check format test test-system test-cluster mutants soak pressure verify verify-all docs load load-smoke bench capacity build image sbom kind-up clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what the tests need (Redis, Chromium, HAProxy, Prometheus, a MongoDB-protocol server)
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
	vitest run --project system --project pressure

test-cluster: ## The suite on the cluster of KUBECONFIG; WEIR_TEST_IMAGE_LOAD brings the image there
	vitest run --project cluster

mutants: ## Plant small changes one at a time and print the share that the tests notice; ONLY=src/gateway for a part
	node scripts/setup-tests.ts
	node test/mutants/run.ts $(ONLY)

soak: ## The fault runs at full size with SEEDS seeds each
	node scripts/setup-tests.ts
	WEIR_TEST_SIZE=full SEEDS=$(SEEDS) vitest run --project system test/system/faults

pressure: ## The proofs of pressure at full size: storms, stuck readers, outages, drains, hostile frames (half an hour)
	node scripts/setup-tests.ts
	WEIR_TEST_SIZE=full vitest run --project integration test/integration/hostile-volume.test.ts
	WEIR_TEST_SIZE=full vitest run --project system --project pressure --project verify \
	  test/verify/storm test/verify/slow-readers test/system/drain test/system/store-gone test/system/redis-gone test/system/safe-tier

verify-all: ## Every proof at full size, with SEEDS (5) seeds and the cluster of KUBECONFIG, or STEPS alone: hours; docs/verification.md keeps the results
	node scripts/setup-tests.ts
	node scripts/verify-all.ts

verify: docs ## Regenerate what is generated and fail where it differs
	git diff --exit-code -- docs ':!docs/verification.*' dashboards charts k8s

docs: ## Write the documents that are made from the source
	npm run --silent docs

load: ## Run SCENARIO (steady) with k6 against URL; REPORT=out.html keeps the plots
	@node scripts/load.ts

load-smoke: ## Load `npm start` for 40 seconds with Artillery, the real client, and fail where anything is lost, doubled or disordered
	@npm run --silent load-smoke

bench: ## Measure against stock Socket.IO and raw ws, and print the ratios
	node scripts/setup-tests.ts
	node bench/main.ts

capacity: ## Measure what a gateway carries, for docs/capacity.md: five minutes, for which it needs the machine
	node scripts/setup-tests.ts
	node capacity/main.ts
	npm run --silent docs

build: ## Compile what is published into dist/
	npm run --silent build

# IMAGE_FLAGS goes to `docker build`: `make image IMAGE_FLAGS=--network=host` where build steps have no network of their own,
# `IMAGE_FLAGS="--build-arg BASE=…"` for another base with the same node in it.
image: ## Build the container image IMAGE (weir:dev), all roles in one
	docker build $(IMAGE_FLAGS) --tag $(IMAGE) \
	  --build-arg SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
	  --build-arg VERSION=$$(node -p 'require("./package.json").version') \
	  --build-arg REVISION=$$(git describe --always --abbrev=40 --dirty --exclude '*') .

sbom: ## List the npm packages of the image in dist/sbom.cdx.json (CycloneDX)
	@mkdir -p dist
	@node scripts/print-sbom.ts >dist/sbom.cdx.json

kind-up: ## Run all of it in a cluster of kind on this machine; again after a change
	node scripts/kind-up.ts

clean: ## Remove what was built
	rm -rf dist coverage
