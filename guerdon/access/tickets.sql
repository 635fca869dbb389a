-- People on their way in, between one page and the next.

-- name: issue_ticket
-- One more; those that have ended are swept out with it.
WITH swept AS (DELETE FROM sign_in_ticket WHERE ends_at < $5)
INSERT INTO sign_in_ticket (ticket_hash, kind, document, ends_at) VALUES ($1, $2, $3, $4);

-- name: read_ticket
-- What one says, which is still good.
SELECT document FROM sign_in_ticket WHERE ticket_hash = $1 AND kind = $2 AND ends_at > $3;

-- name: take_ticket
-- It is good no more: whoever takes it first has it.
DELETE FROM sign_in_ticket WHERE ticket_hash = $1 AND kind = $2 AND ends_at > $3 RETURNING document;
