-- Who touched this order?
\set order :orders - int(60000 * pow(random(0, 999999) / 1000000.0, 2))
SELECT actor, action, detail, created_at FROM audit_log
WHERE entity = 'order' AND entity_id = :order ORDER BY created_at DESC;
