# A file of saved statistics that is damaged, foreign or made up never keeps the server from starting: it is told in one LOG
# line, removed, and capture starts empty. Each case is a start of the server in single-user mode, which reads the file
# as the postmaster does.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('persist_damage');
$node->init;
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_steward'
autovacuum = off
max_connections = 5
max_wal_senders = 0
shared_buffers = 1MB
pg_steward.text_memory = 1MB
pg_steward.max_statements = 100
pg_steward.max_plans = 100
pg_steward.slow_min_duration = 0
pg_steward.capture_parameters = on
pg_steward.history_interval = 0
});
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE items (id int PRIMARY KEY, name text);
    INSERT INTO items SELECT g, 'item ' || g FROM generate_series(1, 1000) g;
    ANALYZE items;
});
for my $round (1 .. 3) {
    $node->safe_psql('postgres', qq{
        SELECT count(*) AS kept FROM items WHERE id = $round;
        SELECT a.name FROM items a JOIN items b USING (id) WHERE lower(a.name) LIKE 'item $round%' ORDER BY b.name;
        SELECT steward.write_history()});
}
$node->stop;
my $path = $node->data_dir . '/pg_stat/pg_steward.stat';
my $good = slurp_file($path);
my $length = length $good;
my $header = 96; # bytes: the magic number, three versions, sizes of what records are made of

sub write_raw { my ($bytes) = @_; open my $out, '>:raw', $path or die $!; print $out $bytes; close $out or die $! }

# Starts with this content; returns what was logged, what was read, and the exit code.
my $all = join ' UNION ALL ', map { "SELECT x::text FROM $_ AS x" } qw(steward.statements steward.plannable
    steward.parameter_samples() steward.captured_plans() steward.captured_plan_changes() steward.captured_predicates()
    steward.captured_slow_queries() steward.captured_classes() steward.capture_status);
my $look = "SELECT 'kept=' || count(*) FROM steward.statements WHERE query ~ 'AS kept ' AND calls = 3;\n";

sub start_with {
    my ($bytes, $sql) = @_;
    write_raw($bytes);
    my ($in, $out, $err) = ($sql, '', '');
    my $run = IPC::Run::start(['postgres', '--single', '-D', $node->data_dir, 'postgres'], '<', \$in, '>', \$out, '2>', \$err);
    $run->finish;
    return ($err, $out, $run->full_result(0));
}

sub starts_empty {
    my ($bytes, $why) = @_;
    my ($log, $out, $code) = start_with($bytes, $look);
    my $told = () = $log =~ /LOG:  pg_steward starts without the statistics saved in file "[^"]+": $why/g;
    return "exit code $code\n$log" if $code != 0;
    return "read: $out" if $out !~ /kept=0/;
    return "told $told times: $log" if $told != 1;
    return '';
}

sub all_start_empty {
    my ($name, $why, %cases) = @_;
    my @bad = grep { $_->[1] } map { [$_, starts_empty($cases{$_}, $why)] } sort keys %cases;
    is(join("\n", map { "$_->[0]: $_->[1]" } @bad), '', sprintf '%s (%d files)', $name, scalar keys %cases);
}

# ---- the undamaged file, so that the rest means something -----------------------------------------------------------
my ($log, $out, $code) = start_with($good, $look . "SELECT 'rows=' || count(*) FROM ($all) s;\n");
is($code, 0, 'single-user mode starts');
like($out, qr/kept=1/, 'and reads the file');
like($out, qr/rows=[1-9]\d/, 'with all that is in it');
unlike($log, qr/starts without/, 'without a word');
ok(-s $path, 'and saves at its end');
($log, $out) = start_with(slurp_file($path), $look);
like($out, qr/kept=1/, 'what it saved is read too');

# ---- damage ---------------------------------------------------------------------------------------------------------
srand(20261126);
my $damaged = 'the file is damaged';
my %cut = map { ($_ => substr($good, 0, $_)) } 0, 1, 7, 8, 20, 60, $header - 1, (map { $length - $_ } 1 .. 5, 8, 12, 13),
    (map { int rand $length } 1 .. 30);
all_start_empty('a file that ends too early', $damaged, %cut);

