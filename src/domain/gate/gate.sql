-- name: visit_add
INSERT INTO visit (id, school_id, name, id_tail, phone, plate, host, reason, came_at, until_at, person_id, watch_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
-- name: visit_get
SELECT v.id, v.school_id, s.name AS school, s.county, v.name, v.id_tail, v.phone, v.plate, v.host, v.reason, v.came_at, v.until_at, v.left_at, p.full_name AS person, v.watch_id FROM visit v JOIN school s ON s.id = v.school_id JOIN person p ON p.id = v.person_id WHERE v.id = $1
-- name: visit_list
SELECT v.id, v.school_id, s.name AS school, s.county, v.name, v.id_tail, v.phone, v.plate, v.host, v.reason, v.came_at, v.until_at, v.left_at, p.full_name AS person, v.watch_id FROM visit v JOIN school s ON s.id = v.school_id JOIN person p ON p.id = v.person_id
WHERE (v.came_at >= $1 OR v.left_at IS NULL) AND ($2 = 0 OR v.school_id = $2) AND ($3 = 1 OR v.school_id = $2 OR v.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'duty.report')) ORDER BY v.id DESC LIMIT 500
-- name: visit_leave
UPDATE visit SET left_at = $1 WHERE id = $2 AND left_at IS NULL
-- name: plate_seen_add
INSERT INTO plate_seen (id, school_id, plate, minutes, family, watch_id, person_id, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: plate_seen_get
SELECT l.id, l.school_id, s.name AS school, s.county, l.plate, l.minutes, l.family AS family_flag, l.seen_at, p.full_name AS person, l.watch_id FROM plate_seen l JOIN school s ON s.id = l.school_id JOIN person p ON p.id = l.person_id WHERE l.id = $1
-- name: plate_seen_list
SELECT l.id, l.school_id, s.name AS school, s.county, l.plate, l.minutes, l.family AS family_flag, l.seen_at, p.full_name AS person, l.watch_id FROM plate_seen l JOIN school s ON s.id = l.school_id JOIN person p ON p.id = l.person_id
WHERE l.seen_at >= $1 AND ($2 = 0 OR l.school_id = $2) AND ($3 = 1 OR l.school_id = $2 OR l.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'duty.report')) ORDER BY l.id DESC LIMIT 500
-- name: plate_is_family
SELECT count(*) FROM guardian WHERE school_id = $1 AND car = $2 AND state = 'active'
-- name: watch_match
SELECT coalesce(max(w.id), 0) FROM watch_entry w WHERE w.ended_at IS NULL AND w.kind = $1 AND w.name = $2 AND (w.id_tail = '' OR $3 = '' OR w.id_tail = $3) AND (w.county = '' OR w.county = $4)
-- name: watch_entry_same
SELECT count(*) FROM watch_entry WHERE ended_at IS NULL AND kind = $1 AND name = $2 AND id_tail = $3 AND county = $4
-- name: watch_entry_add
INSERT INTO watch_entry (id, kind, name, id_tail, county, note, person_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: watch_entry_get
SELECT w.id, w.kind, w.name, w.id_tail, w.county, w.note, p.full_name AS person, w.made_at, w.ended_at FROM watch_entry w JOIN person p ON p.id = w.person_id WHERE w.id = $1
-- name: watch_entry_list
SELECT w.id, w.kind, w.name, w.id_tail, w.county, w.note, p.full_name AS person, w.made_at, w.ended_at FROM watch_entry w JOIN person p ON p.id = w.person_id WHERE w.ended_at IS NULL ORDER BY w.id DESC LIMIT 2000
-- name: watch_entry_end
UPDATE watch_entry SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL
-- name: gate_county
SELECT county FROM school WHERE id = $1
