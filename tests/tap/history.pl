# History on one server: what was counted is in it once, over restarts and crashes; the worker writes it where the extension is,
# and its tables stay in bounds. RELIABILITY W4, W12, W15, W16, W17, W20.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('history');
$node->init;
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_steward'
pg_steward.history_interval = 0
pg_steward.track_utility = off
autovacuum = off
});
$node->start;

sub sql { my ($query, $db) = @_; return $node->safe_psql($db // 'postgres', $query); }
sub unseen { my ($query, $db) = @_; local $ENV{PGOPTIONS} = '-c pg_steward.track=none'; return sql($query, $db); }
sub run_often { my ($n, $db) = @_; sql("SELECT count(*) AS often FROM items;\n" x $n, $db); }
sub calls { return unseen("SELECT coalesce(sum(calls), 0) FROM steward.statement_history WHERE query ~ 'AS often'", $_[0]); }

sql('CREATE EXTENSION pg_steward; CREATE TABLE items AS SELECT 1 AS id');
is(unseen('SELECT steward.write_history() IS NULL'), 't', 'the first interval begins');

# ---- restarts -------------------------------------------------------------------------------------------------------
run_often(3);
unseen('SELECT steward.write_history()');
run_often(4);
$node->restart;
run_often(5);
is(calls(), 3, 'a restart writes nothing');
unseen('SELECT steward.write_history()');
is(calls(), 12, 'after a restart with its counters every call is in history once');
is(unseen('SELECT bool_and(calls > 0) FROM steward.statement_history'), 't', 'and none is negative');
is(unseen(q{SELECT count(*) FROM steward.history_interval WHERE interval_start <
    (SELECT pg_postmaster_start_time()) AND interval_end > (SELECT pg_postmaster_start_time())}), 1, 'an interval spans the restart');
run_often(1);
sql('ALTER SYSTEM SET pg_steward.save = off; SELECT pg_reload_conf()');
$node->poll_query_until('postgres', "SELECT current_setting('pg_steward.save') = 'off'") or die;
$node->restart;
run_often(2);
is(unseen('SELECT steward.write_history() IS NULL'), 't', 'after a restart without its counters history begins anew');
run_often(3);
unseen('SELECT steward.write_history()');
is(calls(), 15, 'with what happens from then on');
sql('ALTER SYSTEM RESET pg_steward.save; SELECT pg_reload_conf()');
run_often(1);
$node->stop('immediate');
$node->start;
run_often(1);
is(unseen('SELECT steward.write_history() IS NULL'), 't', 'the same after a crash');
run_often(2);
unseen('SELECT steward.write_history()');
is(calls(), 17, 'the tables have what was committed');

# ---- reset between intervals, then a restart ------------------------------------------------------------------------
run_often(4);
sql('SELECT steward.reset()');
run_often(1);
$node->restart;
unseen('SELECT steward.write_history()');
is(calls(), 18, 'what came after a reset is the statement\'s');
is(unseen(q{SELECT calls >= 4 FROM steward.statement_history WHERE query = '<other>' ORDER BY interval_end DESC LIMIT 1}), 't',
    'what came before it is among the others');


# ---- the worker ------------------------------------------------------------------------------------------------------
sub eventually { my ($name, $query, $db) = @_; local $ENV{PGOPTIONS} = '-c pg_steward.track=none'; ok($node->poll_query_until($db // 'postgres', $query), $name); }
sub set {
    my (%to) = @_;
    $node->safe_psql('postgres', "ALTER SYSTEM SET $_ = '$to{$_}'") for sort keys %to;
    $node->reload;
}
sub log_since { my ($offset) = @_; return substr slurp_file($node->logfile), $offset }
my $intervals = 'SELECT count(*) FROM steward.history_interval';
my $workers = q{FROM pg_stat_activity WHERE backend_type = 'pg_steward worker'};
sub next_interval { my ($db) = @_; my $n = unseen($intervals, $db) + 2; return "SELECT count(*) >= $n FROM steward.history_interval"; }

eventually('without an interval and without schedules there is no worker', "SELECT count(*) = 0 $workers");
my $before = calls();
set('pg_steward.history_interval' => '1s');
run_often(7);
eventually('with an interval the worker writes', next_interval());
run_often(5);
eventually('interval after interval', next_interval());
is(calls(), $before + 12, 'every call once');
eventually('between intervals it holds no snapshot (W12)', "SELECT bool_and(backend_xmin IS NULL AND xact_start IS NULL) $workers");
is(unseen(q{SELECT count(*) FROM (SELECT interval_start, lag(interval_end) OVER (ORDER BY interval_id) AS before
    FROM steward.history_interval WHERE interval_id > 10) i WHERE before <> interval_start}), 0, 'intervals follow each other');
set('pg_steward.refresh' => 'off');
eventually('also with refresh off', next_interval());

sql('CREATE DATABASE empty');
sql('CREATE DATABASE shop');
sql('CREATE TABLE items AS SELECT 1 AS id', 'shop');
sql('CREATE EXTENSION pg_steward', 'shop');
eventually('history begins with CREATE EXTENSION', "SELECT count(*) > 1 FROM steward.history_interval", 'shop');
run_often(3, 'shop');
eventually('and goes on', next_interval('shop'), 'shop');
is(calls('shop'), 3, 'each database has its own statements');
is(unseen(q{SELECT next_visit IS NULL FROM steward.refresh_databases() b JOIN pg_database d ON d.oid = b.dbid WHERE datname = 'empty'}), 't',
    'a database without the extension is not visited again');
set('pg_steward.history_interval' => '1h');
eventually('with a long interval workers leave', "SELECT count(*) = 0 $workers");
eventually('and come back when it ends', q{SELECT bool_and(next_visit > now() + interval '50 min') FROM steward.refresh_databases() b
    JOIN pg_database d ON d.oid = b.dbid WHERE datname IN ('postgres', 'shop')});
set('pg_steward.history_interval' => '1s');
eventually('a shorter one takes effect at once', next_interval('shop'), 'shop');

# ---- what cannot be written is said once, and is in the next interval (W16) -----------------------------------------
my $cannot = qr/pg_steward cannot write history/;
my $again = qr/pg_steward writes history again/;
my $logged = -s $node->logfile;
my $replace = "SELECT pg_terminate_backend(pid) $workers AND datname = 'shop'";
sql("ALTER DATABASE shop SET default_transaction_read_only = on; $replace");
ok($node->wait_for_log($cannot, $logged), 'a read-only database is logged');
$before = calls('shop');
run_often(4, 'shop');
my $held = unseen($intervals, 'shop');
sleep 4;
is(unseen($intervals, 'shop'), $held, 'nothing is written');
is(scalar(() = log_since($logged) =~ /$cannot/g), 1, 'and not logged again');
sql("ALTER DATABASE shop RESET default_transaction_read_only; $replace");
ok($node->wait_for_log($again, $logged), 'when it can be written that is logged');
is(calls('shop'), $before + 4, 'what happened meanwhile is there');

# A limit on the size of files stands in for a full disk: the table cannot be extended.
$node->stop;
system('bash', '-c', 'ulimit -f 32768; exec pg_ctl -w -s -D "$0" -l "$1" start', $node->data_dir, $node->logfile) == 0 or die;
$node->_update_pid(1);
$logged = -s $node->logfile;
sql('TRUNCATE steward.history_entry', 'shop');
my ($status, $out, $err) = $node->psql('shop', q{INSERT INTO steward.history_entry (interval_id, queryid, userid, toplevel)
    SELECT 0, 0, 0, true FROM generate_series(1, 1000000)});
like($err, qr/could not extend file/, 'the disk is full');
run_often(6, 'shop');
ok($node->wait_for_log($cannot, $logged), 'the worker says so');
$before = calls('shop');
run_often(1, 'shop');
is(unseen("SELECT calls >= 7 FROM steward.statements WHERE query ~ 'AS often' AND dbid = (SELECT oid FROM pg_database WHERE datname = 'shop')", 'shop'),
    't', 'capture goes on');
sleep 3;
is(scalar(() = log_since($logged) =~ /$cannot/g), 1, 'it says so once');
is(calls('shop'), $before, 'nothing of it is in history');
sql('TRUNCATE steward.history_entry', 'shop');
ok($node->wait_for_log($again, $logged), 'with room it writes again');
is(calls('shop'), 7, 'what was counted meanwhile');
$node->restart;

# ---- bounds (W15) ---------------------------------------------------------------------------------------------------
sql(q{BEGIN;
    INSERT INTO steward.history_interval (dbid, interval_start, interval_end, statements, other_statements, io_timed, bytes)
    SELECT 1, now() - interval '9 days', now() - interval '8 days', 1, 0, false, 100 FROM generate_series(1, 1500);
    INSERT INTO steward.history_entry (interval_id, queryid, userid, toplevel) SELECT interval_id, 1, 1, true FROM steward.history_interval WHERE dbid = 1;
    COMMIT}, 'shop');
eventually('the worker deletes what is too old, batch by batch', q{SELECT count(*) = 0 FROM steward.history_interval WHERE dbid = 1}, 'shop');
is(unseen('SELECT count(*) FROM steward.history_entry WHERE userid = 1', 'shop'), 0, 'with its entries');

set('pg_steward.history_interval' => 0, 'pg_steward.history_max_size' => '1MB');
sql('CREATE DATABASE crowd');
sql('CREATE EXTENSION pg_steward', 'crowd');
sub crowd { # intervals of 500 statements
    my ($n) = @_;
    my $round = q{SET pg_steward.track = 'all'; DO $$ BEGIN FOR n IN 1..520 LOOP EXECUTE 'SELECT 1' || repeat(', 1', n / 23) || repeat(' + 1', n % 23); END LOOP; END $$;
        SELECT steward.write_history();};
    return $node->psql('crowd', $round x $n, on_error_stop => 1);
}
crowd(14);
my $size = sub { return unseen('SELECT sum(bytes) FROM steward.history_interval', 'crowd') };
cmp_ok($size->(), '<', 1.2 * 2**20, 'history keeps within its size');
cmp_ok($size->(), '>', 0.7 * 2**20, 'and uses it');
crowd(14);
($status, $out, $err) = crowd(14); # sees what the session before it deleted
like($err, qr/deleted history wait for VACUUM.*HINT:.*VACUUM steward.history_entry/s, 'it does not grow where nothing is vacuumed');
is(unseen('SELECT history_size < 4 * 2^20 FROM steward.capture_status', 'crowd'), 't', 'on disk neither');
sql('VACUUM steward.history_entry', 'crowd');
($status, $out, $err) = crowd(3);
is($err, '', 'after VACUUM it goes on');
set('pg_steward.history_interval' => '1s', 'pg_steward.history_max_size' => '256MB');

# ---- the database or the extension goes -----------------------------------------------------------------------------
eventually('the worker is back', next_interval('crowd'), 'crowd');
($status, $out, $err) = $node->psql('postgres', 'DROP DATABASE crowd');
is($err, '', 'DROP DATABASE is not held up (W4)');
($status, $out, $err) = $node->psql('postgres', 'CREATE DATABASE copy TEMPLATE shop');
is($err, '', 'nor is a copy');
eventually('a copy has history of its own', 'SELECT count(*) > 1 FROM steward.history_interval i JOIN pg_database d ON d.oid = i.dbid AND datname = current_database()', 'copy');
is(unseen("SELECT count(*) FROM steward.statement_history h WHERE dbid <> (SELECT oid FROM pg_database WHERE datname = current_database())", 'copy'), 0,
    'and does not show that of its template');
$logged = -s $node->logfile;
sql('DROP EXTENSION pg_steward', 'copy');
eventually('without the extension it is not visited any more (W20)', q{SELECT next_visit IS NULL FROM steward.refresh_databases() b
    JOIN pg_database d ON d.oid = b.dbid WHERE datname = 'copy'});
sql('CREATE EXTENSION pg_steward', 'copy');
eventually('until it is created again', 'SELECT count(*) > 0 FROM steward.history_interval', 'copy');

# ---- a dump carries no history --------------------------------------------------------------------------------------
my ($stdout, $stderr) = run_command(['pg_dump', '-a', '-d', $node->connstr('shop')]);
unlike($stdout, qr/history/, 'a dump has no history');

unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died');
$node->stop;
done_testing();
