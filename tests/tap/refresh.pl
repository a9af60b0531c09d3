# Scheduled materialized views on one server: refreshes happen, a failure stays alone, a dropped view ends its schedule,
# workers come, go and make room for DDL on databases. RELIABILITY W3, W4, W6, W9, W10, W12, W13, W18, W20.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('refresh');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_steward'\nautovacuum = off\npg_steward.history_interval = 0\n");
$node->start;
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

sub sql { my ($query, $db) = @_; return $node->safe_psql($db // 'shop', $query); }
sub eventually {
    my ($name, $query, $db) = @_;
    ok($node->poll_query_until($db // 'shop', $query), $name);
}
sub history { return "SELECT bool_or($_[1]) FROM steward.refresh_history WHERE matviewname = '$_[0]'"; }
# A condition: good was refreshed after the moment of this call.
sub refreshed_anew {
    my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
    return "SELECT last_refresh > '$now' FROM steward.matviews WHERE matviewname = 'good'";
}
sub worker_pid {
    my ($db) = @_;
    return sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_steward worker' AND datname = '$db'", 'postgres');
}

sql('CREATE DATABASE shop', 'postgres');
sql(q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t AS SELECT i FROM generate_series(1, 10) i;
    CREATE MATERIALIZED VIEW good AS SELECT count(*) AS n, clock_timestamp() AS at FROM t;  -- never unchanged
    CREATE MATERIALIZED VIEW keyed AS SELECT i FROM t;
    CREATE UNIQUE INDEX ON keyed (i);
    CREATE MATERIALIZED VIEW bad AS SELECT 100 / (count(*) - 11) AS n FROM t;
});

# ---- refreshes happen -----------------------------------------------------------------------------------------------
sql(q{
    INSERT INTO t VALUES (11);
    SELECT steward.schedule_refresh('good', every => '1 s'), steward.schedule_refresh('keyed', every => '1 h');
});
eventually('a scheduled view is refreshed', 'SELECT n = 11 FROM good');
eventually('concurrently when it can', history('keyed', "method = 'concurrently' AND result = 'ok'"));
eventually('and again, each second', q{SELECT count(*) >= 3 FROM steward.refresh_history WHERE matviewname = 'good' AND result = 'ok'});
is(sql(q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'keyed'}), '1', 'but only when due');
is(sql(q{SELECT string_agg(matviewname || ' ' || (last_read IS NOT NULL), ', ' ORDER BY matviewname) FROM steward.matviews WHERE matviewname IN ('good', 'keyed')}),
    'good true, keyed false', 'what is read is known');

# ---- one that fails (W6) --------------------------------------------------------------------------------------------
my $listener = $node->background_psql('shop');
$listener->query_safe('LISTEN steward_alerts');
sql(q{SELECT steward.schedule_refresh('bad', every => '1 s')});
eventually('a failing view is tried again', history('bad', "result = 'failed' AND sqlstate = '22012' AND attempts = 2 AND reason = 'retry'"));
my $before = sql(q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'good' AND result = 'ok'});
eventually('while the others go on', "SELECT count(*) > $before FROM steward.refresh_history WHERE matviewname = 'good' AND result = 'ok'");
is(sql(q{SELECT last_result, last_sqlstate, last_error, consecutive_failures >= 2, next_reason FROM steward.matviews WHERE matviewname = 'bad'}),
    'failed|22012|division by zero|t|retry', 'steward.matviews tells what is wrong');
eventually('and from the third time on raises an alert', q{SELECT alerts = '{failing}' FROM steward.matviews WHERE matviewname = 'bad'});
eventually('which stands while it goes on', history('bad', "result = 'failed' AND attempts = 4"));
my $heard = $listener->query_safe('SELECT 1') . $listener->query_safe('SELECT 1');
like($heard, qr/steward_alerts" with payload "\{"database" : "shop", "view" : "public.bad", "kind" : "failing", "since" : "[^"]+", "detail" : "3 refreshes in a row have failed, the last with SQLSTATE 22012\."\}"/,
    'and is notified');
is(scalar(() = $heard =~ /"view" : "public\.bad"/g), 1, 'once');
is(sql(q{SELECT alerts FROM steward.matviews WHERE matviewname = 'good'}), '{}', 'nothing is said of the others');
sql('INSERT INTO t VALUES (12)');
eventually('and it recovers', q{SELECT last_result = 'ok' AND consecutive_failures = 0 AND last_error IS NULL AND alerts = '{}' FROM steward.matviews WHERE matviewname = 'bad'});
sql(q{SELECT steward.unschedule_refresh('bad')});

# ---- a view that is dropped, or gets another owner ------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW doomed AS SELECT 1 AS n;
    SELECT steward.schedule_refresh('doomed', every => '1 s');
});
eventually('a view is there', history('doomed', "result = 'ok'"));
sql('DROP MATERIALIZED VIEW doomed');
eventually('a dropped view takes its schedule along', q{SELECT count(*) = 2 FROM steward.refresh_schedule});
eventually('with a note', q{SELECT bool_or(message ~ 'was dropped') FROM steward.refresh_history WHERE result = 'skipped'});
sql(q{
    CREATE ROLE shopkeeper NOLOGIN;
    CREATE ROLE thief NOLOGIN;
    GRANT CREATE ON SCHEMA public TO shopkeeper, thief;
    CREATE MATERIALIZED VIEW given AS SELECT current_user::text AS who;
    ALTER MATERIALIZED VIEW given OWNER TO shopkeeper;
    SELECT steward.schedule_refresh('given', every => '1 s');
});
eventually('a view is refreshed as its owner, who cannot even log in (W10)', q{SELECT who = 'shopkeeper' FROM given});
sql('ALTER MATERIALIZED VIEW given OWNER TO thief');
eventually('a view that gets another owner is not refreshed any more (S6)', history('given', "result = 'failed' AND sqlstate = '42501'"));
is(sql(q{SELECT enabled FROM steward.matviews WHERE matviewname = 'given'}), 'f', 'until somebody resumes it');
sql(q{SELECT steward.resume_refresh('given')});
eventually('then as the new owner', q{SELECT who = 'thief' FROM given});
# What a restored dump brings must not be worth more than what a session could pin (S6).
sql(q{UPDATE steward.refresh_schedule SET settings = settings || '{role=postgres,session_authorization=postgres,search_path=public}' WHERE relid = 'given'::regclass});
my $given = sql(q{SELECT max(refresh_id) FROM steward.refresh_history WHERE matviewname = 'given'});
eventually('with settings that make it somebody else', "SELECT max(refresh_id) > $given + 1 FROM steward.refresh_history WHERE matviewname = 'given' AND result IN ('ok', 'unchanged')");
is(sql(q{SELECT who FROM given}), 'thief', 'it is still refreshed as its owner');
sql('DROP MATERIALIZED VIEW given');

