# Owns the last part of the demo: a dashboard panel as a materialized view that the steward keeps fresh while the shop
# goes on selling. Sourced by run.sh.

# The dashboard owns it, so the refresh runs with the dashboard's rights.
create_panel() {
  query <<'SQL'
CREATE MATERIALIZED VIEW shop.revenue_by_category AS
  SELECT date_trunc('day', o.created_at) AS day, c.name AS category, o.currency, sum(i.quantity) AS units,
         sum(i.quantity * i.price_cents) AS revenue
  FROM shop.orders AS o JOIN shop.order_items AS i ON i.order_id = o.id JOIN shop.products AS p ON p.id = i.product_id
  JOIN shop.categories AS c ON c.id = p.category_id
  WHERE o.status <> 'cancelled' AND o.created_at >= now() - interval '30 days'
  GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX ON shop.revenue_by_category (day, category, currency);
ALTER MATERIALIZED VIEW shop.revenue_by_category OWNER TO shop_admin;
SQL
}

schedule_panel() {
  query -At -c "SELECT steward.schedule_refresh('shop.revenue_by_category', max_staleness => '3 s')" >/dev/null
}

refreshes() {
  query -At -c "SELECT count(*) FROM steward.refresh_history
                WHERE relid = 'shop.revenue_by_category'::regclass AND result = 'ok'"
}

# Until the worker has refreshed it three times; it says why when it does not.
sell_meanwhile() {
  local tries=10
  run_workload panel 8
  until [ "$(refreshes)" -ge 3 ]; do
    [ $((tries--)) -gt 0 ] || { query -x -c 'SELECT * FROM steward.refresh_history' >&2; return 1; }
    sleep 1
  done
}

# panel_time SCRIPT: mean milliseconds of the panel, read 20 times by the dashboard's role.
panel_time() {
  # shellcheck disable=SC2046
  pgbench -n -t 20 -f "$demo/workload/panel/$1.sql" $(pooled admin) shop_admin 2>&1 |
    sed -n 's/^latency average = //p'
}

print_panel() {
  query -P border=0 -P footer=off -c "
    SELECT matviewname, started_at::timestamp(0) AS started, result, method, round(exec_time::numeric, 1) AS \"ms\"
    FROM steward.refresh_history WHERE relid = 'shop.revenue_by_category'::regclass ORDER BY refresh_id DESC LIMIT 4"
  note "the panel from the tables: $(panel_time live); from the view, $(query -At -c "
    SELECT round(extract(epoch FROM now() - last_refresh)::numeric, 1) || ' s old'
    FROM steward.matviews WHERE matviewname = 'revenue_by_category'"): $(panel_time matview)"
}
