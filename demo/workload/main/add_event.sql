-- The shop front reports what a visitor did.
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
\set product int(:products * pow(random(0, 999999) / 1000000.0, 2.2)) * 7919 % :products + 1
INSERT INTO events (customer_id, kind, payload)
VALUES (:customer, 'view',
        jsonb_build_object('path', '/view/:product', 'product', :product, 'ms', 35, 'device', 'phone'));
