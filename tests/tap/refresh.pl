# Scheduled materialized views on one server: refreshes happen, failures stay alone, the worker comes and goes.
# RELIABILITY W3, W4, W6, W12, W20.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('refresh');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_steward'\nautovacuum = off\n");
$node->start;
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');

sub sql { my ($db, $query) = @_; return $node->safe_psql($db, $query); }
sub eventually {
    my ($db, $query, $name) = @_;
    ok($node->poll_query_until($db, $query), $name);
}

$node->safe_psql('postgres', 'CREATE DATABASE shop');
sql('shop', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t AS SELECT i FROM generate_series(1, 10) i;
    CREATE MATERIALIZED VIEW good AS SELECT count(*) AS n FROM t;
    CREATE MATERIALIZED VIEW keyed AS SELECT i FROM t;
    CREATE UNIQUE INDEX ON keyed (i);
    CREATE MATERIALIZED VIEW bad AS SELECT 100 / count(*) AS n FROM t;
});

# ---- refreshes happen -----------------------------------------------------------------------------------------------
sql('shop', q{
    INSERT INTO t VALUES (11);
    SELECT steward.schedule_refresh('good', every => '1 s'), steward.schedule_refresh('keyed', every => '1 h');
});
eventually('shop', 'SELECT n = 11 FROM good', 'a scheduled view is refreshed');
eventually('shop', q{SELECT bool_or(method = 'concurrently' AND result = 'ok') FROM steward.refresh_history WHERE matviewname = 'keyed'},
    'concurrently when it can');
eventually('shop', q{SELECT count(*) >= 3 FROM steward.refresh_history WHERE matviewname = 'good' AND result = 'ok'},
    'and again, each second');
is(sql('shop', q{SELECT count(*) FROM steward.refresh_history WHERE matviewname = 'keyed'}), '1', 'but only when due');

done_testing();
