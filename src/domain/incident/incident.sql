-- name: incident_add
INSERT INTO incident (id, school_id, title, title_en, class, severity, state, source, drill, last_signal_at, lon, lat, caller, caller_phone, story, opened_at)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8, $9, $10, $11, $12, $13, $14, $15)
-- name: incident_load
INSERT INTO incident (id, school_id, title, title_en, class, severity, state, source, drill, alarm_count, press_count, last_signal_at, lon, lat, owner_id, opened_at, acked_at, confirmed_at, dispatched_at,
 responder_at, linked_at, police_at, on_scene_at, controlled_at, closed_at, cause, disposition)
SELECT $1, s.id, $2, $3, $4, $5, $6, $7, 0, $8, $8, $9, s.lon, s.lat, $10, $9, $11, $12, $13, $14, $15, $16, $16, $17, $18, $19, $20 FROM school s WHERE s.id = $21
-- name: incident_get
SELECT i.id, i.school_id, s.name AS school, s.code AS school_code, s.county, s.phone AS school_phone, i.title, i.title_en, i.class, i.severity, i.state, i.source,
 i.drill AS drill_flag, i.site_wide AS site_wide_flag, i.escalation, i.alarm_count, i.press_count, i.last_signal_at, i.lon, i.lat, i.caller, i.caller_phone, i.story,
 i.owner_id, p.full_name AS owner, i.opened_at, i.acked_at, i.confirmed_at, i.dispatched_at, i.on_scene_at, i.controlled_at, i.closed_at, i.reviewed_at,
 i.responder_at, i.linked_at, i.police_at, i.cause, i.cancel_asked_by, i.disposition, i.merged_into, i.review AS review_json, i.version
FROM incident i LEFT JOIN school s ON s.id = i.school_id LEFT JOIN person p ON p.id = i.owner_id WHERE i.id = $1
-- name: incident_list
SELECT i.id, i.school_id, s.name AS school, s.code AS school_code, s.county, s.phone AS school_phone, i.title, i.title_en, i.class, i.severity, i.state, i.source,
 i.drill AS drill_flag, i.site_wide AS site_wide_flag, i.escalation, i.alarm_count, i.press_count, i.last_signal_at, i.lon, i.lat, i.caller, i.caller_phone, i.story,
 i.owner_id, p.full_name AS owner, i.opened_at, i.acked_at, i.confirmed_at, i.dispatched_at, i.on_scene_at, i.controlled_at, i.closed_at, i.reviewed_at,
 i.responder_at, i.linked_at, i.police_at, i.cause, i.cancel_asked_by, i.disposition, i.merged_into, i.review AS review_json, i.version
