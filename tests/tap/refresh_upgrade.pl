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
    CREATE MATERIALIZED VIEW promised AS SELECT n FROM v;
    CREATE MATERIALIZED VIEW nightly AS SELECT n FROM v;
    CREATE MATERIALIZED VIEW low AS SELECT n FROM v;
    SELECT steward.schedule_refresh('v', every => '1 h'),
           steward.schedule_refresh('promised', max_staleness => '1 min', priority => 3, method => 'plain', timeout => '1 min'),
           steward.schedule_refresh('nightly', cron => '30 2 * * *', timezone => 'Europe/Berlin', blackout => 'mon-fri 09:00-17:30'),
           steward.schedule_refresh('low', downstream => true);
});
ok($old->poll_query_until('postgres', q{SELECT count(*) = 2 FROM steward.matviews WHERE matviewname IN ('v', 'promised') AND last_result IN ('ok', 'unchanged')}),
    'views are refreshed');
my $schedules = q{SELECT relid::text, to_jsonb(s) - 'relid' FROM steward.refresh_schedule s ORDER BY 1};
my $before = $old->safe_psql('postgres', $schedules);
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
is($new->safe_psql('postgres', $schedules), $before, 'the schedules are there as they were');
is($new->safe_psql('postgres', q{SELECT bool_and(enabled), count(*) FROM steward.refresh_schedule}), 't|4', 'and enabled');
is($new->safe_psql('postgres', q{SELECT next_refresh > now() FROM steward.matviews WHERE matviewname = 'v'}), 't', 'they go on where they were');
$new->safe_psql('postgres', q{SELECT steward.schedule_refresh('v', every => '2 h')});
ok($new->poll_query_until('postgres', q{SELECT bool_and(last_refresh > pg_postmaster_start_time()) FROM steward.matviews WHERE matviewname IN ('v', 'promised')}),
    'and are followed; what is promised is presumed changed');
$new->stop;
done_testing();
