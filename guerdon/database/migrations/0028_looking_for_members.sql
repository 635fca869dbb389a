-- Members are looked for by parts of their names and addresses, and all that happened to one is told as one story.

-- The words of a member's name, as people look for them: without case and accents, each beside all words of the name.
-- Written in the commit of the name (guerdon/members/words.py), so that no reference has to be looked up row by row.
CREATE TABLE member_word (
    merchant_id bigint           NOT NULL,
    word        text COLLATE "C" NOT NULL,
    member_id   bigint           NOT NULL,
    words       text COLLATE "C" NOT NULL,
    CONSTRAINT member_word_is_of_one_name PRIMARY KEY (merchant_id, word, member_id)
);

-- The same folding as words.py does, for the names that are here already.
INSERT INTO member_word (merchant_id, word, member_id, words)
SELECT merchant_id, unnest(words), member_id, array_to_string(words, ' ')
  FROM (
       SELECT member.merchant_id, member.member_id,
              ARRAY(
                  SELECT DISTINCT left(word, 40) COLLATE "C"
                    FROM string_to_table(
                             regexp_replace(
                                 lower(translate(
                                     regexp_replace(
                                         normalize(coalesce(first_name, '') || ' ' || coalesce(last_name, ''), NFKD),
                                         '[\u0300-\u036F]', '', 'g'
                                     ),
                                     'ØøŁłĐđıς', 'OoLlDdiσ'
                                 )),
                                 '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u2000-\u206F]+', ' ', 'g'
                             ), ' '
                         ) AS word
                   WHERE word <> ''
                   ORDER BY 1
              ) AS words
         FROM member
        WHERE status IN ('active', 'suspended') AND (first_name IS NOT NULL OR last_name IS NOT NULL)
       ) AS named;

-- Byte by byte in order, so that the beginning of a value finds it, whatever the language of the database.
ALTER TABLE identity ALTER COLUMN value SET DATA TYPE text COLLATE "C";

-- To whom it was said no.
ALTER TABLE decision ADD COLUMN member_id bigint;

CREATE INDEX decision_by_member ON decision (merchant_id, member_id, recorded_at, decision_id)
 WHERE member_id IS NOT NULL;

-- What became of a member's profile. Events of any other kind stay out of it.
CREATE INDEX event_of_profile ON event (merchant_id, member_id, recorded_at, event_id)
 WHERE topic IN ('member.created', 'member.updated', 'member.opted_in', 'member.opted_out', 'member.suspended',
                 'member.activated');
