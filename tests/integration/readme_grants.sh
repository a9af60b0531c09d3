#!/bin/bash
# The GRANT recipes of README.md, taken from README.md: without them a role has nothing (S1), with them it can read every
# view, get advice and save it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start
psql -qX -v ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE ROLE monitor LOGIN;
CREATE ROLE advisor LOGIN;
CREATE TABLE orders (id bigint PRIMARY KEY, status text);
INSERT INTO orders SELECT i, 'status ' || i % 5000 FROM generate_series(1, 100000) i;
ANALYZE orders;
SELECT count(*) FROM orders WHERE status = 'status 17';
SQL

views() {
  psql -qXAt -c "SELECT format('SELECT * FROM %s LIMIT 1;', oid::regclass) FROM pg_class
    WHERE relnamespace = 'steward'::regnamespace AND relkind = 'v'"
}
read_all_views() { views | psql -qX -v ON_ERROR_STOP=1 -U "$1" -f -; }

check_exit "without a grant the views are closed" 3 read_all_views monitor
check_exit "and so is advice" 1 pgsteward advise indexes -U advisor

sed -n '/^-- read the views$/,/^```$/p' "$STEWARD_REPO/README.md" | grep -v '^```$' >"$(session_dir)/grants.sql"
check "README.md has the recipes" grep -q save_suggestions "$(session_dir)/grants.sql"
check "they run" psql -qX -v ON_ERROR_STOP=1 -f "$(session_dir)/grants.sql"

# Without the one grant that is not on our objects a role sees its own statements only.
psql -qXc 'REVOKE pg_read_all_stats FROM monitor' -c 'CREATE ROLE "Half grown" LOGIN IN ROLE advisor' \
  -c 'GRANT SELECT ON orders TO "Half grown"'
check_like "without pg_read_all_stats the error is that grant" \
  "sees no statements on the tables.*hint: As a superuser: GRANT pg_read_all_stats TO \"Half grown\";" \
  bash -c 'pgsteward advise indexes -U "Half grown" 2>&1 | tr "\n" " "'
check_like "and doctor's line too" 'GRANT pg_read_all_stats TO "Half grown";' pgsteward doctor -U "Half grown"
psql -qX -U "Half grown" -c "SELECT count(*) FROM orders WHERE status = 'status 17'" >"$(session_dir)/counted"
check_like "with statements of its own the advice says what it is without" \
  'warning +the statements of other roles are not visible to this one.*GRANT +pg_read_all_stats TO "Half grown";' \
  bash -c 'pgsteward advise indexes --no-save -U "Half grown" | tr "\n" " "'
check_like "and so does a snapshot" 'warning: the statements of other roles.*hint: .*GRANT pg_read_all_stats TO "Half grown";' \
  bash -c 'pgsteward snapshot -o "$STEWARD_SESSION/s.json" -U "Half grown" 2>&1 | tr "\n" " "'
psql -qXc 'GRANT pg_read_all_stats TO monitor'

check "the monitor reads every view" read_all_views monitor
check_is "and sees other roles' texts" t psql -qXAt -U monitor -c \
  "SELECT bool_or(query LIKE '%FROM orders WHERE status%') FROM steward.statements"
check_exit "but runs no what-if" 1 pgsteward advise indexes -U monitor
check_like "the advisor gets advice and saves it" 'orders_status_idx.*saved as run 1' \
  bash -c 'pgsteward advise indexes -U advisor | tr "\n" " "'
check_like "and on pools" 'saved as run 2 \(steward.pool_suggestions\)' pgsteward advise pool -U advisor
for i in $(seq 20); do psql -qXAt -U "Half grown" -c "SELECT status FROM orders WHERE id = $i"; done >"$(session_dir)/read"
check_like "and measures what it may read" 'measured: simple' \
  bash -c 'pgsteward advise prepared --no-save --measure --measure-time 3s --min-calls 20 -U "Half grown" | tr "\n" " "'
check_like "which a superuser does not" 'a superuser does not measure.*hint: Measure as an ordinary role' \
  bash -c 'pgsteward advise prepared --measure 2>&1 | tr "\n" " "'
check "and mutes a suggestion" bash -c \
  'pgsteward mute "$(psql -Atc "SELECT min(suggestion_id) FROM steward.index_suggestions")" -U advisor'
check_exit "and still reads no row" 1 psql -qX -U advisor -c 'SELECT * FROM orders'
checks_done
