-- name: officer_add
INSERT INTO officer (person_id, kind, armed) VALUES ($1, $2, $3) ON CONFLICT (person_id) DO UPDATE SET kind = excluded.kind, armed = excluded.armed, version = officer.version + 1
-- name: officer_list
SELECT f.person_id AS id, p.full_name, p.phone, f.kind, f.armed AS armed_flag, p.org_id, o.name AS station, o.area AS county, f.state, f.version
FROM officer f JOIN person p ON p.id = f.person_id JOIN org o ON o.id = p.org_id
WHERE f.person_id > $1 AND ($2 = '' OR o.area = $2) AND ($3 = '' OR p.full_name LIKE $3 OR o.name LIKE $3)
 AND ($4 = 1 OR o.area IN (SELECT s.county FROM school s JOIN person_school ps ON ps.school_id = s.id WHERE ps.person_id = $5 AND ps.permission = 'duty.read')) ORDER BY f.person_id LIMIT $6
-- name: officer_of_county
SELECT f.person_id, f.kind, f.armed, o.lon, o.lat FROM org o CROSS JOIN person p CROSS JOIN officer f
WHERE o.area = $1 AND o.lon IS NOT NULL AND p.org_id = o.id AND p.state = 'active' AND f.person_id = p.id AND f.state = 'active' ORDER BY f.person_id
-- name: officer_leave_add
INSERT INTO officer_leave (id, person_id, from_date, to_date, kind, note) VALUES ($1, $2, $3, $4, $5, $6)
-- name: officer_leave_drop
DELETE FROM officer_leave WHERE id = $1
-- name: officer_leave_get
SELECT l.id, l.person_id, p.full_name AS person, l.from_date, l.to_date, l.kind, l.note FROM officer_leave l JOIN person p ON p.id = l.person_id WHERE l.id = $1
-- name: officer_leave_list
SELECT l.id, l.person_id, p.full_name AS person, o.name AS station, l.from_date, l.to_date, l.kind, l.note FROM officer_leave l JOIN person p ON p.id = l.person_id JOIN org o ON o.id = p.org_id
WHERE l.to_date >= $1 AND ($2 = '' OR o.area = $2)
 AND ($3 = 1 OR o.area IN (SELECT s.county FROM school s JOIN person_school ps ON ps.school_id = s.id WHERE ps.person_id = $4 AND ps.permission = 'duty.read')) ORDER BY l.from_date, l.id LIMIT 2000
-- name: officer_leave_of_county
SELECT l.person_id, l.from_date, l.to_date, l.kind FROM org o CROSS JOIN person p CROSS JOIN officer_leave l
WHERE o.area = $1 AND p.org_id = o.id AND l.person_id = p.id AND l.from_date <= $2 AND l.to_date >= $3 ORDER BY l.person_id
-- name: rota_slot_list
SELECT p.id, p.school_id, p.lon, p.lat, n.kind, n.count FROM post p JOIN post_need n ON n.post_id = p.id JOIN school s ON s.id = p.school_id
WHERE s.county = $1 AND p.state = 'open' AND s.state = 'open' AND n.kind IN ('any', 'traffic', 'armed') ORDER BY p.id, n.kind
-- name: rota_add
INSERT INTO rota (id, org_id, county, from_date, to_date, state, keeps_id, made_by, made_at, teams) VALUES ($1, $2, $3, $4, $5, 'solving', $6, $7, $8, $9)
-- name: rota_solved
UPDATE rota SET state = 'draft', slots = $1, uncovered = $2, changed = $3, cost = $4, bound = $5, optimal = $6, cpu_ms = $7, members = $8, members_free = $9, version = version + 1 WHERE id = $10
-- name: rota_state_set
UPDATE rota SET state = $1, published_at = $2, version = version + 1 WHERE id = $3
-- name: rota_stale
UPDATE rota SET state = 'dropped' WHERE state = 'solving'
-- name: rota_shorten
UPDATE rota SET to_date = $1, version = version + 1 WHERE county = $2 AND state = 'published' AND id <> $3 AND to_date > $1
-- name: rota_get
SELECT r.id, r.org_id, o.name AS org, r.county, r.from_date, r.to_date, r.state, r.keeps_id, r.slots, r.uncovered, r.changed, r.cost, r.bound, r.optimal AS optimal_flag, r.cpu_ms, r.teams AS teams_flag, r.members, r.members_free, r.made_by, r.made_at, r.published_at, r.version
FROM rota r JOIN org o ON o.id = r.org_id WHERE r.id = $1
-- name: rota_list
SELECT r.id, r.org_id, o.name AS org, r.county, r.from_date, r.to_date, r.state, r.keeps_id, r.slots, r.uncovered, r.changed, r.cost, r.bound, r.optimal AS optimal_flag, r.cpu_ms, r.teams AS teams_flag, r.members, r.members_free, r.made_by, r.made_at, r.published_at, r.version
FROM rota r JOIN org o ON o.id = r.org_id WHERE ($1 = '' OR r.county = $1)
 AND ($2 = 1 OR r.county IN (SELECT s.county FROM school s JOIN person_school ps ON ps.school_id = s.id WHERE ps.person_id = $3 AND ps.permission = 'duty.read')) ORDER BY r.id DESC LIMIT 200
