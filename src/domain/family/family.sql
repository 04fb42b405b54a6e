-- name: guardian_add
INSERT INTO guardian (id, school_id, class_id, pupil, name, relation, phone, vehicle_id, code_key, car) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: guardian_get
SELECT g.id, g.school_id, g.class_id, c.name AS class, g.pupil, g.name, g.relation, g.phone, g.vehicle_id, v.plate, g.car, CASE WHEN g.slip IS NULL THEN 0 ELSE 1 END AS slip_flag, g.slip_until, g.joined_at, g.state, g.version
FROM guardian g JOIN school_class c ON c.id = g.class_id LEFT JOIN vehicle v ON v.id = g.vehicle_id WHERE g.id = $1
-- name: guardian_list
SELECT g.id, g.school_id, g.class_id, c.name AS class, g.pupil, g.name, g.relation, g.phone, g.vehicle_id, v.plate, g.car, CASE WHEN g.slip IS NULL THEN 0 ELSE 1 END AS slip_flag, g.slip_until, g.joined_at, g.state, g.version
FROM guardian g JOIN school_class c ON c.id = g.class_id LEFT JOIN vehicle v ON v.id = g.vehicle_id WHERE g.school_id = $1 AND g.state = 'active' ORDER BY c.id, g.pupil, g.id LIMIT 10000
-- name: guardian_slip_set
UPDATE guardian SET slip = $1, slip_until = $2, version = version + 1 WHERE id = $3 AND state = 'active'
-- name: guardian_of_slip
SELECT id FROM guardian WHERE slip = $1 AND slip_until > $2 AND state = 'active'
-- name: guardian_join
UPDATE guardian SET token = $1, joined_at = $2, slip = NULL, slip_until = NULL, version = version + 1 WHERE id = $3
-- name: guardian_end
UPDATE guardian SET state = 'ended', token = NULL, slip = NULL, version = version + 1 WHERE id = $1 AND state = 'active'
-- name: guardian_of_token
SELECT g.id, g.school_id, g.class_id, g.pupil, g.name, g.relation, coalesce(g.vehicle_id, 0) AS vehicle_id, c.name AS class, s.name AS school, s.code AS school_code, s.county, s.phone AS school_phone
FROM guardian g JOIN school_class c ON c.id = g.class_id JOIN school s ON s.id = g.school_id WHERE g.token = $1 AND g.state = 'active'
-- name: guardian_key
SELECT code_key FROM guardian WHERE id = $1
-- name: guardian_keys
SELECT id, code_key FROM guardian WHERE school_id = $1 AND state = 'active' AND token IS NOT NULL
-- name: guardian_class
SELECT id FROM school_class WHERE school_id = $1 AND name = $2 AND state = 'open'
-- name: guardian_vehicle
SELECT id FROM vehicle WHERE school_id = $1 AND plate = $2 AND state = 'active'
-- name: family_notice_add
INSERT INTO family_notice (id, school_id, kind, drill, text, text_en, person_id, released_at, visible_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: family_notice_get
SELECT n.id, n.school_id, n.kind, n.drill AS drill_flag, n.text, n.text_en, p.full_name AS person, n.released_at, n.visible_at, n.withdrawn_at FROM family_notice n JOIN person p ON p.id = n.person_id WHERE n.id = $1
-- name: family_notice_list
SELECT n.id, n.school_id, n.kind, n.drill AS drill_flag, n.text, n.text_en, p.full_name AS person, n.released_at, n.visible_at, n.withdrawn_at FROM family_notice n JOIN person p ON p.id = n.person_id WHERE n.school_id = $1 ORDER BY n.id DESC LIMIT 100
-- name: family_notice_withdraw
UPDATE family_notice SET withdrawn_at = $1 WHERE id = $2 AND withdrawn_at IS NULL
-- name: family_notice_seen
SELECT id, kind, drill AS drill_flag, text, text_en, visible_at FROM family_notice WHERE school_id = $1 AND visible_at <= $2 AND withdrawn_at IS NULL ORDER BY visible_at DESC, id DESC LIMIT 30
-- name: absence_set
INSERT INTO absence (id, guardian_id, school_id, class_id, pupil, date, reason, note, told_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (class_id, pupil, date) DO UPDATE SET guardian_id = excluded.guardian_id, reason = excluded.reason, note = excluded.note, told_at = excluded.told_at
-- name: absence_recent
SELECT count(*) FROM absence WHERE class_id = $1 AND pupil = $2 AND told_at > $3
-- name: absence_of
SELECT a.id, a.class_id, c.name AS class, a.pupil, a.date, a.reason, a.note, a.told_at, g.name AS guardian, g.relation FROM absence a JOIN guardian g ON g.id = a.guardian_id JOIN school_class c ON c.id = a.class_id WHERE a.class_id = $1 AND a.pupil = $2 AND a.date = $3
-- name: absence_list
SELECT a.id, a.class_id, c.name AS class, a.pupil, a.date, a.reason, a.note, a.told_at, g.name AS guardian, g.relation FROM absence a JOIN guardian g ON g.id = a.guardian_id JOIN school_class c ON c.id = a.class_id WHERE a.school_id = $1 AND a.date = $2 AND a.reason <> 'none' ORDER BY c.id, a.pupil
-- name: family_posture
SELECT id FROM posture WHERE school_id = $1 AND state IN ('standing', 'clearing')
-- name: family_trip
SELECT t.id, t.state, t.direction, t.due_at, r.stops AS stops_json FROM trip t JOIN bus_route r ON r.id = t.route_id WHERE t.vehicle_id = $1 AND (t.state = 'running' OR (t.state = 'planned' AND t.due_at BETWEEN $2 AND $3)) ORDER BY CASE WHEN t.state = 'running' THEN 0 ELSE 1 END, t.due_at LIMIT 1
-- name: roll_list
SELECT g.pupil, coalesce((SELECT a.reason FROM absence a WHERE a.class_id = $1 AND a.pupil = g.pupil AND a.date = $2 AND a.reason <> 'none'), '') AS absent,
 (SELECT m.told_at FROM roll_missing m WHERE m.class_id = $1 AND m.pupil = g.pupil AND m.date = $2 AND m.found_at IS NULL) AS missing_at,
 (SELECT m.left_at FROM roll_missing m WHERE m.class_id = $1 AND m.pupil = g.pupil AND m.date = $2 AND m.found_at IS NULL) AS left_at,
 (SELECT r.called_at FROM roll_call r WHERE r.class_id = $1 AND r.date = $2) AS called_at, min(g.phone) AS phone
FROM guardian g WHERE g.class_id = $1 AND g.state = 'active' GROUP BY g.pupil ORDER BY g.pupil
-- name: roll_class
SELECT c.school_id, c.name FROM school_class c WHERE c.id = $1 AND c.state = 'open'
-- name: roll_call_set
INSERT INTO roll_call (id, class_id, date, person_id, called_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (class_id, date) DO UPDATE SET person_id = excluded.person_id, called_at = excluded.called_at
-- name: roll_missing_set
INSERT INTO roll_missing (id, school_id, class_id, pupil, date, person_id, told_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (class_id, pupil, date) DO UPDATE SET found_at = NULL, told_at = excluded.told_at WHERE roll_missing.found_at IS NOT NULL
-- name: roll_found
UPDATE roll_missing SET found_at = $1 WHERE class_id = $2 AND pupil = $3 AND date = $4 AND found_at IS NULL
-- name: roll_left
UPDATE roll_missing SET left_at = $1 WHERE class_id = $2 AND pupil = $3 AND date = $4 AND found_at IS NULL AND left_at IS NULL
-- name: roll_missing_of
SELECT m.told_at, m.left_at FROM roll_missing m WHERE m.class_id = $1 AND m.pupil = $2 AND m.date = $3 AND m.found_at IS NULL
-- name: roll_pupil
SELECT count(*) FROM guardian WHERE class_id = $1 AND pupil = $2 AND state = 'active'
-- name: roll_excused
SELECT count(*) FROM absence WHERE class_id = $1 AND pupil = $2 AND date = $3 AND reason <> 'none'
-- name: roll_school
SELECT m.id, m.class_id, c.name AS class, m.pupil, m.told_at, m.left_at, p.full_name AS person FROM roll_missing m JOIN school_class c ON c.id = m.class_id JOIN person p ON p.id = m.person_id WHERE m.school_id = $1 AND m.date = $2 AND m.found_at IS NULL ORDER BY m.told_at, m.id
