# Materialized views kept within a promised staleness: every way to change a base table is noticed, nothing is refreshed for
# nothing, chains go in order, diamonds agree, and after a crash everything is presumed changed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('freshness');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_steward'
autovacuum = off
pg_steward.history_interval = 0
max_prepared_transactions = 5
CONF
$node->start;

sub sql { return $node->safe_psql('postgres', $_[0]); }
sub eventually { my ($name, $query) = @_; ok($node->poll_query_until('postgres', $query), $name); }
sub runs { return sql("SELECT count(*) FROM steward.refresh_history WHERE matviewname = '$_[0]' AND result IN ('ok', 'unchanged')"); }
# All scheduled views lack nothing, and say so.
sub quiet { eventually('all is fresh', q{SELECT bool_and(coalesce(staleness = '0', false)) FROM steward.matviews WHERE enabled AND tracking = 'changes'}); }
# The tables' counters have told of everything, too.
sub settled { sql('SELECT pg_sleep(14)'); quiet(); }
# After `change`, view v equals its query again, by one refresh more.
sub follows {
    my ($name, $change) = @_;
    quiet();
    my $before = runs('totals');
    sql($change);
    eventually($name, q{SELECT NOT EXISTS (TABLE totals EXCEPT ALL SELECT shop, count(*), sum(amount) FROM sales GROUP BY shop)
                           AND NOT EXISTS (SELECT shop, count(*), sum(amount) FROM sales GROUP BY shop EXCEPT ALL TABLE totals)});
    quiet();
    my $spent = runs('totals') - $before;
    cmp_ok($spent, '<=', 3, "$name, by few refreshes ($spent)");
}

sql(q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE sales (id serial, shop int, amount int) PARTITION BY LIST (shop);
    CREATE TABLE sales_1 PARTITION OF sales FOR VALUES IN (1);
    CREATE TABLE sales_2 PARTITION OF sales FOR VALUES IN (2);
    CREATE TABLE other (i int);
    INSERT INTO sales (shop, amount) SELECT 1 + i % 2, i FROM generate_series(1, 100) i;
    CREATE MATERIALIZED VIEW totals AS SELECT shop, count(*) AS n, sum(amount) AS amount FROM sales GROUP BY shop;
    CREATE UNIQUE INDEX ON totals (shop);
    CREATE MATERIALIZED VIEW one AS SELECT sum(amount) AS amount FROM sales_1;
    SELECT steward.schedule_refresh('totals', max_staleness => '1 s'), steward.schedule_refresh('one', max_staleness => '1 s');
});
eventually('a new schedule refreshes at once', q{SELECT count(*) = 2 FROM steward.matviews WHERE last_result IN ('ok', 'unchanged')});
is(sql(q{SELECT tracking FROM steward.matviews WHERE matviewname = 'totals'}), 'changes', 'changes are tracked');

# ---- every way to change a table ---------------------------------------------------------------------------------------
follows('INSERT through the root', q{INSERT INTO sales (shop, amount) VALUES (1, 1000)});
eventually('a view on the partition follows, too', q{SELECT amount = (SELECT sum(amount) FROM sales_1) FROM one});
follows('INSERT into a partition', q{INSERT INTO sales_2 (shop, amount) VALUES (2, 1)});
follows('UPDATE', q{UPDATE sales SET amount = amount + 1 WHERE id = 3});
follows('DELETE', q{DELETE FROM sales WHERE id = 4});
follows('a data-modifying CTE', q{WITH gone AS (DELETE FROM sales WHERE id = 5 RETURNING id) SELECT * FROM gone});
follows('COPY', q{COPY sales (shop, amount) FROM PROGRAM 'printf "1\t7\n2\t8\n"'});
follows('TRUNCATE of a partition', q{TRUNCATE sales_2});
follows('session_replication_role = replica', q{SET session_replication_role = replica; INSERT INTO sales (shop, amount) VALUES (2, 5)});
follows('track = none', q{SET pg_steward.track = none; INSERT INTO sales (shop, amount) VALUES (2, 6)});
follows('ATTACH', q{
    CREATE TABLE sales_3 AS SELECT * FROM sales WHERE false; ALTER TABLE sales_3 ALTER id SET NOT NULL;
    INSERT INTO sales_3 VALUES (1000, 3, 3); ALTER TABLE sales ATTACH PARTITION sales_3 FOR VALUES IN (3)});
