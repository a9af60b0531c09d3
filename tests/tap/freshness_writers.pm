# Random changes of base tables for freshness_load.pl: the tables, every way to change them, and psql scripts made of these.
# Each root (a table, a partitioned table or a plain view whose content is followed) belongs to one owner, whose script is
# the only one to change it; so the script knows each state that the root has had, and prints it:
#   a|time                 before a change
#   b|time|root|rows|sum   after it has been committed, or rolled back
# Leaves running and judging to freshness_load.pl.
package FreshnessWriters;
use strict;
use warnings;

our %roots = (
    plain => [qw(plain filtered)], parts => [qw(parts parts_1)], deep => ['deep'], master => ['detail'],
    source => [qw(source audit)], herd => ['herd'], base => ['base'],
);

my $columns = '(id int, k int, amount int)';
our $schema = qq{
    CREATE SEQUENCE ids;
    CREATE TABLE plain (id int PRIMARY KEY, k int, amount int);
    CREATE VIEW filtered AS SELECT * FROM plain WHERE k <> 0;
    CREATE TABLE parts $columns PARTITION BY LIST (k);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
    CREATE TABLE parts_3 PARTITION OF parts FOR VALUES IN (3);
    CREATE TABLE deep $columns PARTITION BY LIST (k);
    CREATE TABLE deep_1 PARTITION OF deep FOR VALUES IN (1, 2) PARTITION BY LIST (k);
    CREATE TABLE deep_1_1 PARTITION OF deep_1 FOR VALUES IN (1);
    CREATE TABLE deep_1_2 PARTITION OF deep_1 FOR VALUES IN (2);
    CREATE TABLE deep_3 PARTITION OF deep FOR VALUES IN (3) PARTITION BY RANGE (id);
    CREATE TABLE deep_3_0 PARTITION OF deep_3 DEFAULT;
    CREATE TABLE master (id int PRIMARY KEY);
    CREATE TABLE detail (id int REFERENCES master ON DELETE CASCADE ON UPDATE CASCADE, k int, amount int);
    CREATE INDEX ON detail (id);
    CREATE TABLE source $columns;
    CREATE TABLE audit $columns;
    CREATE FUNCTION copy_source() RETURNS trigger LANGUAGE plpgsql AS \$\$
        BEGIN INSERT INTO audit SELECT coalesce(new.id, old.id), length(tg_op), coalesce(new.amount, 0) - coalesce(old.amount, 0); RETURN NULL; END \$\$;
    CREATE TRIGGER copy AFTER INSERT OR UPDATE OR DELETE ON source FOR EACH ROW EXECUTE FUNCTION copy_source();
    CREATE FUNCTION forget_source() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN DELETE FROM audit; RETURN NULL; END \$\$;
    CREATE TRIGGER forget AFTER TRUNCATE ON source EXECUTE FUNCTION forget_source();
    CREATE TABLE herd $columns;
    CREATE TABLE herd_1 () INHERITS (herd);
    CREATE TABLE herd_2 $columns;
    CREATE TABLE base $columns;
    CREATE VIEW base_door AS SELECT id, k, amount FROM base WHERE id IS NOT NULL;
    CREATE VIEW base_rule AS SELECT id, k, amount FROM base;
    CREATE RULE r AS ON INSERT TO base_rule DO INSTEAD INSERT INTO base VALUES (new.id, new.k, new.amount);
    CREATE FUNCTION add_base(n int) RETURNS void LANGUAGE plpgsql AS \$\$
        BEGIN EXECUTE 'INSERT INTO base VALUES (nextval(''ids''), 1, \$1)' USING n; END \$\$;
    CREATE FUNCTION state(root text, OUT n bigint, OUT h numeric) LANGUAGE plpgsql AS \$\$
        BEGIN EXECUTE format('SELECT count(*), coalesce(sum(id::bigint * 31 + k * 7 + amount), 0) FROM %I', root) INTO n, h; END \$\$;
    INSERT INTO plain SELECT -i, i % 3, i FROM generate_series(1, 50) i;
    INSERT INTO parts SELECT -i, 1 + i % 3, i FROM generate_series(1, 50) i;
    INSERT INTO deep SELECT -i, 1 + i % 3, i FROM generate_series(1, 50) i;
    INSERT INTO master SELECT -i FROM generate_series(1, 50) i;
    INSERT INTO detail SELECT -i, 1, i FROM generate_series(1, 50) i;
    INSERT INTO source SELECT -i, 1, i FROM generate_series(1, 50) i;
    INSERT INTO herd SELECT -i, 1, i FROM generate_series(1, 50) i;
    INSERT INTO herd_1 SELECT -i, 2, i FROM generate_series(1, 50) i;
    INSERT INTO herd_2 SELECT -i, 3, i FROM generate_series(1, 50) i;
    INSERT INTO base SELECT -i, 1 + i % 3, i FROM generate_series(1, 50) i;
};

