-- Revenue by day and region, last 30 days.
SELECT date_trunc('day', created_at) AS day, region, currency, count(*) AS orders, sum(total_cents) AS revenue
FROM orders WHERE created_at >= now() - interval '30 days' AND status <> 'cancelled'
GROUP BY 1, 2, 3 ORDER BY 1, 2;
