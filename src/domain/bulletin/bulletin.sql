-- name: bulletin_there
SELECT id FROM bulletin WHERE sender = $1 AND identifier = $2
-- name: bulletin_add
INSERT INTO bulletin (id, identifier, sender, sent_at, status, msg_type, refs, event, category, urgency, severity, certainty, headline, description, instruction, area, onset_at, expires_at, state, received_at, raw)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
-- name: bulletin_school_add
INSERT INTO bulletin_school (bulletin_id, school_id) VALUES ($1, $2)
-- name: bulletin_over
UPDATE bulletin SET state = 'over' WHERE id = $1 AND state = 'standing'
-- name: bulletin_get
SELECT b.id, b.identifier, b.sender, b.sent_at, b.status, b.msg_type, b.refs, b.event, b.category, b.urgency, b.severity, b.certainty, b.headline, b.description, b.instruction, b.area, b.onset_at, b.expires_at, b.state, b.received_at,
 (SELECT count(*) FROM bulletin_school bs WHERE bs.bulletin_id = b.id) AS schools FROM bulletin b WHERE b.id = $1
-- name: bulletin_list
SELECT b.id, b.identifier, b.sender, b.sent_at, b.status, b.msg_type, b.refs, b.event, b.category, b.urgency, b.severity, b.certainty, b.headline, b.description, b.instruction, b.area, b.onset_at, b.expires_at, b.state, b.received_at,
 (SELECT count(*) FROM bulletin_school bs WHERE bs.bulletin_id = b.id) AS schools FROM bulletin b WHERE b.id < $1 ORDER BY b.id DESC LIMIT $2
-- name: bulletin_schools
SELECT school_id FROM bulletin_school WHERE bulletin_id = $1 ORDER BY school_id
-- name: bulletin_places
SELECT id, lon, lat, county FROM school WHERE state = 'open' ORDER BY id
-- name: bulletin_incidents
SELECT i.id, i.version, i.title, i.severity, i.opened_at, i.last_signal_at AS changed_at, i.state, i.drill AS drill_flag, s.name AS school FROM incident i LEFT JOIN school s ON s.id = i.school_id
WHERE i.severity <= 2 AND i.opened_at >= $1 AND ($2 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'incident.read')) ORDER BY i.id DESC LIMIT 100
