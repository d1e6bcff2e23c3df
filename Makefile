# LayerSearch. `make quickstart` and `make test` install what is missing first; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help dependencies build test quickstart lint format install clean

DEBIAN_PACKAGES := libopenblas-dev libzmq3-dev libsqlite3-dev
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

build: dependencies ## build the release binary, .build/release/layersearch
	swift build -c release --product layersearch

test: dependencies ## build and run all tests
	swift build --build-tests
	swift test --skip-build --disable-xctest

quickstart: build ## a real search on embedded images, in about two minutes: the study lands in $(STUDY)
	@if [ -e $(STUDY) ]; then echo "replacing the earlier $(STUDY)"; rm -rf $(STUDY); fi
	.build/release/layersearch run Configs/quickstart.yaml --study $(STUDY)
	@for format in csv svg markdown; do \
	  .build/release/layersearch export $(STUDY) --format $$format --output $(STUDY)/frontier.$${format/markdown/md}; done
	@echo "The study is in $(STUDY): frontier.csv, frontier.md, frontier.svg (a picture) and study.sqlite (everything)."

lint: ## check the format of all Swift sources
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

format: ## format all Swift sources in place
	swift format --in-place --parallel --recursive Sources Tests Package.swift

install: build ## install the binary into $(PREFIX)/bin
	install -D -m 755 .build/release/layersearch $(DESTDIR)$(PREFIX)/bin/layersearch

clean: ## remove the build folder
	swift package clean
