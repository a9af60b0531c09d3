#!/usr/bin/perl
# Turns the lines that a benchmark measured into tables, gates and JSON.
#   report.pl capture RESULTS [JSON]    lines: METRIC WORKLOAD CONFIG ROUND VALUE; METRIC instructions (a statement) or
#                                       cpu or cpu_others (ns a statement, one line a round; others: of the server's
#                                       other processes); "note METRIC WORKLOAD TEXT" is printed below
#   report.pl throughput RESULTS [JSON]    METRIC tps (transactions a second, one line a round)
#   report.pl memory RESULTS [JSON]     METRIC shared (bytes; WORKLOAD is the setting) or flat (WORKLOAD is the run, CONFIG
#                                       what was looked at, ROUND the look)
# Ratios are taken within a round and their median is shown with the 95 % confidence interval of the median by order
# statistics (no distribution assumed). A gate on a ratio passes when the whole interval keeps the limit, fails when the
# whole interval breaks it, and is inconclusive else; the interval is widened by the distance from 1 of the configuration
# "control", which is query_id once more. Exit code 1 when a gate fails.
use strict;
use warnings;
use JSON::PP;

my ($kind, $file, $json_file) = @ARGV;
die "usage: report.pl capture RESULTS [JSON]\n" unless $file;

my %title = (
    prepared => 'prepared select', simple => 'simple select', join => '3 ms join',
    hc => '20,736 query ids against 5,000 entries', select_prepared => 'select, prepared',
    select_simple => 'select, simple protocol', tpcb => 'tpcb-like');
my @configs = qw(none query_id control pg_stat_statements pgss+auto_explain pgss+pg_qualstats pg_steward);
my (%value, %note, @gates);    # $value{METRIC}{WORKLOAD}{CONFIG} = [value of each round]

sub read_results {
    open my $in, '<', $file or return;
    while (<$in>) {
        if (/^note (\S+) (\S+) (.*)/) { $note{$1}{$2} = $3; next }
        my ($metric, $workload, $config, $round, $value) = split;
        $value{$metric}{$workload}{$config}[$round] = $value + 0;
    }
}

sub in_order { my ($values) = @_; return grep { $values->{$_} } @configs }

