-- Failed payments of the last day, by hour and method.
SELECT date_trunc('hour', created_at) AS hour, method, count(*) AS failed, sum(amount_cents) AS amount
FROM payments WHERE status = 'failed' AND created_at >= now() - interval '1 day' GROUP BY 1, 2 ORDER BY 1, 2;
