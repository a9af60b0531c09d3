-- Of those who signed up in a month, how many order in which month after?
SELECT date_trunc('month', c.created_at) AS cohort,
       floor(extract(epoch FROM o.created_at - c.created_at) / 2592000) AS month,
       count(DISTINCT c.id) AS customers
FROM customers AS c JOIN orders AS o ON o.customer_id = c.id
WHERE c.created_at >= now() - interval '60 days' AND o.created_at >= c.created_at
GROUP BY 1, 2 ORDER BY 1, 2;