# ---- the view's query gains nothing from the worker's rights (W10) --------------------------------------------------
sql(q{
    SET ROLE thief;
    CREATE FUNCTION climb() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SET ROLE postgres'; RETURN 1; END $$;
    CREATE FUNCTION grab() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE thief SUPERUSER'; RETURN 1; END $$;
    CREATE MATERIALIZED VIEW climber AS SELECT public.climb() WITH NO DATA;
    CREATE MATERIALIZED VIEW grabber AS SELECT public.grab() WITH NO DATA;
    RESET ROLE;
    SELECT steward.schedule_refresh('climber', every => '1 h'), steward.schedule_refresh('grabber', every => '1 h');
});
eventually('a view cannot become its worker', history('climber', "result = 'failed' AND sqlstate = '42501'"));
eventually('nor use its rights', history('grabber', "result = 'failed' AND sqlstate = '42501'"));
is(sql(q{SELECT rolsuper FROM pg_roles WHERE rolname = 'thief'}), 'f', 'nothing was gained');
sql('DROP MATERIALIZED VIEW climber, grabber');

# ---- locks and limits (W9, W13) -------------------------------------------------------------------------------------
my $reader = $node->background_psql('shop');
$reader->query_safe('BEGIN; SELECT * FROM good');
eventually('a plain refresh does not queue behind a reader', history('good', "result = 'failed' AND sqlstate = '55P03'"));
is(sql('SELECT n > 0 FROM good'), 't', 'so that other readers are not stopped');
$reader->query_safe('COMMIT');
eventually('and succeeds once the reader is gone', q{SELECT last_result = 'ok' FROM steward.matviews WHERE matviewname = 'good'});

