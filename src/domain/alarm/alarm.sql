-- name: alarm_add
INSERT INTO alarm (id, school_id, panel_id, source, place, place_kind, class, severity, kind, state, drill, burst_from, first_at, last_at, first_seq, last_seq, shelf_id, lon, lat)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
-- name: alarm_camera
SELECT c.lon, c.lat FROM camera c JOIN recorder r ON r.id = c.recorder_id WHERE r.code = $1 AND CASE WHEN r.kind = 'gb28181' THEN substr(c.code, 11) ELSE substr(c.code, 1, 15) END = $2 AND c.lon IS NOT NULL LIMIT 1
-- name: alarm_get
SELECT a.id, a.school_id, s.name AS school, s.county, a.panel_id, a.source, a.place, a.place_kind, a.class, a.severity, a.kind, a.state, a.drill AS drill_flag, a.count,
 a.chattering AS chattering_flag, a.first_at, a.last_at, a.first_seq, a.last_seq, a.acked_by, a.acked_at, a.cleared_at, a.shelf_id, a.incident_id, a.cause, a.lon, a.lat, a.version
FROM alarm a LEFT JOIN school s ON s.id = a.school_id WHERE a.id = $1
-- name: alarm_list
SELECT a.id, a.school_id, s.name AS school, s.county, a.panel_id, a.source, a.place, a.place_kind, a.class, a.severity, a.kind, a.state, a.drill AS drill_flag, a.count,
 a.chattering AS chattering_flag, a.first_at, a.last_at, a.first_seq, a.last_seq, a.acked_by, a.acked_at, a.cleared_at, a.shelf_id, a.incident_id, a.cause, a.lon, a.lat, a.version
FROM alarm a LEFT JOIN school s ON s.id = a.school_id WHERE a.id < $1 AND ($2 = '' OR a.state = $2) AND ($3 = 0 OR a.school_id = $3)
 AND ($4 = 1 OR a.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'alarm.read'))
ORDER BY a.id DESC LIMIT $6
-- name: alarm_of_incident
SELECT id, panel_id, source, place, place_kind, class, severity, kind, state, drill AS drill_flag, count, first_at, last_at, first_seq, last_seq, acked_at, cleared_at, cause, version
FROM alarm WHERE incident_id = $1 ORDER BY id
-- name: alarm_faults
SELECT a.id, a.school_id, s.name AS school, s.county, a.panel_id, a.source, a.place, a.class, a.severity, a.state, a.count, a.first_at, a.last_at, a.acked_at, a.shelf_id, a.version
FROM alarm a LEFT JOIN school s ON s.id = a.school_id WHERE a.kind = 'fault' AND a.state = 'new' AND a.cleared_at IS NULL
 AND ($1 = 1 OR a.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'alarm.read'))
ORDER BY a.id DESC LIMIT 500
-- name: device_fault_list
SELECT a.id, a.place, a.first_at, a.acked_at FROM alarm a WHERE a.school_id = $1 AND a.kind = 'fault' AND a.state = 'new' AND a.cleared_at IS NULL AND substr(a.source, 1, 7) = 'report:' ORDER BY a.id DESC LIMIT 50
-- name: alarm_of_phone
SELECT a.incident_id, a.school_id FROM signal s JOIN alarm a ON a.first_seq <= s.seq AND a.last_seq >= s.seq AND a.source LIKE $1
WHERE s.seq = $2 AND s.account = $3 AND s.received_at > $4 AND a.incident_id IS NOT NULL
-- name: alarm_presser
SELECT extra AS extra_json FROM signal WHERE seq = $1
-- name: alarm_open_of_source
SELECT a.id, a.severity, a.burst_from, a.burst, a.chattering, a.acked_at, a.incident_id, a.cleared_at FROM alarm a LEFT JOIN incident i ON i.id = a.incident_id
WHERE a.source = $1 AND a.drill = $2 AND a.state IN ('new', 'verifying', 'real')
 AND CASE WHEN a.incident_id IS NOT NULL THEN i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')
  ELSE a.kind = 'fault' OR EXISTS (SELECT 1 FROM shelf h WHERE h.id = a.shelf_id AND h.until_at > $3 AND h.ended_at IS NULL) END ORDER BY a.id DESC LIMIT 1
