-- A customer signs in; nobody types the address in the case it was registered with.
\set customer int(:customers * pow(random(0, 999999) / 1000000.0, 1.6)) * 7919 % :customers + 1
SELECT id, name, currency FROM customers WHERE lower(email) = lower('User:customer@Example.com');
