# Materialized views on a subscriber: what the workers of logical replication write is noticed when it is committed, though no
# statement writes it and so no hook sees it. Marks are looked at, with a schedule that lets no worker look behind them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('logical');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_steward'
pg_steward.history_interval = 0
max_prepared_transactions = 5
CONF
$node->start;

sub pub { return $node->safe_psql('postgres', $_[0]); }
sub sql { return $node->safe_psql('subscriber', $_[0]); }
sub eventually { my ($name, $query) = @_; ok($node->poll_query_until('subscriber', $query), $name); }
my $mark = q{(SELECT last_change FROM steward.change_marks() WHERE objid = 't'::regclass)};
# Once `seen` holds on the subscriber, the table is marked; nothing else marks it.
sub marks {
    my ($name, $change, $seen) = @_;
    my $before = sql("SELECT $mark");
    pub($change);
    eventually("$name arrives", $seen);
    eventually("$name marks the table", "SELECT $mark > $before");
}

pub(q{
    CREATE DATABASE subscriber;
    CREATE TABLE t (i int PRIMARY KEY);
    INSERT INTO t VALUES (1);
    CREATE PUBLICATION p FOR TABLE t;
    SELECT pg_create_logical_replication_slot('s', 'pgoutput', false, true);
});
sql(q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t (i int PRIMARY KEY);
    CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n, sum(i) AS total FROM t;
    SELECT steward.schedule_refresh('v', every => '1 d');
});
eventually('a view is refreshed', q{SELECT last_result IN ('ok', 'unchanged') FROM steward.matviews});
# The first look of a worker has settled what might have been prepared before.
eventually('and its table watched', "SELECT $mark IS NOT NULL");
my $before = sql("SELECT $mark");
sql("CREATE SUBSCRIPTION s CONNECTION 'host=" . $node->host . ' port=' . $node->port . " dbname=postgres' PUBLICATION p WITH (create_slot = false, slot_name = 's', two_phase = true)");
eventually('the first copy arrives', 'SELECT count(*) = 1 FROM t');
eventually('the first copy marks the table', "SELECT $mark > $before");
eventually('replication goes on', q{SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel});

marks('an INSERT', 'INSERT INTO t VALUES (2)', 'SELECT count(*) = 2 FROM t');
marks('an UPDATE', 'UPDATE t SET i = 3 WHERE i = 2', 'SELECT max(i) = 3 FROM t');
marks('a DELETE', 'DELETE FROM t WHERE i = 3', 'SELECT count(*) = 1 FROM t');
marks('a TRUNCATE', 'TRUNCATE t', 'SELECT count(*) = 0 FROM t');
pub(q{BEGIN; INSERT INTO t VALUES (4); PREPARE TRANSACTION 'x'});
eventually('a prepared transaction arrives', q{SELECT count(*) = 1 FROM pg_prepared_xacts WHERE database = 'subscriber'});
marks('a COMMIT PREPARED', q{COMMIT PREPARED 'x'}, 'SELECT count(*) = 1 FROM t');

sql(q{SELECT steward.schedule_refresh('v', max_staleness => '1 s')});
pub('INSERT INTO t SELECT generate_series(11, 20)');
eventually('a promise is kept on a subscriber', 'SELECT n = 11 FROM v');
sql('DROP SUBSCRIPTION s');
$node->stop;
done_testing();
