# Materialized views with a promise under random load: what is promised is kept, by a measure of our own, through crashes; and
# once all is quiet each view equals its query. Seven psql writers change a root each in every way there is
# (freshness_writers.pm) and print each state that it has had; pgbench writes to another from several clients at once. A
# sampler reads the views, which show the state of their roots as they know it. How long a state had been replaced when a view
# still showed it is that view's true staleness.
#   STEWARD_LOAD_SECONDS  length of the load, default 20; STEWARD_LOAD_SEED  default 5. The seed repeats what is
#   written and in which order by each writer; how writers interleave is up to the machine.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use freshness_writers;
use POSIX qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seconds = $ENV{STEWARD_LOAD_SECONDS} || 20;
my $seed = $ENV{STEWARD_LOAD_SEED} || 5;
srand($seed);
my $rounds = 2 + int($seconds / 60);
my $length = $seconds / $rounds;
# Longer than a view may lack a change, shorter than it takes counters to tell of one that no hook saw.
my $rest = 7;

my $node = PostgreSQL::Test::Cluster->new('load');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_steward'
pg_steward.history_interval = 0
max_prepared_transactions = 20
deadlock_timeout = 200ms
log_statement = none
restart_after_crash = on
CONF
$node->start;
sub sql { return $node->safe_psql('postgres', $_[0]); }
sub rows { return map { [ split /\|/ ] } split /\n/, sql($_[0]); }

