# History on one server: what was counted is in it once, over restarts and crashes; RELIABILITY W15, W16.
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
});
$node->start;
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

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

unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no process died');
$node->stop;
done_testing();
