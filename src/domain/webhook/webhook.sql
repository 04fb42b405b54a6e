-- name: webhook_add
INSERT INTO webhook (id, name, url, secret_sealed, person_id, types, seq, made_at, beat_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: webhook_get
SELECT w.id, w.name, w.url, w.person_id, p.full_name AS person, w.types, w.state, w.seq, w.tries, w.due_at, w.fault, w.good_at, w.made_at, w.beat_s, w.version,
 (SELECT count(*) FROM webhook_dead d WHERE d.webhook_id = w.id AND d.state = 'dead') AS dead FROM webhook w JOIN person p ON p.id = w.person_id WHERE w.id = $1
-- name: webhook_list
SELECT w.id, w.name, w.url, w.person_id, p.full_name AS person, w.types, w.state, w.seq, w.tries, w.due_at, w.fault, w.good_at, w.made_at, w.beat_s, w.version,
 (SELECT count(*) FROM webhook_dead d WHERE d.webhook_id = w.id AND d.state = 'dead') AS dead FROM webhook w JOIN person p ON p.id = w.person_id ORDER BY w.id
-- name: webhook_set
UPDATE webhook SET url = $1, types = $2, state = $3, beat_s = $4, tries = 0, due_at = 0, version = version + 1 WHERE id = $5
-- name: webhook_all
SELECT id, url, secret_sealed, person_id, types, seq, tries, due_at, beat_s FROM webhook WHERE state = 'active' ORDER BY id
-- name: webhook_moved
UPDATE webhook SET seq = $1, tries = 0, due_at = 0, fault = '', good_at = coalesce($2, good_at) WHERE id = $3 AND seq < $1
-- name: webhook_failed
UPDATE webhook SET tries = $1, due_at = $2, fault = $3 WHERE id = $4
-- name: webhook_beat
UPDATE webhook SET tries = 0, due_at = 0, fault = '', good_at = $1 WHERE id = $2
-- name: webhook_gone
UPDATE webhook SET state = 'disabled', fault = $1, version = version + 1 WHERE id = $2
-- name: webhook_sees
SELECT school_id FROM person_school WHERE person_id = $1 AND permission = $2 AND school_id = $3 LIMIT 1
-- name: webhook_events
SELECT seq, at, type, school_id, subject_id, data FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2
-- name: webhook_event
SELECT seq, at, type, school_id, subject_id, data FROM journal WHERE seq = $1
-- name: webhook_dead_add
INSERT INTO webhook_dead (id, webhook_id, seq, status, fault, at) VALUES ($1, $2, $3, $4, $5, $6)
-- name: webhook_dead_next
SELECT d.id, d.webhook_id, d.seq FROM webhook_dead d JOIN webhook w ON w.id = d.webhook_id WHERE d.state = 'waiting' AND w.state = 'active' ORDER BY d.id LIMIT 20
-- name: webhook_dead_state_set
UPDATE webhook_dead SET state = $1, status = $2, fault = $3, at = $4 WHERE id = $5
-- name: webhook_dead_get
SELECT d.id, d.webhook_id, w.name AS webhook, d.seq, j.type, d.status, d.fault, d.at AS happened_at, d.state FROM webhook_dead d JOIN webhook w ON w.id = d.webhook_id JOIN journal j ON j.seq = d.seq WHERE d.id = $1
-- name: webhook_dead_list
SELECT d.id, d.webhook_id, w.name AS webhook, d.seq, j.type, d.status, d.fault, d.at AS happened_at, d.state FROM webhook_dead d JOIN webhook w ON w.id = d.webhook_id JOIN journal j ON j.seq = d.seq ORDER BY d.id DESC LIMIT 300
-- name: webhook_clock_step
UPDATE webhook SET due_at = due_at + $1 WHERE due_at > 0