sub number { return 1 + int(rand(1000)); }
sub pick { return $_[rand @_]; }
# The same row order on every run.
sub one { my ($table, $where) = @_; return sprintf('(SELECT %s(id) FROM %s WHERE %s)', pick('min', 'max'), $table, $where // 'id > 0'); }
sub copy_into {
    my ($table, $k) = @_;
    return "COPY $table FROM STDIN (DELIMITER ',');\n" . join('', map { (1000000 + int(rand(1000000))) . ",$k," . number() . "\n" } 1 .. 2) . "\\.";
}
sub insert_into { my ($table, $k) = @_; return "INSERT INTO $table VALUES (nextval('ids'), $k, ${\number()});"; }

# Of each owner: the table to insert into and a value of k that it takes.
my %target = (plain => ['plain', 1], parts => ['parts', 2], deep => ['deep', 1], master => ['detail', 1], source => ['source', 1],
    herd => ['herd', 1], base => ['base', 2]);

# What needs no lock that a prepared transaction of the same owner holds.
my %adding = (
    insert => sub { my ($o) = @_;
        return "INSERT INTO detail SELECT max(id), 1, ${\number()} FROM master;" if $o eq 'master';
        return insert_into(@{ $target{$o} }); },
    copy => sub { my ($o) = @_;
        return "INSERT INTO master VALUES (3000000) ON CONFLICT DO NOTHING;\nCOPY detail FROM STDIN (DELIMITER ',');\n3000000,1,${\number()}\n\\." if $o eq 'master';
        return copy_into(@{ $target{$o} }); },
);

# Every way to change what an owner has.
my %common = (
    %adding,
    update => sub { my ($o) = @_; my $t = $target{$o}[0]; return "UPDATE $t SET amount = amount + ${\number()} WHERE id = ${\one($t)};"; },
    delete => sub { my ($o) = @_; my $t = $target{$o}[0]; return "DELETE FROM $t WHERE id = ${\one($t)};"; },
    cte => sub { my ($o) = @_; my $t = $target{$o}[0];
        return "WITH w AS (UPDATE $t SET amount = amount + 1 WHERE id = ${\one($t)} RETURNING 1) SELECT count(*) FROM w;"; },
    merge => sub { my ($o) = @_; my $t = $target{$o}[0];
        return $o eq 'herd' ? "UPDATE ONLY herd SET amount = amount + 3;"
            : "MERGE INTO $t USING (SELECT ${\one($t)} AS i) s ON id = s.i WHEN MATCHED THEN UPDATE SET amount = amount + 3;"; },
    block => sub { my ($o) = @_; return "DO \$\$ BEGIN UPDATE $target{$o}[0] SET amount = amount + 2 WHERE id < -25; END \$\$;"; },
    prepared => sub { my ($o) = @_;
        return "PREPARE p (int) AS UPDATE $target{$o}[0] SET amount = amount + \$1 WHERE id > -9;\nEXECUTE p (${\number()});\nDEALLOCATE p;"; },
    cursor => sub { my ($o) = @_; my $t = $target{$o}[0];
        return "BEGIN;\nDECLARE c CURSOR FOR SELECT * FROM $t WHERE id = ${\one($t)} FOR UPDATE;\nFETCH c;\nUPDATE $t SET amount = amount + 5 WHERE CURRENT OF c;\nCOMMIT;"; },
    replica => sub { my ($o) = @_; return "SET session_replication_role = replica;\n${\$adding{copy}->($o)}\nRESET session_replication_role;"; },
    untracked => sub { my ($o) = @_; return "SET pg_steward.track = none;\n${\$adding{insert}->($o)}\nRESET pg_steward.track;"; },
    rolled_back => sub { my ($o) = @_; return "BEGIN;\n${\$adding{insert}->($o)}\nROLLBACK;"; },
    savepoint => sub { my ($o) = @_;
        return "BEGIN;\nSAVEPOINT s;\n${\$adding{insert}->($o)}\nROLLBACK TO s;\n${\$adding{copy}->($o)}\nSAVEPOINT t;\n${\$adding{insert}->($o)}\nRELEASE t;\nCOMMIT;"; },
    refill => sub { my ($o) = @_; my $t = $o eq 'master' ? 'detail' : $target{$o}[0];
        return "BEGIN;\nCREATE TEMP TABLE kept ON COMMIT DROP AS SELECT id, k, amount FROM $t ORDER BY id DESC LIMIT 40;\nTRUNCATE $t;\nINSERT INTO $t SELECT id, k, amount + 1 FROM kept;\nCOMMIT;"; },
    truncate => sub { my ($o) = @_; return $o eq 'master' ? "TRUNCATE master CASCADE;\nINSERT INTO master VALUES (nextval('ids'));" : "TRUNCATE $target{$o}[0];"; },
    rewrite => sub { my ($o) = @_; my $t = $target{$o}[0]; return "ALTER TABLE $t ADD COLUMN junk double precision DEFAULT random();\nALTER TABLE $t DROP COLUMN junk;"; },
);
# What is done to a partition must not depend on whether it is attached: a crash can have come in between.
sub attached { my ($command, $not, $part) = @_; return "SELECT '$command' WHERE ${not} EXISTS (SELECT FROM pg_inherits WHERE inhrelid = '$part'::regclass)\n\\gexec"; }
my %special = (
    plain => {
        upsert => sub { return "INSERT INTO plain VALUES (-7, 1, ${\number()}) ON CONFLICT (id) DO UPDATE SET amount = plain.amount + excluded.amount;"; },
        replaced => sub { return "CREATE OR REPLACE VIEW filtered AS SELECT * FROM plain WHERE k <> ${\pick(0, 1, 2)};"; },
        vacuum_full => sub { return "DELETE FROM plain WHERE id = ${\one('plain')};\nVACUUM FULL plain;"; },
    },
    parts => {
        leaf => sub { return insert_into('parts_1', 1); },
        copy_leaf => sub { return copy_into('parts_1', 1); },
        move => sub { return "UPDATE parts SET k = 3 - k WHERE k < 3 AND id = ${\one('parts', 'k < 3')};"; },
        truncate_leaf => sub { return "TRUNCATE parts_1;"; },
        attach => sub { return attached('ALTER TABLE parts ATTACH PARTITION parts_3 FOR VALUES IN (3)', 'NOT', 'parts_3'); },
        detach => sub { return attached('ALTER TABLE parts DETACH PARTITION parts_3', '', 'parts_3'); },
        detach_concurrently => sub { return attached('ALTER TABLE parts DETACH PARTITION parts_3 CONCURRENTLY', '', 'parts_3'); },
        write_spare => sub { return insert_into('parts_3', 3); },
        attach_written => sub { return insert_into('parts_3', 3) . "\n" . attached('ALTER TABLE parts ATTACH PARTITION parts_3 FOR VALUES IN (3)', 'NOT', 'parts_3'); },
        drop => sub { return "CREATE TABLE parts_9 PARTITION OF parts FOR VALUES IN (9);\nINSERT INTO parts VALUES (9, 9, 9);\n#\nDROP TABLE parts_9;"; },
        created => sub { return "BEGIN;\nDROP TABLE IF EXISTS parts_8;\nCREATE TABLE parts_8 PARTITION OF parts FOR VALUES IN (8);\nINSERT INTO parts_8 VALUES (8, 8, ${\number()});\nCOMMIT;"; },
    },
    deep => {
        middle => sub { return insert_into('deep_1', 2); },
        leaf => sub { return insert_into('deep_1_2', 2); },
        copy_leaf => sub { return copy_into('deep_1_2', 2); },
        copy_middle => sub { return copy_into('deep_3', 3); },
        truncate_middle => sub { return 'TRUNCATE deep_1;'; },
        attach_tree => sub { return attached('ALTER TABLE deep ATTACH PARTITION deep_3 FOR VALUES IN (3)', 'NOT', 'deep_3'); },
        detach_tree => sub { return attached('ALTER TABLE deep DETACH PARTITION deep_3', '', 'deep_3'); },
    },
    master => {
        cascade_delete => sub { return "DELETE FROM master WHERE id = (SELECT max(id) FROM detail);"; },
        cascade_update => sub { return "UPDATE master SET id = nextval('ids') WHERE id = (SELECT min(id) FROM detail);"; },
        new_master => sub { return "INSERT INTO master VALUES (nextval('ids'));\nINSERT INTO detail SELECT max(id), 2, ${\number()} FROM master;"; },
    },
    source => {
        direct => sub { return insert_into('audit', 1); },
        trigger_off => sub { return "BEGIN;\nALTER TABLE source DISABLE TRIGGER copy;\n${\insert_into('source', 4)}\nALTER TABLE source ENABLE TRIGGER copy;\nCOMMIT;"; },
    },
    herd => {
        child => sub { return insert_into('herd_1', 2); },
        copy_child => sub { return copy_into('herd_1', 2); },
        inherit => sub { return attached('ALTER TABLE herd_2 INHERIT herd', 'NOT', 'herd_2'); },
        no_inherit => sub { return attached('ALTER TABLE herd_2 NO INHERIT herd', '', 'herd_2'); },
        write_spare => sub { return insert_into('herd_2', 3); },
        truncate_child => sub { return 'TRUNCATE herd_1;'; },
    },
    base => {
        door => sub { return insert_into('base_door', 1); },
        door_update => sub { return "UPDATE base_door SET amount = amount + ${\number()} WHERE id < -30;"; },
        door_delete => sub { return "DELETE FROM base_door WHERE id = ${\one('base')};"; },
        rule => sub { return insert_into('base_rule', 2); },
        function => sub { return "SELECT add_base(${\number()});"; },
        exchange => sub { return "BEGIN;\nCREATE TABLE base_new (LIKE base);\nINSERT INTO base_new SELECT * FROM base;\nUPDATE base_new SET amount = amount + 1;\nTRUNCATE base;\nINSERT INTO base SELECT * FROM base_new;\nDROP TABLE base_new;\nCOMMIT;"; },
    },
);

sub kinds { my ($owner) = @_; return sort(keys %common, keys %{ $special{$owner} }, qw(committed_later rolled_back_later)); }

sub report {
    my ($owner) = @_;
    return join '', map { "SELECT 'b', extract(epoch FROM clock_timestamp()), '$_', (state('$_')).*;\n" } @{ $roots{$owner} };
}
sub wait_for { return sprintf("SELECT pg_sleep(%.2f);\n", $_[0]); }

my $gid = 0;
sub prepare {
    my ($owner) = @_;
    $gid++;
    my $update = "UPDATE $target{$owner}[0] SET amount = amount + 1 WHERE id = " . -(1 + $gid % 25) . ';';
    my $more = $owner eq 'master' ? '' : $adding{copy}->($owner);  # which would wait for itself there
    return ("$owner $gid", "BEGIN;\n${\$adding{insert}->($owner)}\n$more\n$update\nPREPARE TRANSACTION '$owner $gid';\n");
}

# One change: what is done, and nothing printed but what report says. # stands between two transactions that each change a root.
sub change {
    my ($owner, $kind) = @_;
    my $sql = "SELECT 'a', extract(epoch FROM clock_timestamp()), '$owner $kind';\n\\o /dev/null\n";
    if ($kind =~ /^(committed|rolled_back)_later$/) {
        my ($name, $begin) = prepare($owner);
        # Long enough for a refresh in between. Meanwhile the same table is added to.
        $sql .= $begin . wait_for(0.2 + rand(1)) . $adding{insert}->($owner) . "\n#\n" . wait_for(0.5 + rand(2)) .
            ($1 eq 'committed' ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$name';\n";
    } else {
        $sql .= ($common{$kind} // $special{$owner}{$kind})->($owner) . "\n";
    }
    $sql =~ s/^#$/\\o\n${\report($owner)}\\o \/dev\/null/mg;
    return "$sql\\o\n" . report($owner);
}

my %queue;  # kinds that are still to be followed by a rest, so that nothing else can make up for a change that was missed
sub next_to_rest {
    my ($owner) = @_;
    if (!@{ $queue{$owner} // [] }) {
        my @kinds = kinds($owner);
        my @shuffled;
        while (@kinds) { push @shuffled, splice(@kinds, rand @kinds, 1); }
        # What only a transaction prepared long before can show comes first.
        $queue{$owner} = [ 'committed_later', grep { $_ ne 'committed_later' } @shuffled ];
    }
    return shift @{ $queue{$owner} };
}

# A script of about `seconds`; `prepared` are transactions of the owner's that a crash left, `leave` says to leave one.
sub script {
    my ($owner, $seconds, $rest, $leave, @prepared) = @_;
    my $sql = "\\set ON_ERROR_STOP off\nSET client_min_messages = error;\n" . report($owner);
    for my $name (@prepared) {
        $sql .= "\\o /dev/null\n" . wait_for(rand(2)) . pick('COMMIT', 'COMMIT', 'ROLLBACK') . " PREPARED '$name';\n\\o\n" . report($owner);
    }
    my $open = 0;
    for (my $spent = 0; $spent < $seconds;) {
        my $resting = rand() < 0.3 && $spent + $rest < $seconds + 2;
        my $pause = $resting ? $rest : rand(0.8);
        my $kind = $resting && !$open ? next_to_rest($owner) : pick($open ? qw(insert copy) : kinds($owner));
        $sql .= change($owner, $kind) . "\\o /dev/null\n" . wait_for($pause) . "\\o\n";
        $spent += $pause + 0.1 + ($kind =~ /_later/ ? 2 : 0);
        next if !$leave || $open || $spent < $seconds / 3;
        # From here on a transaction stays prepared: the crash comes before the script ends.
        $sql .= "\\o /dev/null\n" . (prepare($owner))[1] . "\\o\n" . report($owner);
        $open = 1;
    }
    return $sql . ($open ? '' : change($owner, next_to_rest($owner)));
}

1;
