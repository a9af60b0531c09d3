-- H1, F4: not preloaded. Creating the extension works; reading says what to set, merged with what is set.
CREATE EXTENSION pg_steward;
SELECT * FROM steward.statements;
SELECT * FROM steward.capture_status;
SELECT steward.reset();
DROP EXTENSION pg_steward CASCADE;
