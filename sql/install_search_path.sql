-- S4: what a user plants in a schema of the search_path of CREATE EXTENSION is not called, not even where it fits better
-- than pg_catalog's own (regclass = oid has no operator there).
CREATE ROLE regress_planter_install;
GRANT CREATE ON SCHEMA public TO regress_planter_install;
SET ROLE regress_planter_install;
CREATE FUNCTION public.planted(regclass, oid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR public.= (leftarg = regclass, rightarg = oid, function = public.planted);
CREATE OPERATOR public.<> (leftarg = regclass, rightarg = oid, function = public.planted);
CREATE FUNCTION public.planted(oid, regclass) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR public.= (leftarg = oid, rightarg = regclass, function = public.planted);
RESET ROLE;
CREATE EXTENSION pg_steward;
-- Nothing of ours refers to an object of theirs.
SET search_path = pg_catalog;
SELECT pg_describe_object(d.classid, d.objid, 0) AS ours, pg_describe_object(d.refclassid, d.refobjid, 0) AS theirs
  FROM pg_depend d
 WHERE d.refobjid IN (SELECT oid FROM pg_operator WHERE oprnamespace = 'public'::regnamespace
                      UNION ALL SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
   AND d.classid = 'pg_rewrite'::regclass
 ORDER BY 1, 2;
RESET search_path;
DROP EXTENSION pg_steward;
DROP OWNED BY regress_planter_install;
DROP ROLE regress_planter_install;