follows('a write to the partition attached', q{INSERT INTO sales_3 VALUES (1001, 3, 30)});
follows('DETACH', q{ALTER TABLE sales DETACH PARTITION sales_3});
follows('DROP of a partition', q{CREATE TABLE sales_4 PARTITION OF sales FOR VALUES IN (4); INSERT INTO sales_4 (shop, amount) VALUES (4, 4); DROP TABLE sales_4});
follows('a savepoint kept', q{BEGIN; SAVEPOINT s; INSERT INTO sales (shop, amount) VALUES (1, 11); RELEASE s; COMMIT});
follows('a function', q{DO $$ BEGIN INSERT INTO sales (shop, amount) VALUES (1, 12); END $$});

# ---- nothing for nothing -----------------------------------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW hourly AS SELECT count(*) AS n FROM other;
    SELECT steward.schedule_refresh('hourly', every => '1 s');
});
eventually('a periodic view is refreshed', q{SELECT last_result IN ('ok', 'unchanged') FROM steward.matviews WHERE matviewname = 'hourly'});
settled();
my $before = runs('totals');
my $looks = runs('hourly');
sql(q{CREATE TABLE third (i int); INSERT INTO third VALUES (1)});
sql(q{SELECT count(*) FROM sales});
sql(q{CREATE TABLE unrelated AS SELECT 1 AS i; DROP TABLE unrelated});
sql('SELECT pg_sleep(3)');
is(runs('totals'), $before, 'what changes nothing refreshes nothing');
is(runs('hourly'), $looks, 'nor by the clock');
sql(q{
    CREATE TABLE daily (d int, note text) PARTITION BY LIST (d);
    DO $$ BEGIN FOR i IN 1..600 LOOP EXECUTE format('CREATE TABLE daily_%s PARTITION OF daily FOR VALUES IN (%s)', i, i); END LOOP; END $$;
});
quiet();
my $told = q{SELECT max(last_change) FROM steward.change_marks() WHERE objid = 'other'::regclass};
my $number = sql($told);
sql(q{INSERT INTO daily SELECT i, repeat(md5(i::text), 1000) FROM generate_series(1, 600) i; TRUNCATE daily});
sql(q{BEGIN; INSERT INTO daily SELECT i FROM generate_series(1, 600) i; PREPARE TRANSACTION 'daily'});
sql(q{COMMIT PREPARED 'daily'});
is(sql($told), $number, 'a transaction that writes hundreds of partitions changes nothing else');
is(sql(q{
    CREATE TEMP TABLE looks AS SELECT NULL::timestamptz AS at, clock_timestamp() AS seen;
    DO $$ BEGIN FOR i IN 1..100 LOOP
        PERFORM pg_sleep(0.01);
        INSERT INTO looks SELECT last_visit, clock_timestamp() FROM steward.refresh_databases() b JOIN pg_database d ON d.oid = b.dbid AND d.datname = current_database();
    END LOOP; END $$;
    SELECT count(DISTINCT at) <= 4 + extract(epoch FROM max(seen) - min(seen)) FROM looks}), 't', 'nor does a worker look again and again for changes that nobody waits for');
sql(q{INSERT INTO other VALUES (2)});
eventually('but when something has changed', q{SELECT n = (SELECT count(*) FROM other) FROM hourly});

