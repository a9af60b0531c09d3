-- Which pages failed with a bad gateway in the last day?
SELECT payload ->> 'path' AS path, count(*) AS errors, max((payload ->> 'ms')::int) AS slowest
FROM events WHERE kind = 'error' AND payload ->> 'code' = '502' AND created_at >= now() - interval '1 day'
GROUP BY 1 ORDER BY errors DESC LIMIT 20;
