#!/usr/bin/perl
# The instructions of a backend, without those it spends in secure_read waiting for its client: how often it finds the next
# message already there depends on the machine's load and moves a statement by more than a hundred instructions.
#   callgrind_count.pl FILE...    of callgrind's files; prints the count of the one with the most, and its name
use strict;
use warnings;

my ($most, $largest) = (-1, '');
for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) { ($most, $largest) = ($1, $file) if /^totals: (\d+)/ && $1 > $most }
}
die "no file of counts\n" if $most < 0;

# What is called costs the number on the line after "calls="; names are written once and then referred to by number.
my (%name, $callee, $waiting);
my $is_cost = 0;
open my $in, '<', $largest or die "$largest: $!\n";
while (<$in>) {
    if (/^(c?)fn=\((\d+)\)(?: (.*))?/) {
        $name{$2} = $3 if defined $3;
        $callee = $name{$2} if $1;
    } elsif (/^calls=/) { $is_cost = 1 }
    elsif ($is_cost) {
        $waiting += (split)[1] if $callee eq 'secure_read';
        $is_cost = 0;
    }
}
die "$largest: no call of secure_read, which backends wait in\n" unless defined $waiting;
print $most - $waiting, " $largest\n";
