-- name: post_add
INSERT INTO post (id, school_id, name, lon, lat, fence_m, org_id, arterial, secret, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: post_set
UPDATE post SET name = coalesce($1, name), lon = coalesce($2, lon), lat = coalesce($3, lat), fence_m = coalesce($4, fence_m), arterial = coalesce($5, arterial),
 state = coalesce($6, state), version = version + 1 WHERE id = $7
-- name: post_get
SELECT p.id, p.school_id, s.name AS school, s.county, p.name, p.lon, p.lat, p.fence_m, p.org_id, o.name AS org, p.arterial AS arterial_flag, p.state, p.version
FROM post p JOIN school s ON s.id = p.school_id LEFT JOIN org o ON o.id = p.org_id WHERE p.id = $1
-- name: post_list
SELECT p.id, p.school_id, s.name AS school, s.county, p.name, p.lon, p.lat, p.fence_m, p.org_id, o.name AS org, p.arterial AS arterial_flag, p.state, p.version
FROM post p JOIN school s ON s.id = p.school_id LEFT JOIN org o ON o.id = p.org_id
WHERE p.id > $1 AND ($2 = 0 OR p.school_id = $2) AND ($3 = '' OR s.county = $3)
 AND ($4 = 1 OR p.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'duty.read')) ORDER BY p.id LIMIT $6
-- name: post_place
SELECT p.school_id, p.lon, p.lat, p.fence_m, p.secret FROM post p WHERE p.id = $1
-- name: post_need_list
SELECT kind, count FROM post_need WHERE post_id = $1 ORDER BY kind
-- name: post_need_clear
DELETE FROM post_need WHERE post_id = $1
-- name: post_need_add
INSERT INTO post_need (post_id, kind, count) VALUES ($1, $2, $3)
-- name: peak_add
INSERT INTO peak (id, school_id, name, grade, kind, weekdays, begins_min, ends_min, from_date, to_date, early_min) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: peak_get
SELECT id, school_id, name, grade, kind, weekdays, begins_min, ends_min, from_date, to_date, early_min, state, version FROM peak WHERE id = $1
-- name: peak_list
SELECT id, school_id, name, grade, kind, weekdays, begins_min, ends_min, from_date, to_date, early_min, state, version FROM peak WHERE school_id = $1 AND state = 'open' ORDER BY begins_min, id
-- name: peak_set
UPDATE peak SET name = coalesce($1, name), begins_min = coalesce($2, begins_min), ends_min = coalesce($3, ends_min), weekdays = coalesce($4, weekdays),
 early_min = coalesce($5, early_min), state = coalesce($6, state), version = version + 1 WHERE id = $7
