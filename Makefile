# The one entry point: builds and installs the extension (PGXS) and the CLI (CMake), runs the tests and the demo.
# It must parse on a machine that has nothing but git and make; what needs the server's build files sits behind PGXS.
# Tests and demo run in a private copy of the server's tree: see tests/server/harness.sh.

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

.DEFAULT_GOAL := all
.PHONY: all cli bench-index bench-index-sizes bench-refresh bench-pool bench-prepared bench-scale bench-hypopg bench-capture bench-throughput bench-memory install-cli uninstall-cli deps test demo pgtree unit-tests tidy help test-upstream \
        check-unit check-regress check-isolation check-tap check-integration check-lint

SUITES = lint unit regress isolation tap integration
HARNESS = tests/server

help:
	@echo 'make                  build the extension and the CLI pgsteward'
	@echo 'make install          install both (as root); DESTDIR= is honoured, "make uninstall" removes them'
	@echo 'make deps             install the Debian packages that building and testing need (as root or with sudo)'
	@echo 'make test             install what is missing, build, run every suite in a private, throw-away server'
	@echo 'make test-matrix      the same for PostgreSQL $$(VERSIONS), default 15 17 18, in chroots (as root, needs debootstrap)'
	@echo '    TARGET=...        makes that instead of run-tests in each, e.g. TARGET=check-regress ONLY="statements"'
	@echo 'make demo [KEEP=1]    the sample shop: measure, advise, apply, measure again; KEEP=1 leaves it running'
	@echo 'make check-SUITE      one suite: $(SUITES)'
	@echo '    ONLY="name ..."   only these tests of the suite, e.g. make check-regress ONLY="statements"'
	@echo 'make test-upstream    the server'\''s own suites with the library and without it; agreement with pg_stat_statements over them'
	@echo 'make test-freshness   materialized views with a promise under random load and crashes, three minutes: never staler than promised?'
	@echo '    LOAD_SECONDS=180  how long; LOAD_SEED=...  repeats what was written (it is printed)'
	@echo 'make tidy             clang-tidy over the core and the CLI'
	@echo 'make bench-capture    what capture adds to a statement, compared with other servers side by side; exit code 1 when a gate fails'
	@echo 'make bench-throughput transactions a second of 16 clients with the same servers, as ratios'
	@echo 'make bench-memory     shared memory by settings; flat over a million statements and 20,000 connections?'
	@echo 'make bench-index      index advice on a TPC-H workload (TPCH_DIR=folder) and the demo: how good, how soon, and is it true once built?'
	@echo 'make bench-index-sizes  pages, height and plan cost of hypothetical indexes of every kind against built ones; exit code 1 when a bound is broken'
	@echo 'make bench-refresh    materialized views kept fresh beside pg_cron driving REFRESH: cost, punctuality, staleness, readers; exit code 1 when a gate fails'
	@echo 'make bench-pool       pool advice: the bad starting point cured, 10,000 clients, sizes against a sweep and other rules, predictions; 45 minutes'
	@echo 'make bench-prepared   advice on prepared statements: predicted against measured, skew, poolers; exit code 1 when a gate fails'
	@echo 'make bench-scale      seconds, memory and plannings of index advice with many tenants, statements and tables; no gate'
	@echo 'make bench-hypopg     plan costs with random index sets against HypoPG (BENCH=number of sets); exit code 1 when one differs'
	@echo 'make clean            remove what was built'
	@echo '    BENCH="..."       options of the benchmark, e.g. make bench-capture BENCH="--workload prepared,simple"'
	@echo 'Settings: PG_CONFIG=/path/to/pg_config, WERROR=1 (warnings are errors), V=1 (show commands)'

# ---- set-up ---------------------------------------------------------------------------------------------------------
deps:
	@$(HARNESS)/deps.sh install

# A second make, because packages that are installed now change what this file sees when it is parsed.
test:
	@$(HARNESS)/deps.sh install
	@$(MAKE) --no-print-directory run-tests

.PHONY: test-matrix
test-matrix:
	@TARGET='$(TARGET)' $(HARNESS)/matrix.sh $(VERSIONS)

demo:
	@$(HARNESS)/deps.sh install
	@$(MAKE) --no-print-directory run-demo

ifeq ($(wildcard $(PGXS)),)
# ---- nothing to build with yet --------------------------------------------------------------------------------------
all install uninstall cli pgtree test-upstream test-freshness run-tests run-demo $(addprefix check-,$(SUITES)):
	@$(HARNESS)/deps.sh explain; exit 1

clean:
	rm -rf build
else
# ---- the extension --------------------------------------------------------------------------------------------------
OBJDIR = build/extension
SOURCES = $(wildcard extension/core/*.cpp extension/src/*.cpp extension/src/*/*.cpp)

