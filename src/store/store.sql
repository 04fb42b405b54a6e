-- name: migration_done
SELECT number FROM migration WHERE number = $1
-- name: migration_add
INSERT INTO migration (number, name, done_at) VALUES ($1, $2, $3)
-- name: timer_add
INSERT INTO timer (id, due_at, kind, subject_id, epoch, data) VALUES ($1, $2, $3, $4, $5, $6)
-- name: timer_due
SELECT id, due_at, kind, subject_id, epoch, data FROM timer WHERE due_at <= $1 ORDER BY due_at, id LIMIT 200
-- name: timer_next
SELECT due_at FROM timer ORDER BY due_at LIMIT 1
-- name: timer_done
DELETE FROM timer WHERE id = $1
-- name: timer_cancel
DELETE FROM timer WHERE subject_id = $1 AND kind = $2
-- name: timer_cancel_all
DELETE FROM timer WHERE subject_id = $1
-- name: timer_clock_step
UPDATE timer SET due_at = due_at + $1 WHERE kind = $2
-- name: idempotency_get
SELECT request, status, reply FROM idempotency WHERE person_id = $1 AND key = $2
-- name: idempotency_add
INSERT INTO idempotency (person_id, key, request, status, reply, at) VALUES ($1, $2, $3, $4, $5, $6)
-- name: idempotency_prune
DELETE FROM idempotency WHERE at < $1
