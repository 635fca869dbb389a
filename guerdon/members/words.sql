-- The words of names, by which members are looked for.

-- name: add_words
-- Let new members be found by the words of their names; in the order of the words, which lie together in the index.
INSERT INTO member_word (merchant_id, word, member_id, words)
SELECT $1, word, member_id, words
  FROM json_to_recordset($2::json) AS new (member_id bigint, words text)
 CROSS JOIN LATERAL string_to_table(new.words, ' ') AS word
 ORDER BY word COLLATE "C";

-- name: put_words
-- The same of members some of whose words may stay.
INSERT INTO member_word (merchant_id, word, member_id, words)
SELECT $1, word, member_id, words
  FROM json_to_recordset($2::json) AS new (member_id bigint, words text)
 CROSS JOIN LATERAL string_to_table(new.words, ' ') AS word
    ON CONFLICT ON CONSTRAINT member_word_is_of_one_name DO UPDATE
   SET words = excluded.words;

-- name: remove_words
-- Let members be found by these words no more.
DELETE FROM member_word
 USING json_to_recordset($2::json) AS old (member_id bigint, words text)
 CROSS JOIN LATERAL string_to_table(old.words, ' ') AS gone (word)
 WHERE member_word.merchant_id = $1 AND member_word.word = gone.word AND member_word.member_id = old.member_id;

-- name: count_words
-- How many names have words in each of these ranges, as far as so many are counted.
SELECT (
       SELECT count(*)
         FROM (
              SELECT
                FROM member_word
               WHERE merchant_id = $1 AND word >= wanted.first AND word < wanted.last
               LIMIT $4
              ) AS counted
       ) AS names
  FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS wanted (first, last, place)
 ORDER BY wanted.place;

-- name: find_by_words
-- Members with a word that begins so ($5, with a space before), from behind a place (word, member) on and before $4, in
-- the order of that word: those with further words that look so ($6), each by the first of its words that begins so.
-- The index has all of it.
SELECT word, member_id
  FROM member_word
 WHERE merchant_id = $1 AND (word, member_id) > ($2::text, $3::bigint) AND word < $4
   AND ' ' || words LIKE ALL ($6::text[])
   AND strpos(' ' || words, $5::text) = strpos(' ' || words || ' ', ' ' || word || ' ')
 ORDER BY word, member_id
 LIMIT $7;

-- name: find_addresses
-- Members with an email address that begins so ($3), in the order of addresses, from behind one on.
SELECT value, member_id
  FROM identity
 WHERE merchant_id = $1 AND kind = 'email' AND value > $2 AND value < $3
 ORDER BY value
 LIMIT $4;
