-- name: vehicle_add
INSERT INTO vehicle (id, plate, school_id, capacity, terminal, code, datum, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: vehicle_set
UPDATE vehicle SET plate = coalesce($1, plate), capacity = coalesce($2, capacity), datum = coalesce($3, datum), state = coalesce($4, state), check_event = $5, version = version + 1 WHERE id = $6
-- name: vehicle_driver
UPDATE vehicle SET driver = $1, card_reader = 1, version = version + 1 WHERE id = $2
-- name: vehicle_all
SELECT id, school_id, terminal, code, capacity, datum, plate, card_reader, CASE WHEN driver <> '' THEN 1 ELSE 0 END FROM vehicle WHERE state = 'active'
-- name: vehicle_code
SELECT code FROM vehicle WHERE id = $1
-- name: vehicle_recorder
SELECT coalesce(max(id), 0) FROM recorder WHERE code = $1
-- name: vehicle_demo_schools
SELECT s.id, s.lon, s.lat, s.pupils FROM school s WHERE s.demo = 1 AND s.kind IN ('primary', 'kindergarten') AND s.pupils BETWEEN 150 AND 900
 AND (SELECT count(*) FROM school o WHERE o.county = s.county AND o.demo = 1 AND o.kind IN ('primary', 'kindergarten') AND o.pupils BETWEEN 150 AND 900 AND o.id < s.id) < 3 ORDER BY s.id
-- name: vehicle_demo_fleet
SELECT v.terminal, v.code, r.path FROM vehicle v JOIN bus_route r ON r.id = (SELECT t.route_id FROM trip t WHERE t.vehicle_id = v.id ORDER BY t.id DESC LIMIT 1) WHERE v.demo = 1 AND v.state = 'active' ORDER BY v.id
-- name: vehicle_get
SELECT v.id, v.plate, v.school_id, s.name AS school, s.county, v.capacity, v.terminal, v.datum, v.driver, v.card_reader AS card_reader_flag, v.check_event, v.state, v.version FROM vehicle v JOIN school s ON s.id = v.school_id WHERE v.id = $1
-- name: vehicle_list
SELECT v.id, v.plate, v.school_id, s.name AS school, s.county, v.capacity, v.terminal, v.datum, v.driver, v.card_reader AS card_reader_flag, v.check_event, v.state, v.version FROM vehicle v JOIN school s ON s.id = v.school_id
WHERE v.id > $1 AND ($2 = 0 OR v.school_id = $2) AND ($3 = 1 OR v.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'vehicle.read')) ORDER BY v.id LIMIT $5
-- name: bus_route_add
INSERT INTO bus_route (id, school_id, name, path, stops, corridor_m, limit_kmh, roads) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: bus_route_get
SELECT r.id, r.school_id, s.name AS school, r.name, r.path AS path_json, r.stops AS stops_json, r.corridor_m, r.limit_kmh, r.roads AS roads_json, r.ended AS ended_flag, r.version FROM bus_route r JOIN school s ON s.id = r.school_id WHERE r.id = $1
-- name: bus_route_list
SELECT r.id, r.school_id, s.name AS school, r.name, r.path AS path_json, r.stops AS stops_json, r.corridor_m, r.limit_kmh, r.roads AS roads_json, r.ended AS ended_flag, r.version FROM bus_route r JOIN school s ON s.id = r.school_id
WHERE r.ended = 0 AND ($1 = 0 OR r.school_id = $1) AND ($2 = 1 OR r.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'vehicle.read')) ORDER BY r.id LIMIT 500
-- name: trip_add
INSERT INTO trip (id, vehicle_id, route_id, school_id, attendant_id, direction, roster, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: trip_load
INSERT INTO trip (id, vehicle_id, route_id, school_id, direction, roster, due_at, state, started_at, ended_at, boarded, alighted, checked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
-- name: trip_get
SELECT t.id, t.vehicle_id, v.plate, t.route_id, r.name AS route, t.school_id, s.name AS school, t.attendant_id, t.direction, t.roster, v.capacity, t.due_at, t.state, t.started_at, t.ended_at, t.boarded, t.alighted, t.checked_at, t.belted_at, t.version
FROM trip t JOIN vehicle v ON v.id = t.vehicle_id JOIN bus_route r ON r.id = t.route_id JOIN school s ON s.id = t.school_id WHERE t.id = $1
-- name: trip_list
SELECT t.id, t.vehicle_id, v.plate, t.route_id, r.name AS route, t.school_id, s.name AS school, t.attendant_id, t.direction, t.roster, v.capacity, t.due_at, t.state, t.started_at, t.ended_at, t.boarded, t.alighted, t.checked_at, t.belted_at, t.version
FROM trip t JOIN vehicle v ON v.id = t.vehicle_id JOIN bus_route r ON r.id = t.route_id JOIN school s ON s.id = t.school_id
WHERE t.due_at BETWEEN $1 AND $2 AND ($3 = 0 OR t.attendant_id = $3)
 AND ($4 = 1 OR t.attendant_id = $5 OR t.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'vehicle.read')) ORDER BY t.due_at, t.id LIMIT 2000
-- name: trip_running
SELECT t.id, t.vehicle_id, t.boarded, t.alighted, t.roster, coalesce(t.checked_at, 0), coalesce(t.belted_at, 0), r.path, r.stops, r.corridor_m, r.limit_kmh, r.roads FROM trip t JOIN bus_route r ON r.id = t.route_id WHERE t.state = 'running'
-- name: trip_start
UPDATE trip SET state = 'running', started_at = $1, version = version + 1 WHERE id = $2
-- name: trip_count
UPDATE trip SET boarded = boarded + $1, alighted = alighted + $2, belted_at = CASE WHEN $1 > 0 THEN NULL ELSE belted_at END, version = version + 1 WHERE id = $3
-- name: trip_check
UPDATE trip SET checked_at = $1, version = version + 1 WHERE id = $2
-- name: trip_belts
UPDATE trip SET belted_at = $1, version = version + 1 WHERE id = $2
-- name: trip_end
UPDATE trip SET state = $1, ended_at = $2, version = version + 1 WHERE id = $3
-- name: vehicle_alarm_open
SELECT id FROM vehicle_alarm WHERE vehicle_id = $1 AND kind = $2 AND closed_at IS NULL LIMIT 1
-- name: vehicle_alarm_add
INSERT INTO vehicle_alarm (id, vehicle_id, trip_id, kind, value, lon, lat, opened_at, incident_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: vehicle_alarm_incident
UPDATE vehicle_alarm SET incident_id = $1 WHERE id = $2
-- name: vehicle_alarm_close
UPDATE vehicle_alarm SET closed_at = $1 WHERE vehicle_id = $2 AND kind = $3 AND closed_at IS NULL
-- name: vehicle_alarm_terminal
SELECT v.terminal FROM vehicle_alarm a JOIN vehicle v ON v.id = a.vehicle_id WHERE a.incident_id = $1 AND a.kind = 'emergency' LIMIT 1
-- name: vehicle_alarm_get
SELECT a.id, a.vehicle_id, v.plate, v.school_id, s.name AS school, a.trip_id, a.kind, a.value, a.lon, a.lat, a.opened_at, a.closed_at, a.incident_id FROM vehicle_alarm a JOIN vehicle v ON v.id = a.vehicle_id JOIN school s ON s.id = v.school_id WHERE a.id = $1
-- name: vehicle_alarm_list
SELECT a.id, a.vehicle_id, v.plate, v.school_id, s.name AS school, a.trip_id, a.kind, a.value, a.lon, a.lat, a.opened_at, a.closed_at, a.incident_id FROM vehicle_alarm a JOIN vehicle v ON v.id = a.vehicle_id JOIN school s ON s.id = v.school_id
WHERE a.opened_at >= $1 AND ($2 = 1 OR v.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'vehicle.read')) ORDER BY a.id DESC LIMIT 500
-- name: bus_route_set
UPDATE bus_route SET name = coalesce($1, name), stops = coalesce($2, stops), roads = coalesce($3, roads), corridor_m = coalesce($4, corridor_m), limit_kmh = coalesce($5, limit_kmh), ended = $6, version = version + 1 WHERE id = $7
-- name: bus_time_add
INSERT INTO bus_time (id, vehicle_id, route_id, attendant_id, direction, roster, at_min, days, on_days_off) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: bus_time_get
SELECT b.id, b.vehicle_id, v.plate, v.school_id, b.route_id, r.name AS route, b.attendant_id, p.full_name AS attendant, b.direction, b.roster, b.at_min, b.days, b.on_days_off AS on_days_off_flag, b.ended AS ended_flag, b.version
FROM bus_time b JOIN vehicle v ON v.id = b.vehicle_id JOIN bus_route r ON r.id = b.route_id LEFT JOIN person p ON p.id = b.attendant_id WHERE b.id = $1
-- name: bus_time_list
SELECT b.id, b.vehicle_id, v.plate, v.school_id, b.route_id, r.name AS route, b.attendant_id, p.full_name AS attendant, b.direction, b.roster, b.at_min, b.days, b.on_days_off AS on_days_off_flag, b.ended AS ended_flag, b.version
FROM bus_time b JOIN vehicle v ON v.id = b.vehicle_id JOIN bus_route r ON r.id = b.route_id LEFT JOIN person p ON p.id = b.attendant_id WHERE b.vehicle_id = $1 AND b.ended = 0 ORDER BY b.at_min, b.id LIMIT 100
-- name: bus_time_end
UPDATE bus_time SET ended = 1, version = version + 1 WHERE id = $1
-- name: bus_time_due
SELECT b.id, b.vehicle_id, b.route_id, coalesce(b.attendant_id, 0), b.direction, b.roster, b.at_min, b.days, b.on_days_off, v.school_id, s.county FROM bus_time b JOIN vehicle v ON v.id = b.vehicle_id JOIN school s ON s.id = v.school_id
WHERE b.ended = 0 AND b.planned_date <> $1 AND v.state = 'active' ORDER BY b.id LIMIT 50
-- name: bus_time_planned
UPDATE bus_time SET planned_date = $1 WHERE id = $2
-- name: trip_at
SELECT count(*) AS there FROM trip WHERE vehicle_id = $1 AND due_at = $2 AND state <> 'cancelled'
-- name: trip_planned_at
SELECT id FROM trip WHERE vehicle_id = $1 AND due_at = $2 AND state = 'planned'
-- name: trip_of_button
SELECT t.id FROM trip t JOIN vehicle v ON v.id = t.vehicle_id WHERE t.vehicle_id = $1 AND v.check_event = $2 AND t.state = 'running' AND t.boarded = t.alighted AND t.checked_at IS NULL ORDER BY t.id DESC LIMIT 1
-- name: trip_cancel
UPDATE trip SET state = 'cancelled', version = version + 1 WHERE id = $1
-- name: bus_attendants
SELECT p.id, p.full_name, m.role FROM member m JOIN team t ON t.id = m.team_id JOIN person p ON p.id = m.person_id WHERE t.school_id = $1 AND m.to_date = '' AND p.state = 'active' ORDER BY p.full_name LIMIT 200
