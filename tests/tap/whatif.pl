# What-if where regression tests cannot look: on a hot standby, when it is cancelled, and beside sessions that change the
# tables. F3, S14.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('whatif_primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_steward'\nautovacuum = off\n");
$primary->start;
$primary->safe_psql('postgres', q{
    CREATE EXTENSION pg_steward;
    CREATE TABLE t AS SELECT g AS id, g % 1000 AS kind, 'text ' || g AS what FROM generate_series(1, 20000) g;
    CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql STABLE AS $$
    BEGIN IF current_setting('app.slow', true) = 'yes' THEN PERFORM pg_sleep(3600); END IF; RETURN $1; END $$;
    ANALYZE t;
});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('whatif_standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# Costs and plan of the captured statement whose text holds $label.
sub ask {
    my ($node, $label, $candidate, $before) = @_;
    $before //= '';
    return $node->psql('postgres', qq{$before
        SELECT w.total_cost > 0, w.candidates_used, w.sqlstate FROM steward.statements s,
               steward.whatif(ARRAY[s.userid], ARRAY[s.queryid], ARRAY['$candidate'], '{1}', '{1}') w
        WHERE s.query LIKE '%AS $label%' AND s.query NOT LIKE '%steward%'}, timeout => $PostgreSQL::Test::Utils::timeout_default);
}
my $index = 'CREATE INDEX ON public.t (kind)';

# ---- standby --------------------------------------------------------------------------------------------------------
$standby->safe_psql('postgres', 'SELECT what AS on_standby FROM t WHERE kind = 17');
my (undef, $out, $err) = ask($standby, 'on_standby', $index);
is($out, 't|{1}|', 'a statement seen on a standby is costed there');
is($err, '', 'without a word');
is($standby->safe_psql('postgres', "SELECT pages > 0 FROM steward.whatif_index_size(ARRAY['$index'])"), 't', 'sizes too');
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'it is a standby still');

# ---- cancel ---------------------------------------------------------------------------------------------------------
$primary->safe_psql('postgres', 'SELECT what AS slowly FROM t WHERE kind = slow(17)');
my $code;
($code, $out, $err) = ask($primary, 'slowly', $index, q{SET app.slow = 'yes'; SET statement_timeout = '300ms';});
# Planning would go on for an hour; psql() dies at its timeout.
like($err, qr/canceling statement due to statement timeout/, 'a cancel ends the call, it is no error of one statement');
($code, $out, $err) = $primary->psql('postgres', qq{
    SET app.slow = 'yes'; SET statement_timeout = '300ms';
    SELECT w.* FROM steward.statements s, steward.whatif(ARRAY[s.userid], ARRAY[s.queryid], ARRAY['$index'], '{1}', '{1}') w
    WHERE s.query LIKE '%AS slowly%' AND s.query NOT LIKE '%steward%';
    SET app.slow = 'no';
    SELECT current_user = session_user AND current_setting('search_path') = '"\$user", public';
    EXPLAIN (COSTS off) SELECT what FROM t WHERE kind = slow(17);
}, on_error_stop => 0);
like($err, qr/canceling statement/, 'a session in which it was cancelled');
is($out, "t\nSeq Scan on t\n  Filter: (kind = slow(17))", 'is itself again, and no hypothetical index is left');

# ---- beside DDL -----------------------------------------------------------------------------------------------------
$primary->safe_psql('postgres', 'SELECT what AS beside FROM t WHERE kind = 17');
my $session = $primary->background_psql('postgres');
$session->query_safe('BEGIN; DROP TABLE t');
($code, $out, $err) = ask($primary, 'beside', $index, q{SET lock_timeout = '200ms';});
is($out, '||55P03', 'a table that another session holds is an error of the candidate on it');
$session->query_safe('ROLLBACK');
($code, $out, $err) = ask($primary, 'beside', $index);
is($out, 't|{1}|', 'and is free again');
$session->quit;

unlike(slurp_file($primary->logfile) . slurp_file($standby->logfile), qr/PANIC|TRAP|terminated by signal/, 'no process died');
$standby->stop;
$primary->stop;
done_testing();
