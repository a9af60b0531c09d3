#!/usr/bin/perl
# Holds the style and boundary rules of CONTRIBUTING.md that a pattern can see against the sources.
#   sources.pl [ROOT]       prints one ok line a rule, and each place that breaks it
# Leaves to others: includes (includes.pl), warnings (the compiler), layout (clang-format).
use strict;
use warnings;
use File::Find;
use FindBin;

my $root = $ARGV[0] // "$FindBin::Bin/../..";
chdir $root or die "$root: $!";

my @dirs = grep { -d } qw(extension optimizer tests bench demo);
my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if -f && /\.(cpp|hpp|sh|pl|pm|py)$/ } }, @dirs);
@files = sort @files;

my (%bad, @rules);
sub report { my ($rule, $where) = @_; push @{ $bad{$rule} }, $where }

# Comments and string literals blanked, line numbers kept: patterns below look at code only.
sub code_lines {
    my ($text) = @_;
    $text =~ s{("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/}{
        my $all = $&; defined $1 ? ($1 =~ /^"/ ? '""' : "''") : ($all =~ s/[^\n]//gr) }gse;
    return split /\n/, $text, -1;
}

# Rules for single lines of C++: [name, files it looks at, pattern of what is forbidden].
my $containers = qr/\bstd::(vector|string|map|set|multimap|unordered_\w+|deque|list|forward_list|function|stringstream|ostringstream|shared_ptr|unique_ptr)\b/;
my @line_rules = (
    ['PG_TRY stands only in extension/src/pg', qr{^extension/(?!src/pg/)}, qr/\bPG_(END_)?(TRY|CATCH|FINALLY)\b/],
    ['version differences stand only in extension/src/pg/compat', qr{^extension/(?!src/pg/compat\.)}, qr/\bPG_(VERSION_NUM|MAJORVERSION\w*)\b/],
    ['capture and store own no C++ containers', qr{^extension/src/(capture|store)/}, $containers],
    ['capture and store allocate nothing with new', qr{^extension/src/(capture|store)/}, qr/\bnew\s+[A-Za-z_]/],
    ['no threads inside the server', qr{^extension/}, qr/\bstd::(thread|jthread|async|mutex|condition_variable)\b/],
    ['nothing overrides operator new', qr{^(extension|optimizer)/}, qr/\boperator\s+(new|delete)\b/],
    ['the core asks no clock', qr{^extension/core/}, qr/\b(system_clock|steady_clock|gettimeofday|clock_gettime|GetCurrentTimestamp)\b/],
);
my ($long, $opening, $length, $once, $mark, $name, $blanks) = (
    'files stay under 400 lines', 'each file opens with what it owns', 'functions stay under 50 lines',
    'headers are included once', 'nothing is left to be done', 'files are named in snake_case',
    'no tabs, no trailing blanks');
@rules = ((map { $_->[0] } @line_rules), $long, $opening, $length, $once, $mark, $name, $blanks);

# A function body, as clang-format writes it: an unindented line that ends in "{" up to the next unindented "}".
sub check_functions {
    my ($file, @lines) = @_;
    my $start;
    for my $i (0 .. $#lines) {
        if (!defined $start && $lines[$i] =~ /^[A-Za-z_~].*\{\s*$/) {
            next if $lines[$i] =~ /^(namespace|struct|class|enum|union|extern)\b/ && $lines[$i] !~ /\)\s*\{/;
            next if $lines[$i] =~ /=\s*\{\s*$/;
            $start = $i;
        } elsif (defined $start && $lines[$i] =~ /^\}/) {
            my $size = $i - $start + 1;
            report($length, "$file:" . ($start + 1) . ": $size lines") if $size > 50;
            undef $start;
        }
    }
}

sub check_cpp {
    my ($file, $text) = @_;
    my @lines = code_lines($text);
    for my $rule (@line_rules) {
        my ($rule_name, $where, $pattern) = @$rule;
        next unless $file =~ $where;
        for my $i (0 .. $#lines) { report($rule_name, "$file:" . ($i + 1)) if $lines[$i] =~ $pattern }
    }
    report($opening, $file) unless $text =~ m{\A//};
    report($once, $file) if $file =~ /\.hpp$/ && $text !~ /^#pragma once$/m;
    check_functions($file, @lines);
}

for my $file (@files) {
    open my $in, '<', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    my @lines = split /\n/, $text;
    report($long, "$file: " . @lines . ' lines') if @lines >= 400;
    report($name, $file) unless $file =~ m{/[a-z0-9_]+\.\w+$};
    my $marks = join '|', 'TO' . 'DO', 'FIX' . 'ME', 'XX' . 'X';
    for my $i (0 .. $#lines) {
        report($mark, "$file:" . ($i + 1)) if $lines[$i] =~ /\b($marks)\b/;
        report($blanks, "$file:" . ($i + 1)) if $file =~ /\.[ch]pp$/ && $lines[$i] =~ /\t|\s$/;
    }
    if ($file =~ /\.[ch]pp$/) { check_cpp($file, $text) }
    else { report($opening, $file) unless $text =~ /\A(#!.*\n)?(#|""")/ }
}

for my $rule (@rules) {
    if (my $places = $bad{$rule}) { print "not ok - $rule\n", map { "    $_\n" } @$places }
    else { print "ok - $rule\n" }
}
exit(%bad ? 1 : 0);