# ---- two-phase ---------------------------------------------------------------------------------------------------------
sql(q{BEGIN; INSERT INTO sales (shop, amount) VALUES (1, 14); PREPARE TRANSACTION 'p'});
sql('SELECT pg_sleep(2)');
follows('COMMIT PREPARED', q{COMMIT PREPARED 'p'});
sql(q{BEGIN; INSERT INTO sales (shop, amount) VALUES (1, 15); PREPARE TRANSACTION 'r'});
follows('ROLLBACK PREPARED', q{ROLLBACK PREPARED 'r'});

# ---- a view that time changes ------------------------------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW clock AS SELECT clock_timestamp() AS at;
    SELECT steward.schedule_refresh('clock', every => '1 s');
});
eventually('a view that reads the clock is refreshed each time', q{SELECT count(*) >= 3 FROM steward.refresh_history WHERE matviewname = 'clock' AND result = 'ok'});
like(sql(q{SELECT tracking || ': ' || tracking_reason FROM steward.matviews WHERE matviewname = 'clock'}), qr/^time: .*clock_timestamp/, 'and says why');
sql(q{DROP MATERIALIZED VIEW clock});

# ---- chains ------------------------------------------------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW grand AS SELECT sum(n) AS n, sum(amount) AS amount FROM totals;
    CREATE UNIQUE INDEX ON grand (n);
    SELECT steward.schedule_refresh('grand', max_staleness => '2 s'), steward.schedule_refresh('totals', downstream => true);
});
quiet();
sql(q{INSERT INTO sales (shop, amount) VALUES (2, 100)});
eventually('a change goes through a chain', q{SELECT amount = (SELECT sum(amount) FROM sales) FROM grand});
settled();
$before = runs('grand');
my $parent = sql(q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'totals' AND result = 'unchanged'});
sql(q{UPDATE sales SET amount = amount WHERE id = 7});
eventually('a change that changes no row refreshes the parent', "SELECT count(*) > $parent FROM steward.refresh_history WHERE matviewname = 'totals' AND result = 'unchanged'");
quiet();
is(runs('grand'), $before, 'and not the child');

# ---- diamonds ----------------------------------------------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW lefts AS SELECT sum(amount) AS amount FROM sales;
    CREATE MATERIALIZED VIEW rights AS SELECT sum(amount) AS amount FROM sales WHERE shop > 0;
    CREATE MATERIALIZED VIEW both_sides AS SELECT l.amount AS l, r.amount AS r FROM lefts l, rights r;
    SELECT steward.schedule_refresh(v::regclass, max_staleness => '1 s') FROM unnest('{lefts,rights,both_sides}'::text[]) v;
});
quiet();
$node->pgbench('--no-vacuum --client=2 --transactions=200', 0, [qr/processed: 400/], [qr/^$/], 'writers beside a diamond',
    { 'freshness_write' => q{INSERT INTO sales (shop, amount) VALUES (1, 1); SELECT 1/(l = r)::int FROM both_sides;} });
eventually('siblings agree at any time, and in the end with the base', q{SELECT l = r AND l = (SELECT sum(amount) FROM sales) FROM both_sides});
ok(sql(q{SELECT count(DISTINCT group_id) > 0 FROM steward.refresh_history WHERE matviewname IN ('lefts', 'rights')}), 'being refreshed from one snapshot');

# One side of a diamond is refreshed, the other passed over, and what was known of it stays.
sql(q{
    CREATE MATERIALIZED VIEW side_a AS SELECT sum(t.amount) AS amount, (SELECT count(*) FROM sales_2) AS n FROM totals t;
    CREATE MATERIALIZED VIEW side_b AS SELECT sum(amount) AS amount FROM totals;
    CREATE MATERIALIZED VIEW sides AS SELECT a.n, a.amount AS a, b.amount AS b FROM side_a a, side_b b;
    SELECT steward.schedule_refresh(v::regclass, max_staleness => '1 s') FROM unnest('{side_a,side_b,sides}'::text[]) v;
});
quiet();
sql(q{TABLE side_b; INSERT INTO sales (shop, amount) VALUES (2, 1)});
eventually('a side of a diamond is refreshed', q{SELECT seen_reads > 0 FROM steward.refresh_state WHERE relid = 'side_b'::regclass});
quiet();
$before = runs('side_a');
my $passed = runs('side_b');
sql(q{UPDATE sales_2 SET amount = amount WHERE id = (SELECT min(id) FROM sales_2)});
eventually('and then what lacks something', "SELECT count(*) > $before FROM steward.refresh_history WHERE matviewname = 'side_a' AND result IN ('ok', 'unchanged')");
quiet();
is(runs('side_b'), $passed, 'alone');
is(sql(q{SELECT seen_reads > 0 FROM steward.refresh_state WHERE relid = 'side_b'::regclass}), 't', 'of the other is known what was');