sql(q{
    CREATE MATERIALIZED VIEW resumed AS SELECT count(*) AS n FROM t;
    SELECT steward.schedule_refresh('resumed', max_staleness => '1 h');
});
eventually('a view with a promise is fresh', q{SELECT staleness = '0' FROM steward.matviews WHERE matviewname = 'resumed'});
$reader->query_safe('BEGIN; SELECT * FROM resumed');
sql(q{SELECT steward.pause_refresh('resumed')});
sql(q{SELECT steward.resume_refresh('resumed')});
eventually('the refresh of a resumed schedule fails', history('resumed', "result = 'failed' AND sqlstate = '55P03'"));
$reader->query_safe('COMMIT');
eventually('and the view counts as fresh only once one has succeeded', q{SELECT last_result = 'ok' FROM steward.matviews WHERE matviewname = 'resumed'});
sql('DROP MATERIALIZED VIEW resumed');

# Again where a worker is at it just then.
$reader->query_safe('SET client_min_messages = warning');
for (1 .. 100) {
    last if $reader->query_safe(q{BEGIN; SELECT steward.refresh_now('good')}) =~ /ok/;
    $reader->query_safe('ROLLBACK; SELECT pg_sleep(0.1)');
}
eventually('a worker skips what another session refreshes', history('good', "result = 'skipped' AND message ~ 'another session'"));
$reader->query_safe('COMMIT');
$reader->query_safe(q{BEGIN; SELECT steward.schedule_refresh('good', every => '2 s')});
$before = sql(q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'good' AND result = 'ok'});
eventually('an open change of a schedule blocks no refresh',
    "SELECT count(*) > $before + 1 FROM steward.refresh_history WHERE matviewname = 'good' AND result = 'ok'");
$reader->query_safe('ROLLBACK');

sql(q{
    CREATE MATERIALIZED VIEW slow AS SELECT 1 AS n FROM pg_sleep(3600) WITH NO DATA;
    SELECT steward.schedule_refresh('slow', every => '1 h', timeout => '200 ms');
});
eventually('a refresh ends at its timeout', history('slow', "result = 'failed' AND sqlstate = '57014'"));

# ---- the method follows from what is learned (W11, W13) --------------------------------------------------------------
# Nobody reads it and CONCURRENTLY takes long: plain is tried. In the way of that, CONCURRENTLY again.
sql(q{
    CREATE MATERIALIZED VIEW heavy AS SELECT i, clock_timestamp() AS at FROM generate_series(1, 1000) i, pg_sleep(0.15);
    CREATE UNIQUE INDEX ON heavy (i);
    SELECT steward.schedule_refresh('heavy', every => '1 s');
});
eventually('a view that nobody reads is refreshed plainly once CONCURRENTLY is known to be dear', history('heavy', "method = 'plain' AND result = 'ok'"));
is(sql(q{SELECT count(*) FILTER (WHERE method = 'concurrently') >= 5 AND bool_and(lock_wait_time >= 0) FROM steward.refresh_history WHERE matviewname = 'heavy'}),
    't', 'not before, and the wait for its lock is measured');
sql(q{UPDATE steward.refresh_state SET costs[2] = 10 * costs[8] WHERE relid = 'heavy'::regclass});  # plain is by far the cheaper one
$reader->query_safe('BEGIN; SELECT * FROM heavy LIMIT 0');
eventually('a plain refresh that cannot have its lock gives up', history('heavy', "method = 'plain' AND sqlstate = '55P03' AND lock_wait_time BETWEEN 90 AND 60000"));
my $escalated = sql('SELECT max(refresh_id) FROM steward.refresh_log');
eventually('and after three times leaves it to CONCURRENTLY',
    "SELECT count(*) > 0 FROM steward.refresh_history WHERE matviewname = 'heavy' AND method = 'concurrently' AND result = 'ok' AND refresh_id > $escalated");
