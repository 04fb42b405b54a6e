-- name: equipment_add
INSERT INTO equipment (id, school_id, kind, code, model, made_on, expires_on, place, holder, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: equipment_get
SELECT * FROM equipment_full WHERE id = $1
-- name: equipment_list
SELECT * FROM equipment_full WHERE id > $1 AND ($2 = 0 OR school_id = $2) AND ($3 = '' OR county = $3) AND ($4 = '' OR state = $4) AND ($5 = '' OR code = $5)
 AND ($6 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $7 AND ps.permission = 'equipment.read')) ORDER BY id LIMIT $8
-- name: equipment_set
UPDATE equipment SET state = $1, note = $2, checked_at = $3, version = version + 1 WHERE id = $4
-- name: equipment_retire
UPDATE equipment SET state = 'retired', note = $1, version = version + 1 WHERE id = $2
-- name: equipment_check_add
INSERT INTO equipment_check (uuid, equipment_id, person_id, at, result, note) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (uuid) DO NOTHING
-- name: equipment_check_list
SELECT c.uuid, c.person_id, p.full_name AS person, c.at AS done_at, c.result, c.note FROM equipment_check c JOIN person p ON p.id = c.person_id WHERE c.equipment_id = $1 ORDER BY c.at DESC LIMIT 60
-- name: kit_list
SELECT county, kind, count FROM kit ORDER BY county, kind
-- name: kit_set
INSERT INTO kit (county, kind, count) VALUES ($1, $2, $3) ON CONFLICT (county, kind) DO UPDATE SET count = excluded.count
-- name: kit_counts
SELECT e.school_id, e.kind, e.state, e.expires_on, coalesce(e.checked_at, 0) FROM equipment e JOIN school s ON s.id = e.school_id WHERE e.state <> 'retired' AND s.state = 'open' AND ($1 = '' OR s.county = $1) ORDER BY e.school_id
-- name: kit_schools
SELECT s.id, s.name, s.county FROM school s WHERE s.state = 'open' AND ($1 = '' OR s.county = $1)
 AND ($2 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'equipment.read')) ORDER BY s.id