FROM incident i LEFT JOIN school s ON s.id = i.school_id LEFT JOIN person p ON p.id = i.owner_id
WHERE i.id < $1 AND ($2 = '' OR i.state = $2 OR ($2 = 'active' AND i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')))
 AND ($3 = 0 OR i.school_id = $3)
 AND ($4 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'incident.read'))
ORDER BY i.id DESC LIMIT $6
-- name: incident_joinable
SELECT id, severity FROM incident WHERE school_id = $1 AND drill = $2 AND last_signal_at >= $3 AND class <> 'officer' AND source <> 'vehicle'
 AND state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over') ORDER BY id DESC LIMIT 1
-- name: incident_unknown
SELECT id, severity FROM incident WHERE school_id IS NULL AND title = $1 AND state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over') ORDER BY id DESC LIMIT 1
-- name: incident_fed
UPDATE incident SET alarm_count = alarm_count + $1, press_count = press_count + 1, last_signal_at = $2, severity = $3, class = $4, title = $5, title_en = $6,
 version = version + 1 WHERE id = $7
-- name: incident_site_wide
UPDATE incident SET site_wide = 1, severity = 1, version = version + 1 WHERE id = $1 AND site_wide = 0
-- name: incident_adopt
UPDATE incident SET school_id = $1, lon = (SELECT s.lon FROM school s WHERE s.id = $1), lat = (SELECT s.lat FROM school s WHERE s.id = $1), version = version + 1
WHERE id = $2 AND school_id IS NULL
-- name: incident_head
SELECT state, severity, school_id, drill, epoch, acked_at, dispatched_at, on_scene_at, opened_at, closed_at, cancel_asked_by, title, title_en, class FROM incident WHERE id = $1
-- name: incident_move
UPDATE incident SET state = $1, epoch = epoch + 1, version = version + 1 WHERE id = $2
-- name: incident_stamp_acked
UPDATE incident SET acked_at = coalesce(acked_at, $1), owner_id = $2 WHERE id = $3
-- name: incident_stamp_confirmed
UPDATE incident SET confirmed_at = coalesce(confirmed_at, $1) WHERE id = $2
-- name: incident_stamp_dispatched
UPDATE incident SET dispatched_at = coalesce(dispatched_at, $1) WHERE id = $2
-- name: incident_stamp_on_scene
UPDATE incident SET on_scene_at = coalesce(on_scene_at, $1) WHERE id = $2
-- name: incident_stamp_controlled
UPDATE incident SET controlled_at = coalesce(controlled_at, $1) WHERE id = $2
-- name: incident_stamp_closed
UPDATE incident SET closed_at = $1, cause = $2, disposition = $3 WHERE id = $4
-- name: incident_stamp_reopened
UPDATE incident SET closed_at = NULL, cancel_asked_by = NULL, cause = '' WHERE id = $1
-- name: incident_stamp_review
UPDATE incident SET reviewed_at = $1, review = $2 WHERE id = $3
-- name: incident_stamp_merged
UPDATE incident SET merged_into = $1, closed_at = $2 WHERE id = $3
-- name: incident_take_counts
UPDATE incident SET alarm_count = alarm_count + (SELECT o.alarm_count FROM incident o WHERE o.id = $1), press_count = press_count + (SELECT o.press_count FROM incident o WHERE o.id = $1),
 version = version + 1 WHERE id = $2
-- name: incident_cancel_asked
UPDATE incident SET cancel_asked_by = $1, cause = $2, version = version + 1 WHERE id = $3
-- name: incident_escalated
UPDATE incident SET escalation = $1, version = version + 1 WHERE id = $2 AND escalation < $1
-- name: incident_arrival
UPDATE incident SET responder_at = CASE WHEN $1 = 'guard' THEN coalesce(responder_at, $2) ELSE responder_at END,
 linked_at = CASE WHEN $1 <> 'guard' THEN coalesce(linked_at, $2) ELSE linked_at END,
 police_at = CASE WHEN $1 IN ('police_car', 'foot', 'post', 'special', 'sentry') THEN coalesce(police_at, $2) ELSE police_at END,
 version = version + 1 WHERE id = $3
-- name: incident_class_set
UPDATE incident SET severity = $1, version = version + 1 WHERE id = $2
-- name: incident_times
SELECT i.severity, i.opened_at, i.acked_at, i.confirmed_at, i.dispatched_at, i.on_scene_at, i.closed_at, i.responder_at, i.linked_at, i.police_at, i.state, i.cause
FROM incident i WHERE i.opened_at >= $1 AND i.opened_at < $2 AND i.drill = $3
 AND ($4 = '' OR i.school_id IN (SELECT s.id FROM school s WHERE s.county = $4))
 AND ($5 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $6 AND ps.permission = 'stats.read'))
-- name: incident_evidence
SELECT i.id, i.school_id, s.name AS school, i.title, i.title_en, i.class, i.severity, i.state, i.opened_at, i.acked_at, i.dispatched_at, i.police_at, i.closed_at, i.cause
FROM incident i LEFT JOIN school s ON s.id = i.school_id WHERE i.opened_at >= $1 AND i.opened_at < $2 AND i.drill = $3
 AND ($4 = '' OR s.county = $4)
 AND ($5 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $6 AND ps.permission = 'stats.read'))
ORDER BY i.id DESC LIMIT 500
-- name: finding_add
INSERT INTO finding (id, incident_id, text, action, owner, due_date) VALUES ($1, $2, $3, $4, $5, $6)
-- name: finding_settle
UPDATE finding SET state = $1, note = $2, settled_by = $3, settled_at = $4 WHERE id = $5 AND incident_id = $6 AND state = 'open'
-- name: finding_open_count
SELECT count(*) FROM finding WHERE incident_id = $1 AND state = 'open'
-- name: finding_of_incident
SELECT f.id, f.text, f.action, f.owner, f.due_date, f.state, f.note, p.full_name AS settled_by, f.settled_at FROM finding f LEFT JOIN person p ON p.id = f.settled_by WHERE f.incident_id = $1 ORDER BY f.id
-- name: finding_list
SELECT f.id, f.incident_id, i.title AS incident, i.title_en AS incident_en, i.school_id, s.name AS school, f.text, f.action, f.owner, f.due_date, f.state, f.note, f.settled_at
FROM finding f JOIN incident i ON i.id = f.incident_id LEFT JOIN school s ON s.id = i.school_id
WHERE f.state = $1 AND ($2 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'incident.read')) ORDER BY CASE WHEN f.due_date = '' THEN '9' ELSE f.due_date END, f.id LIMIT $4
