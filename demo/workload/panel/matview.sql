-- The same panel from the materialized view.
SELECT category, currency, sum(revenue) AS revenue FROM revenue_by_category GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20;
