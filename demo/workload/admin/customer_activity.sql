-- Everything a customer did in the last two weeks.
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
SELECT kind, payload ->> 'path' AS path, created_at FROM events
WHERE customer_id = :customer AND created_at >= now() - interval '14 days' ORDER BY created_at DESC LIMIT 100;