# ---- statistics ---------------------------------------------------------------------------------------------------------
sub median {
    my @v = sort { $a <=> $b } @_;
    return @v % 2 ? $v[$#v / 2] : ($v[@v / 2 - 1] + $v[@v / 2]) / 2;
}

sub mean { my $sum = 0; $sum += $_ for @_; return $sum / @_ }

# Ranks (from 0) of the order statistics that hold the median of n values with at least 95 %: binomial(n, 1/2).
# Below six values there is no such interval: then it is the whole range, and gates are inconclusive.
my $least_rounds = 6;
sub interval_ranks {
    my ($n) = @_;
    my ($rank, $term, $tail) = (0, 0.5**$n, 0);
    while (1) {
        $tail += $term;
        last if $tail > 0.025;
        $term *= ($n - $rank) / ($rank + 1);
        $rank++;
    }
    my $low = $rank > 0 ? $rank - 1 : 0;
    return ($low, $n - 1 - $low);
}

# Ratios of one configuration to another, round by round.
sub ratios {
    my ($metric, $workload, $config, $base) = @_;
    my $values = ($value{$metric} // {})->{$workload} or return;
    my ($over, $under) = @$values{ $config, $base };
    return unless $over && $under;
    my @ratios = sort { $a <=> $b } map { $over->[$_] / $under->[$_] } grep { $over->[$_] && $under->[$_] } 0 .. $#$over;
    return unless @ratios;
    my ($low, $high) = interval_ranks(scalar @ratios);
    return { median => median(@ratios), low => $ratios[$low], high => $ratios[$high], min => $ratios[0],
        max => $ratios[-1], rounds => scalar @ratios };
}

# ---- tables -------------------------------------------------------------------------------------------------------------
sub commas { my $n = reverse sprintf '%.0f', $_[0]; $n =~ s/(\d{3})(?=\d)/$1,/g; return scalar reverse $n }
sub signed { return ($_[0] < 0 ? '' : '+') . commas($_[0]) }
sub percent { return sprintf '%+.1f %%', 100 * ($_[0] - 1) }

# What pg_steward could not count: a figure that is low because statements were lost shows here.
sub print_note {
    my ($metric, $workload) = @_;
    print "  pg_steward then: $note{$metric}{$workload}\n" if $note{$metric} && $note{$metric}{$workload};
}

sub instructions_table {
    my ($workload) = @_;
    my $values = ($value{instructions} // {})->{$workload} or return;
    my $base = $values->{query_id} && median(@{ $values->{query_id} });
    print "\n$title{$workload}: instructions a statement (median)",
        ($base ? ', difference to query_id in the same layout: median (least to most)' : ''), "\n";
    for my $config (in_order($values)) {
        my $n = median(@{ $values->{$config} });
        printf "  %-20s %12s", $config, commas($n);
        if ($base) {
            my @added = sort { $a <=> $b } differences($workload, $config);
            printf " %10s %9s   (%s to %s)", signed(median(@added)), percent($n / $base), map { signed($_) } @added[0, -1];
        }
        print "\n";
    }
    print_note('instructions', $workload);
}

sub cpu_table {
    my ($workload) = @_;
    my $values = ($value{cpu} // {})->{$workload} or return;
    print "\n$title{$workload}: CPU time of the backend, ns a statement (median), ratio to query_id [95 % interval];",
        " beside it CPU time of the server's other processes\n";
    for my $config (in_order($values)) {
        printf "  %-20s %12s", $config, commas(median(grep { defined } @{ $values->{$config} }));
        my $r = ratios('cpu', $workload, $config, 'query_id');
        printf "   %.3f [%.3f, %.3f]", @$r{qw(median low high)} if $r;
        printf "   +%s", commas(mean(grep { defined } @{ $value{cpu_others}{$workload}{$config} // [0] }));
        print "\n";
    }
    print_note('cpu', $workload);
}

# ---- gates --------------------------------------------------------------------------------------------------------------
sub gate {
    my ($name, $limit, $measured, $result) = @_;
    push @gates, { name => $name, limit => $limit, measured => $measured, result => $result };
}

# Over query_id in the same round.
sub differences {
    my ($workload, $config) = @_;
    my $values = ($value{instructions} // {})->{$workload};
    return unless $values && $values->{$config} && $values->{query_id};
    return map { $values->{$config}[$_] - $values->{query_id}[$_] } 0 .. $#{ $values->{query_id} };
}

sub added_instructions {
    my @added = differences(@_) or return;
    return median(@added);
}

sub at_most { my ($n, $limit) = @_; return $n <= $limit ? 'PASS' : 'FAIL' }

# The widened interval of a ratio against a limit: at most that when MOST, else at least that.
sub judge {
    my ($metric, $workload, $r, $limit, $most) = @_;
    return 'inconclusive' if $r->{rounds} < $least_rounds;
    my $control = ratios($metric, $workload, 'control', 'query_id');
    my $blur = $control ? abs($control->{median} - 1) : 0;
    my ($low, $high) = ($r->{low} - $blur, $r->{high} + $blur);
    return $high <= $limit ? 'PASS' : $low > $limit ? 'FAIL' : 'inconclusive' if $most;
    return $low >= $limit ? 'PASS' : $high < $limit ? 'FAIL' : 'inconclusive';
}

sub gate_added {
    my ($workload, $limit) = @_;
    my $added = added_instructions($workload, 'pg_steward') // return;
    gate("$title{$workload}, instructions", 'at most ' . signed($limit), signed($added), at_most($added, $limit));
}

sub gate_share {
    my ($workload, $limit) = @_;
    my ($ours, $theirs) = map { added_instructions($workload, $_) } qw(pg_steward pg_stat_statements);
    return unless defined $ours && defined $theirs;
    my $result = $theirs > 0 ? at_most($ours, $limit * $theirs) : 'inconclusive';
    my $share = $theirs > 0 ? sprintf('%.0f %%', 100 * $ours / $theirs) : signed($theirs) . ' there';
    gate("$title{$workload}, instructions added", sprintf("at most %.0f %% of pg_stat_statements'", 100 * $limit), $share, $result);
}

sub gate_instruction_ratio {
    my ($workload, $limit) = @_;
    my $added = added_instructions($workload, 'pg_steward') // return;
    my $ratio = 1 + $added / median(@{ $value{instructions}{$workload}{query_id} });
    gate("$title{$workload}, instructions", 'at most ' . percent($limit), percent($ratio), at_most($ratio, $limit));
}

sub gate_cpu_ratio {
    my ($workload, $limit) = @_;
    my $r = ratios('cpu', $workload, 'pg_steward', 'query_id') or return;
    my $result = judge('cpu', $workload, $r, $limit, 1);
    my $measured = sprintf '%s [%s, %s]', map { percent($_) } @$r{qw(median low high)};
    gate("$title{$workload}, CPU time", 'at most ' . percent($limit), $measured, $result);
}

sub capture_report {
    for my $workload (qw(prepared simple join hc)) { instructions_table($workload); cpu_table($workload) }
    gate_added('prepared', 600);
    gate_share('prepared', 0.4);
    gate_added('simple', 700);
    gate_instruction_ratio('join', 1.01);
    gate_cpu_ratio('join', 1.01);
    gate_instruction_ratio('hc', 1.08);
    gate_cpu_ratio('hc', 1.15);
}

# ---- throughput and memory ----------------------------------------------------------------------------------------------
sub throughput_table {
    my ($workload, $values) = @_;
    print "\n$title{$workload}: transactions a second (median); ratio to query_id and to pg_stat_statements: median (min to max)\n";
    for my $config (in_order($values)) {
        printf '  %-20s %10s', $config, commas(median(@{ $values->{$config} }));
        for my $base (qw(query_id pg_stat_statements)) {
            my $r = ratios('tps', $workload, $config, $base) or next;
            printf '    %.3f (%.3f to %.3f)', @$r{qw(median min max)};
        }
        print "\n";
    }
}

sub throughput_report {
    for my $workload (qw(select_prepared select_simple tpcb)) {
        my $values = $value{tps}{$workload} or next;
        throughput_table($workload, $values);
        my $r = ratios('tps', $workload, 'pg_steward', 'pg_stat_statements') or next;
        my $result = judge('tps', $workload, $r, 1, 0);
        gate("$title{$workload}, transactions a second", 'at least those of pg_stat_statements',
            sprintf('%.3f [%.3f, %.3f]', @$r{qw(median low high)}), $result);
    }
}

sub shared_table {
    my %bytes = map { $_ => $value{shared}{$_}{pg_steward}[0] } keys %{ $value{shared} };
    my $base = $bytes{100};
    print "\nshared memory of pg_steward, bytes\n";
    printf "  %-40s %12s\n", @$_ for
        (map { ["at defaults, $_ connections", commas($bytes{$_})] } 20, 100, 300, 1000),
        ['for each connection, between 20 and 100', commas(($base - $bytes{20}) / 80)],
        ['for each 1,000 statements', commas(($bytes{statements} - $base) / 20)],
        ['for each 1,000 plans', commas(($bytes{plans} - $base) / 20)];
}

# The table of a run, and gates: nothing grows by more than LIMIT from half the way to the end.
sub flat_report {
    my ($run, %limit) = @_;
    my $values = $value{flat}{$run} or return;
    my @columns = grep { $values->{$_} }
        qw(done memory_used statements evicted lost text_missing backend_kb launcher_kb postmaster_kb);
    print "\n$run, with memory_used in bytes and anonymous memory of processes in kB\n ";
    printf ' %14s', $_ for @columns;
    print "\n";
    my $last = $#{ $values->{done} };
    for my $look (0 .. $last) { print ' ', (map { sprintf ' %14s', commas($values->{$_}[$look]) } @columns), "\n" }
    for my $column (sort keys %limit) {
        my $growth = $values->{$column}[$last] - $values->{$column}[ int($last / 2) ];
        gate("$run, second half: growth of $column", 'at most ' . commas($limit{$column}), signed($growth), at_most($growth, $limit{$column}));
    }
}

sub memory_report {
    shared_table();
    flat_report('statements', memory_used => 1 << 20, backend_kb => 256, launcher_kb => 256, postmaster_kb => 256);
    flat_report('connections', memory_used => 1 << 16, launcher_kb => 256, postmaster_kb => 256);
    my $run = $value{flat}{statements};
    my ($entered, $ran) = ($run->{statements}[-1] + $run->{evicted}[-1], $run->{done}[-1]);
    gate('statements, entered or evicted', 'all ' . commas($ran), commas($entered), $entered >= $ran ? 'PASS' : 'FAIL');
    $run = $value{flat}{connections};
    my ($counted, $made) = ($run->{calls_counted}[0], $run->{done}[-1]);
    gate('connections, statements counted', 'all ' . commas($made), commas($counted), $counted == $made ? 'PASS' : 'FAIL');
}

sub print_gates {
    return unless @gates;
    print "\ngates: $_[0]\n";
    printf "  %-58s %-38s %-30s %s\n", @$_{qw(name limit measured result)} for @gates;
}

# ---- JSON ---------------------------------------------------------------------------------------------------------------
sub write_json {
    open my $out, '>', $json_file or die "$json_file: $!\n";
    print $out JSON::PP->new->canonical->pretty->encode({ measured => \%value, notes => \%note, gates => \@gates });
    close $out or die "$json_file: $!\n";
}

read_results();
my %report = (
    capture => [\&capture_report, 'pg_steward over query_id'],
    throughput => [\&throughput_report, 'median ratio to pg_stat_statements [95 % interval]'],
    memory => [\&memory_report, 'memory stays flat']);
my ($make, $heading) = @{ $report{$kind} // die "unknown report $kind\n" };
$make->();
print_gates($heading);
write_json() if defined $json_file;
exit(scalar(grep { $_->{result} eq 'FAIL' } @gates) ? 1 : 0);
