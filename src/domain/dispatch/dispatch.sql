-- name: unit_add
INSERT INTO unit (id, kind, name, call_sign, org_id, school_id, lon, lat, position_at, status, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: unit_get
SELECT * FROM unit_row WHERE id = $1
-- name: unit_list
SELECT * FROM unit_row WHERE id > $1 AND ($2 = '' OR status = $2) AND ($3 = '' OR name LIKE $3 OR call_sign LIKE $3)
 AND (kind <> 'guard' OR $4 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'unit.read')) ORDER BY id LIMIT $6
-- name: unit_theirs
SELECT 1 AS theirs FROM unit u WHERE u.id = $1 AND (u.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = $3)
 OR EXISTS (SELECT 1 FROM person_grant g JOIN role_permission rp ON rp.role = g.role JOIN org top ON top.id = g.org_id JOIN org o ON substr(o.path, 1, length(top.path)) = top.path
  WHERE g.person_id = $2 AND rp.permission = $3 AND o.id = u.org_id))
-- name: unit_of_org
SELECT * FROM unit_row WHERE org_id = $1 AND kind <> 'guard' ORDER BY kind, call_sign, id LIMIT 100
-- name: unit_of_schools
SELECT * FROM unit_row WHERE kind = 'guard' AND school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $1 AND ps.permission = 'unit.report') ORDER BY id LIMIT 100
-- name: unit_moves
SELECT id, lon, lat, position_at, status, lost_at, emergency_id FROM unit WHERE position_at > $1 AND kind <> 'guard' ORDER BY position_at, id LIMIT 10000
-- name: unit_moved
UPDATE unit SET lon = $1, lat = $2, position_at = $3 WHERE id = $4
-- name: unit_heard
SELECT coalesce(lost_at, 0) AS lost_since FROM unit WHERE id = $1
-- name: unit_lose
UPDATE unit SET lost_at = $1 WHERE id = $2
-- name: unit_emergency
UPDATE unit SET emergency_id = $1, version = version + 1 WHERE id = $2
-- name: unit_in_emergency
SELECT id FROM unit WHERE emergency_id = $1 LIMIT 1
-- name: unit_silent
SELECT c.unit_id FROM crew c JOIN unit u ON u.id = c.unit_id WHERE c.until IS NULL AND u.lost_at IS NULL
GROUP BY c.unit_id HAVING max(c.heard_at + 3000 * c.every_s) < $1 ORDER BY c.unit_id LIMIT 100
-- name: crew_add
INSERT INTO crew (id, unit_id, person_id, every_s, since, heard_at) VALUES ($1, $2, $3, $4, $5, $6)
-- name: crew_of_person
SELECT id, unit_id FROM crew WHERE person_id = $1 AND until IS NULL
-- name: crew_of_unit
SELECT c.person_id, p.full_name AS person, p.phone, c.since AS since_at, c.heard_at FROM crew c JOIN person p ON p.id = c.person_id WHERE c.unit_id = $1 AND c.until IS NULL ORDER BY c.id
-- name: crew_leave
UPDATE crew SET until = $1 WHERE id = $2
-- name: crew_heard
UPDATE crew SET heard_at = $1 WHERE id = $2
-- name: crew_forgotten
SELECT id, unit_id FROM crew WHERE until IS NULL AND heard_at < $1 ORDER BY id LIMIT 50
-- name: crew_left
SELECT count(*) AS others FROM crew WHERE unit_id = $1 AND until IS NULL
-- name: crew_caller
SELECT c.unit_id FROM alarm a JOIN crew c ON a.source LIKE 'phone:p' || c.person_id || '/%' AND c.until IS NULL WHERE a.incident_id = $1 LIMIT 1
-- name: unit_set
UPDATE unit SET name = coalesce($1, name), call_sign = coalesce($2, call_sign), version = version + 1 WHERE id = $3
-- name: unit_status_set
UPDATE unit SET status = $1, version = version + 1 WHERE id = $2
-- name: unit_take
UPDATE unit SET before = CASE WHEN status IN ('available', 'on_post', 'patrol') THEN status ELSE before END, status = 'assigned', version = version + 1 WHERE id = $1
-- name: unit_give_back
UPDATE unit SET status = before, version = version + 1 WHERE id = $1 AND status IN ('assigned', 'en_route', 'on_scene')
-- name: unit_position
UPDATE unit SET lon = $1, lat = $2, position_at = $3, version = version + 1 WHERE id = $4
-- name: unit_candidates
SELECT u.id, u.kind, u.lon, u.lat, u.status, coalesce(u.school_id, 0), u.name, u.call_sign, coalesce(s.name, '') AS school, coalesce(u.lost_at, 0)
FROM unit u LEFT JOIN school s ON s.id = u.school_id
WHERE u.status IN ('available', 'on_post', 'patrol') AND u.emergency_id IS NULL AND u.lon BETWEEN $1 AND $2 AND u.lat BETWEEN $3 AND $4
 AND u.id NOT IN (SELECT a.unit_id FROM assignment a WHERE a.incident_id = $5 AND a.state IN ('refused', 'timed_out', 'proposed', 'sent', 'delivered', 'accepted', 'en_route', 'arrived'))