-- name: rota_duty_of
SELECT d.post_id, d.need, d.slot, d.date, d.begins_at, coalesce(d.person_id, 0), d.id FROM duty d WHERE d.rota_id = $1
-- name: rota_duty_live
SELECT d.post_id, d.need, d.slot, d.date, d.begins_at, coalesce(d.person_id, 0) AS person_id, d.id FROM rota r CROSS JOIN duty d
WHERE r.county = $1 AND r.state = 'published' AND d.rota_id = r.id AND d.date BETWEEN $2 AND $3 AND d.date BETWEEN r.from_date AND r.to_date AND d.state <> 'cancelled'
UNION ALL SELECT d.post_id, d.need, d.slot, d.date, d.begins_at, coalesce(d.person_id, 0), d.id FROM duty d JOIN school s ON s.id = d.school_id
WHERE d.rota_id IS NULL AND s.county = $1 AND d.date BETWEEN $2 AND $3 AND d.state <> 'cancelled'
-- name: rota_school
SELECT min(id) AS id FROM school WHERE county = $1
-- name: rota_unreachable
SELECT DISTINCT w.id, w.full_name FROM duty d JOIN person w ON w.id = d.person_id WHERE d.rota_id = $1 AND w.phone = '' LIMIT 20
-- name: rota_org
SELECT o.area FROM org o WHERE o.id = $1 AND o.tree = 'police' AND o.kind = 'county'
-- name: duty_county
SELECT s.county, d.date, d.post_id, d.need, d.slot, d.begins_at, d.school_id FROM duty d JOIN school s ON s.id = d.school_id WHERE d.id = $1
-- name: rota_persons
SELECT w.full_name AS person, w.name AS login, o.name AS station, count(*) AS duties FROM duty d JOIN person w ON w.id = d.person_id LEFT JOIN org o ON o.id = w.org_id WHERE d.rota_id = $1 AND d.state <> 'cancelled' GROUP BY w.id, w.full_name, w.name, o.name ORDER BY o.name, w.full_name
-- name: officer_by_login
SELECT p.id FROM person p JOIN officer f ON f.person_id = p.id WHERE p.name = $1 AND f.state = 'active'
-- name: officer_by_name
SELECT p.id FROM person p JOIN officer f ON f.person_id = p.id JOIN org o ON o.id = p.org_id WHERE p.full_name = $1 AND o.area = $2 AND f.state = 'active' LIMIT 2
-- name: rota_slot
SELECT coalesce(person_id, 0), begins_at, ends_at, arrive_by FROM duty WHERE id = $1 AND rota_id = $2 AND state NOT IN ('relieved', 'cancelled')
-- name: rota_slot_fits
SELECT d.begins_at, CASE WHEN d.need = 'any' OR (d.need = 'traffic' AND f.kind = 'traffic') OR (d.need = 'armed' AND f.armed = 1) THEN 1 ELSE 0 END,
 CASE WHEN EXISTS (SELECT 1 FROM officer_leave l WHERE l.person_id = $1 AND l.kind <> 'night' AND d.date BETWEEN l.from_date AND l.to_date) THEN 1 ELSE 0 END
FROM duty d LEFT JOIN officer f ON f.person_id = $1 WHERE d.id = $2 AND d.rota_id = $3
-- name: rota_overlaps
SELECT d.id FROM duty d WHERE d.person_id = $1 AND d.begins_at < $2 AND d.ends_at > $3 AND d.state NOT IN ('relieved', 'cancelled') AND (d.rota_id = $4 OR (EXISTS (SELECT 1 FROM duty_live l WHERE l.id = d.id)
  AND NOT EXISTS (SELECT 1 FROM rota m JOIN rota o ON o.id = d.rota_id WHERE m.id = $4 AND o.county = m.county AND d.date BETWEEN m.from_date AND m.to_date)))
