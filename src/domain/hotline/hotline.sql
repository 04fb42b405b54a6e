-- name: hotline_recent
SELECT count(*) AS n FROM hotline WHERE sender_digest = $1 AND received_at > $2
-- name: hotline_all_recent
SELECT count(*) AS n FROM hotline WHERE received_at > $1
-- name: hotline_school_code
SELECT id FROM school WHERE code = $1 AND state = 'open'
-- name: hotline_school_named
SELECT id FROM school WHERE state = 'open' AND $1 LIKE '%' || name || '%' ORDER BY length(name) DESC, id LIMIT 1
-- name: hotline_add
INSERT INTO hotline (id, way, school_id, school_said, text, contact, sender_digest, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: hotline_get
SELECT h.id, h.way, h.school_id, s.name AS school, s.county, h.school_said, h.text, h.contact, h.state, h.incident_id, h.note, h.settled_by, p.full_name AS settler, h.settled_at, h.received_at, h.version
FROM hotline h LEFT JOIN school s ON s.id = h.school_id LEFT JOIN person p ON p.id = h.settled_by WHERE h.id = $1
-- name: hotline_list
SELECT h.id, h.way, h.school_id, s.name AS school, s.county, h.school_said, h.text, h.contact, h.state, h.incident_id, h.note, h.settled_by, p.full_name AS settler, h.settled_at, h.received_at, h.version
FROM hotline h LEFT JOIN school s ON s.id = h.school_id LEFT JOIN person p ON p.id = h.settled_by
WHERE h.id < $1 AND ($2 = '' OR h.state = $2) AND ($3 = 1 OR h.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'incident.read')) ORDER BY h.id DESC LIMIT $5
-- name: hotline_settle
UPDATE hotline SET state = $1, incident_id = $2, school_id = $3, note = $4, settled_by = $5, settled_at = $6, version = version + 1 WHERE id = $7 AND state = 'new'
