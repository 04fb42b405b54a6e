-- name: team_add
INSERT INTO team (id, school_id, name, demo) VALUES ($1, $2, $3, $4)
-- name: team_list
SELECT t.id, t.school_id, s.name AS school, s.county, t.name, (SELECT count(*) FROM member m WHERE m.team_id = t.id AND m.to_date = '') AS members,
 (SELECT count(*) FROM member m WHERE m.team_id = t.id AND m.to_date = '' AND m.trained_at <> '') AS trained,
 (SELECT count(*) FROM member m LEFT JOIN person p ON p.id = m.person_id WHERE m.team_id = t.id AND m.to_date = '' AND (m.phone <> '' OR p.phone <> '' OR EXISTS (SELECT 1 FROM session x WHERE x.person_id = m.person_id AND x.kind = 'session' AND x.expires_at > $1))) AS reachable, t.version FROM team t JOIN school s ON s.id = t.school_id
WHERE t.id > $2 AND ($3 = 0 OR t.school_id = $3) AND ($4 = 1 OR t.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'patrol.read')) ORDER BY t.id LIMIT $6
-- name: team_school
SELECT school_id FROM team WHERE id = $1
-- name: member_add
INSERT INTO member (id, team_id, person_id, name, role, phone, trained_at, from_date, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: member_list
SELECT m.id, m.team_id, m.person_id, m.name, m.role, m.phone, m.trained_at AS trained_on, m.from_date, m.to_date,
 CASE WHEN EXISTS (SELECT 1 FROM session s WHERE s.person_id = m.person_id AND s.kind = 'session' AND s.expires_at > $1) THEN 'app' WHEN m.phone <> '' OR p.phone <> '' THEN 'phone' ELSE 'none' END AS reach,
 (SELECT max(k.last_at) FROM phone_key k WHERE k.person_id = m.person_id) AS heard_at
FROM member m LEFT JOIN person p ON p.id = m.person_id WHERE m.team_id = $2 ORDER BY m.id LIMIT 500
-- name: member_end
UPDATE member SET to_date = $1 WHERE id = $2 AND team_id = $3
-- name: member_school
SELECT t.school_id, m.role, t.name FROM member m JOIN team t ON t.id = m.team_id WHERE m.person_id = $1 AND m.to_date = ''
-- name: patrol_route_add
INSERT INTO patrol_route (id, school_id, name, points, any_order, in_pairs) VALUES ($1, $2, $3, $4, $5, $6)
-- name: patrol_route_list
SELECT id, school_id, name, points AS points_json, any_order AS any_order_flag, in_pairs AS in_pairs_flag, times AS times_json, days, on_days_off AS on_days_off_flag, version FROM patrol_route WHERE school_id = $1 AND ended = 0 ORDER BY id
-- name: patrol_route_get
SELECT id, school_id, name, points AS points_json, any_order AS any_order_flag, in_pairs AS in_pairs_flag, times AS times_json, days, on_days_off AS on_days_off_flag, ended AS ended_flag, version FROM patrol_route WHERE id = $1
-- name: patrol_route_set
UPDATE patrol_route SET name = coalesce($1, name), times = coalesce($2, times), days = CASE WHEN $3 < 0 THEN days ELSE $3 END, on_days_off = CASE WHEN $4 < 0 THEN on_days_off ELSE $4 END, ended = $5, in_pairs = CASE WHEN $6 < 0 THEN in_pairs ELSE $6 END, planned_date = '', version = version + 1 WHERE id = $7
-- name: patrol_route_due
SELECT r.id, r.days, r.times, r.school_id, s.county, r.on_days_off FROM patrol_route r JOIN school s ON s.id = r.school_id WHERE r.ended = 0 AND r.times <> '[]' AND r.planned_date <> $1 ORDER BY r.id LIMIT 100
-- name: patrol_route_planned
UPDATE patrol_route SET planned_date = $1 WHERE id = $2
-- name: patrol_at
SELECT count(*) FROM patrol WHERE route_id = $1 AND begins_at = $2
-- name: patrol_forget
DELETE FROM patrol WHERE route_id = $1 AND state = 'planned' AND done = 0 AND person_id IS NULL AND begins_at > $2 AND id NOT IN (SELECT k.patrol_id FROM patrol_check k)
-- name: patrol_add
INSERT INTO patrol (id, route_id, school_id, person_id, begins_at, ends_at, points) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: patrol_get
SELECT p.id, p.route_id, r.name AS route, r.points AS points_json, r.any_order AS any_order_flag, r.in_pairs AS in_pairs_flag, p.school_id, s.name AS school, p.person_id, p.begins_at, p.ends_at, p.points AS point_count, p.done, p.state, p.reason, p.version
FROM patrol p JOIN patrol_route r ON r.id = p.route_id JOIN school s ON s.id = p.school_id WHERE p.id = $1
-- name: patrol_list
SELECT p.id, p.route_id, r.name AS route, p.school_id, s.name AS school, p.person_id, p.begins_at, p.ends_at, p.points AS point_count, p.done, p.state, p.reason, p.version
FROM patrol p JOIN patrol_route r ON r.id = p.route_id JOIN school s ON s.id = p.school_id
WHERE p.begins_at BETWEEN $1 AND $2 AND ($3 = 1 OR p.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'patrol.read')) ORDER BY p.begins_at DESC, p.id LIMIT 1000
-- name: patrol_mine
SELECT p.id, p.route_id, r.name AS route, r.points AS points_json, r.any_order AS any_order_flag, r.in_pairs AS in_pairs_flag, p.school_id, s.name AS school, p.person_id, p.begins_at, p.ends_at, p.points AS point_count, p.done, p.state, p.reason, p.version
FROM patrol p JOIN patrol_route r ON r.id = p.route_id JOIN school s ON s.id = p.school_id
WHERE p.school_id = $1 AND p.ends_at > $2 AND p.begins_at < $3 AND (p.person_id IS NULL OR p.person_id = $4) ORDER BY p.begins_at, p.id LIMIT 50
-- name: patrol_check_add
INSERT INTO patrol_check (patrol_id, point, uuid, person_id, device_at, received_at, lon, lat, accuracy_m, proof, phone, reasons) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
-- name: patrol_past
UPDATE patrol SET done = $1, state = 'done' WHERE id = $2
-- name: patrol_check_list
SELECT point, person_id, device_at, received_at, lon, lat, accuracy_m, proof, verdict, reasons AS reasons_json FROM patrol_check WHERE patrol_id = $1 ORDER BY point
-- name: patrol_check_amber
SELECT k.patrol_id, k.point, r.name AS route, r.points AS points_json, s.name AS school, w.full_name AS person, k.device_at, k.reasons AS reasons_json FROM patrol_check k JOIN patrol p ON p.id = k.patrol_id
JOIN patrol_route r ON r.id = p.route_id JOIN school s ON s.id = p.school_id JOIN person w ON w.id = k.person_id
WHERE k.proof = 'amber' AND k.verdict = '' AND p.begins_at > $1 AND ($2 = 1 OR p.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'patrol.write')) ORDER BY k.device_at DESC LIMIT 200
-- name: patrol_check_who
SELECT person_id FROM patrol_check WHERE patrol_id = $1 AND point = $2 AND proof = 'amber'
-- name: patrol_check_judge
UPDATE patrol_check SET verdict = $1 WHERE patrol_id = $2 AND point = $3
-- name: patrol_done
UPDATE patrol SET done = (SELECT count(*) FROM patrol_check c WHERE c.patrol_id = $1 AND c.verdict <> 'rejected'), version = version + 1 WHERE id = $1
-- name: patrol_state_set
UPDATE patrol SET state = $1, reason = $2, version = version + 1 WHERE id = $3
-- name: patrol_over
SELECT id, points, done FROM patrol WHERE state = 'planned' AND ends_at <= $1 ORDER BY ends_at LIMIT 200
-- name: tip_add
INSERT INTO tip (id, uuid, school_id, kind, story, lon, lat, accuracy_m, person_id, device_at, received_at, incident_id, photo_told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
-- name: tip_there
SELECT id FROM tip WHERE uuid = $1
-- name: tip_get
SELECT t.id, t.school_id, s.name AS school, t.kind, t.story, t.lon, t.lat, t.accuracy_m, t.person_id, w.full_name AS person, t.device_at, t.received_at, t.incident_id, t.photo_told, CASE WHEN h.tip_id IS NULL THEN 0 ELSE 1 END AS photo_flag, h.sha256
FROM tip t JOIN school s ON s.id = t.school_id JOIN person w ON w.id = t.person_id LEFT JOIN tip_photo h ON h.tip_id = t.id WHERE t.id = $1
-- name: tip_list
SELECT t.id, t.school_id, s.name AS school, t.kind, t.story, t.lon, t.lat, t.accuracy_m, t.person_id, w.full_name AS person, t.device_at, t.received_at, t.incident_id, CASE WHEN h.tip_id IS NULL THEN 0 ELSE 1 END AS photo_flag, h.sha256
FROM tip t JOIN school s ON s.id = t.school_id JOIN person w ON w.id = t.person_id LEFT JOIN tip_photo h ON h.tip_id = t.id
WHERE t.received_at >= $1 AND ($2 = 1 OR t.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'patrol.read')) ORDER BY t.id DESC LIMIT 300
-- name: tip_of_incident
SELECT t.id, t.kind, t.story, w.full_name AS person, t.received_at, CASE WHEN h.tip_id IS NULL THEN 0 ELSE 1 END AS photo_flag FROM tip t JOIN person w ON w.id = t.person_id LEFT JOIN tip_photo h ON h.tip_id = t.id WHERE t.incident_id = $1 ORDER BY t.id
-- name: tip_photo_set
INSERT INTO tip_photo (tip_id, type, bytes, sha256) VALUES ($1, $2, $3, $4) ON CONFLICT (tip_id) DO NOTHING
-- name: tip_photo_get
SELECT type, bytes FROM tip_photo WHERE tip_id = $1