# The first bytes are the magic number; damage in the rest of the header looks like another version's.
my %flipped;
for (1 .. 40) {
    my ($at, $bit) = ($header + int rand($length - $header), int rand 8);
    my $bytes = $good;
    substr($bytes, $at, 1) ^= chr(1 << $bit);
    $flipped{"$at.$bit"} = $bytes;
}
all_start_empty('a single bit', $damaged, %flipped);
all_start_empty('garbage', $damaged,
    'something behind the end' => $good . "\0",
    'twice' => $good . $good,
    zeros => "\0" x $length,
    'random bytes' => join('', map { chr int rand 256 } 1 .. 100_000),
    'random bytes behind the header' => substr($good, 0, $header) . join('', map { chr int rand 256 } 1 .. 100_000),
    'holes' => substr($good, 0, 300) . "\0" x ($length - 300));

# ---- made up, with a checksum that is right -------------------------------------------------------------------------
my @table = map { my $c = $_; $c = $c & 1 ? $c >> 1 ^ 0x82F63B78 : $c >> 1 for 1 .. 8; $c } 0 .. 255;

sub with_checksum { # replaces the last four bytes
    my ($bytes) = @_;
    my $crc = 0xFFFFFFFF;
    $crc = $crc >> 8 ^ $table[($crc ^ $_) & 255] for unpack 'C*', substr $bytes, 0, -4;
    return substr($bytes, 0, -4) . pack 'L', $crc ^ 0xFFFFFFFF;
}
is(with_checksum($good), $good, 'the checksum is CRC-32C');

sub changed { my ($at, $new) = @_; my $bytes = $good; substr($bytes, $at, length $new) = $new; return with_checksum($bytes) }

my @records; # [offset of its header, kind, length]
for (my $at = $header; $at < $length - 12;) {
    my ($kind, $size) = unpack 'LL', substr $good, $at, 8;
    push @records, [$at, $kind, $size];
    $at += 8 + $size;
}
my %kinds = map { ($_->[1] => $_) } @records;
is(join(' ', sort { $a <=> $b } keys %kinds), '0 1 2 3 4 5 6 7', 'every kind of record is in the file');
is($records[-1][0] + 8 + $records[-1][2], $length - 12, 'and the records fill it');

my $another = 'another version wrote it';
all_start_empty('a foreign header', $another, map { ($_ => changed($_, pack 'L', 77)) } 8, 12, 16, 20, 40, 76);
my %absurd;
for my $record (values %kinds) {
    my ($at, $kind, $size) = @$record;
    $absurd{"kind $kind, length $_"} = changed($at + 4, pack 'L', $_) for 0, $size - 1, $size + 1, 4 << 20, 0xFFFFFFFF;
    $absurd{"kind $kind as 8"} = changed($at, pack 'L', 8);
    $absurd{"kind $kind as another"} = changed($at, pack 'L', ($kind + 1) % 8);
    # The content ends in strings behind their lengths, but for statements, the status, history and classes.
    $absurd{"kind $kind shorter"} = with_checksum(substr($good, 0, $at + 4) . pack('L', $size - 8)
        . substr($good, $at + 8, $size - 8) . substr($good, $at + 8 + $size));
    $absurd{"kind $kind longer"} = with_checksum(substr($good, 0, $at + 4) . pack('L', $size + 8)
        . substr($good, $at + 8, $size) . "\0" x 8 . substr($good, $at + 8 + $size));
}
all_start_empty('records that cannot be', $damaged, %absurd);

# Values that nothing forbids may be shown, or be an error to who reads them; nobody dies of them.
my @died;
for my $i (1 .. 60) {
    my $record = (values %kinds)[$i % 8];
    my $at = $record->[0] + 8 + int rand $record->[2];
    my $bytes = changed($at, join '', map { chr int rand 256 } 1 .. 1 + int rand 4);
    ($log, $out, $code) = start_with($bytes, "SELECT 'rows=' || count(*) FROM ($all) s;\nSELECT 'alive';\nSELECT 'reset' FROM steward.reset();\n");
    push @died, "kind $record->[1] at $at: exit code $code\n$log" if $code != 0 || $out !~ /alive/ || $out !~ /reset/;
}
is(join("\n", @died), '', 'made-up values in records of every kind');

# ---- and a server in the ordinary way -------------------------------------------------------------------------------
write_raw(substr $good, 0, 1000);
$node->start;
is($node->safe_psql('postgres', 'SELECT count(*) FROM steward.slow_queries'), 0, 'the postmaster starts without it');
ok(!-e $path, 'and removes it');
unlike(slurp_file($node->logfile), qr/TRAP|PANIC|terminated by signal/, 'nothing died');
done_testing();