# ---- nobody scheduled --------------------------------------------------------------------------------------------------
sql(q{SELECT steward.pause_refresh(relid) FROM steward.refresh_schedule});
sql(q{INSERT INTO sales (shop, amount) VALUES (1, 17)});
sql('SELECT pg_sleep(2)');
my $launches = sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_steward worker'});
is($launches, '0', 'a change that nobody waits for starts no worker');
sql(q{SELECT steward.resume_refresh(relid) FROM steward.refresh_schedule});
quiet();

# ---- a refresh_now left open -------------------------------------------------------------------------------------------
my $session = $node->background_psql('postgres');
my $began = time;
$session->query_safe(q{BEGIN; SELECT steward.refresh_now('totals')});
sql(q{INSERT INTO sales (shop, amount) VALUES (1, 18)});
sql('SELECT pg_sleep(4)');
cmp_ok(sql(q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'totals' AND result = 'skipped'}), '<=', 2 + time - $began, 'a view that somebody refreshes is skipped once a second, not without pause');
$session->query_safe('COMMIT');
$session->quit;
quiet();

# ---- REFRESH by hand -----------------------------------------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW loose AS SELECT sum(amount) AS amount FROM sales;
    CREATE MATERIALIZED VIEW tight AS SELECT amount FROM loose;
    SELECT steward.schedule_refresh('tight', max_staleness => '1 s');
});
quiet();
sql(q{INSERT INTO sales (shop, amount) VALUES (1, 19); REFRESH MATERIALIZED VIEW loose});
eventually('a REFRESH by hand reaches the views that read it', q{SELECT amount = (SELECT sum(amount) FROM sales) FROM tight});
quiet();
sql(q{REFRESH MATERIALIZED VIEW totals WITH NO DATA});
eventually('a view that somebody has emptied is filled again', q{SELECT relispopulated FROM pg_class WHERE relname = 'totals'});
quiet();
$session = $node->background_psql('postgres');
$session->query_safe(q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM sales});
sql(q{INSERT INTO sales (shop, amount) VALUES (1, 20)});
quiet();
is(sql(q{SELECT sum(amount) = (SELECT sum(amount) FROM sales) FROM totals}), 't', 'a view is fresh');
$session->query_safe(q{REFRESH MATERIALIZED VIEW totals});
$session->query_safe('COMMIT');
$session->quit;
eventually('when a REFRESH from an older snapshot has put old rows in, it is refreshed again', q{SELECT sum(amount) = (SELECT sum(amount) FROM sales) FROM totals});

