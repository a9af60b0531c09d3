# Scheduled materialized views when the server ends in any way, when a worker is killed, and when no worker slot is free.
# RELIABILITY W1, W2, W5, W7, W8.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_steward'
restart_after_crash = on
log_min_messages = warning
});
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t AS SELECT 1 AS i;
    CREATE MATERIALIZED VIEW good AS SELECT count(*) AS n, clock_timestamp() AS at FROM t;
    CREATE MATERIALIZED VIEW slow AS SELECT 1 AS n FROM pg_sleep(3600) WITH NO DATA;
    SELECT steward.schedule_refresh('good', every => '1 s');
});

sub eventually {
    my ($name, $query) = @_;
    ok($node->poll_query_until('postgres', $query), $name);
}
sub interrupted {
    my ($name, $times) = @_;
    eventually($name, "SELECT count(*) = $times FROM steward.refresh_history WHERE matviewname = 'slow' AND result = 'interrupted' AND message ~ 'server ended'");
}
my $running = q{SELECT count(*) = 1 FROM steward.refresh_state s WHERE running_since IS NOT NULL AND relid = 'slow'::regclass
    AND EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')};
my $fresh = q{SELECT last_refresh > pg_postmaster_start_time() FROM steward.matviews WHERE matviewname = 'good'};
sub pid_of { return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = '$_[0]'"); }
# The refresh would go on for an hour; pg_ctl gives up after a minute.
sub stop_during_refresh {
    my ($mode) = @_;
    ok($node->stop($mode, fail_ok => 1), "$mode shutdown does not wait for a refresh (W1)") or BAIL_OUT('the server does not stop');
    $node->start;
}

# ---- restart: nobody schedules anything anew ------------------------------------------------------------------------
eventually('a view is refreshed', q{SELECT last_result = 'ok' FROM steward.matviews WHERE matviewname = 'good'});
$node->restart;
eventually('and again after a restart', $fresh);

# ---- shutdown while a refresh runs (W1) -----------------------------------------------------------------------------
$node->safe_psql('postgres', q{SELECT steward.schedule_refresh('slow', every => '1 h')});
eventually('a long refresh runs', $running);
stop_during_refresh('fast');
interrupted('it is reported as interrupted', 1);
eventually('and tried again', $running);
stop_during_refresh('immediate');
interrupted('also after an immediate shutdown', 2);

# ---- the worker is killed: the server restarts its processes, a third interruption stops the schedule (W5, W8) ------
eventually('the long refresh runs a third time', $running);
my $launcher = pid_of('pg_steward launcher');
kill 'KILL', pid_of('pg_steward worker');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $launcher");
interrupted('it is reported after a crash', 3);
is($node->safe_psql('postgres', q{SELECT enabled FROM steward.matviews WHERE matviewname = 'slow'}), 'f',
    'a view whose refreshes end with the server three times in a row is not tried again');
eventually('the other view is', $fresh);

# ---- the postmaster is killed (W2) ----------------------------------------------------------------------------------
$node->safe_psql('postgres', q{SELECT steward.resume_refresh('slow')});
eventually('a resumed schedule runs', $running);
my @pids = (pid_of('pg_steward launcher'), pid_of('pg_steward worker'));
$node->kill9;
my $waited = 0;
while (kill(0, @pids) && $waited < 20 * $PostgreSQL::Test::Utils::timeout_default) { sleep 0.05; $waited++; }
is(kill(0, @pids), 0, 'launcher and worker go with the postmaster');
$node->start;
interrupted('the refresh is reported as interrupted', 4);
eventually('refreshes go on', $fresh);
$node->safe_psql('postgres', q{SELECT steward.unschedule_refresh('slow')});

# ---- no free worker slot (W7): the launcher and the replication launcher take both ----------------------------------
$node->append_conf('postgresql.conf', 'max_worker_processes = 2');
my $offset = -s $node->logfile;
$node->restart;
eventually('a launch that finds no slot is counted', 'SELECT max(failed_launches) >= 2 FROM steward.refresh_databases()');
# By the server's own clock, however long the polling took: a try every 5 s, a warning a minute.
my $tries = $node->safe_psql('postgres', q{
    SELECT max(failed_launches) || ' of ' || 2 + floor(extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) / 5)
    FROM steward.refresh_databases()});
ok($tries =~ /(\d+) of (\d+)/ && $1 <= $2, "and not tried in a busy loop: $tries");
my $log = slurp_file($node->logfile, $offset);
my $warnings = () = $log =~ /no background worker slot is free/g;
my $minutes = $node->safe_psql('postgres', 'SELECT floor(extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) / 60)');
ok($warnings >= 1 && $warnings <= 1 + $minutes, "one warning a minute: $warnings in $minutes");
$node->append_conf('postgresql.conf', 'max_worker_processes = 8');
$node->restart;
eventually('with slots it refreshes again', $fresh);

# ---- the kill switch ------------------------------------------------------------------------------------------------
$node->append_conf('postgresql.conf', 'pg_steward.refresh = off');
$node->reload;
eventually('refresh = off sends the workers home',
    q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_steward worker'});
my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
$node->append_conf('postgresql.conf', 'pg_steward.refresh = on');
$node->reload;
eventually('refresh = on brings them back', "SELECT last_refresh > '$now' FROM steward.matviews WHERE matviewname = 'good'");

$node->stop;
done_testing();