-- name: alarm_fed
UPDATE alarm SET count = count + 1, last_at = $1, last_seq = $2, burst_from = $3, burst = $4, chattering = $5, cleared_at = NULL, version = version + 1 WHERE id = $6
-- name: alarm_cleared
UPDATE alarm SET cleared_at = $1, state = CASE WHEN kind = 'fault' THEN 'fault' ELSE state END, version = version + 1 WHERE id = $2
-- name: alarm_home
UPDATE alarm SET incident_id = $1 WHERE id = $2
-- name: alarm_rehome
UPDATE alarm SET incident_id = $1, version = version + 1 WHERE incident_id = $2
-- name: alarm_state_of_incident
UPDATE alarm SET state = $1, cause = $2, version = version + 1 WHERE incident_id = $3 AND state IN ('new', 'verifying')
-- name: alarm_ack_of_incident
UPDATE alarm SET acked_by = $1, acked_at = $2, state = CASE WHEN state = 'new' THEN 'verifying' ELSE state END, version = version + 1 WHERE incident_id = $3 AND acked_at IS NULL
-- name: alarm_ack
UPDATE alarm SET acked_by = $1, acked_at = $2, state = CASE WHEN state = 'new' THEN 'verifying' ELSE state END, version = version + 1 WHERE id = $3
-- name: alarm_decide
UPDATE alarm SET state = $1, cause = $2, version = version + 1 WHERE id = $3
-- name: alarm_burst_of_school
SELECT count(DISTINCT source) AS sources FROM alarm WHERE school_id = $1 AND drill = $2 AND class IN ('panic', 'holdup', 'duress') AND last_at >= $3
-- name: alarm_zone
SELECT pp.name, pp.kind, coalesce(pp.place_id, 0), coalesce(pl.lon, 0.0), coalesce(pl.lat, 0.0) FROM panel_place pp LEFT JOIN place pl ON pl.id = pp.place_id
WHERE pp.panel_id = $1 AND pp.zone = $2 AND (pp.partition_no = $3 OR pp.partition_no = '') ORDER BY length(pp.partition_no) DESC LIMIT 1
-- name: shelf_add
INSERT INTO shelf (id, school_id, panel_id, source, owner_id, reason, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: shelf_end
UPDATE shelf SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL
-- name: shelf_get
SELECT sh.id, sh.school_id, s.name AS school, sh.panel_id, sh.source, sh.owner_id, p.full_name AS owner, sh.reason, sh.until_at, sh.ended_at
FROM shelf sh LEFT JOIN school s ON s.id = sh.school_id JOIN person p ON p.id = sh.owner_id WHERE sh.id = $1
-- name: shelf_active
SELECT sh.id, sh.school_id, s.name AS school, sh.panel_id, sh.source, sh.owner_id, p.full_name AS owner, sh.reason, sh.until_at, sh.ended_at
FROM shelf sh LEFT JOIN school s ON s.id = sh.school_id JOIN person p ON p.id = sh.owner_id WHERE sh.until_at > $1 AND sh.ended_at IS NULL
 AND ($2 = 1 OR sh.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'alarm.read')) ORDER BY sh.until_at
-- name: shelf_for
SELECT id FROM shelf WHERE (panel_id = $1 OR source = $2) AND until_at > $3 AND ended_at IS NULL ORDER BY id DESC LIMIT 1
-- name: alarm_adopt
UPDATE alarm SET school_id = $1, panel_id = $2, version = version + 1 WHERE school_id IS NULL AND substr(source, 1, length($3)) = $3
-- name: alarm_adopted
SELECT DISTINCT incident_id FROM alarm WHERE panel_id = $1 AND incident_id IS NOT NULL
