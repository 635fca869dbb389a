-- Notes beside things.

-- name: get_metadata
-- What is noted beside these things.
SELECT object_id, words FROM metadata WHERE merchant_id = $1 AND kind = $2 AND object_id = ANY ($3::text[]);

-- name: change_metadata
-- Add names beside these things, replace those that are there, and take some away.
INSERT INTO metadata (merchant_id, kind, object_id, words, updated_at)
SELECT $1, $2, object_id, $4::jsonb - $5::text[], $6
  FROM unnest($3::text[]) AS beside (object_id)
 ORDER BY object_id
    ON CONFLICT ON CONSTRAINT metadata_is_of_one_thing DO UPDATE
   SET words = (metadata.words || excluded.words) - $5::text[], updated_at = excluded.updated_at
RETURNING object_id, words;
