#!/bin/bash
# Shows that the lints see what they forbid: a small tree with one breach of each rule.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/extension/{core,src/capture,src/store,src/pg,src/refresh} "$tree"/optimizer/{advise,report,db,model}

header='// Opens as it should.'
put() { printf '%s\n' "$header" "${@:2}" >"$tree/$1"; }
put extension/src/pg/guard.cpp '#include "postgres.h"' 'PG_TRY();'                    # allowed there
put extension/src/pg/compat.cpp '#if PG_VERSION_NUM >= 160000'                         # allowed there
put optimizer/db/database.cpp '#include <libpq-fe.h>' '#include <string>'               # allowed there
put optimizer/model/workload.hpp '#pragma once'

# expect LINT LINE TEXT: the lint reports TEXT below a "not ok - RULE" line
expect() {
  if "$here/$1" "$tree" | grep -A3 -F "not ok - $2" | grep -qF "$3"; then echo "ok - $1 sees: $2 ($3)"
  else echo "not ok - $1 sees: $2 ($3)"; bad=1; fi
}
bad=0
"$here/includes.pl" "$tree" >/dev/null || { echo "not ok - includes.pl passes a good tree"; bad=1; }
"$here/sources.pl" "$tree" >/dev/null || { echo "not ok - sources.pl passes a good tree"; bad=1; }

put extension/core/a.cpp '#include "postgres.h"' '#include <iostream>' 'auto t = std::chrono::steady_clock::now();'
expect includes.pl 'includes of extension/core' 'a.cpp:2: includes "postgres.h" (postgres)'
expect includes.pl 'includes of extension/core' 'a.cpp:3: includes <iostream>'
expect sources.pl 'the core asks no clock' 'a.cpp:4'
put extension/src/refresh/x.hpp '#pragma once'
put extension/src/capture/a.cpp '#include "refresh/x.hpp"' 'std::vector<int> v;' 'auto *p = new int;' '  PG_TRY();'
expect includes.pl 'includes of extension/src/capture' 'a.cpp:2: includes "refresh/x.hpp" (refresh)'
expect sources.pl 'capture and store own no C++ containers' 'a.cpp:3'
expect sources.pl 'capture and store allocate nothing with new' 'a.cpp:4'
expect sources.pl 'PG_TRY stands only' 'a.cpp:5'
put extension/src/store/a.cpp '#if PG_VERSION_NUM >= 160000' 'std::thread t;' 'void *operator new(size_t n);'
expect sources.pl 'version differences' 'a.cpp:2'
expect sources.pl 'no threads inside the server' 'a.cpp:3'
expect sources.pl 'nothing overrides operator new' 'a.cpp:4'
put optimizer/advise/a.cpp '#include "db/database.hpp"' '#include <libpq-fe.h>' '#include <boost/program_options.hpp>'
expect includes.pl 'includes of optimizer/advise' 'includes <libpq-fe.h> (libpq)'
expect includes.pl 'includes of optimizer/advise' '(boost)'
put optimizer/report/BadName.hpp 'int f() {' "$(seq -f 'f%g();' 450)" '}' "// FIX""ME later" 'int x; '
expect sources.pl 'files stay under 400 lines' 'BadName.hpp: 455'
expect sources.pl 'functions stay under 50 lines' 'BadName.hpp:2: 452 lines'
expect sources.pl 'headers are included once' 'BadName.hpp'
expect sources.pl 'files are named in snake_case' 'BadName.hpp'
expect sources.pl 'nothing is left to be done' 'BadName.hpp:454'
expect sources.pl 'no tabs, no trailing blanks' 'BadName.hpp:455'
header='int x;'
put extension/core/b.cpp
expect sources.pl 'each file opens with what it owns' 'b.cpp'
exit $bad
