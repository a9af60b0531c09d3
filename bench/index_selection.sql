-- HypoPG's opinion of sizes, in the form in which steward.whatif_index_size gives its own: bytes and pages without
-- deduplication and with room for bloat, and no tree height. For bench/index.sh, which has made
-- the schema.
CREATE EXTENSION hypopg SCHEMA public;

CREATE FUNCTION bench.hypopg_index_size(
    candidates text[], OUT candidate int, OUT pages bigint, OUT tree_height int, OUT index_size bigint, OUT error text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  tree_height := -1;
  FOR i IN 1 .. coalesce(cardinality(candidates), 0) LOOP
    candidate := i;
    BEGIN
      SELECT public.hypopg_relation_size(h.indexrelid) INTO index_size
      FROM public.hypopg_create_index(candidates[i]) AS h;
      error := NULL;
    EXCEPTION WHEN OTHERS THEN
      index_size := NULL;
      error := SQLERRM;
    END;
    pages := index_size / current_setting('block_size')::int;
    RETURN NEXT;
  END LOOP;
  PERFORM public.hypopg_reset();
END
$$;
