-- Mutes: status in the views, expiry, unknown ids, over new runs, rights.
CREATE EXTENSION pg_steward;
CREATE FUNCTION save(ids text[]) RETURNS bigint LANGUAGE sql AS $$
  SELECT steward.save_suggestions(jsonb_build_object('kind', 'indexes', 'started_at', now(), 'tool_version', 'test',
    'statements', 1, 'statements_costed', 1, 'not_costed', '{}'::jsonb, 'options', '{}'::jsonb, 'settings', '{}'::jsonb,
    'suggestions', (SELECT jsonb_agg(jsonb_build_object('suggestion_id', id, 'confidence', 'high', 'caveats', '[]'::jsonb,
      'ddl', 'CREATE', 'undo_ddl', 'DROP', 'details', '{}'::jsonb, 'evidence', '{}'::jsonb)) FROM unnest(ids) AS id)))
$$;
CREATE VIEW statuses AS
  SELECT string_agg(suggestion_id || ' ' || status, ', ' ORDER BY suggestion_id) AS statuses FROM steward.index_suggestions;
SELECT save('{aaaaaa,bbbbbb,cccccc}');
TABLE statuses;

SELECT steward.mute('aaaaaa', 'the reports are going away');
SELECT steward.mute('bbbbbb', until => now() + interval '1 day');
TABLE statuses;
SELECT suggestion_id, reason, muted_by = session_user AS mine, muted_at <= now() AS made, until > now() AS ends
  FROM steward.mutes ORDER BY suggestion_id;

-- A mute stays over runs, also while nothing like it is suggested.
SELECT save('{bbbbbb,cccccc}');
TABLE statuses;
SELECT save('{aaaaaa,bbbbbb,cccccc}');
TABLE statuses;

-- Muted again: the last one counts. One that ended counts no more.
SELECT steward.mute('aaaaaa', 'another reason', now() + interval '1 hour');
SELECT suggestion_id, reason, until IS NOT NULL AS ends FROM steward.mutes ORDER BY suggestion_id;
UPDATE steward.muted_suggestion SET until = now() - interval '1 second' WHERE suggestion_id = 'aaaaaa';
TABLE statuses;
SELECT count(*) FROM steward.mutes;
SELECT steward.unmute('bbbbbb');
TABLE statuses;

-- What is not there.
\set SHOW_CONTEXT never
SELECT steward.mute('zzzzzz', 'never seen');
\echo :LAST_ERROR_SQLSTATE
SELECT steward.mute(NULL);
SELECT steward.mute('cccccc', until => now() - interval '1 day');
\echo :LAST_ERROR_SQLSTATE
SELECT steward.unmute('cccccc');
\echo :LAST_ERROR_SQLSTATE

-- Rights are lent to nobody.
CREATE ROLE regress_steward_mute;
GRANT USAGE ON SCHEMA steward TO regress_steward_mute;
SET ROLE regress_steward_mute;
SELECT steward.mute('cccccc');
RESET ROLE;
GRANT EXECUTE ON FUNCTION steward.mute, steward.unmute TO regress_steward_mute;
SET ROLE regress_steward_mute;
SELECT steward.mute('cccccc');
RESET ROLE;
GRANT SELECT ON steward.suggestion TO regress_steward_mute;
GRANT SELECT, INSERT, UPDATE, DELETE ON steward.muted_suggestion TO regress_steward_mute;
SET ROLE regress_steward_mute;
SELECT steward.mute('cccccc');
SELECT steward.unmute('cccccc');
RESET ROLE;
DROP OWNED BY regress_steward_mute;
DROP ROLE regress_steward_mute;
