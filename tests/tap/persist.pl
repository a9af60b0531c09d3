# What capture collected survives a clean restart and nothing else: restarts, stops of every kind, crashes, base backups,
# other sizes, a full disk. Damaged files: persist_damage.pl.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('persist');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_steward'
autovacuum = off
restart_after_crash = on
pg_steward.slow_min_duration = 0
pg_steward.capture_parameters = on
});
$node->start;
my $file = $node->data_dir . '/pg_stat/pg_steward.stat';

# Looks without being seen.
sub look {
    my ($on, $sql) = @_;
    local $ENV{PGOPTIONS} = '-c pg_steward.track=none';
    return $on->safe_psql('postgres', $sql);
}

sub calls {
    my ($on, $label) = @_;
    return look($on, "SELECT coalesce(sum(calls), 0) FROM steward.statements WHERE query ~ 'AS $label '");
}

# Every column of everything that is saved.
my @sources = (
    ['statements', 'steward.statements', 10],
    ['plannable texts', 'steward.plannable', 5],
    ['parameter samples', 'steward.parameter_samples()', 3],
    ['plans', 'steward.plans', 3],
    ['predicates', 'steward.predicates', 4],
    ['plan changes', 'steward.plan_changes', 1],
    ['slow queries', 'steward.slow_queries', 10],
    # Looks at sessions go on; that they are kept is in tests/integration/class_samples.sh.
    ['classes', q{(SELECT to_jsonb(c) - '{samples,running_samples,lock_samples,lwlock_samples,io_samples,wal_samples,client_samples,other_samples,idle_samples,max_busy,max_sessions,last_seen}'::text[] AS class FROM steward.classes AS c)}, 1],
    ['status', '(SELECT stats_since, statements, evicted, lost, text_missing, plans FROM steward.capture_status)', 1],
);

sub everything {
    my ($on) = @_;
    return { map { ($_->[0] => look($on, "SELECT to_jsonb(x)::text FROM $_->[1] AS x ORDER BY 1")) } @sources };
}

sub same_as {
    my ($before, $on, $when) = @_;
    my $after = everything($on);
    is($after->{ $_->[0] }, $before->{ $_->[0] }, "$_->[0] are the same $when") for @sources;
}

# ---- a restart keeps everything -------------------------------------------------------------------------------------
$node->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE items (id int PRIMARY KEY, name text, price numeric);
    INSERT INTO items SELECT g, 'item ' || g, g FROM generate_series(1, 1000) g;
    ANALYZE items;
});
for my $round (1 .. 3) {
    $node->safe_psql('postgres', qq{
        SELECT count(*) AS kept FROM items WHERE id = $round;
        SELECT count(*) AS "kept, älter" FROM items a JOIN items b USING (id) WHERE a.price < $round AND b.name LIKE 'item%';
        PREPARE p(int) AS SELECT name AS prepared FROM items WHERE id = \$1 ORDER BY price;
        EXECUTE p($round);
        UPDATE items SET price = price + 1 WHERE id = $round;
    });
}
$node->safe_psql('postgres', q{
    SELECT name AS changes_plan FROM items WHERE id = 1;
    SET enable_indexscan = off;
    SELECT name AS changes_plan FROM items WHERE id = 1;
});
$node->psql('postgres', 'SELECT 1 / (id - id) AS failing FROM items');
$node->psql('postgres', "SET statement_timeout = 50; SELECT pg_sleep(60) AS slow FROM items");
my $before = everything($node);
for my $source (@sources) {
    my @rows = split /\n/, $before->{ $source->[0] };
    cmp_ok(scalar @rows, '>=', $source->[2], "there are $source->[0] to keep");
}
like($before->{statements}, qr/"p95_exec_time": [\d.]+/, 'with percentiles');
like($before->{statements}, qr/"canceled_calls": 1/, 'with a canceled call');
like($before->{plans}, qr/"Actual Rows"/, 'with plans that have actual rows');
ok(!-e $file, 'no file while the server runs');