is(sql(q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'heavy' AND sqlstate = '55P03'}), '3', 'after three');
$reader->query_safe('COMMIT');
sql(q{SELECT steward.schedule_refresh('heavy', method => 'plain')});
eventually('a method that was asked for is kept', q{SELECT bool_and(method = 'plain') AND count(*) = 3 FROM
    (SELECT method FROM steward.refresh_history WHERE matviewname = 'heavy' AND result = 'ok' ORDER BY refresh_id DESC LIMIT 3) h});
sql('DROP MATERIALIZED VIEW heavy');
$reader->quit;

# ---- alerts ---------------------------------------------------------------------------------------------------------
sql(q{
    CREATE TABLE delay AS SELECT 0.0 AS s;
    CREATE MATERIALIZED VIEW tardy AS SELECT max(s) AS s FROM delay, pg_sleep((SELECT max(s) FROM delay));
    SELECT steward.schedule_refresh('tardy', every => '1 s', method => 'plain');
});
sub alerts { return "SELECT alerts $_[0] FROM steward.matviews WHERE matviewname = 'tardy'"; }
eventually('a view has its usual cost', q{SELECT costs[7] = 5 FROM steward.refresh_state WHERE relid = 'tardy'::regclass});
sql('UPDATE delay SET s = 0.5');
eventually('when it comes to cost more, that is told', alerts(q{= '{drifted}'}));
eventually('until it is known', alerts(q{= '{}'}));
sql(q{UPDATE delay SET s = 1.3; SELECT steward.schedule_refresh('tardy', max_staleness => '1 s')});
eventually('a promise that cannot be kept is told', alerts(q{@> '{late}'}));
my $late = sql('SELECT max(refresh_id) FROM steward.refresh_log');
eventually('and stands', "SELECT count(*) > 2 FROM steward.refresh_log WHERE matviewname = 'tardy' AND refresh_id > $late");
my $log = slurp_file($node->logfile);
sql('UPDATE delay SET s = 0');
eventually('until a refresh is in time', alerts(q{&& '{late}' IS FALSE}));
sql('DROP MATERIALIZED VIEW tardy');
is(scalar(() = $log =~ /LOG:  materialized view "tardy" will be staler than promised\n.*DETAIL.*\n.*HINT:  A longer/g), 1, 'the log says once that a view will be late');
is(scalar(() = $log =~ /LOG:  refreshes of materialized view "bad" keep failing/g), 1, 'and that one keeps failing');
like($log, qr/LOG:  refreshes of materialized view "tardy" cost something else than they did/, 'and that one costs more');
like($listener->query_safe('SELECT 1'), qr/"view" : "public.tardy", "kind" : "drifted".*"kind" : "late"/s, 'all are notified');
$listener->quit;

# ---- a clock that was set back (W17) -----------------------------------------------------------------------------------
# As if the last looks had been at a later time.
sql(q{UPDATE steward.refresh_state SET reflects = now() + interval '1 day', slot = now() + interval '1 day', next_due = now() + interval '1 day'
       WHERE relid = 'keyed'::regclass});
eventually('schedules follow a clock that was set back', q{SELECT reflects <= now() AND slot <= now() + interval '1 hour' AND next_due = slot
    FROM steward.refresh_state WHERE relid = 'keyed'::regclass});
my $anew = refreshed_anew();
eventually('all of them', $anew);

# ---- cancel (W3) ----------------------------------------------------------------------------------------------------
sql(q{SELECT steward.schedule_refresh('slow', every => '1 h', timeout => '1 h')});
my $running = q{SELECT count(*) = 1 FROM steward.refresh_state WHERE running_since IS NOT NULL AND relid = 'slow'::regclass};
eventually('a slow refresh is marked as running', $running);
my $pid = worker_pid('shop');
my $logged = -s $node->logfile;
sql("SELECT pg_cancel_backend($pid)");
eventually('a cancelled refresh failed', history('slow', "result = 'failed' AND message ~ 'user request'"));
eventually('the next try runs', $running);
# One that has done enough makes room for another, with exit code 0, which the log does not tell.
unlike(substr(slurp_file($node->logfile), $logged), qr/pg_steward worker.*exited with exit code/, 'its worker stays');
$anew = refreshed_anew();
$pid = worker_pid('shop');
sql("SELECT pg_terminate_backend($pid)");
eventually('a terminated worker leaves an interrupted run', history('slow', "result = 'interrupted' AND message ~ 'worker ended'"));
eventually('and is replaced', $anew);

