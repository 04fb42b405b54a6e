-- name: upper_add
INSERT INTO upper (id, name, code, own_code, address, tcp, password_sealed, media_hosts, keepalive_s, alarms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: upper_set
UPDATE upper SET name = coalesce($1, name), address = coalesce($2, address), media_hosts = coalesce($3, media_hosts), state = coalesce($4, state), tcp = $5, keepalive_s = $6, alarms = $7, version = version + 1 WHERE id = $8
-- name: upper_password
UPDATE upper SET password_sealed = $1 WHERE id = $2
-- name: upper_line
UPDATE upper SET line = $1, line_reason = $2, line_changed_at = $3 WHERE id = $4
-- name: upper_get
SELECT u.id, u.name, u.code, u.own_code, u.address, u.tcp AS tcp_flag, u.media_hosts, u.expires_s, u.keepalive_s, u.alarms AS alarms_flag, u.state, u.line, u.line_reason, u.line_changed_at,
 (SELECT count(*) FROM upper_camera uc WHERE uc.upper_id = u.id) AS cameras, (SELECT count(*) FROM upper_alarm a WHERE a.upper_id = u.id AND a.state = 'waiting') AS waiting, u.version FROM upper u WHERE u.id = $1
-- name: upper_list
SELECT u.id, u.name, u.code, u.own_code, u.address, u.tcp AS tcp_flag, u.media_hosts, u.expires_s, u.keepalive_s, u.alarms AS alarms_flag, u.state, u.line, u.line_reason, u.line_changed_at,
 (SELECT count(*) FROM upper_camera uc WHERE uc.upper_id = u.id) AS cameras, (SELECT count(*) FROM upper_alarm a WHERE a.upper_id = u.id AND a.state = 'waiting') AS waiting, u.version FROM upper u ORDER BY u.id
-- name: upper_all
SELECT id, name, code, own_code, address, tcp, password_sealed, media_hosts, expires_s, keepalive_s, state FROM upper WHERE $1 = 0 OR id = $1 ORDER BY id
-- name: upper_share_candidates
SELECT c.id, c.code, coalesce(uc.code, '') FROM camera c JOIN school s ON s.id = c.school_id LEFT JOIN upper_camera uc ON uc.upper_id = $1 AND uc.camera_id = c.id
WHERE c.state <> 'gone' AND ($2 = 0 OR c.id = $2) AND ($3 = 0 OR c.school_id = $3) AND ($4 = '' OR s.county = $4) ORDER BY c.id
-- name: upper_camera_add
INSERT INTO upper_camera (upper_id, camera_id, code) VALUES ($1, $2, $3)
-- name: upper_camera_code
UPDATE upper_camera SET code = $1 WHERE upper_id = $2 AND camera_id = $3
-- name: upper_camera_drop
DELETE FROM upper_camera WHERE upper_id = $1 AND camera_id = $2
-- name: upper_code_taken
SELECT count(*) FROM upper_camera WHERE upper_id = $1 AND code = $2
-- name: upper_code_last
SELECT coalesce(max(code), '') FROM upper_camera WHERE upper_id = $1 AND substr(code, 1, 14) = $2
-- name: upper_camera_list
SELECT c.id AS camera_id, uc.code, c.code AS own_code, c.name, s.id AS school_id, s.name AS school, s.county, c.state, r.line FROM upper_camera uc JOIN camera c ON c.id = uc.camera_id JOIN school s ON s.id = c.school_id JOIN recorder r ON r.id = c.recorder_id
WHERE uc.upper_id = $1 AND c.id > $2 AND ($3 = 0 OR c.school_id = $3) ORDER BY c.id LIMIT $4
-- name: upper_areas
SELECT DISTINCT s.county, coalesce((SELECT replace(o.name, '公安局', '') FROM org o WHERE o.tree = 'police' AND o.kind = 'county' AND o.area = s.county), s.county)
FROM upper_camera uc JOIN camera c ON c.id = uc.camera_id JOIN school s ON s.id = c.school_id WHERE uc.upper_id = $1 AND c.state <> 'gone' ORDER BY s.county
-- name: upper_items
SELECT uc.code, c.name, s.name, s.county, c.state, r.line, r.kind, c.ptz, coalesce(c.lon, s.lon), coalesce(c.lat, s.lat) FROM upper_camera uc JOIN camera c ON c.id = uc.camera_id JOIN school s ON s.id = c.school_id JOIN recorder r ON r.id = c.recorder_id
WHERE uc.upper_id = $1 AND c.state <> 'gone' ORDER BY s.county, c.school_id, c.id
-- name: upper_camera_of
SELECT c.id, c.school_id FROM upper_camera uc JOIN camera c ON c.id = uc.camera_id WHERE uc.upper_id = $1 AND uc.code = $2 AND c.state <> 'gone'
-- name: upper_code_of
SELECT code FROM upper_camera WHERE upper_id = $1 AND camera_id = $2
-- name: upper_alarm_add
INSERT INTO upper_alarm (upper_id, incident_id, made_at) SELECT u.id, $1, $2 FROM upper u
WHERE u.alarms = 1 AND u.state = 'active' AND EXISTS (SELECT 1 FROM upper_camera uc JOIN camera c ON c.id = uc.camera_id WHERE uc.upper_id = u.id AND c.school_id = $3)
ON CONFLICT DO NOTHING
-- name: upper_alarm_waiting
SELECT a.upper_id, a.incident_id, i.school_id, s.name, i.title, i.severity, i.source, i.opened_at, coalesce(i.lon, s.lon), coalesce(i.lat, s.lat)
FROM upper_alarm a JOIN incident i ON i.id = a.incident_id JOIN school s ON s.id = i.school_id WHERE a.upper_id = $1 AND a.state = 'waiting' ORDER BY a.incident_id LIMIT 50
-- name: upper_alarm_told
UPDATE upper_alarm SET state = 'told', told_at = $1 WHERE upper_id = $2 AND incident_id = $3 AND state = 'waiting'
-- name: upper_alarm_late
UPDATE upper_alarm SET state = 'late' WHERE state = 'waiting' AND made_at < $1