EXTENSION = extension/pg_steward
DATA = $(wildcard extension/install/*.sql)
MODULE_big = pg_steward
OBJS = $(SOURCES:%.cpp=$(OBJDIR)/%.o)
EXTRA_CLEAN = build results

# PGXS names the server's headers with -I as well; the same folder named with -isystem wins.
PG_CPPFLAGS = -Iextension -Iextension/src -isystem $(includedir_server) -MMD -MP
PG_CXXFLAGS = -std=gnu++20 -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast \
              -fvisibility=hidden -fvisibility-inlines-hidden -fno-plt $(if $(WERROR),-Werror)
SHLIB_LINK = -lstdc++
# The bitcode step ignores PG_CXXFLAGS.
override with_llvm := no

include $(PGXS)

# Changes when the flags do, so that everything is compiled again with them.
FLAGS_STAMP = build/.flags$(if $(WERROR),.werror)
$(FLAGS_STAMP):
	@mkdir -p build && rm -f build/.flags* && touch $@

# Objects stay out of the source tree. Debian's PGXS tracks no dependencies; -MMD does.
$(OBJDIR)/%.o: %.cpp Makefile $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CXX  $<'; )$(CXX) $(CXXFLAGS) $(CXXFLAGS_SL) $(CPPFLAGS) -c -o $@ $<
-include $(OBJS:.o=.d)

# ---- the CLI --------------------------------------------------------------------------------------------------------
CMAKE_DIR = build/cmake
# The server's bin folder is not on PATH on Debian, so the CLI is linked to from here; LINKDIR= (empty) leaves that out.
LINKDIR = $(if $(filter $(bindir),/usr/bin /usr/local/bin),,/usr/local/bin)

all: cli
cli: $(CMAKE_DIR)/CMakeCache.txt
	@$(MAKE) --no-print-directory -s -C $(CMAKE_DIR) cli_targets

# CMake refuses a build folder that came along with a clone that was moved or copied: it is made anew.
MOVED := $(shell made_for=$$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' $(CMAKE_DIR)/CMakeCache.txt 2>/dev/null); \
           [ -z "$$made_for" ] || [ "$$made_for" -ef . ] || echo moved)
.PHONY: moved
$(CMAKE_DIR)/CMakeCache.txt: CMakeLists.txt $(FLAGS_STAMP) $(MOVED)
	@$(if $(MOVED),rm -rf $(CMAKE_DIR))
	@cmake -G 'Unix Makefiles' -S . -B $(CMAKE_DIR) -DSTEWARD_WERROR=$(if $(WERROR),ON,OFF) || { $(HARNESS)/deps.sh explain; exit 1; }
	@touch $@

install: install-cli
install-cli: cli
	@if [ -x $(CMAKE_DIR)/pgsteward ]; then set -ex; \
	  $(INSTALL) -d '$(DESTDIR)$(bindir)'; \
	  $(INSTALL) -m 755 $(CMAKE_DIR)/pgsteward '$(DESTDIR)$(bindir)/pgsteward'; \
	  if [ -n '$(LINKDIR)' ]; then \
	    $(INSTALL) -d '$(DESTDIR)$(LINKDIR)'; ln -sf '$(bindir)/pgsteward' '$(DESTDIR)$(LINKDIR)/pgsteward'; fi; fi

uninstall: uninstall-cli
uninstall-cli:
	rm -f '$(DESTDIR)$(bindir)/pgsteward' $(if $(LINKDIR),'$(DESTDIR)$(LINKDIR)/pgsteward')

# After the CLI: two makes in one CMake folder would write the same library at once.
unit-tests: $(CMAKE_DIR)/CMakeCache.txt | cli
	@$(MAKE) --no-print-directory -s -C $(CMAKE_DIR) unit_tests

# Needs clang-tidy, which is not among the packages of "make deps".
tidy: $(CMAKE_DIR)/CMakeCache.txt
	@clang-tidy -p $(CMAKE_DIR) --quiet $(sort $(wildcard extension/core/*.cpp) $(shell find optimizer -name '*.cpp' 2>/dev/null))

# ---- tests and demo -------------------------------------------------------------------------------------------------
export PG_CONFIG

# The private copy of the server's tree with the extension and the CLI installed in it.
pgtree: all
	@$(HARNESS)/pgtree.sh build
	@$(MAKE) --no-print-directory -s install DESTDIR='$(CURDIR)/build/pgtree' LINKDIR= >build/install.log 2>&1 || { cat build/install.log; exit 1; }

run-tests:
	@$(HARNESS)/run_suites.sh $(SUITES)

$(addprefix check-,$(SUITES)): check-%:
	@$(HARNESS)/run_suites.sh $* $(ONLY)

LOAD_SECONDS ?= 180
LOAD_SEED ?= $(shell date +%s)
.PHONY: test-freshness
test-freshness: pgtree
	@STEWARD_LOAD_SECONDS=$(LOAD_SECONDS) STEWARD_LOAD_SEED=$(LOAD_SEED) V=1 $(HARNESS)/run_suites.sh tap freshness_load

test-upstream: pgtree
	@$(HARNESS)/upstream.sh $(ONLY)

bench-capture bench-throughput bench-memory: bench-%: pgtree
	@bench/$*.sh $(BENCH)

bench-index: pgtree
	@$(MAKE) --no-print-directory -s -C $(CMAKE_DIR) index_selection
	@bench/index.sh $(BENCH)

bench-index-sizes: pgtree
	@bench/index_sizes.sh

bench-refresh: pgtree
	@bench/refresh.sh $(BENCH)

bench-pool: pgtree
	@bench/pool.sh $(BENCH)

bench-prepared: pgtree
	@bench/prepared.sh $(BENCH)

bench-scale: pgtree
	@bench/scale.sh $(BENCH)

bench-hypopg: pgtree
	@bench/hypopg_agreement.sh $(BENCH)

run-demo:
	@$(HARNESS)/run_demo.sh
endif
