#!/usr/bin/perl
# What one server does more than another in a statement, by function, from callgrind's files.
#   callgrind_diff.pl BASE OTHER N M [LEAST]    BASE.N, BASE.M, OTHER.N and OTHER.M are the counts of runs of N and of M
#                                               statements; smaller differences than LEAST (5) are left out
# First table: functions of libraries that BASE does not load, with what they call (a recursive function counts again for
# each level). Second table: every function's own instructions, difference and what it has in OTHER; waiting
# for the client (WaitEventSetWait, recv) is in it.
use strict;
use warnings;

my ($base, $other, $small, $large, $least) = @ARGV;
die "usage: callgrind_diff.pl BASE OTHER N M [LEAST]\n" unless $large;
$least //= 5;

# Instructions of each function itself, and with what it calls. Names are written once and then referred to by number; the
# line after "calls=" is the cost of the callee.
sub costs {
    my ($file) = @_;
    my (%name, %self, %inclusive, $callee);
    my ($object, $function) = ('', '');
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) {
        if (/^[\d+*-]\S*\s+(\d+)/) {
            my $key = "$function [$object]";
            $inclusive{$key} += $1;
            $self{$key} += $1 unless $callee;
            $callee = 0;
        } elsif (/^(fn|ob|cfn|cob)=\((\d+)\)(?: (.*))?/) {
            my ($what, $id, $text) = ($1, $2, $3);
            my $kind = $what =~ s/^c//r;
            $name{"$kind$id"} = $text if defined $text;
            $function = $name{"fn$id"} if $what eq 'fn';
            $object = $name{"ob$id"} =~ s{.*/}{}r if $what eq 'ob';
        } elsif (/^calls=/) { $callee = 1 }
    }
    return (\%self, \%inclusive);
}

sub per_statement {
    my ($few, $many) = @_;
    return { map { $_ => (($many->{$_} // 0) - ($few->{$_} // 0)) / ($large - $small) } keys %$many };
}

sub load {
    my ($prefix) = @_;
    my @few = costs("$prefix.$small");
    my @many = costs("$prefix.$large");
    return map { per_statement($few[$_], $many[$_]) } 0, 1;
}

my ($their_self, $their_inclusive) = load($base);
my ($our_self, $our_inclusive) = load($other);

my %loaded = map { /(\[.*\])$/ => 1 } keys %$their_self;
print "instructions a statement, with what is called\n";
for my $key (sort { $our_inclusive->{$b} <=> $our_inclusive->{$a} || $a cmp $b } keys %$our_inclusive) {
    next if $our_inclusive->{$key} < $least || $loaded{ ($key =~ /(\[.*\])$/)[0] };
    printf "%10.1f  %s\n", $our_inclusive->{$key}, $key;
}

my %difference = map { $_ => ($our_self->{$_} // 0) - ($their_self->{$_} // 0) } keys %$their_self, keys %$our_self;
my $sum = 0;
$sum += $_ for values %difference;
print "\nown instructions a statement: difference, now\n";
for my $key (sort { $difference{$b} <=> $difference{$a} || $a cmp $b } keys %difference) {
    printf "%+10.1f %10.1f  %s\n", $difference{$key}, $our_self->{$key} // 0, $key if abs $difference{$key} >= $least;
}
printf "%+10.1f             in all\n", $sum;
