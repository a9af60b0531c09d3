-- F4: where other libraries are preloaded, the hint names the merged line, without quotes.
CREATE EXTENSION pg_steward;
SELECT * FROM steward.capture_status;
