# Scheduled materialized views on a hot standby: nothing is tried there; once promoted it takes over, promises included.
# RELIABILITY W8.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_steward'\n");
$primary->start;
$primary->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t AS SELECT 1 AS i;
    CREATE MATERIALIZED VIEW good AS SELECT count(*) AS n, clock_timestamp() AS at FROM t;
    CREATE MATERIALIZED VIEW slow AS SELECT 1 AS n FROM pg_sleep(3600) WITH NO DATA;
    CREATE MATERIALIZED VIEW promised AS SELECT count(*) AS n FROM t;
    CREATE MATERIALIZED VIEW child AS SELECT n FROM promised;
    CREATE MATERIALIZED VIEW patient AS SELECT count(*) AS n FROM t;
    SELECT steward.schedule_refresh('good', every => '1 s'), steward.schedule_refresh('promised', max_staleness => '2 s'),
           steward.schedule_refresh('child', max_staleness => '2 s'), steward.schedule_refresh('patient', max_staleness => '1 h');
});
my $fresh = q{FROM steward.matviews WHERE matviewname IN ('promised', 'child', 'patient') AND staleness = '0'};
ok($primary->poll_query_until('postgres', "SELECT count(*) = 3 $fresh"), 'views are fresh on the primary');
$primary->poll_query_until('postgres', q{SELECT last_result = 'ok' FROM steward.matviews WHERE matviewname = 'good'});
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_steward worker'};
ok($standby->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_steward launcher'}),
    'the launcher runs on a standby');
$primary->safe_psql('postgres', q{SELECT steward.schedule_refresh('slow', every => '1 h')});
ok($standby->poll_query_until('postgres', q{SELECT count(*) = 1 FROM steward.refresh_state WHERE running_since IS NOT NULL AND relid = 'slow'::regclass}),
    'it sees the primary refreshing');
my ($status, $out, $err) = $standby->psql('postgres', q{SELECT steward.schedule_refresh('good', every => '5 s')});
like($err, qr/read-only transaction/, 'a schedule cannot be changed there');
($status, $out, $err) = $standby->psql('postgres', q{SELECT steward.refresh_now('good')});
like($err, qr/read-only transaction|during recovery/, 'nor a view refreshed');
is($standby->safe_psql('postgres', $workers), '0', 'no worker is sent on a standby');
is($standby->safe_psql('postgres', q{SELECT matviewname, staleness, next_reason FROM steward.matviews WHERE matviewname IN ('promised', 'child', 'patient') ORDER BY 1}),
    "child||never: this is a standby\npatient||never: this is a standby\npromised||never: this is a standby", 'how stale a view is is not known there');
my $before = $standby->safe_psql('postgres', 'SELECT max(refresh_id) FROM steward.refresh_history');

# The primary goes in the middle of a refresh.
$primary->stop('immediate');
$standby->promote;
ok($standby->poll_query_until('postgres', q{SELECT bool_or(result = 'interrupted') FROM steward.refresh_history WHERE matviewname = 'slow'}),
    'after promotion the refresh that the old primary began is reported as interrupted');
# Once it runs again: a cancel that comes before would miss it, and it would keep the worker for an hour.
$standby->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
$standby->safe_psql('postgres', q{SELECT steward.unschedule_refresh('slow')});
$standby->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
# Nobody knows what the old primary wrote last: all is presumed changed, and refreshed when its promise asks.
ok($standby->poll_query_until('postgres', "SELECT count(*) > 0 FROM steward.refresh_history WHERE refresh_id > $before AND matviewname = 'promised' AND result IN ('ok', 'unchanged')"),
    'a view with a promise is refreshed after promotion, though nothing was written');
ok($standby->poll_query_until('postgres', "SELECT count(*) = 2 AND bool_and(matviewname <> 'patient') $fresh"),
    'and known to be fresh, as is what reads it, but not what has longer');
$standby->safe_psql('postgres', 'INSERT INTO t VALUES (2)');
ok($standby->poll_query_until('postgres', 'SELECT n = 2 FROM good'), 'and views are refreshed on the new primary');
ok($standby->poll_query_until('postgres', 'SELECT n = 2 FROM child'), 'which notices changes');
is($standby->safe_psql('postgres', q{SELECT staleness IS NULL FROM steward.matviews WHERE matviewname = 'patient'}), 't',
    'while of what is not due nothing is claimed');
unlike(slurp_file($standby->logfile), qr/cannot look after|PANIC|TRAP|terminated by signal/, 'without an error on the way')
    or diag(slurp_file($standby->logfile));
$standby->stop;
done_testing();