$node->stop('fast');
ok(-s $file, 'a fast shutdown saves');
is((stat $file)[2] & 0777, 0600, 'for nobody else to read');
$node->start;
ok(!-e $file, 'the file is gone when it was read');
same_as($before, $node, 'after a restart');
$node->safe_psql('postgres', 'SELECT count(*) AS kept FROM items WHERE id = 4');
is(calls($node, 'kept'), 4, 'counting goes on from there');
is(look($node, 'SELECT min(id) > 0 AND count(DISTINCT id) = count(*) FROM steward.slow_queries'), 't',
    'slow queries are numbered on');

# ---- what does not keep anything ------------------------------------------------------------------------------------
$node->stop('smart');
ok(-s $file, 'a smart shutdown saves');
$node->start;
is(calls($node, 'kept'), 4, 'what a smart shutdown saved is there');
$node->stop('immediate');
ok(!-e $file, 'an immediate shutdown saves nothing');
$node->start;
is(calls($node, 'kept'), 0, 'and what is read after it is nothing');

$node->safe_psql('postgres', 'SELECT count(*) AS kept FROM items');
$node->restart;
is(calls($node, 'kept'), 1, 'saved once more');
my ($in, $out, $err) = ('', '', '');
my $session = IPC::Run::start(['psql', '-XAtq', '-d', $node->connstr('postgres')], '<', \$in, '>', \$out, '2>', \$err);
$in .= "SELECT pg_backend_pid();\n";
$session->pump until $out =~ /(\d+)\n/;
my $logged = -s $node->logfile;
kill 'KILL', $1;
eval { $session->finish };
$node->wait_for_log(qr/terminated by signal 9/, $logged);
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
is(calls($node, 'kept'), 0, 'a crash does not bring back what was saved before');
$node->safe_psql('postgres', 'SELECT count(*) AS kept FROM items');
$node->restart;
is(calls($node, 'kept'), 1, 'after a crash and a clean shutdown what was counted since the crash is kept');

$node->safe_psql('postgres', 'SELECT steward.reset()');
my $reset_at = look($node, 'SELECT stats_since FROM steward.capture_status');
$node->restart;
is(calls($node, 'kept'), 0, 'what was reset stays away');
is(look($node, 'SELECT stats_since FROM steward.capture_status'), $reset_at, 'and the time of the reset is known');

# ---- pg_steward.save = off ------------------------------------------------------------------------------------------
$node->safe_psql('postgres', 'SELECT count(*) AS kept FROM items');
$node->safe_psql('postgres', 'ALTER SYSTEM SET pg_steward.save = off');
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('pg_steward.save') = 'off'") or die;
$node->stop('fast');
ok(!-e $file, 'save = off saves nothing, without a restart');
append_to_file($file, 'left over');
$node->start;
ok(!-e $file, 'and removes what is there at start');
is(calls($node, 'kept'), 0, 'without reading it');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET pg_steward.save');
$node->reload;
$node->poll_query_until('postgres', "SELECT current_setting('pg_steward.save') = 'on'") or die;

# ---- a full disk, and places where nothing can be written -----------------------------------------------------------
sub log_since { my ($offset) = @_; return substr(slurp_file($node->logfile), $offset) }

$logged = -s $node->logfile;
symlink '/dev/full', "$file.tmp" or die $!;
$node->safe_psql('postgres', 'SELECT count(*) AS kept FROM items');
$node->stop('fast');
like(log_since($logged), qr/LOG:  pg_steward could not save its statistics: .*No space left on device/, 'a full disk is told');
ok(!-e $file && !-l "$file.tmp", 'and leaves no file');
$node->start;
is(calls($node, 'kept'), 0, 'the next start is empty');

$logged = -s $node->logfile;
mkdir "$file.tmp" or die $!;
$node->stop('fast');
like(log_since($logged), qr/LOG:  pg_steward could not save its statistics: .*Is a directory/, 'a file that cannot be made is told');
ok(!-e $file, 'and nothing is saved');
rmdir "$file.tmp" or die $!;
$node->start;

