#!/usr/bin/perl
# Turns the lines that a benchmark measured into tables, gates and JSON.
#   report.pl capture RESULTS [JSON]    lines: METRIC WORKLOAD CONFIG ROUND VALUE; METRIC instructions (a statement) or
#                                       cpu (ns a statement, one line a round)
# Ratios are taken within a round and their median is shown with the 95 % confidence interval of the median by order
# statistics (no distribution assumed). A gate on a ratio passes when the whole interval keeps the limit, fails when the
# whole interval breaks it, and is inconclusive else. Exit code 1 when a gate fails.
use strict;
use warnings;

my ($kind, $file, $json_file) = @ARGV;
die "usage: report.pl capture RESULTS [JSON]\n" unless $file;

my %title = (
    prepared => 'prepared select', simple => 'simple select', join => '3 ms join',
    hc => '20,736 query ids against 5,000 entries');
my (%value, %order, @gates);    # $value{METRIC}{WORKLOAD}{CONFIG} = [value of each round]

sub read_results {
    my $n = 0;
    open my $in, '<', $file or return;
    while (<$in>) {
        my ($metric, $workload, $config, $round, $value) = split;
        $value{$metric}{$workload}{$config}[$round] = $value;
        $order{$_} //= ++$n for $metric, $workload, $config;
    }
}

sub in_order { return sort { $order{$a} <=> $order{$b} } @_ }

# ---- statistics ---------------------------------------------------------------------------------------------------------
sub median {
    my @v = sort { $a <=> $b } @_;
    return @v % 2 ? $v[$#v / 2] : ($v[@v / 2 - 1] + $v[@v / 2]) / 2;
}

# Ranks (from 0) of the order statistics that hold the median of n values with at least 95 %: binomial(n, 1/2).
# Below six values there is no such interval; then it is the whole range.
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

sub instructions_table {
    my ($workload) = @_;
    my $values = ($value{instructions} // {})->{$workload} or return;
    my $base = $values->{query_id} && $values->{query_id}[0];
    print "\n$title{$workload}: instructions a statement", ($base ? ', difference to query_id' : ''), "\n";
    for my $config (in_order(keys %$values)) {
        my $n = $values->{$config}[0];
        printf "  %-20s %12s", $config, commas($n);
        printf " %10s %9s", signed($n - $base), percent($n / $base) if $base;
        print "\n";
    }
}

sub cpu_table {
    my ($workload) = @_;
    my $values = ($value{cpu} // {})->{$workload} or return;
    print "\n$title{$workload}: CPU time of the backend, ns a statement (median), ratio to query_id [95 % interval]\n";
    for my $config (in_order(keys %$values)) {
        printf "  %-20s %12s", $config, commas(median(grep { defined } @{ $values->{$config} }));
        my $r = ratios('cpu', $workload, $config, 'query_id');
        printf "   %.3f [%.3f, %.3f]", @$r{qw(median low high)} if $r;
        print "\n";
    }
}

# ---- gates --------------------------------------------------------------------------------------------------------------
sub gate {
    my ($name, $limit, $measured, $result) = @_;
    push @gates, { name => $name, limit => $limit, measured => $measured, result => $result };
}

sub added_instructions {
    my ($workload, $config) = @_;
    my $values = ($value{instructions} // {})->{$workload};
    return unless $values && $values->{$config} && $values->{query_id};
    return $values->{$config}[0] - $values->{query_id}[0];
}

sub at_most { my ($n, $limit) = @_; return $n <= $limit ? 'PASS' : 'FAIL' }

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
    my $ratio = 1 + $added / $value{instructions}{$workload}{query_id}[0];
    gate("$title{$workload}, instructions", 'at most ' . percent($limit), percent($ratio), at_most($ratio, $limit));
}

sub gate_cpu_ratio {
    my ($workload, $limit) = @_;
    my $r = ratios('cpu', $workload, 'pg_steward', 'query_id') or return;
    my $result = $r->{low} > $limit ? 'FAIL' : $r->{high} <= $limit ? 'PASS' : 'inconclusive';
    my $measured = sprintf '%s [%s, %s]', map { percent($_) } @$r{qw(median low high)};
    gate("$title{$workload}, CPU time", 'at most ' . percent($limit), $measured, $result);
}

sub capture_report {
    my @workloads = grep { exists $title{$_} } in_order(keys %{ { map { %{ $value{$_} } } keys %value } });
    for my $workload (@workloads) { instructions_table($workload); cpu_table($workload) }
    gate_added('prepared', 600);
    gate_share('prepared', 0.4);
    gate_added('simple', 700);
    gate_instruction_ratio('join', 1.01);
    gate_cpu_ratio('join', 1.01);
    gate_instruction_ratio('hc', 1.08);
    gate_cpu_ratio('hc', 1.15);
}

sub print_gates {
    return unless @gates;
    print "\ngates: pg_steward over query_id\n";
    printf "  %-52s %-38s %-30s %s\n", @$_{qw(name limit measured result)} for @gates;
}

# ---- JSON ---------------------------------------------------------------------------------------------------------------
sub text { my ($s) = @_; $s =~ s/(["\\])/\\$1/g; return "\"$s\"" }

sub to_json {
    my ($v) = @_;
    return '[' . join(', ', map { defined $_ ? to_json($_) : 'null' } @$v) . ']' if ref $v eq 'ARRAY';
    return '{' . join(', ', map { text($_) . ': ' . to_json($v->{$_}) } sort keys %$v) . '}' if ref $v eq 'HASH';
    return $v =~ /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/ ? $v : text($v);
}

sub write_json {
    open my $out, '>', $json_file or die "$json_file: $!\n";
    print $out to_json({ measured => \%value, gates => \@gates }), "\n";
    close $out or die "$json_file: $!\n";
}

read_results();
my %report = (capture => \&capture_report);
($report{$kind} // die "unknown report $kind\n")->();
print_gates();
write_json() if defined $json_file;
exit(scalar(grep { $_->{result} eq 'FAIL' } @gates) ? 1 : 0);