# ---- DDL on databases (W4) ------------------------------------------------------------------------------------------
# The refresh would go on for an hour.
sub during_refresh {
    my ($name, $statement) = @_;
    my $timed_out;
    my ($status, $out, $err) = $node->psql('postgres', $statement, timeout => $PostgreSQL::Test::Utils::timeout_default,
        timed_out => \$timed_out);
    ok(!$timed_out, "$name waits for no refresh");
    is($err, '', $name);
}
eventually('a refresh is under way', $running);
during_refresh('CREATE DATABASE ... TEMPLATE', 'CREATE DATABASE copy TEMPLATE shop');
eventually('a refresh is under way again', $running);
$anew = refreshed_anew();
during_refresh('ALTER DATABASE ... RENAME', 'ALTER DATABASE shop RENAME TO store');
eventually('views are refreshed in the renamed database', $anew, 'store');
during_refresh('ALTER DATABASE ... SET TABLESPACE',
    "SET allow_in_place_tablespaces = on;\nCREATE TABLESPACE elsewhere LOCATION '';\nALTER DATABASE store SET TABLESPACE elsewhere");
during_refresh('DROP DATABASE of a copy', 'DROP DATABASE copy');
eventually('a dropped database is forgotten', q{SELECT count(*) = 0 FROM steward.refresh_databases() b
    WHERE NOT EXISTS (SELECT FROM pg_database d WHERE d.oid = b.dbid)}, 'store');
# Before the next worker is at it for an hour: renaming ends what runs.
sql(q{SELECT steward.unschedule_refresh('slow')}, 'store');
sql('ALTER DATABASE store RENAME TO shop', 'postgres');

# ---- no worker parks, none holds a snapshot (W12) -------------------------------------------------------------------
eventually('a worker that waits has no snapshot',
    q{SELECT bool_and(backend_xmin IS NULL AND xact_start IS NULL AND state = 'idle') FROM pg_stat_activity
       WHERE backend_type = 'pg_steward worker'});
