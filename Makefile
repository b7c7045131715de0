# Causeway. `make demo` and `make test` need Rust and Python 3.10 or newer; everything else they install
# below this folder (.venv-aws, .venv-sam, target, .local). `make clean` removes it.
#
# Two profiles (Cargo.toml): `local` is quick to build and runs the bundle on this machine (build, demo, it);
# `release` is small and fast and is what goes to AWS and what `make bench` measures (package, bench).
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
CARGO ?= cargo
FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/Cargo.toml))))
FUNCTION_PACKAGES := $(addprefix -p causeway-,$(FUNCTIONS))
CAUSEWAY := target/local/causeway
AWS_TARGET := aarch64-unknown-linux-gnu
# Which protection `make demo` runs without: dedupe, lease, pins or signature. It must then fail: the demo exits
# with 1, of which make makes its own 2, as of every failure.
BREAK ?=
# Where `make test` keeps its local AWS, so that a running demo is not in its way.
TEST_STATE := .local-test
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help demo test bench build package unit it template lint fmt tools arm64 python clean

help: ## Show this.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build tools ## Play orders of five platforms through the whole bundle on this machine.
	$(CAUSEWAY) local demo $(if $(BREAK),--break $(BREAK))

test: lint unit template it ## Everything that CI runs.
	@echo "test ok: format, lints, unit and integration tests, template, local AWS"

build: ## Build functions, command line and sandbox for this machine, quickly.
	$(CARGO) build --profile local --locked --bins -p causeway -p causeway-tests $(FUNCTION_PACKAGES)

# ODOO and ODOO_CONFIG name a real Odoo (tests/bench/odoo.json shows the file); without them it is the fake.
# BENCH takes options of target/release/bench, which `make bench BENCH=--help` shows.
# The host of the functions is linked quickly; our own part, which is measured in it, is a little slower for that.
bench: ## Measure the functions as they are shipped and the way to Odoo, and compare with the aims.
	$(CARGO) build --release --locked --bins $(FUNCTION_PACKAGES)
	CARGO_PROFILE_RELEASE_LTO=off $(CARGO) build --release --locked --bin bench -p causeway-tests --features causeway-tests/bench
	target/release/bench $(if $(ODOO),--odoo $(ODOO) --odoo-config $(ODOO_CONFIG)) $(BENCH)

# For AWS: arm64 on Amazon Linux 2023, cross-built with cargo-lambda and zig, which it installs.
package: arm64 .venv-package/.ready ## Build the functions for AWS on arm64 (then: sam deploy --guided).
	PATH="$(CURDIR)/.venv-package/bin:$$PATH" $(CARGO) lambda build --release --locked --arm64 $(FUNCTION_PACKAGES)
	@set -e; for function in $(FUNCTIONS); do \
	  mkdir -p target/lambda/$$function; \
	  cp target/lambda/causeway-$$function/bootstrap target/lambda/$$function/bootstrap; \
	  echo "target/lambda/$$function: $$(gzip -c target/lambda/$$function/bootstrap | wc -c) bytes zipped"; \
	done

# Rust's own part of the target, which no package manager of Python can install.
arm64:
	@[ -d "$$(rustc --print target-libdir --target $(AWS_TARGET))" ] || { \
	  echo "Rust has no standard library for $(AWS_TARGET), the processors on which the functions run at AWS."; \
	  echo "With rustup: rustup target add $(AWS_TARGET)"; \
	  echo "Else: the package of your Rust for that target, of the same version as $$(rustc --version)"; \
	  exit 1; }

unit: ## Unit, property and in-process integration tests.
	$(CARGO) test --locked --workspace

# The tests that want a local AWS say so with #[ignore]; here is one, with the template deployed to it.
it: build tools ## Deploy to local AWS and run the integration tests against it.
	$(CARGO) test --locked -p causeway-tests --test it --no-run
	@trap '$(CAUSEWAY) local down --state $(TEST_STATE)' EXIT; set -e; \
	$(CAUSEWAY) local up --state $(TEST_STATE); \
	source $(TEST_STATE)/env; \
	$(CARGO) test --locked -p causeway-tests --test it -- --ignored

template: tools ## Check template.yaml.
	.venv-sam/bin/cfn-lint template.yaml
	.venv-sam/bin/sam validate --lint --template template.yaml

lint: ## Check format and lints.
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --features causeway-tests/bench -- -D warnings

fmt: ## Format.
	$(CARGO) fmt --all

tools: .venv-aws/.ready .venv-sam/.ready ## Install local AWS and the SAM tools, pinned.

.venv-%/.ready: infra/local/%-requirements.txt
	@$(MAKE) --no-print-directory python
	@echo "installing $< into .venv-$*"
	@rm -rf .venv-$*
	@$(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

python:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
	  echo "Python 3.10 or newer with the venv module is needed; $(PYTHON) is: $$($(PYTHON) --version 2>&1)"; \
	  echo "Name another one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; \
	  exit 1; }

clean: ## Stop what runs locally and remove everything that was built or installed.
	@if [ -x $(CAUSEWAY) ]; then $(CAUSEWAY) local down; $(CAUSEWAY) local down --state $(TEST_STATE); fi
	rm -rf .venv-aws .venv-sam .venv-package .local .local-test .aws-sam target
