#!/usr/bin/perl
# Holds the folder rule of ARCHITECTURE.md against the code: which folder may include what.
#   includes.pl [ROOT]      prints one ok line a folder, and each forbidden include
use strict;
use warnings;
use File::Find;
use FindBin;

my $root = $ARGV[0] // "$FindBin::Bin/../..";
chdir $root or die "$root: $!";

# Kinds: std, os (POSIX), postgres, libpq, boost, json, fmt, and our own folders. A folder may always include itself.
my $shell   = 'store settings pg core postgres std';
my $reader  = 'db model core std os json fmt';
my %allowed = (
    'extension/core'         => 'std',
    'extension/src/pg'       => 'postgres std',
    'extension/src/settings' => 'pg postgres std',
    'extension/src/store'    => 'settings pg core postgres std',
    'extension/src/capture'  => $shell,
    'extension/src/whatif'   => $shell,
    'extension/src/refresh'  => "changes $shell",
    'extension/src/history'  => $shell,
    'extension/src/changes'  => $shell,
    'extension/src/worker'   => "history refresh $shell",
    'extension/src/module'   => "capture changes whatif worker transaction_end $shell",
    'extension/src/transaction_end' => 'capture changes postgres std',
    'optimizer/model'        => 'core std',
    'optimizer/advise'       => 'model core std json fmt',
    'optimizer/report'       => 'model core std json fmt',
    'optimizer/db'           => 'libpq std os',
    'optimizer/collect'      => $reader,
    'optimizer/whatif'       => $reader,
    'optimizer/act'          => $reader,
    'optimizer/pgbouncer'    => 'db model std os json fmt',
    'optimizer/load'         => 'db model core libpq std os json fmt',
    'optimizer/cli'          => 'advise report db collect whatif act pgbouncer load model core std os json fmt boost',
    'optimizer/main'         => 'cli advise report db collect whatif act pgbouncer load model core std os json fmt boost',
);
# The core does no input or output, starts no thread and asks no clock.
my $impure = qr/^<(iostream|fstream|cstdio|stdio\.h|thread|mutex|future|filesystem|random|ctime|time\.h)>$/;

# The folder of a file: extension/src/store/shmem.cpp -> extension/src/store, optimizer/advise/index/x -> optimizer/advise.
sub folder_of {
    my ($file) = @_;
    return 'extension/core' if $file =~ m{^extension/core/};
    return $1 if $file =~ m{^(extension/src/[^/.]+)};
    return $1 if $file =~ m{^(optimizer/[^/.]+)};
    return undef;
}

sub kind_of {
    my ($include, $file) = @_;
    if ($include =~ /^<(.*)>$/) {
        my $name = $1;
        return 'boost' if $name =~ /^boost\//;
        return 'json'  if $name =~ /^nlohmann\//;
        return 'fmt'   if $name =~ /^fmt\//;
        return 'libpq' if $name =~ /^(libpq-fe|postgresql\/|pg_config|libpq\/)/;
        return 'std'   if $name !~ /[.\/]/ or $name =~ /^(assert|ctype|errno|float|limits|math|std\w+|string|time)\.h$/;
        return 'os';
    }
    (my $name = $include) =~ s/"//g;
    return 'libpq' if $name eq 'libpq-fe.h';
    my @roots = $file =~ /^extension/ ? ('extension/src', 'extension') : ('optimizer', 'extension');
    unshift @roots, $file =~ s{/[^/]*$}{}r;
    for my $dir (@roots) {
        next unless -e "$dir/$name";
        my $folder = folder_of("$dir/$name") // return $name;
        return $folder =~ s{^.*/}{}r;
    }
    return 'postgres' if $file =~ /^extension/;
    return $name;
}

my (%bad, %seen);
sub check {
    my ($file) = @_;
    my $folder = folder_of($file) // return;
    $seen{$folder}++;
    return push @{ $bad{$folder} }, "$file: a folder that the rule does not know" unless $allowed{$folder};
    my $own = $folder =~ s{^.*/}{}r;
    my %may = map { $_ => 1 } $own, split ' ', $allowed{$folder};
    open my $in, '<', $file or die "$file: $!";
    while (my $line = <$in>) {
        next unless $line =~ /^\s*#\s*include\s+([<"][^>"]+[>"])/;
        my $include = $1;
        my $kind    = kind_of($include, $file);
        push @{ $bad{$folder} }, "$file:$.: includes $include ($kind)" unless $may{$kind};
        push @{ $bad{$folder} }, "$file:$.: includes $include" if $folder eq 'extension/core' and $include =~ $impure;
    }
}

my @files;
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.[ch]pp$/ } }, grep { -d } 'extension', 'optimizer');
check($_) for sort @files;
for my $folder (sort keys %seen) {
    if (my $lines = $bad{$folder}) {
        print "not ok - includes of $folder\n", map { "    $_\n" } @$lines;
    } else {
        print "ok - includes of $folder\n";
    }
}
exit(%bad ? 1 : 0);