# ---- views ----------------------------------------------------------------------------------------------------------
my $state = 'count(*) AS n, coalesce(sum(id::bigint * 31 + k * 7 + amount), 0) AS h';
sub one { my ($root, $from) = @_; return "SELECT '$root'::text AS root, $state FROM " . ($from // $root); }
my @views = (  # name, promise in seconds (0: downstream), query, unique key
    [ by_plain => 2, one('plain'), 'root' ],
    [ by_filtered => 2, one('filtered') ],
    [ by_parts => 2, one('parts'), 'root' ],
    [ by_leaf => 2, one('parts_1') ],
    [ by_deep => 2, one('deep'), 'root' ],
    [ by_detail => 2, one('detail') ],
    [ by_source => 3, one('source') . ' UNION ALL ' . one('audit'), 'root' ],
    [ by_herd => 2, one('herd') ],
    [ by_function => 2, one('base', 'all_base()'), 'root' ],
    [ by_beat => 2, q{SELECT client, seq FROM beat}, 'client' ],
    # chains, through plain views
    [ deep_parts => 3, q{SELECT root, n, h FROM by_deep UNION ALL SELECT root, n, h FROM parts_door}, 'root' ],
    [ third => 4, q{SELECT root, n, h FROM deep_parts UNION ALL SELECT root, n, h FROM by_plain}, 'root' ],
    # a diamond whose sides nobody reads otherwise
    [ lefts => 0, "SELECT $state FROM base" ],
    [ rights => 0, 'SELECT k, count(*) AS n, sum(id::bigint * 31 + k * 7 + amount) AS h FROM base GROUP BY k', 'k' ],
    [ sides => 3, q{SELECT 'base'::text AS root, n, h FROM lefts UNION ALL SELECT 'base', coalesce(sum(n), 0)::bigint, coalesce(sum(h), 0) FROM rights} ],
    # joins
    [ joined => 3, 'SELECT p.k, count(*) AS n, sum(p.amount + d.amount) AS amount FROM filtered p JOIN detail d ON d.id = p.id GROUP BY p.k', 'k' ],
    [ wide => 4, 'SELECT s.k, b.k AS bk, count(*) AS n, max(f.h) AS h FROM source s JOIN base b USING (k) CROSS JOIN by_filtered f GROUP BY s.k, b.k' ],
);
my @plain_sampled = qw(by_plain by_filtered by_parts by_leaf by_deep by_detail by_source by_herd by_function deep_parts third sides);
my %promise = map { $_->[0] => $_->[1] } @views;

sql($FreshnessWriters::schema);
sql(q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE beat (client int PRIMARY KEY, seq bigint);
    INSERT INTO beat VALUES (0, 0), (1, 0), (2, 0);
    CREATE FUNCTION all_base() RETURNS SETOF base LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM base; END;
});
my $make = '';
for my $view (@views) {
    my ($name, $promise, $query, $key) = @$view;
    $make .= "CREATE MATERIALIZED VIEW $name AS $query;\n";
    $make .= "CREATE UNIQUE INDEX ON $name ($key);\n" if $key;
    $make .= "CREATE VIEW parts_door AS SELECT * FROM by_parts;\n" if $name eq 'by_parts';
    $make .= "SELECT steward.schedule_refresh('$name', " . ($promise ? "max_staleness => '$promise s');\n" : "downstream => true);\n");
}
sql($make);
is(sql(q{SELECT count(*) FROM steward.matviews WHERE tracking <> 'changes'}), '0', 'changes of all views are tracked')
    or diag(sql(q{SELECT matviewname, tracking_reason FROM steward.matviews WHERE tracking <> 'changes'}));
my $quiet = q{SELECT bool_and(coalesce(staleness = '0', false)) FROM steward.matviews};
ok($node->poll_query_until('postgres', $quiet), 'all views are fresh at first');

# ---- writers --------------------------------------------------------------------------------------------------------
my $dir = "$ENV{TESTDATADIR}/load";
mkdir $ENV{TESTDATADIR};
mkdir $dir;
my @owners = sort keys %FreshnessWriters::roots;
my (@writers, %states, $changes, @unexpected);
# Of a root its states: [rows and sum, not earlier than, not later than, by what]. Equal ones that follow each other are one.
sub note_state {
    my ($root, $value, $from, $until, $by) = @_;
    my $known = $states{$root} //= [];
    push @$known, [ $value, $from, $until, $by // 'what had been prepared' ] if !@$known || $known->[-1][0] ne $value;
}

sub start_writers {
    my ($round, $leave) = @_;
    my %prepared;
    push @{ $prepared{ $_->[0] =~ s/ .*//r } }, $_->[0] for rows('SELECT gid FROM pg_prepared_xacts ORDER BY gid');
    @writers = ();
    for my $owner (@owners) {
        my $file = "$dir/$owner.$round";
        # What is left ends with a crash, however long it would go on.
        my $script = FreshnessWriters::script($owner, $leave ? $length * 2 : $length, $rest, $leave, @{ $prepared{$owner} // [] });
        append_to_file("$file.sql", $script);
        push @writers, { owner => $owner, file => $file, pid => spawn($file, qw(psql -XAtq -f), "$file.sql", '-d', $node->connstr('postgres')) };
    }
    my $file = "$dir/beats.$round";
    append_to_file("$file.sql", "UPDATE beat SET seq = seq + 1 WHERE client = :client_id;\n");
    my %first = map { ("beat$_->[0]" => $_->[1]) } rows('SELECT client, seq FROM beat');
    push @writers, { file => $file, first => \%first, since => time, pid => spawn($file, qw(pgbench -n -c 3 -R 60 -l), "--log-prefix=$file",
        '-T', int($length + 0.5), '-f', "$file.sql", $node->connstr('postgres')) };
}
sub spawn {
    my ($file, @command) = @_;
    my $pid = fork() // die "cannot fork: $!";
    return $pid if $pid;
    open(STDIN, '<', '/dev/null') && open(STDOUT, '>', "$file.out") && open(STDERR, '>', "$file.err") && exec(@command);
    POSIX::_exit(1);
}
sub writers_run {
    for my $writer (grep { !$_->{ended} } @writers) { $writer->{ended} = waitpid($writer->{pid}, WNOHANG) != 0; }
    return grep { !$_->{ended} } @writers;
}

sub read_states {
    for my $writer (@writers) {
        if ($writer->{owner}) { read_owner($writer); next; }
        note_state($_, "$writer->{first}{$_}:0", 0, $writer->{since}) for sort keys %{ $writer->{first} };
        for my $log (glob "$writer->{file}.[0-9]*") {
            for (split /\n/, slurp_file($log)) {
                my ($client, $number, undef, undef, $at, $us) = split / /;
                note_state("beat$client", $writer->{first}{"beat$client"}++ + 1 . ':0', 0, $at + $us / 1e6);
            }
        }
    }
}
sub read_owner {
    my ($writer) = @_;
    my ($since, $by) = (0);
    for (split /\n/, slurp_file("$writer->{file}.out")) {
        my ($what, $at, $root, $n, $h) = split /\|/;
        if ($what eq 'a') { ($since, $by) = ($at, $root); $changes++; }
        elsif ($what eq 'b' && defined $h) { note_state($root, "$n:$h", $since, $at, $by); }
    }
    # Deadlocks with refreshes happen; what else goes wrong is a fault of the scripts, or of ours.
    push @unexpected, grep { /ERROR|FATAL|PANIC/ && !/deadlock|not positioned|terminating connection|cannot run inside|is being used by active/ }
        split /\n/, slurp_file("$writer->{file}.err");
}

# ---- sampler --------------------------------------------------------------------------------------------------------
my $sample = 'SELECT extract(epoch FROM statement_timestamp()), * FROM (' .
    join(' UNION ALL ', (map { "SELECT '$_', root, n, h FROM $_" } @plain_sampled), "SELECT 'by_beat', 'beat' || client, seq, 0 FROM by_beat") . ') x';
my @samples;  # [round, time, view, root, rows and sum]
my ($slowest_sample, @began) = (0);
# Samples ten times a second until `goes_on` says no.
sub sample_while {
    my ($round, $goes_on) = @_;
    my $file = "$dir/samples.$round" . @samples;
    append_to_file("$file.sql", "$sample;\n\\o /dev/null\nSELECT pg_sleep(0.1);\n\\o\n" x (20 * $length + 600));
    my $pid = spawn($file, qw(psql -XAtq -f), "$file.sql", '-d', $node->connstr('postgres'));
    sleep 0.1 while $goes_on->();
    kill 'TERM', $pid;
    waitpid($pid, 0);
    my $before = 0;
    for (split /\n/, slurp_file("$file.out")) {
        my ($at, $view, $root, $n, $h) = split /\|/;
        next if !defined $h;
        push @samples, [ $round, $at, $view, $root, "$n:$h" ];
        $slowest_sample = $at - $before if $before && $at - $before > $slowest_sample;
        $before = $at;
    }
}

# ---- rounds ---------------------------------------------------------------------------------------------------------
my $differs = join ' UNION ALL ', map {
    "SELECT '$_->[0]' WHERE EXISTS (($_->[2]) EXCEPT ALL TABLE $_->[0]) OR EXISTS (TABLE $_->[0] EXCEPT ALL ($_->[2]))" } @views;
my @ends = (
    [ 'kill -9 of the postmaster' => sub {
        # Its memory is free when the last process has noticed.
        my @pids = map { $_->[0] } rows('SELECT pid FROM pg_stat_activity');
        push @pids, $1 if slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
        $node->kill9;
        for (1 .. 1200) { last if !kill(0, @pids); sleep 0.05; }
        $node->start; } ],
    [ 'kill -9 of a process' => sub {
        my $pid = sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_steward launcher'});
        kill 'KILL', $pid;
        $node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_steward launcher' AND pid <> $pid"); } ],
    [ 'immediate shutdown' => sub { $node->stop('immediate'); $node->start; } ],
);
my $quiet_at;
for my $round (0 .. $rounds - 1) {
    my $last = $round == $rounds - 1;
    push @began, time;
    start_writers($round, !$last);
    my $end = time + $length;
    sample_while($round, sub { return $last ? writers_run() : time < $end });
    $quiet_at = time;
    if (!$last) {
        my ($name, $crash) = @{ $ends[ $round % @ends ] };
        $crash->();
        ok(1, "seed $seed: round $round ends with a $name, " . sql('SELECT count(*) FROM pg_prepared_xacts') . ' transactions prepared');
        sleep 0.1 while writers_run();
    }
    read_states();
}

# What a promise may be passed by: a refresh that is under way, and what this machine keeps everybody waiting.
my $longest = sql(q{SELECT max(t) / 1000 FROM (SELECT sum(exec_time) AS t FROM steward.refresh_log GROUP BY coalesce(group_id, refresh_id)) x});
sub quantum { return 2 + $longest + $slowest_sample; }

# ---- (a) in the end each view equals its query ------------------------------------------------------------------------
my $different = 'not looked';
sample_while($rounds - 1, sub {
    return 0 if time > $quiet_at + 4 + quantum();
    $different = join ' ', map { $_->[0] } rows($differs);
    return $different ne '';
});
is($different, '', sprintf('once all is quiet each view equals its query (after %.1f s)', time - $quiet_at));
ok($node->poll_query_until('postgres', $quiet), 'and is known to');

# ---- (b) none was staler than promised ----------------------------------------------------------------------------------
my (%worst, %late, $seen);
for my $one (@samples) {
    my ($round, $at, $view, $root, $value) = @$one;
    my $known = $states{$root};
    # Which of several equal states is shown cannot be told: the last.
    my ($shown) = grep { $known->[$_][0] eq $value && $known->[$_][1] <= $at + 1 } reverse 0 .. $#$known;
    my $late;
    if (!defined $shown) {
        # What was committed just before a crash is known from the state after it.
        next if grep { $_->[0] eq $value } @$known;
        $late = "shows a state that there never was: $value";
    } else {
        $seen++;
        # After a crash all is presumed changed: promises begin anew.
        my $replaced = $shown == $#$known ? $at : $known->[$shown + 1][2];
        my $staleness = $at - ($replaced > $began[$round] ? $replaced : $began[$round]);
        $worst{$view} = $staleness if $staleness > ($worst{$view} // 0);
        $late = sprintf('%.1f s stale at %s, %.1f of round %d, lacks %s', $staleness, POSIX::strftime('%H:%M:%S', gmtime $at), $at - $began[$round], $round, $known->[$shown + 1][3]) if $staleness > $promise{$view} + quantum();
    }
    $late{$view} //= "$view of $root $late" if defined $late;
}
my $closest = (sort { ($worst{$b} - $promise{$b}) <=> ($worst{$a} - $promise{$a}) } keys %worst)[0];
is(join("\n", sort values %late), '',
    sprintf('no view was staler than promised: at worst %.1f of %d s; %d changes, %d samples, longest refresh %.2f s, pause of the sampler %.2f s',
        $worst{$closest}, $promise{$closest}, $changes, $seen, $longest, $slowest_sample))
    or diag(map { "$_\n" . sql("SELECT started_at, finished_at, result, reason, attempts, staleness_before, message FROM steward.refresh_history WHERE matviewname = '$_' ORDER BY 1") } sort keys %late);
is(join("\n", @unexpected), '', 'no writer failed unexpectedly');
cmp_ok($changes, '>', $seconds, 'there was a load');
unlike(slurp_file($node->logfile), qr/TRAP|PANIC|cannot look after/, 'the log is clean');
$node->stop;
done_testing();
