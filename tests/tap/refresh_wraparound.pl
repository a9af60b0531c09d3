# A server that gives out no transaction ids any more (RELIABILITY W19): the worker says once that it can do nothing, and why,
# and nothing ends.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('wraparound');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_steward'
autovacuum = off
autovacuum_max_workers = 1
log_min_messages = warning
});
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t AS SELECT 1 AS i;
    CREATE MATERIALIZED VIEW good AS SELECT count(*) AS n, clock_timestamp() AS at FROM t;
    SELECT steward.schedule_refresh('good', every => '1 s');
});
ok($node->poll_query_until('postgres', q{SELECT last_result = 'ok' FROM steward.matviews WHERE matviewname = 'good'}), 'a view is refreshed');
# Whoever holds a transaction id keeps VACUUM from making room.
$node->safe_psql('postgres', q{ALTER SYSTEM SET max_prepared_transactions = 1});
$node->restart;
$node->safe_psql('postgres', q{BEGIN; CREATE TABLE held (); PREPARE TRANSACTION 'holder'});
my $oldest = $node->safe_psql('postgres', q{SELECT min(transaction::text::bigint) FROM pg_prepared_xacts});
$node->stop;
# One million before the ids wrap, past the point where the server stops giving them out.
my $next = $oldest + 2**31 - 1_000_000;
my $segment = sprintf('%04X', int($next / (8192 * 4 * 32)));
open my $file, '>', $node->data_dir . "/pg_xact/$segment" or die $!;
binmode $file;
print $file "\0" x (8192 * 32);
close $file;
command_ok(['pg_resetwal', '-f', '-x', $next, $node->data_dir], 'the next id is near the limit');
my $log = -s $node->logfile;
$node->start;
my ($status, $out, $err) = $node->psql('postgres', 'CREATE TABLE more ()');
like($err, qr/not accepting commands|not accepting commands that assign new/, 'no transaction gets an id');
my $said = qr/pg_steward cannot look after materialized views: database is not accepting commands/;
$node->wait_for_log($said, $log);
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'pg_steward launcher'}), 'the launcher is there');
is($node->safe_psql('postgres', q{SELECT n FROM good}), '1', 'the view can be read');
is(scalar(() = slurp_file($node->logfile, $log) =~ /$said/g), 1, 'the worker says it once');
unlike(slurp_file($node->logfile, $log), qr/PANIC|terminated by signal/, 'nothing ends');
done_testing();
