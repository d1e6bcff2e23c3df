# LayerSearch. `make quickstart` and `make test` install what is missing first; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help dependencies build test python chaos sanitize fuzz quickstart dist lint format install clean

# The release binary needs libcurl: it includes the Swift runtime, whose Foundation downloads by libcurl.
DEBIAN_PACKAGES := libcurl4-openssl-dev libopenblas-dev libsodium-dev libsqlite3-dev libzmq3-dev zlib1g-dev
PREFIX ?= /usr/local
STUDY := studies/quickstart

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 16

dependencies: ## install the Debian packages that are missing (asks sudo when not root)
	@command -v swift >/dev/null || { echo "swift is not installed: get Swift 6.2 or later from https://www.swift.org/install" >&2; exit 1; }
	@missing=""; for package in $(DEBIAN_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q "install ok installed" || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null || { echo "missing:$$missing. Install the packages of these names for your system." >&2; exit 1; }; \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  echo "installing$$missing"; \
	  $$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y $$missing; fi

# The binary also runs where Swift is not installed. `layersearch --version` shows the commit it was built from.
RELEASE_BUILD = swift build -c release --static-swift-stdlib --disable-local-rpath
build: dependencies ## build the release binary, .build/release/layersearch
	LAYERSEARCH_COMMIT=$$(git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null) \
	  $(RELEASE_BUILD) --product layersearch

# End-to-end tests supervise processes at work. They run a few at a time, and apart from the tests that train in the
# test process, which occupy its threads for half a minute.
test: dependencies ## build and run all tests
	swift build --build-tests
	swift test --skip-build --disable-xctest --skip EndToEndTests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=5 swift test --skip-build --disable-xctest --filter EndToEndTests

PYTHON_ENVIRONMENT ?= .build/python
python: ## test the Python worker, in PYTHON_ENVIRONMENT (.build/python), with PyTorch where it is in there
	python3 -m venv $(PYTHON_ENVIRONMENT)
	$(PYTHON_ENVIRONMENT)/bin/pip install --quiet numpy pyzmq pytest
	$(PYTHON_ENVIRONMENT)/bin/pip install --quiet --no-deps ./clients/python
	$(PYTHON_ENVIRONMENT)/bin/layersearch-torch-worker --version
	cd clients/python && $(abspath $(PYTHON_ENVIRONMENT))/bin/python -m pytest -q -rs

# One after the other: together they are so slow on two cores that a study without any kills exceeds its time limit.
chaos: dependencies ## a study under more than a hundred kills, and every failpoint several times (about seven minutes)
	swift build --build-tests
	LAYERSEARCH_CHAOS=1 swift test --skip-build --disable-xctest --filter FailpointTests
	LAYERSEARCH_CHAOS=1 swift test --skip-build --disable-xctest --filter ChaosTests

# Trainings take minutes under a sanitizer, so tests of whole studies are left out.
SANITIZED := MessagingTests|CoordinatorTests|LeaseTests|StudyCourseTests|WorkerTests|WorkerLeavingTests|StandingTests|SearchProtocolTests|StudyStoreTests|SpoolTests|TrafficTests
sanitize: dependencies ## the tests of messages, coordination, store and service under the thread and address sanitizers
	for sanitizer in thread address; do \
	  swift build --build-tests --sanitize=$$sanitizer --scratch-path .build/$$sanitizer && \
	  TSAN_OPTIONS="halt_on_error=1 suppressions=$(CURDIR)/Tests/thread-sanitizer.txt" ASAN_OPTIONS=detect_leaks=0 \
	    swift test --skip-build --disable-xctest --sanitize=$$sanitizer --scratch-path .build/$$sanitizer \
	    --filter '$(SANITIZED)' || exit 1; \
	done

FUZZ_SECONDS ?= 60
FUZZER = $(firstword $(wildcard $(dir $(realpath $(shell command -v swiftc)))../lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-$(shell uname -m).a))
fuzz: dependencies ## feed mutated bytes to the codec and to the readers of CIFAR, checkpoints, safetensors and arrays, FUZZ_SECONDS each (60)
	@[ -n "$(FUZZER)" ] || { echo "this Swift toolchain has no libFuzzer" >&2; exit 1; }
	LAYERSEARCH_FUZZER=$(FUZZER) swift build --product Fuzz --scratch-path .build/fuzz
	.build/fuzz/debug/Fuzz seeds .build/fuzz/corpus
	for target in codec cifar checkpoint safetensors arrays; do \
	  .build/fuzz/debug/Fuzz $$target .build/fuzz/corpus/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 \
	    -rss_limit_mb=2048 -artifact_prefix=.build/fuzz/$$target- -print_final_stats=1 || exit 1; \
	done

quickstart: build ## a real search on drawn images, in about two minutes: the study lands in $(STUDY)
	@if [ -e $(STUDY) ]; then echo "replacing the earlier $(STUDY)"; rm -rf $(STUDY); fi
	.build/release/layersearch run Configs/quickstart.yaml --study $(STUDY)
	@for format in csv svg markdown; do \
	  .build/release/layersearch export $(STUDY) --format $$format --output $(STUDY)/frontier.$${format/markdown/md}; done
	@echo "The study is in $(STUDY): frontier.csv, frontier.md, frontier.svg (a picture) and study.sqlite (everything)."

dist: DEBIAN_PACKAGES += debhelper
dist: build ## a Debian package and an archive, in dist/
	$(RELEASE_BUILD) --product generate-manual
	cluster/packaging/build-package .build/release/layersearch .build/release/generate-manual dist

lint: ## check the format of all Swift sources
	swift format lint --strict --parallel --recursive Sources Tests Package.swift
	@# swift format leaves comments and texts as they are.
	@if LC_ALL=C.UTF-8 grep -rnE '^.{121}' --include='*.swift' Sources Tests Package.swift; then \
	  echo "lint: these lines have more than 120 columns; wrap comments and texts" >&2; exit 1; fi

format: ## format all Swift sources in place
	swift format --in-place --parallel --recursive Sources Tests Package.swift

install: build ## install the binary into $(PREFIX)/bin
	install -D -m 755 .build/release/layersearch $(DESTDIR)$(PREFIX)/bin/layersearch

clean: ## remove the build folder
	swift package clean
