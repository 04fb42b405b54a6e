-- name: journal_add
INSERT INTO journal (seq, at, type, school_id, subject_id, person_id, data, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: journal_head
SELECT seq, hash FROM journal_head WHERE id = 1
-- name: journal_head_set
INSERT INTO journal_head (id, seq, hash) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
-- name: journal_after
SELECT seq, at, type, school_id, subject_id, person_id, data, hash FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2
-- name: journal_cursor_get
SELECT seq FROM journal_cursor WHERE name = $1
-- name: journal_cursor_set
INSERT INTO journal_cursor (name, seq) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq
-- name: journal_cursor_all
UPDATE journal_cursor SET seq = $1
-- name: journal_of_subject
SELECT j.seq, j.at AS happened_at, j.type, j.school_id, j.subject_id, j.person_id, p.full_name AS person, j.data AS data_json
FROM journal j LEFT JOIN person p ON p.id = j.person_id
WHERE j.subject_id = $1 AND j.seq > $2 ORDER BY j.seq LIMIT $3
-- name: journal_page
SELECT j.seq, j.at AS happened_at, j.type, j.school_id, j.subject_id, j.person_id, p.full_name AS person, j.data AS data_json
FROM journal j LEFT JOIN person p ON p.id = j.person_id
WHERE j.seq > $1 AND ($2 = '' OR substr(j.type, 1, length($2)) = $2)
  AND ($3 = 1 OR j.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'journal.read'))
ORDER BY j.seq LIMIT $5
-- name: journal_page_down
SELECT j.seq, j.at AS happened_at, j.type, j.school_id, j.subject_id, j.person_id, p.full_name AS person, j.data AS data_json
FROM journal j LEFT JOIN person p ON p.id = j.person_id
WHERE j.seq < $1 AND ($2 = '' OR substr(j.type, 1, length($2)) = $2)
  AND ($3 = 1 OR j.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'journal.read'))
ORDER BY j.seq DESC LIMIT $5
-- name: journal_last_at
SELECT at FROM journal ORDER BY seq DESC LIMIT 1
