# Scheduled materialized views on a hot standby: nothing is tried there; once promoted it takes over. RELIABILITY W8.
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
    SELECT steward.schedule_refresh('good', every => '1 s');
});
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

# The primary goes in the middle of a refresh.
$primary->stop('immediate');
$standby->promote;
ok($standby->poll_query_until('postgres', q{SELECT bool_or(result = 'interrupted') FROM steward.refresh_history WHERE matviewname = 'slow'}),
    'after promotion the refresh that the old primary began is reported as interrupted');
$standby->safe_psql('postgres', q{SELECT steward.unschedule_refresh('slow'); INSERT INTO t VALUES (2);});
$standby->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
ok($standby->poll_query_until('postgres', 'SELECT n = 2 FROM good'), 'and views are refreshed on the new primary');
unlike(slurp_file($standby->logfile), qr/cannot look after|PANIC|TRAP|terminated by signal/, 'without an error on the way')
    or diag(slurp_file($standby->logfile));
$standby->stop;
done_testing();