-- name: peak_of_county
SELECT k.id, k.school_id, k.kind, k.weekdays, k.begins_min, k.ends_min, k.from_date, k.to_date, k.early_min FROM peak k JOIN school s ON s.id = k.school_id
WHERE k.state = 'open' AND s.state = 'open' AND s.county = $1 ORDER BY k.school_id, k.begins_min, k.id
-- name: peak_of_school
SELECT k.id, k.school_id, k.kind, k.weekdays, k.begins_min, k.ends_min, k.from_date, k.to_date, k.early_min FROM peak k
WHERE k.state = 'open' AND k.school_id = $1 ORDER BY k.begins_min, k.id
-- name: peak_change_add
INSERT INTO peak_change (id, date, county, school_id, act, value, reason, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: peak_change_drop
DELETE FROM peak_change WHERE id = $1
-- name: peak_change_get
SELECT id, date, county, school_id, act, value, reason, made_by, made_at FROM peak_change WHERE id = $1
-- name: peak_change_list
SELECT id, date, county, school_id, act, value, reason, made_by, made_at FROM peak_change WHERE date >= $1 ORDER BY date, id LIMIT 500
-- name: peak_change_there
SELECT id FROM peak_change WHERE date = $1 AND county = $2 AND school_id IS NULL AND act = $3 AND value = $4 LIMIT 1
-- name: peak_change_of
SELECT date, county, coalesce(school_id, 0), act, value FROM peak_change WHERE date BETWEEN $1 AND $2 ORDER BY id
-- name: duty_add
INSERT INTO duty (id, rota_id, post_id, school_id, peak_id, date, begins_at, ends_at, arrive_by, need, slot, person_id, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
-- name: duty_get
SELECT d.id, d.rota_id, d.post_id, p.name AS post, d.school_id, s.name AS school, s.county, p.lon, p.lat, p.fence_m, d.peak_id, k.name AS peak, d.date, d.begins_at, d.ends_at, d.arrive_by AS arrive_by_at,
 d.need, d.slot, d.person_id, w.full_name AS person, w.phone, d.why, d.state, d.alerted, d.acknowledged_at, d.en_route_at, d.arrived_at, d.relieved_at, d.proof, d.version
FROM duty d JOIN post p ON p.id = d.post_id JOIN school s ON s.id = d.school_id JOIN peak k ON k.id = d.peak_id LEFT JOIN person w ON w.id = d.person_id WHERE d.id = $1
-- name: duty_list
SELECT d.id, d.rota_id, d.post_id, p.name AS post, d.school_id, s.name AS school, s.county, p.lon, p.lat, p.fence_m, d.peak_id, k.name AS peak, d.date, d.begins_at, d.ends_at, d.arrive_by AS arrive_by_at,
 d.need, d.slot, d.person_id, w.full_name AS person, w.phone, d.why, d.state, d.alerted, d.acknowledged_at, d.en_route_at, d.arrived_at, d.relieved_at, d.proof, d.version
FROM duty_live d JOIN post p ON p.id = d.post_id JOIN school s ON s.id = d.school_id JOIN peak k ON k.id = d.peak_id LEFT JOIN person w ON w.id = d.person_id
WHERE d.date = $1 AND ($2 = 0 OR d.school_id = $2) AND ($3 = '' OR s.county = $3) AND d.id > $4
 AND ($5 = 1 OR d.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $6 AND ps.permission = 'duty.read')) ORDER BY d.id LIMIT $7
-- name: duty_of_rota
SELECT d.id, d.post_id, p.name AS post, d.school_id, s.name AS school, d.date, d.begins_at, d.ends_at, d.need, d.slot, d.person_id, w.full_name AS person, w.name AS login, w.phone, o.name AS station, d.why, d.state
FROM duty d JOIN post p ON p.id = d.post_id JOIN school s ON s.id = d.school_id LEFT JOIN person w ON w.id = d.person_id LEFT JOIN org o ON o.id = w.org_id
WHERE d.rota_id = $1 AND d.id > $2 ORDER BY d.id LIMIT $3
-- name: duty_of_person
SELECT d.id, d.rota_id, d.post_id, p.name AS post, d.school_id, s.name AS school, s.county, p.lon, p.lat, p.fence_m, d.peak_id, k.name AS peak, d.date, d.begins_at, d.ends_at, d.arrive_by AS arrive_by_at,
 d.need, d.slot, d.person_id, w.full_name AS person, w.phone, d.why, d.state, d.alerted, d.acknowledged_at, d.en_route_at, d.arrived_at, d.relieved_at, d.proof, d.version
FROM duty_live d JOIN post p ON p.id = d.post_id JOIN school s ON s.id = d.school_id JOIN peak k ON k.id = d.peak_id JOIN person w ON w.id = d.person_id
WHERE d.person_id = $1 AND d.ends_at > $2 AND d.begins_at < $3 ORDER BY d.begins_at, d.id LIMIT 200
-- name: duty_head
SELECT d.state, coalesce(d.person_id, 0), d.post_id, d.school_id, d.begins_at, d.ends_at, d.arrive_by, d.alerted, d.version FROM duty d WHERE d.id = $1
-- name: duty_move
UPDATE duty SET state = $1, acknowledged_at = CASE WHEN $1 = 'acknowledged' THEN $2 ELSE acknowledged_at END, en_route_at = CASE WHEN $1 = 'en_route' THEN $2 ELSE en_route_at END,
 arrived_at = CASE WHEN $1 = 'arrived' THEN $2 ELSE arrived_at END, relieved_at = CASE WHEN $1 = 'relieved' THEN $2 ELSE relieved_at END,
 proof = CASE WHEN $1 = 'arrived' THEN $3 ELSE proof END, away_since = NULL, left_at = NULL, version = version + 1 WHERE id = $4
-- name: duty_proof_set
UPDATE duty SET proof = $1, version = version + 1 WHERE id = $2
-- name: duty_give
UPDATE duty SET person_id = $1, state = 'planned', acknowledged_at = NULL, en_route_at = NULL, arrived_at = NULL, proof = '', why = '', version = version + 1 WHERE id = $2
-- name: duty_alert
UPDATE duty SET alerted = $1, version = version + 1 WHERE id = $2
-- name: duty_begin
UPDATE duty SET state = 'on_duty', version = version + 1 WHERE state = 'arrived' AND begins_at <= $1 AND begins_at > $2 AND ends_at > $1
-- name: duty_due
SELECT d.id, d.begins_at, d.alerted, s.county FROM duty_live d JOIN school s ON s.id = d.school_id
WHERE d.begins_at BETWEEN $1 AND $2 AND d.alerted < 3 AND d.state IN ('planned', 'acknowledged', 'en_route') ORDER BY s.county, d.begins_at, d.id
-- name: duty_overlap
SELECT id FROM duty_live WHERE person_id = $1 AND begins_at < $2 AND ends_at > $3 AND state NOT IN ('relieved', 'cancelled') LIMIT 1
-- name: duty_coverage
SELECT d.school_id, d.need, d.begins_at, d.ends_at, d.arrive_by, d.state, coalesce(d.arrived_at, 0), coalesce(d.relieved_at, 0), coalesce(d.person_id, 0), d.proof
FROM duty_live d JOIN school s ON s.id = d.school_id
WHERE d.date = $1 AND ($2 = '' OR s.county = $2) AND d.state <> 'cancelled'
 AND ($3 = 1 OR d.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'duty.read')) ORDER BY d.school_id, d.begins_at
