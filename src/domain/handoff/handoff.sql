-- name: partner_add
INSERT INTO partner (id, name, url, secret_sealed, hash) VALUES ($1, $2, $3, $4, $5)
-- name: partner_set
UPDATE partner SET url = coalesce($1, url), state = coalesce($2, state), version = version + 1 WHERE id = $3
-- name: partner_get
SELECT id, name, url, hash, state, version FROM partner WHERE id = $1
-- name: partner_list
SELECT id, name, url, hash, state, version FROM partner ORDER BY id
-- name: partner_secret
SELECT secret_sealed, state, hash FROM partner WHERE id = $1
-- name: handoff_add
INSERT INTO handoff (id, incident_id, partner_id, school_id, person_id, made_at) VALUES ($1, $2, $3, $4, $5, $6)
-- name: handoff_get
SELECT h.id, h.incident_id, h.partner_id, p.name AS partner, h.school_id, h.state, h.reference, h.reason, h.progress, h.person_id, w.full_name AS person, h.made_at, h.answered_at,
 (SELECT count(*) FROM handoff_post o WHERE o.handoff_id = h.id AND o.state IN ('waiting', 'sending')) AS waiting, h.version
FROM handoff h JOIN partner p ON p.id = h.partner_id JOIN person w ON w.id = h.person_id WHERE h.id = $1
-- name: handoff_list
SELECT h.id, h.incident_id, h.partner_id, p.name AS partner, h.school_id, h.state, h.reference, h.reason, h.progress, h.person_id, w.full_name AS person, h.made_at, h.answered_at,
 (SELECT count(*) FROM handoff_post o WHERE o.handoff_id = h.id AND o.state IN ('waiting', 'sending')) AS waiting, h.version
FROM handoff h JOIN partner p ON p.id = h.partner_id JOIN person w ON w.id = h.person_id
WHERE ($1 = 0 OR h.incident_id = $1) AND ($2 = 1 OR h.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'incident.read')) ORDER BY h.id DESC LIMIT 200
-- name: handoff_open_of_incident
SELECT id, partner_id FROM handoff WHERE incident_id = $1 AND state IN ('sent', 'accepted')
-- name: handoff_answered
UPDATE handoff SET state = $1, reference = CASE WHEN $2 = '' THEN reference ELSE $2 END, reason = $3, answered_at = $4, version = version + 1 WHERE id = $5 AND state IN ('sent', 'accepted')
-- name: handoff_progress
UPDATE handoff SET progress = $1, version = version + 1 WHERE id = $2
-- name: handoff_post_add
INSERT INTO handoff_post (id, handoff_id, body, due_at) VALUES ($1, $2, $3, $4)
-- name: handoff_post_next
SELECT min(due_at) FROM handoff_post WHERE state = 'waiting'
-- name: handoff_post_due
SELECT o.id, o.handoff_id, o.body, o.tries, h.partner_id, p.url, p.secret_sealed, coalesce(h.school_id, 0), h.incident_id, p.hash FROM handoff_post o JOIN handoff h ON h.id = o.handoff_id JOIN partner p ON p.id = h.partner_id
WHERE o.state = 'waiting' AND o.due_at <= $1 AND NOT EXISTS (SELECT 1 FROM handoff_post e WHERE e.handoff_id = o.handoff_id AND e.id < o.id AND e.state IN ('waiting', 'sending')) ORDER BY o.due_at LIMIT 100
-- name: handoff_post_sending
UPDATE handoff_post SET state = 'sending', tries = tries + 1 WHERE id = $1
-- name: handoff_post_done
UPDATE handoff_post SET state = $1, due_at = $2, fault = $3 WHERE id = $4 AND state = 'sending'
-- name: handoff_post_interrupted
UPDATE handoff_post SET state = 'waiting' WHERE state = 'sending'
-- name: handoff_hear
INSERT INTO handoff_heard (partner_id, number, at) VALUES ($1, $2, $3) ON CONFLICT (partner_id, number) DO NOTHING
-- name: handoff_post_clock_step
UPDATE handoff_post SET due_at = due_at + $1 WHERE state = 'waiting'