sql(q{SELECT steward.schedule_refresh('good', every => '1 h')});
eventually('a worker leaves when nothing is due soon',
    q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_steward worker'}, 'postgres');
is(sql(q{SELECT string_agg(DISTINCT backend_type, ',') FROM pg_stat_activity WHERE backend_type ~ 'steward'}, 'postgres'),
    'pg_steward launcher', 'the launcher stays');

# ---- a dump (W18) ---------------------------------------------------------------------------------------------------
sql(q{
    CREATE MATERIALIZED VIEW nightly AS SELECT i FROM keyed;
    CREATE MATERIALIZED VIEW promised AS SELECT i FROM keyed;
    CREATE MATERIALIZED VIEW serving AS SELECT i FROM keyed;
    SELECT steward.schedule_refresh('nightly', cron => '30 2 * * *', timezone => 'Europe/Berlin', blackout => 'mon-fri 09:00-17:30'),
           steward.schedule_refresh('promised', max_staleness => '1 h', priority => 3, method => 'plain', timeout => '1 min'),
           steward.schedule_refresh('serving', downstream => true);
});
my $schedules = q{SELECT relid::text, to_jsonb(s) - 'relid' || '{"enabled": false}' FROM steward.refresh_schedule s ORDER BY 1};
my $dump = PostgreSQL::Test::Utils::tempdir() . '/shop.sql';
$node->command_ok(['pg_dump', '-f', $dump, '-d', $node->connstr('shop')], 'a database with schedules is dumped');
sql('CREATE DATABASE restored', 'postgres');
$node->command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored')], 'and restored');
is(sql($schedules, 'restored'), sql($schedules), 'with its schedules');
is(sql(q{SELECT bool_or(enabled), count(*) FROM steward.refresh_schedule}, 'restored'), 'f|5', 'which are disabled');
sql(q{DROP MATERIALIZED VIEW nightly, promised, serving});
is(sql('SELECT count(*) FROM steward.refresh_history', 'restored'), '0', 'and without history');
sql(q{INSERT INTO t VALUES (99); SELECT steward.resume_refresh('good')}, 'restored');
eventually('a resumed schedule is followed', q{SELECT last_result = 'ok' FROM steward.matviews WHERE matviewname = 'good'}, 'restored');

# ---- two databases share one worker ---------------------------------------------------------------------------------
$node->append_conf('postgresql.conf', 'pg_steward.max_refresh_workers = 1');
$node->reload;
for my $db ('shop', 'restored') { sql(q{SELECT steward.schedule_refresh('good', every => '1 s')}, $db); }
$anew = sql('SELECT clock_timestamp()');
for my $db ('shop', 'restored') {
    eventually("with one worker for two, $db gets its share",
        "SELECT count(*) > 3 FROM steward.refresh_log WHERE matviewname = 'good' AND started_at > '$anew'", $db);
}

# ---- a busy worker is replaced before its caches grow (W21) ---------------------------------------------------------
$node->append_conf('postgresql.conf', 'pg_steward.max_refresh_workers = 2');
$node->reload;
sql(q{
    DO $$ BEGIN FOR i IN 1..40 LOOP
        EXECUTE format('CREATE MATERIALIZED VIEW many%s AS SELECT random() AS n', i);
        PERFORM steward.schedule_refresh(format('many%s', i)::regclass, every => '1 s');
    END LOOP; END $$
}, 'restored');
eventually('many views are refreshed', q{SELECT count(DISTINCT relid) = 40 FROM steward.refresh_log WHERE matviewname ~ 'many'}, 'restored');
my $first = worker_pid('restored');
eventually('a worker with many refreshes behind it is replaced',
    "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_steward worker' AND datname = 'restored' AND pid <> $first");
is(sql(q{SELECT count(*) FROM steward.refresh_log WHERE matviewname ~ 'many' AND result <> 'ok'}, 'restored'), '0', 'without a failure');
sql(q{SELECT steward.unschedule_refresh(relid) FROM steward.refresh_schedule WHERE relid::text ~ 'many'}, 'restored');

# ---- what cannot be written is tried again later, without noise (W19); old history goes (W15) -----------------------
sql('CREATE DATABASE old', 'postgres');
sql(q{
    CREATE EXTENSION pg_steward;
    CREATE MATERIALIZED VIEW v AS SELECT 1 AS n;
    INSERT INTO steward.refresh_log (relid, matviewname, owner, finished_at, result, reason, attempts)
        SELECT 1, 'past', 10, now() - interval '8 days', 'ok', 'due', 1 FROM generate_series(1, 2500);
    SELECT steward.schedule_refresh('v', every => '1 h');
}, 'old');
eventually('history older than a week is removed', q{SELECT count(*) = 1 AND max(matviewname) = 'v' FROM steward.refresh_log}, 'old');
sql('ALTER DATABASE old SET default_transaction_read_only = on', 'postgres');
sql(q{SET default_transaction_read_only = off; SELECT steward.schedule_refresh('v', every => '2 h')}, 'old');
ok($node->wait_for_log(qr/cannot look after materialized views: cannot execute \w+ in a read-only transaction/), 'a read-only database is reported');
eventually('and left alone for a while', q{SELECT next_visit > now() + interval '30 s' FROM steward.refresh_databases() b
    JOIN pg_database d ON d.oid = b.dbid WHERE d.datname = 'old'}, 'old');

# ---- the extension goes while a refresh runs (W20) ------------------------------------------------------------------
sql(q{SELECT steward.schedule_refresh('slow', every => '1 h')});
eventually('a refresh is under way while the extension is dropped', $running);
$pid = worker_pid('shop');
during_refresh('DROP EXTENSION', '\c shop' . "\nDROP EXTENSION pg_steward");
sql("SELECT pg_cancel_backend($pid)");
eventually('its worker leaves', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid", 'postgres');
eventually('and none comes back', q{SELECT bool_or(next_visit IS NULL) FROM steward.refresh_databases() b
    JOIN pg_database d ON d.oid = b.dbid WHERE d.datname = 'shop'}, 'restored');

is(sql('SELECT pg_postmaster_start_time()', 'postgres'), $started, 'the server never restarted');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died');
$node->stop;
done_testing();