-- name: duty_now
SELECT d.id FROM duty_live d WHERE d.person_id = $1 AND d.arrive_by <= $2 AND d.ends_at > $2 AND d.state IN ('arrived', 'on_duty') LIMIT 1
-- name: duty_place
SELECT p.lon, p.lat, p.fence_m, coalesce(d.away_since, 0), coalesce(d.left_at, 0), d.begins_at FROM duty d JOIN post p ON p.id = d.post_id WHERE d.id = $1
-- name: duty_away
UPDATE duty SET away_since = $1, left_at = $2, version = version + 1 WHERE id = $3
-- name: post_setting
SELECT s.id, s.name, s.county, s.lon, s.lat, (SELECT count(*) FROM post p JOIN post_need n ON n.post_id = p.id WHERE p.school_id = s.id AND p.state = 'open' AND p.org_id IS NOT NULL) AS needs,
 (SELECT count(*) FROM peak k WHERE k.school_id = s.id AND k.state = 'open') AS peaks
FROM school s WHERE s.state = 'open' AND ($1 = '' OR s.county = $1)
 AND ($2 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'duty.read')) ORDER BY s.county, s.id
-- name: checkin_add
INSERT INTO checkin (id, seq, duty_id, person_id, act, device_at, received_at, device, lon, lat, accuracy_m, proof, reasons) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
-- name: checkin_there
SELECT seq FROM checkin WHERE id = $1
-- name: checkin_of_duty
SELECT id, act, device_at, received_at, lon, lat, accuracy_m, proof, reasons AS reasons_json FROM checkin WHERE duty_id = $1 ORDER BY seq
-- name: checkin_county
SELECT c.seq FROM checkin c JOIN duty d ON d.id = c.duty_id JOIN school s ON s.id = d.school_id WHERE s.county = $1 AND c.received_at > $2 LIMIT 1
-- name: checkin_amber
SELECT d.id, s.name AS school, w.full_name AS person, d.begins_at, d.arrived_at, c.reasons AS reasons_json FROM duty d JOIN checkin c ON c.duty_id = d.id AND c.act = 'arrived' AND c.proof = 'amber'
JOIN school s ON s.id = d.school_id JOIN person w ON w.id = d.person_id WHERE d.proof = 'amber' AND d.date >= $1 AND ($2 = 1 OR d.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'duty.write')) ORDER BY d.begins_at DESC LIMIT 200
-- name: situation_add
INSERT INTO situation (id, school_id, kind, plate, story, seen_at, action, acted_at, incident_id, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: situation_set
UPDATE situation SET action = coalesce($1, action), acted_at = coalesce(acted_at, $2), cleared_at = coalesce(cleared_at, $3), version = version + 1 WHERE id = $4
-- name: situation_get
SELECT t.id, t.school_id, s.name AS school, t.kind, t.plate, t.story, t.seen_at, t.action, t.acted_at, t.cleared_at, t.incident_id, t.version FROM situation t JOIN school s ON s.id = t.school_id WHERE t.id = $1
-- name: situation_list
SELECT t.id, t.school_id, s.name AS school, t.kind, t.plate, t.story, t.seen_at, t.action, t.acted_at, t.cleared_at, t.incident_id, t.version FROM situation t JOIN school s ON s.id = t.school_id
WHERE t.seen_at >= $1 AND ($2 = 0 OR t.school_id = $2) AND ($3 = 1 OR t.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'duty.read')) ORDER BY t.id DESC LIMIT $5
-- name: situation_managed
SELECT count(*) AS total, coalesce(sum(CASE WHEN t.acted_at IS NOT NULL AND t.acted_at <= t.seen_at + 600000 THEN 1 ELSE 0 END), 0) AS managed
FROM situation t JOIN school s ON s.id = t.school_id WHERE t.seen_at >= $1 AND t.seen_at < $2 AND ($3 = '' OR s.county = $3)
-- name: pickup_lane_add
INSERT INTO pickup_lane (id, school_id, name, capacity, rule) VALUES ($1, $2, $3, $4, $5)
-- name: pickup_lane_list
SELECT id, school_id, name, capacity, rule FROM pickup_lane WHERE school_id = $1 ORDER BY id
-- name: box_add
INSERT INTO box (id, kind, school_id, org_id, name, lon, lat, manned_from_min, manned_to_min, staff, equipment, in_service_from, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
-- name: box_get
SELECT b.id, b.kind, b.school_id, s.name AS school, b.org_id, o.name AS org, b.name, b.lon, b.lat, b.manned_from_min, b.manned_to_min, b.staff, b.heartbeat_at, b.equipment, b.in_service_from, b.dark AS dark_flag, b.version
FROM box b LEFT JOIN school s ON s.id = b.school_id LEFT JOIN org o ON o.id = b.org_id WHERE b.id = $1
-- name: box_list
SELECT b.id, b.kind, b.school_id, s.name AS school, b.org_id, o.name AS org, b.name, b.lon, b.lat, b.manned_from_min, b.manned_to_min, b.staff, b.heartbeat_at, b.equipment, b.in_service_from, b.dark AS dark_flag, b.version
FROM box b LEFT JOIN school s ON s.id = b.school_id LEFT JOIN org o ON o.id = b.org_id
WHERE b.id > $1 AND ($2 = 1 OR b.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'duty.read')) ORDER BY b.id LIMIT $4
-- name: box_beat
UPDATE box SET heartbeat_at = $1, dark = 0 WHERE id = $2
-- name: box_silent
SELECT id FROM box WHERE dark = 0 AND heartbeat_at IS NOT NULL AND heartbeat_at < $1 AND manned_from_min <= $2 AND manned_to_min > $2
-- name: box_dark
UPDATE box SET dark = 1, version = version + 1 WHERE id = $1
-- name: footprint_add
INSERT INTO footprint (person_id, at, lon, lat, accuracy_m) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person_id, at) DO NOTHING
-- name: footprint_drop
DELETE FROM footprint WHERE person_id = $1 AND at < $2
-- name: footprint_list
SELECT at AS heard_at, lon, lat, accuracy_m FROM footprint WHERE person_id = $1 AND at BETWEEN $2 AND $3 ORDER BY at LIMIT 20000
-- name: duty_past_kept
UPDATE duty SET state = 'relieved', proof = 'green', arrived_at = arrive_by + CASE WHEN id % 61 = 1 THEN 60000 * (3 + id % 7) ELSE -60000 * (1 + id % 9) END,
 relieved_at = ends_at - CASE WHEN id % 67 = 2 THEN 420000 ELSE 0 END WHERE date < $1 AND person_id IS NOT NULL AND state = 'planned' AND id % 83 <> 0
-- name: duty_past_proof
INSERT INTO checkin (id, seq, duty_id, person_id, act, device_at, received_at, device, lon, lat, accuracy_m, proof, reasons)
SELECT 'demo-' || d.id, $1, d.id, d.person_id, 'arrived', d.arrived_at, d.arrived_at + 900, 'demo-' || d.person_id, s.lon, s.lat, 12, 'green', '[]' FROM duty d JOIN school s ON s.id = d.school_id WHERE d.date < $2 AND d.arrived_at IS NOT NULL