-- name: assignment_add
INSERT INTO assignment (id, incident_id, unit_id, state, travel_s, strips_school_id, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: assignment_get
SELECT a.id, a.incident_id, i.school_id, a.unit_id, u.name AS unit, u.call_sign, u.kind AS unit_kind, a.state, a.travel_s, a.strips_school_id, ss.name AS strips_school, a.made_by, a.made_at,
 a.sent_at, a.delivered_at, a.accepted_at, a.en_route_at, a.arrived_at, a.ended_at, a.reason, a.version
FROM assignment a JOIN incident i ON i.id = a.incident_id JOIN unit u ON u.id = a.unit_id LEFT JOIN school ss ON ss.id = a.strips_school_id WHERE a.id = $1
-- name: assignment_of_incident
SELECT a.id, a.incident_id, a.unit_id, u.name AS unit, u.call_sign, u.kind AS unit_kind, a.state, a.travel_s, a.strips_school_id, ss.name AS strips_school, a.made_by, a.made_at,
 a.sent_at, a.delivered_at, a.accepted_at, a.en_route_at, a.arrived_at, a.ended_at, a.reason, a.version
FROM assignment a JOIN unit u ON u.id = a.unit_id LEFT JOIN school ss ON ss.id = a.strips_school_id WHERE a.incident_id = $1 ORDER BY a.id
-- name: assignment_of_unit
SELECT a.id, a.incident_id, a.unit_id, u.name AS unit, a.state, a.travel_s, a.sent_at, i.title, i.title_en, i.severity, i.drill AS drill_flag, i.school_id, s.name AS school, i.lon, i.lat, a.version
FROM assignment a JOIN incident i ON i.id = a.incident_id JOIN unit u ON u.id = a.unit_id LEFT JOIN school s ON s.id = i.school_id
WHERE a.unit_id = $1 AND a.state IN ('sent', 'delivered', 'accepted', 'en_route', 'arrived') ORDER BY a.id
-- name: assignment_list
SELECT a.id, a.incident_id, i.school_id, a.unit_id, u.name AS unit, u.call_sign, u.kind AS unit_kind, a.state, a.travel_s, a.made_at, a.sent_at, a.accepted_at, a.en_route_at, a.arrived_at, a.version
FROM assignment a JOIN incident i ON i.id = a.incident_id JOIN unit u ON u.id = a.unit_id
WHERE a.state IN ('proposed', 'sent', 'delivered', 'accepted', 'en_route', 'arrived')
 AND ($1 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'unit.read')) ORDER BY a.id DESC LIMIT 1000
-- name: assignment_head
SELECT a.state, a.incident_id, a.unit_id, u.kind, coalesce(i.school_id, 0), i.severity, i.state, a.version FROM assignment a JOIN unit u ON u.id = a.unit_id JOIN incident i ON i.id = a.incident_id WHERE a.id = $1
-- name: assignment_move
UPDATE assignment SET state = $1, reason = $2, sent_at = CASE WHEN $1 = 'sent' THEN $3 ELSE sent_at END, delivered_at = CASE WHEN $1 = 'delivered' THEN $3 ELSE delivered_at END,
 accepted_at = CASE WHEN $1 = 'accepted' THEN $3 ELSE accepted_at END, en_route_at = CASE WHEN $1 = 'en_route' THEN $3 ELSE en_route_at END,
 arrived_at = CASE WHEN $1 = 'arrived' THEN $3 ELSE arrived_at END,
 ended_at = CASE WHEN $1 IN ('refused', 'timed_out', 'released', 'cancelled') THEN $3 ELSE ended_at END, version = version + 1 WHERE id = $4
-- name: assignment_busy_count
SELECT count(*) AS busy FROM assignment WHERE incident_id = $1 AND state IN ('sent', 'delivered', 'accepted', 'en_route', 'arrived')
-- name: assignment_live_of_incident
SELECT id, unit_id FROM assignment WHERE incident_id = $1 AND state IN ('proposed', 'sent', 'delivered', 'accepted', 'en_route', 'arrived')
-- name: assignment_proposed_of
SELECT id FROM assignment WHERE incident_id = $1 AND state = 'proposed' ORDER BY travel_s, id LIMIT 1
-- name: assignment_unit_busy
SELECT id FROM assignment WHERE unit_id = $1 AND state IN ('sent', 'delivered', 'accepted', 'en_route', 'arrived') LIMIT 1
-- name: incident_place
SELECT coalesce(lon, 0.0), coalesce(lat, 0.0), coalesce(school_id, 0), severity FROM incident WHERE id = $1
-- name: site_notes
SELECT j.at AS happened_at, p.full_name AS person, j.data AS data_json FROM journal j LEFT JOIN person p ON p.id = j.person_id WHERE j.subject_id = $1 AND j.type = 'incident.noted' ORDER BY j.seq DESC LIMIT 20
