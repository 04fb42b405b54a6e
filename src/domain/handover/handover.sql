-- name: handover_add
INSERT INTO handover (id, from_id, at, note, sheet) VALUES ($1, $2, $3, $4, $5)
-- name: handover_take
UPDATE handover SET taken_by = $1, taken_at = $2 WHERE id = $3 AND taken_by IS NULL
-- name: handover_list
SELECT h.id, h.from_id, f.full_name AS from_name, h.at AS made_at, h.note, h.sheet AS sheet_json, h.taken_by, t.full_name AS taken_name, h.taken_at
FROM handover h JOIN person f ON f.id = h.from_id LEFT JOIN person t ON t.id = h.taken_by
WHERE h.id BETWEEN $1 AND $2 AND ($3 = 1 OR h.from_id = $4 OR NOT EXISTS (SELECT 1 FROM person_school g WHERE g.person_id = h.from_id AND g.permission = 'handover'
 AND g.school_id NOT IN (SELECT v.school_id FROM person_school v WHERE v.person_id = $4 AND v.permission = 'handover')))
ORDER BY h.id DESC LIMIT 30
-- name: handover_postures
SELECT p.id, s.name AS school, p.verb, p.drill AS drill_flag, p.state, p.asked_at, coalesce((SELECT sum(h.missing) FROM head_count h WHERE h.posture_id = p.id), 0) AS missing
FROM posture p JOIN school s ON s.id = p.school_id WHERE p.state IN ('standing', 'clearing')
 AND ($1 = 1 OR p.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'handover')) ORDER BY p.asked_at LIMIT 200
-- name: handover_warnings
SELECT w.id, w.code, s.name AS school, w.severity, w.state, w.zh, w.en, w.raised_at
FROM rule_hit w LEFT JOIN school s ON s.id = w.school_id WHERE w.state IN ('open', 'acked') AND w.quiet = '' AND w.drill = 0 AND w.severity <= 3
 AND ($1 = 1 OR w.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'handover')) ORDER BY w.severity, w.id DESC LIMIT 200
-- name: handover_units
SELECT a.id, a.incident_id, u.name AS unit, a.state, s.name AS school, coalesce(a.arrived_at, a.en_route_at, a.accepted_at, a.sent_at) AS since
FROM assignment a JOIN incident i ON i.id = a.incident_id JOIN unit u ON u.id = a.unit_id LEFT JOIN school s ON s.id = i.school_id
WHERE a.state IN ('sent', 'delivered', 'accepted', 'en_route', 'arrived')
 AND ($1 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'handover')) ORDER BY a.id LIMIT 200
