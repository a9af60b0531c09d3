# Capture through a crash, a restart and on a standby. RELIABILITY H2, H7, H20.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_steward'\nautovacuum = off\nrestart_after_crash = on\n");
$primary->start;

sub calls {
    my ($node, $pattern) = @_;
    return $node->safe_psql('postgres', qq{SELECT coalesce(sum(calls), 0) FROM steward.statements WHERE query ~ '$pattern'});
}

like(slurp_file($primary->logfile), qr/LOG:  pg_steward uses \d+ MB of shared memory/, 'the memory is stated at start');

# ---- H2: preloaded, no extension anywhere: capture runs, nothing fails ----------------------------------------------
$primary->safe_psql('postgres', 'CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i');
$primary->safe_psql('postgres', 'SELECT count(*) AS before_the_extension FROM t');
$primary->safe_psql('postgres', 'CREATE EXTENSION pg_steward');
is(calls($primary, '^SELECT count.* AS before_the_extension'), 1, 'what ran before CREATE EXTENSION is there');

# ---- H20: backends come and go over the same slots ------------------------------------------------------------------
my @background;
for (1 .. 20) { $primary->safe_psql('postgres', 'SELECT count(*) AS short_lived FROM t WHERE i > 1'); }
for (1 .. 10) {
    my ($in, $out) = ("SELECT count(*) AS side_by_side FROM t WHERE i > 1 AND i < 3;\n", '');
    push @background, IPC::Run::start(['psql', '-XAtq', '-d', $primary->connstr('postgres')], '<', \$in, '>', \$out);
}
$_->finish for @background;
is(calls($primary, '^SELECT count.* AS short_lived'), 20, 'calls of ended backends are kept');
is(calls($primary, '^SELECT count.* AS side_by_side'), 10, 'and those of concurrent ones');

# ---- H7: a backend dies in the middle of counting -------------------------------------------------------------------
my $before = $primary->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
my ($in, $out, $err) = ('', '', '');
my $busy = IPC::Run::start(['psql', '-XAtq', '-d', $primary->connstr('postgres')], '<', \$in, '>', \$out, '2>', \$err);
$in .= "SELECT pg_backend_pid();\nDO \$\$ BEGIN LOOP PERFORM count(*) FROM t WHERE i < 3; END LOOP; END \$\$;\n";
$primary->safe_psql('postgres', "ALTER SYSTEM SET pg_steward.track = 'all'");
$primary->reload;
$busy->pump until $out =~ /(\d+)\n/;
my $pid = $1;
$primary->poll_query_until('postgres',
    "SELECT state = 'active' AND query ~ '^DO' FROM pg_stat_activity WHERE pid = $pid") or die;
my $logged = -s $primary->logfile;
kill 'KILL', $pid;
$primary->wait_for_log(qr/terminated by signal 9/, $logged);
$primary->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
eval { $busy->finish };
is($primary->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $before, 'the postmaster survives a killed backend');
is($primary->safe_psql('postgres', 'SELECT capturing, lost FROM steward.capture_status'), 't|0', 'capture starts anew');
$primary->safe_psql('postgres', 'SELECT count(*) AS after_the_crash FROM t') for 1 .. 3;
is(calls($primary, '^SELECT count.* AS after_the_crash'), 3, 'and counts');
$primary->safe_psql('postgres', 'ALTER SYSTEM RESET pg_steward.track');
$primary->reload;

# ---- a standby captures what it runs --------------------------------------------------------------------------------
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$standby->safe_psql('postgres', 'SELECT count(*) AS on_the_standby FROM t') for 1 .. 4;
is(calls($standby, '^SELECT count.* AS on_the_standby'), 4, 'a standby captures');
is(calls($primary, '^SELECT count.* AS on_the_standby'), 0, 'for itself');
$standby->safe_psql('postgres', "SET application_name = 'standby_app'; SELECT 1; BEGIN; SELECT 1; COMMIT");
is($standby->safe_psql('postgres', "SELECT transactions, commits FROM steward.classes WHERE application_name = 'standby_app'"),
    '2|2', 'transactions count by class there');
$standby->safe_psql('postgres', 'SELECT i AS changes_plan FROM t WHERE i = 5');
$primary->safe_psql('postgres', 'CREATE INDEX t_i ON t (i)');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$standby->safe_psql('postgres', 'SELECT i AS changes_plan FROM t WHERE i = 5');
is($standby->safe_psql('postgres', "SELECT cause_detail FROM steward.plan_changes WHERE query ~ 'AS changes_plan '"),
    'index: t_i on t, which the new plan uses, is new', 'a standby tells of an index made on the primary');
is($standby->safe_psql('postgres', 'SELECT steward.reset() IS NOT NULL'), 't', 'a standby can be reset');
$standby->promote;
$standby->safe_psql('postgres', 'INSERT INTO t VALUES (0)');
is(calls($standby, '^INSERT INTO t VALUES'), 1, 'and goes on capturing when it is promoted');

# ---- restart --------------------------------------------------------------------------------------------------------
$primary->restart;
is($primary->safe_psql('postgres', 'SELECT capturing FROM steward.capture_status'), 't', 'capture works after a restart');
$primary->safe_psql('postgres', 'SELECT count(*) AS after_the_crash FROM t');
is(calls($primary, '^SELECT count.* AS after_the_crash'), 4, 'and counts on from before it');

unlike(slurp_file($standby->logfile), qr/TRAP|PANIC|terminated by signal/, 'nothing died on the standby');
done_testing();
