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
sub await_end {
    my (@pids) = @_;
    for (my $i = 0; kill(0, @pids) && $i < 20 * $PostgreSQL::Test::Utils::timeout_default; $i++) { sleep 0.05; }
    return kill(0, @pids) == 0;
}
# The postmaster refuses connections from the moment it has seen the end of the process until it has recovered. Not by psql,
# which a server that turns it away would leave with a query that nobody reads.
sub kill_and_recover {
    my ($pid) = @_;
    kill 'KILL', $pid;
    await_end($pid) or BAIL_OUT("$pid cannot be killed");
    my @ready = ('pg_isready', '-q', '-h', $node->host, '-p', $node->port);
    for (my $i = 0; system(@ready) != 0 && $i < 10 * $PostgreSQL::Test::Utils::timeout_default; $i++) { sleep 0.1; }
}
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
kill_and_recover(pid_of('pg_steward worker'));
interrupted('it is reported after a crash', 3);
is($node->safe_psql('postgres', q{SELECT enabled FROM steward.matviews WHERE matviewname = 'slow'}), 'f',
    'a view whose refreshes end with the server three times in a row is not tried again');
eventually('the other view is', $fresh);

# ---- the postmaster is killed (W2) ----------------------------------------------------------------------------------
$node->safe_psql('postgres', q{SELECT steward.resume_refresh('slow')});
eventually('a resumed schedule runs', $running);
my @pids = (pid_of('pg_steward launcher'), pid_of('pg_steward worker'));
$node->kill9;
ok(await_end(@pids), 'launcher and worker go with the postmaster');
$node->start;
interrupted('the refresh is reported as interrupted', 4);
eventually('refreshes go on', $fresh);
$node->safe_psql('postgres', q{SELECT steward.unschedule_refresh('slow')});

# ---- in the middle of a group (W2, W8): views of which one reads all, from one snapshot --------------------------------
$node->safe_psql('postgres', q{
    CREATE TABLE base AS SELECT 1 AS i;
    CREATE TABLE pause AS SELECT 0 AS seconds;
    -- Not true, or the view would be one that changes by itself.
    CREATE FUNCTION wait(seconds int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(seconds); RETURN true; END';
    CREATE MATERIALIZED VIEW lefts AS SELECT count(*) AS n FROM base;
    CREATE MATERIALIZED VIEW rights AS SELECT count(*) AS n FROM base WHERE wait((SELECT seconds FROM pause));
    CREATE MATERIALIZED VIEW sides AS SELECT l.n AS l, r.n AS r, (SELECT count(*) FROM base) AS n FROM lefts l, rights r;
    SELECT steward.schedule_refresh(v::regclass, max_staleness => '1 s') FROM unnest('{lefts,rights,sides}'::text[]) v;
});
my $members = q{matviewname IN ('lefts', 'rights', 'sides')};
my $called_fresh = "SELECT count(*) FROM steward.matviews WHERE $members AND staleness = '0'";
my $grouped = q{SELECT count(*) = 3 FROM steward.refresh_state WHERE running_since IS NOT NULL AND relid IN ('lefts'::regclass, 'rights'::regclass, 'sides'::regclass)
    AND EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')};
my $settled = "SELECT ($called_fresh) = 3";
eventually('a group of three is fresh', $settled);
for my $victim ('worker', 'postmaster') {
    $node->safe_psql('postgres', 'BEGIN; INSERT INTO base VALUES (2); UPDATE pause SET seconds = 3600; COMMIT');
    eventually("the group is in the middle of a refresh when the $victim is killed", $grouped);
    is($node->safe_psql('postgres', $called_fresh), '0', 'none is called fresh');
    my $worker = pid_of('pg_steward worker');
    if ($victim eq 'postmaster') {
        $node->kill9;
        await_end($worker);
        $node->start;
    } else {
        kill_and_recover($worker);
    }
    eventually('all of it is reported', "SELECT count(DISTINCT matviewname) = 3 FROM steward.refresh_history
        WHERE result = 'interrupted' AND $members AND finished_at > pg_postmaster_start_time()");
    eventually('and tried again', $grouped);
    is($node->safe_psql('postgres', $called_fresh), '0', 'none is called fresh before');
    $node->safe_psql('postgres', q{UPDATE pause SET seconds = 0;
        SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
    eventually('then all are', $settled);
    is($node->safe_psql('postgres', 'SELECT l = r AND l = n AND n = (SELECT count(*) FROM base) FROM sides'), 't', 'and have all rows');
    is($node->safe_psql('postgres', "SELECT count(DISTINCT matviewname) FROM steward.refresh_history
        WHERE result = 'ok' AND $members AND started_at > pg_postmaster_start_time()"), '3', 'each refreshed again');
}
# ---- no free worker slot (W7): the launcher, the replication launcher and a parallel query take all -------------------
$node->append_conf('postgresql.conf', "max_worker_processes = 3\npg_steward.refresh = off");
my $offset = -s $node->logfile;
$node->restart;
eventually('no worker is there', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_steward worker'});
my $parallel = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
my $query = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SET $parallel = on", '-c', 'SELECT pg_sleep(3600)'],
    '>', '/dev/null', '2>', '/dev/null');
eventually('a parallel query has the last slot',
    q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND wait_event = 'PgSleep'});
$node->append_conf('postgresql.conf', 'pg_steward.refresh = on');
$node->reload;
$node->safe_psql('postgres', 'INSERT INTO base VALUES (3)');
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
is($node->safe_psql('postgres', $called_fresh), '0', 'no promised view is called fresh');
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND backend_type = 'client backend' AND pid <> pg_backend_pid()});
$query->finish;
eventually('with a slot it refreshes again', $fresh);
eventually('promised views, too', "SELECT ($called_fresh) = 3 AND n = (SELECT count(*) FROM base) FROM sides");
$node->safe_psql('postgres', 'DROP MATERIALIZED VIEW lefts, rights, sides');

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