# ---- refresh_now ---------------------------------------------------------------------------------------------------------
# A chain that promises an hour, under a diamond: only refresh_now brings it up to date so soon.
sql(q{
    CREATE TABLE base (i int, day date);
    CREATE MATERIALIZED VIEW low AS SELECT i, day::timestamptz AS day FROM base;
    CREATE UNIQUE INDEX ON low (i);
    CREATE MATERIALIZED VIEW mid_a AS SELECT count(*) AS n, min(day)::text AS day FROM low;
    CREATE MATERIALIZED VIEW mid_b AS SELECT count(*) AS n FROM low;
    CREATE MATERIALIZED VIEW top AS SELECT a.n AS a, b.n AS b, a.day FROM mid_a a, mid_b b;
    CREATE MATERIALIZED VIEW unscheduled AS SELECT a, b, day FROM top;
    SET timezone = 'Asia/Tokyo';
    SELECT steward.schedule_refresh(v::regclass, max_staleness => '1 h') FROM unnest('{low,mid_a,mid_b,top}'::text[]) v;
});
sub fresh { eventually($_[0], q{SELECT bool_and(staleness = '0' AND dirty_since IS NULL) FROM steward.matviews WHERE relid IN ('low'::regclass, 'mid_a'::regclass, 'mid_b'::regclass, 'top'::regclass)}); }
sub dirty { eventually($_[0], q{SELECT dirty_since IS NOT NULL AND next_reason = 'changed' FROM steward.matviews WHERE matviewname = 'top'}); }
# A look that began after this call has ended: it found a change of another view.
sub looked {
    sql(q{INSERT INTO sales (shop, amount) VALUES (1, 1)});
    eventually($_[0], q{SELECT amount = (SELECT sum(amount) FROM sales_1) FROM one});
}
sub since { return sql("SELECT count(*) FROM steward.refresh_history WHERE matviewname = '$_[0]' AND refresh_id > $_[1]"); }
fresh('a new chain is refreshed at once');
sql(q{INSERT INTO base VALUES (1, '2026-01-01')});
dirty('a change far above is known');
my $last = sql('SELECT max(refresh_id) FROM steward.refresh_log');
is(sql(q{SET timezone = 'UTC'; SELECT steward.refresh_now('unscheduled')}), 'ok', 'a view is refreshed by hand');
is(sql('TABLE unscheduled'), '1|1|2026-01-01 00:00:00+09', 'with all above it, and their settings');
is(sql("SELECT string_agg(matviewname, ' ' ORDER BY refresh_id) FROM steward.refresh_history WHERE refresh_id > $last AND reason = 'manual' AND result IN ('ok', 'unchanged')"),
    'low mid_a mid_b top unscheduled', 'in order, each once');
fresh('the schedules know');
is(sql(q{SELECT last_result || (last_refresh > now() - interval '1 hour') FROM steward.matviews WHERE matviewname = 'top'}), 'oktrue', 'and say so');
sql(q{UPDATE base SET i = i});
is(sql(q{SELECT steward.refresh_now('mid_a')}), 'ok', 'where the parent turns out unchanged');
is(since('mid_b', $last) + 0, 1, 'those beside it are left alone');
sql(q{INSERT INTO base VALUES (2, '2026-01-02')});
is(sql(q{SELECT steward.refresh_now('mid_a')}), 'ok', 'one side of a diamond');
is(sql('SELECT a.n, b.n FROM mid_a a, mid_b b'), '2|2', 'takes the other along');
is(sql(q{SELECT steward.refresh_now('top')}), 'ok', 'what is above already agrees');
fresh('and nothing is left to do');
is(since('low', $last) . since('mid_a', $last) . since('mid_b', $last), '332', 'nor was anything done for nothing');

# Rolled back, or from an older snapshot, nothing is believed.
sql(q{INSERT INTO base VALUES (3, '2026-01-03')});
dirty('a change again');
sql(q{BEGIN; SELECT steward.refresh_now('top'); ROLLBACK});
looked('a worker looks after a refresh_now rolled back');
is(sql(q{SELECT dirty_since IS NOT NULL FROM steward.matviews WHERE matviewname = 'top'}), 't', 'a refresh_now rolled back counts for nothing');
sql(q{SELECT steward.refresh_now('low')});
sql(q{BEGIN; SAVEPOINT s; SELECT steward.refresh_now('mid_a'); ROLLBACK TO s; COMMIT});  # which lacks nothing but rows of low
looked('a worker looks after one that a savepoint took back');
is(sql(q{SELECT string_agg(matviewname, ' ' ORDER BY matviewname) FROM steward.matviews WHERE dirty_since IS NOT NULL AND matviewname IN ('low', 'mid_a', 'mid_b')}),
    'mid_a mid_b', 'nor does that');
