# pg_upgrade with scheduled materialized views: nothing of ours runs in its servers, schedules and their state come along.
# RELIABILITY W18.
use strict;
use warnings;
use File::Find;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

sub cluster {
    my ($name) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_steward'\n");
    return $node;
}
my ($old, $new) = (cluster('old'), cluster('new'));
$old->start;
$old->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE MATERIALIZED VIEW v AS SELECT 1 AS n;
    SELECT steward.schedule_refresh('v', every => '1 h');
});
$old->poll_query_until('postgres', q{SELECT last_result = 'ok' FROM steward.matviews});
$old->stop;

chdir ${PostgreSQL::Test::Utils::tmp_check};
my $bin = $old->config_data('--bindir');
command_ok(
    ['pg_upgrade', '--no-sync', '--retain', '-b', $bin, '-B', $bin, '-d', $old->data_dir, '-D', $new->data_dir,
        '-s', $new->host, '-p', $old->port, '-P', $new->port],
    'pg_upgrade passes');
my $logs = '';
find(sub { $logs .= slurp_file($_) if /\.log$/ }, $new->data_dir . '/pg_upgrade_output.d');
like($logs, qr/database system is shut down/, 'the logs of its servers are there');
unlike($logs, qr/pg_steward launcher/, 'the launcher did not run in them');

$new->start;
is($new->safe_psql('postgres', q{SELECT relid, enabled FROM steward.refresh_schedule}), 'v|t', 'the schedule is there and enabled');
is($new->safe_psql('postgres', q{SELECT next_refresh > now() FROM steward.matviews}), 't', 'it goes on where it was');
$new->safe_psql('postgres', q{SELECT steward.schedule_refresh('v', every => '2 h')});
ok($new->poll_query_until('postgres', q{SELECT last_refresh > pg_postmaster_start_time() FROM steward.matviews}), 'and is followed');
$new->stop;
done_testing();
