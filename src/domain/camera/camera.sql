-- name: recorder_add
INSERT INTO recorder (id, school_id, kind, code, address, login, name, password_sealed, way, demo, vehicle_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: recorder_set
UPDATE recorder SET name = coalesce($1, name), state = coalesce($2, state), school_id = coalesce($3, school_id), address = coalesce($4, address), login = coalesce($5, login), version = version + 1 WHERE id = $6
-- name: recorder_password
UPDATE recorder SET password_sealed = $1, version = version + 1 WHERE id = $2
-- name: recorder_line
UPDATE recorder SET line = $1, line_reason = $2, line_changed_at = $3 WHERE id = $4
-- name: recorder_described
UPDATE recorder SET maker = $1, model = $2, firmware = $3, gb_version = $4 WHERE id = $5
-- name: recorder_way
UPDATE recorder SET way = $1 WHERE id = $2
-- name: recorder_catalog
UPDATE recorder SET said = $1, received = $2, catalog_at = $3 WHERE id = $4
-- name: recorder_all
SELECT id, school_id, code, name, password_sealed, state, way, line, kind, address, login FROM recorder
-- name: recorder_vehicles_unknown
UPDATE recorder SET line = 'unknown', line_reason = '' WHERE kind = 'jt1078' AND line <> 'unknown'
-- name: recorder_secret
SELECT password_sealed FROM recorder WHERE id = $1
-- name: recorder_own_password
SELECT CASE WHEN password_sealed IS NULL THEN 0 ELSE 1 END AS own FROM recorder WHERE id = $1
-- name: recorder_get
SELECT * FROM recorder_row WHERE id = $1
-- name: recorder_list
SELECT * FROM recorder_row r
WHERE r.id > $1 AND ($2 = 0 OR r.school_id = $2) AND ($3 = '' OR r.line = $3) AND ($4 = 1 OR r.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'camera.read')) ORDER BY r.id LIMIT $6
-- name: camera_add
INSERT INTO camera (id, recorder_id, school_id, code, name, place_id, lon, lat, direction_deg, angle_deg, range_m, ptz, flagged, inside, state, demo, main_url, sub_url, still_url, sound) VALUES ($1, $2, $3, $4, $5, $6, nullif($7, 0.0), nullif($8, 0.0), nullif($9, -1), $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
-- name: camera_of_recorder
SELECT id, code, name, state, ptz, main_url, sub_url, still_url FROM camera WHERE recorder_id = $1
-- name: camera_seen
UPDATE camera SET name = $1, state = $2, ptz = $3, lon = coalesce(lon, nullif($4, 0.0)), lat = coalesce(lat, nullif($5, 0.0)), main_url = $6, sub_url = $7, still_url = $8, version = version + 1 WHERE id = $9
-- name: camera_gone
UPDATE camera SET state = 'gone', version = version + 1 WHERE id = $1
-- name: camera_school
UPDATE camera SET school_id = $1, version = version + 1 WHERE recorder_id = $2
-- name: camera_set
UPDATE camera SET name = $1, place_id = $2, lon = nullif($3, 0.0), lat = nullif($4, 0.0), direction_deg = nullif($5, -1), angle_deg = $6,
 range_m = $7, flagged = $8, recorded = $9, keep_days = $10, inside = $11, alarm_preset = nullif($12, 0), sound = $13, version = version + 1 WHERE id = $14
-- name: camera_home_set
UPDATE camera SET home_preset = nullif($1, 0), home_after_s = nullif($2, 0), version = version + 1 WHERE id = $3
-- name: camera_hosts
SELECT main_url FROM camera WHERE recorder_id = $1 AND main_url <> ''
-- name: camera_urls
UPDATE camera SET main_url = $1, sub_url = $2, still_url = $3, state = $4 WHERE id = $5
-- name: camera_days
SELECT coalesce(kept_days, -1) AS days FROM camera WHERE id = $1
-- name: recorder_days
SELECT min(c.kept_days), max(r.told_days), max(r.name), count(*) FROM camera c JOIN recorder r ON r.id = c.recorder_id WHERE c.recorder_id = $1 AND c.state <> 'gone' AND c.kept_days IS NOT NULL
-- name: recorder_days_told
UPDATE recorder SET told_days = $1 WHERE id = $2
-- name: camera_days_set
UPDATE camera SET kept_days = $1, kept_days_at = $2 WHERE id = $3
-- name: camera_days_due
SELECT c.id, c.recorder_id, c.school_id, c.recorded FROM camera c JOIN recorder r ON r.id = c.recorder_id
WHERE c.state <> 'gone' AND (c.kept_days_at IS NULL OR c.kept_days_at < $1) AND ($2 = 0 OR c.recorder_id = $2) AND (c.recorded = 1 OR (r.kind = 'gb28181' AND r.line = 'up')) ORDER BY c.id
-- name: camera_fault
UPDATE camera SET fault = $1, fault_at = $2 WHERE id = $3
-- name: camera_all
SELECT c.id, c.recorder_id, r.code, c.school_id, c.code, c.name, c.lon, c.lat, coalesce(c.direction_deg, -1), c.angle_deg, c.range_m, c.ptz, c.flagged, c.recorded, c.state, coalesce(c.place_id, 0), c.keep_days, coalesce(c.alarm_preset, 0), c.inside, c.main_url, c.sub_url, coalesce(r.vehicle_id, 0), c.sound
FROM camera c JOIN recorder r ON r.id = c.recorder_id WHERE c.state <> 'gone' AND ($1 = 0 OR c.id = $1)
-- name: camera_there
SELECT id FROM camera WHERE school_id = $1 AND main_url = $2 AND state <> 'gone' LIMIT 1
-- name: recorder_there
SELECT id FROM recorder WHERE school_id = $1 AND kind = $2 AND address = $3 LIMIT 1
-- name: recorder_at
SELECT count(*) FROM recorder WHERE kind = 'onvif' AND address = $1
-- name: camera_addresses
SELECT c.recorder_id, c.main_url FROM camera c JOIN recorder r ON r.id = c.recorder_id WHERE r.school_id = $1 AND r.kind = 'rtsp' AND c.state <> 'gone' ORDER BY c.id
-- name: camera_get
SELECT * FROM camera_row WHERE id = $1
-- name: camera_list
SELECT * FROM camera_row c
WHERE c.id > $1 AND c.state <> 'gone' AND ($2 = 0 OR c.school_id = $2) AND ($3 = 1 OR c.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'camera.read')) ORDER BY c.id LIMIT $5
-- name: view_add
INSERT INTO camera_view (id, camera_id, school_id, person_id, incident_id, reason, note, nonce, begun_at, upper_id, upper_name, talk) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
-- name: view_end
UPDATE camera_view SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL
-- name: view_get
SELECT v.id, v.camera_id, c.name AS camera, v.school_id, s.name AS school, v.person_id, v.upper_id, coalesce(p.full_name, v.upper_name) AS person, v.incident_id, v.reason, v.note, v.talk AS talk_flag, v.begun_at, v.ended_at
FROM camera_view v JOIN camera c ON c.id = v.camera_id JOIN school s ON s.id = v.school_id LEFT JOIN person p ON p.id = v.person_id WHERE v.id = $1
-- name: view_nonce
SELECT nonce, camera_id, person_id, school_id FROM camera_view WHERE id = $1
-- name: view_list
SELECT v.id, v.camera_id, c.name AS camera, v.school_id, s.name AS school, v.person_id, v.upper_id, coalesce(p.full_name, v.upper_name) AS person, v.incident_id, v.reason, v.note, v.talk AS talk_flag, v.begun_at, v.ended_at
FROM camera_view v JOIN camera c ON c.id = v.camera_id JOIN school s ON s.id = v.school_id LEFT JOIN person p ON p.id = v.person_id
WHERE v.id < $1 AND ($2 = 0 OR v.school_id = $2) AND ($3 = 0 OR v.person_id = $3) AND ($4 = 1 OR v.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'camera.read')) ORDER BY v.id DESC LIMIT $6
-- name: clip_add
INSERT INTO clip (id, camera_id, school_id, incident_id, person_id, reason, from_at, to_at, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: clip_made
UPDATE clip SET state = $1, fault = $2, bytes = $3, sha256 = $4, manifest = $5, version = version + 1 WHERE id = $6 AND state = 'making'
-- name: clip_get
SELECT k.id, k.camera_id, c.name AS camera, k.school_id, s.name AS school, k.incident_id, k.person_id, p.full_name AS person, k.reason, k.from_at, k.to_at, k.asked_at, k.state, k.fault, k.bytes, k.sha256, k.version
FROM clip k JOIN camera c ON c.id = k.camera_id JOIN school s ON s.id = k.school_id LEFT JOIN person p ON p.id = k.person_id WHERE k.id = $1
-- name: clip_list
SELECT k.id, k.camera_id, c.name AS camera, k.school_id, s.name AS school, k.incident_id, k.person_id, p.full_name AS person, k.reason, k.from_at, k.to_at, k.asked_at, k.state, k.fault, k.bytes, k.sha256, k.version
FROM clip k JOIN camera c ON c.id = k.camera_id JOIN school s ON s.id = k.school_id LEFT JOIN person p ON p.id = k.person_id
WHERE ($1 = 0 OR k.incident_id = $1) AND ($2 = 0 OR k.camera_id = $2) AND ($3 = 1 OR k.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'camera.read')) ORDER BY k.id DESC LIMIT 500
-- name: clip_making
SELECT k.id, k.camera_id, c.name AS camera, k.school_id, s.name AS school, k.incident_id, k.person_id, p.full_name AS person, k.reason, k.from_at, k.to_at, k.asked_at, k.state
FROM clip k JOIN camera c ON c.id = k.camera_id JOIN school s ON s.id = k.school_id LEFT JOIN person p ON p.id = k.person_id WHERE k.state = 'making' ORDER BY k.id LIMIT 1000
-- name: camera_incidents
SELECT id, school_id, title, lon, lat, opened_at, coalesce((SELECT max(a.vehicle_id) FROM vehicle_alarm a WHERE a.incident_id = incident.id), 0) FROM incident WHERE state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')
-- name: camera_aim
SELECT i.school_id, i.title, coalesce(i.lon, s.lon), coalesce(i.lat, s.lat), i.state, coalesce((SELECT max(a.vehicle_id) FROM vehicle_alarm a WHERE a.incident_id = i.id), 0) FROM incident i LEFT JOIN school s ON s.id = i.school_id WHERE i.id = $1