sql(q{INSERT INTO base VALUES (4, '2026-01-04')});
$session = $node->background_psql('postgres');
$session->query_safe(q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM base});
sql(q{INSERT INTO base VALUES (5, '2026-01-05'); SELECT steward.refresh_now('top')});
is(sql('SELECT a, b FROM top'), '5|5', 'a view is fresh');
$session->query_safe(q{SELECT steward.refresh_now('low', 'plain'); COMMIT});
$session->quit;
dirty('a refresh_now with an old snapshot leaves a view that lacks changes');
$session = $node->background_psql('postgres');
$session->query_safe(q{BEGIN; SELECT steward.refresh_now('low')});
is(sql(q{SELECT steward.refresh_now('top')}), 'skipped', 'refresh_now does not wait for another session that refreshes one above');
$session->query_safe('ROLLBACK');
$session->quit;
is(sql(q{SELECT steward.refresh_now('top')}), 'ok', 'and then');
fresh('all is well');
is(sql('SELECT a = b AND a = (SELECT count(*) FROM base) FROM top'), 't', 'in the end');
sql(q{DROP MATERIALIZED VIEW low CASCADE});

# ---- databases that are copied, or left alone for a while (W4) ------------------------------------------------------------
# Nothing but marks tells here.
sub in_database { return $node->safe_psql($_[0], $_[1]); }
my $lacks = q{SELECT staleness > '0' OR (SELECT n = (SELECT count(*) FROM base) FROM late) FROM steward.matviews WHERE matviewname = 'late'};
sub fresh_in { ok($node->poll_query_until($_[0], q{SELECT staleness = '0' FROM steward.matviews WHERE matviewname = 'late'}), $_[1]); }
sql('CREATE DATABASE origin');
sql('ALTER DATABASE origin SET track_counts = off');
in_database('origin', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE base (i int);
    CREATE MATERIALIZED VIEW late AS SELECT count(*) AS n FROM base;
    SELECT steward.schedule_refresh('late', max_staleness => '1 h')});
fresh_in('origin', 'a view is fresh in its database');
in_database('origin', 'INSERT INTO base VALUES (1)');
ok($node->poll_query_until('origin', $lacks), 'and lacks a change');
sql('CREATE DATABASE copy TEMPLATE origin');
ok($node->poll_query_until('copy', $lacks), 'a view that was copied lacking a change is known to lack it in the copy');
in_database('origin', q{SELECT steward.refresh_now('late'); SELECT steward.schedule_refresh('late', max_staleness => '2 h')});
fresh_in('origin', 'the view is fresh again');
sql('ALTER DATABASE origin IS_TEMPLATE true');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM steward.refresh_databases() b JOIN pg_database d ON d.oid = b.dbid WHERE datname = 'origin'}),
    'a template is left alone');
in_database('origin', 'INSERT INTO base VALUES (2)');
sql('ALTER DATABASE origin IS_TEMPLATE false');
ok($node->poll_query_until('origin', $lacks), 'what was written to it meanwhile is not forgotten');
sql('ALTER DATABASE origin RENAME TO renamed');
ok($node->poll_query_until('renamed', $lacks), 'nor is it by a new name');
sql('DROP DATABASE renamed');
sql('DROP DATABASE copy');

# ---- crash -------------------------------------------------------------------------------------------------------------
quiet();
sql(q{BEGIN; INSERT INTO sales (shop, amount) VALUES (1, 16); PREPARE TRANSACTION 'c'});
sql('SELECT pg_sleep(2)');
$before = runs('totals');
$node->stop('immediate');
$node->start;
eventually('after a crash everything is refreshed', "SELECT count(*) > $before FROM steward.refresh_history WHERE matviewname = 'totals' AND result IN ('ok', 'unchanged')");
quiet();
follows('a transaction prepared before the crash', q{COMMIT PREPARED 'c'});

$node->stop;
done_testing();