$logged = -s $node->logfile;
mkdir $file or die $!;
$node->stop('fast');
like(log_since($logged), qr/LOG:  could not \w+ file .*pg_steward.stat.*: Is a directory/, 'a file that cannot be renamed is told');
ok(!-e "$file.tmp", 'and removed');
$logged = -s $node->logfile;
$node->start;
like(log_since($logged), qr/LOG:  could not remove file .*pg_steward.stat/, 'something else in its place is told at start');
is(look($node, 'SELECT statements < 20 FROM steward.capture_status'), 't', 'and not read');
rmdir $file or die $!;

# ---- other sizes ----------------------------------------------------------------------------------------------------
# Statement k of 400 runs twice, as a text is kept at the first sight that does not meet the launcher's merging; every tenth one more often.
$node->safe_psql('postgres', 'SELECT steward.reset()');
my @batch;
for my $k (1 .. 400) {
    my $columns = 'id + 1, ' x int($k / 20) . 'id - 1, ' x ($k % 20);
    push @batch, ("SELECT $columns 1 AS sized_$k FROM items WHERE id = 1;") x ($k % 10 == 0 ? 11 : 2);
}
$node->safe_psql('postgres', join "\n", @batch);
$before = everything($node);
my $statements = look($node, 'SELECT statements FROM steward.capture_status');
cmp_ok($statements, '>=', 400, 'many statements');
my $often = "SELECT count(*) FROM steward.statements WHERE query ~ 'AS sized_\\d*0 ' AND calls = 11";

sub start_with {
    my (%settings) = @_;
    $node->safe_psql('postgres', "ALTER SYSTEM SET pg_steward.$_ = '$settings{$_}'") for sort keys %settings;
    $node->restart;
}
start_with(max_statements => 10000, max_plans => 10000, text_memory => '64MB');
is(calls($node, 'sized_400'), 11, 'more room: the statements are there');
is(look($node, $often), 40, 'all of them');
is(look($node, "SELECT count(*) FROM steward.plannable WHERE query ~ 'sized_'"), 400, 'with their texts');

start_with(max_statements => 100, max_plans => 100, text_memory => '1MB');
is(look($node, 'SELECT statements FROM steward.capture_status'), 100, 'less room: what fits is taken');
is(look($node, $often), 40, 'those that are used most');
cmp_ok(look($node, 'SELECT evicted FROM steward.capture_status'), '>=', $statements - 100, 'the others count as evicted');
is(look($node, 'SELECT plans FROM steward.capture_status'), 100, 'as many plans as fit');
look($node, "SELECT count(*) FROM $_->[1] AS x") for @sources;
$node->safe_psql('postgres', 'SELECT count(*) AS after_shrinking FROM items') for 1 .. 2;
is(calls($node, 'after_shrinking'), 2, 'and new statements find room');
$node->restart;
is(calls($node, 'after_shrinking'), 2, 'again over a restart');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET ALL');
$node->restart;
is(look($node, $often), 40, 'and back in the old size');
cmp_ok(look($node, 'SELECT text_missing FROM steward.capture_status'), '>', 0, 'plans that found no room are counted');
$node->safe_psql('postgres', 'SELECT steward.reset()');
is(look($node, 'SELECT text_missing FROM steward.capture_status'), 0, 'until a reset');

# ---- standby --------------------------------------------------------------------------------------------------------
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('persist_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
is(calls($standby, 'sized_400'), 0, 'a base backup carries nothing');
$standby->safe_psql('postgres', 'SELECT count(*) AS on_standby FROM items WHERE id = 1') for 1 .. 3;
$before = everything($standby);
$standby->restart;
same_as($before, $standby, 'after a restart of a standby');
is(calls($standby, 'on_standby'), 3, 'its calls');
$standby->stop('immediate');
$standby->start;
is(calls($standby, 'on_standby'), 0, 'a standby that crashed starts empty');
$standby->safe_psql('postgres', 'SELECT count(*) AS on_standby FROM items WHERE id = 1');
$standby->promote;
$standby->restart;
is(calls($standby, 'on_standby'), 1, 'what was counted before promotion is kept by the restart after it');

for my $server ($node, $standby) {
    unlike(slurp_file($server->logfile), qr/TRAP|PANIC|FATAL:  (?!terminating|the database system)/, 'nothing ended badly on ' . $server->name);
}
done_testing();
