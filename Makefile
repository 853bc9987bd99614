# Every command a developer needs. Each target installs what it lacks first (scripts/setup says what), so each works on
# a bare machine. `make` alone lists them.

# The compiler keeps the table of who may import whom (docs/ARCHITECTURE.md).
SWIFT_FLAGS := --explicit-target-dependency-import-check error
# One set of flags for every release build, so that demo, bench and release share one.
RELEASE     := swift build -c release --static-swift-stdlib $(SWIFT_FLAGS) --product daymill
HISTORIES   := swift build -c release --static-swift-stdlib $(SWIFT_FLAGS) --product histories
# Memory that was freed is kept: giving it back to the system page by page takes a tenth of the time.
KEEP_MEMORY := MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=1073741824
STRICT      := $(SWIFT_FLAGS) -Xswiftc -warnings-as-errors --scratch-path .build-check
SWIFT_FILES := Package.swift Sources Tests

# Sizes of `make bench`; see Benchmarks/README.md.
BENCH_FLAGS := $(if $(QUICK),--quick) $(if $(DAYS),--days $(DAYS)) $(if $(ROWS),--rows $(ROWS)) \
	$(if $(USERS),--users $(USERS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY))

.PHONY: help demo example test histories soak soak-runner mutants check format bench bench-large bench-runner release clean
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## Build a release, make seven days of logs, compute the weekly aggregate, show it
	@scripts/setup
	$(RELEASE)
	@scripts/demo .build/release/daymill

example: ## Build a release, run Examples/shop against a mail server, show what people are told
	@scripts/setup --test
	$(RELEASE)
	@scripts/example-shop .build/release/daymill

test: ## Build and run all tests, DuckDB comparisons included
	@scripts/setup --test
	swift build --build-tests $(SWIFT_FLAGS)
	DAYMILL_DUCKDB="$(CURDIR)/.venv-test/duckdb" scripts/tell-failures .build/tests.log \
		swift test --skip-build --disable-xctest $(SWIFT_FLAGS) --skip DaymillWebTests
	@# A server in the tests' own process answers on threads that tests of other things would keep.
	scripts/tell-failures .build/web-tests.log \
		swift test --skip-build --disable-xctest $(SWIFT_FLAGS) --filter DaymillWebTests --no-parallel
	@DAYMILL_HISTORIES=$${DAYMILL_HISTORIES:-20000} $(MAKE) --no-print-directory histories

histories: ## Let 20 000 random histories of projects happen (docs/PROOF.md); DAYMILL_HISTORIES=, DAYMILL_HISTORY_SEED=
	@scripts/setup
	$(HISTORIES)
	$(KEEP_MEMORY) .build/release/histories

soak: ## The same for MINUTES=60, from a seed that is the time
	@scripts/setup
	$(HISTORIES)
	$(KEEP_MEMORY) DAYMILL_SOAK_MINUTES=$(or $(MINUTES),60) DAYMILL_HISTORY_SEED=$${DAYMILL_HISTORY_SEED:-$$(date +%s)000} .build/release/histories

soak-runner: ## Kill runs, servers and both at each call that changes the disk, and KILLS=1000 times at random moments; fill the disk
	@scripts/setup --test
	swift build --build-tests $(SWIFT_FLAGS)
	DAYMILL_FAULTS=all DAYMILL_KILLS=$(or $(KILLS),1000) DAYMILL_KILL_SEED=$(or $(SEED),1) \
		scripts/tell-failures .build/soak-runner.log \
		swift test --skip-build --disable-xctest $(SWIFT_FLAGS) --no-parallel \
		--filter '(EveryKill|FullDisk|LockedDatabase|ServeClock|GraphKill)Tests'
	@grep -a 'killed .* times' .build/soak-runner.log

mutants: ## Put seeded faults into a copy of the tree; see whether the proofs notice them
	@scripts/setup --test
	scripts/mutants $(ONLY)

check: ## Before a push: format, tidy, warnings as errors, fast tests
	@scripts/setup
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)
	swift build --build-tests $(STRICT)
	swift test --skip-build --disable-xctest $(STRICT) --skip '(Kill|Differential|DaymillWebTests)'

format: ## Lay out all Swift files
	@scripts/setup
	swift format --in-place --parallel --recursive $(SWIFT_FILES)

bench: ## Measure against chdb, DuckDB and Polars: DAYS=7 ROWS=10000000 USERS=1000000 ROUNDS=5, or QUICK=1
	@scripts/setup --bench
	$(RELEASE)
	.venv-bench/bin/python Benchmarks/bench.py --daymill .build/release/daymill $(BENCH_FLAGS)

bench-large: ## Measure one day larger than its memory: ROWS=300000000 USERS=20000000 MEMORY=512
	@scripts/setup
	$(RELEASE)
	python3 Benchmarks/large.py --daymill .build/release/daymill $(if $(ROWS),--rows $(ROWS)) \
		$(if $(USERS),--users $(USERS)) $(if $(MEMORY),--memory $(MEMORY))

bench-runner: ## Measure steps, starts by schedule, idling and a long history: ROUNDS=5 ONLY=steps,serve,history
	@scripts/setup
	$(RELEASE)
	python3 Benchmarks/runner.py --daymill .build/release/daymill $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY))

release: ## Build the program with the Swift runtime inside, without symbols: .build/daymill
	@scripts/setup
	$(RELEASE)
	strip -o .build/daymill .build/release/daymill
	@ls -lh .build/daymill

clean: ## Remove everything that the other targets made
	rm -rf .build .build-check .build-mutants .venv-test .venv-bench .demo .demo-shop .bench
