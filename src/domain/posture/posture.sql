-- name: posture_add
INSERT INTO posture (id, school_id, incident_id, verb, drill, reason, assembly, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: posture_get
SELECT * FROM posture_full WHERE id = $1
-- name: posture_live
SELECT * FROM posture_full WHERE school_id = $1 AND state IN ('standing', 'clearing')
-- name: posture_list
SELECT * FROM posture_full WHERE ($1 = 0 OR state IN ('standing', 'clearing')) AND ($2 = 0 OR school_id = $2) AND ($3 = 0 OR incident_id = $3)
 AND ($4 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'posture.read')) ORDER BY id DESC LIMIT $6
-- name: posture_mine
SELECT * FROM posture_full WHERE state IN ('standing', 'clearing') AND (school_id IN (SELECT t.school_id FROM member m JOIN team t ON t.id = m.team_id WHERE m.person_id = $1 AND m.to_date = '')
 OR ((SELECT count(*) FROM person_school ps WHERE ps.person_id = $1 AND ps.permission = 'posture.read') <= 3 AND school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $1 AND ps.permission = 'posture.read'))) ORDER BY id DESC
-- name: posture_my_schools
SELECT s.id, s.name, s.code FROM school s WHERE s.id IN (SELECT t.school_id FROM member m JOIN team t ON t.id = m.team_id WHERE m.person_id = $1 AND m.to_date = '')
 OR ((SELECT count(*) FROM person_school ps WHERE ps.person_id = $1 AND ps.permission = 'posture.read') <= 3 AND s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $1 AND ps.permission = 'posture.read')) ORDER BY s.id
-- name: posture_is_member
SELECT count(*) FROM member m JOIN team t ON t.id = m.team_id WHERE m.person_id = $1 AND t.school_id = $2 AND m.to_date = ''
-- name: posture_replace
UPDATE posture SET state = 'replaced', released_at = $1, version = version + 1 WHERE id = $2
-- name: posture_clear
UPDATE posture SET state = 'clearing', clearing_by = $1, clearing_at = $2, version = version + 1 WHERE id = $3
-- name: posture_agree_school
UPDATE posture SET school_by = $1, school_at = $2, release_note = CASE WHEN $3 = '' THEN release_note ELSE $3 END, version = version + 1 WHERE id = $4
-- name: posture_agree_police
UPDATE posture SET police_by = $1, police_at = $2, release_note = CASE WHEN $3 = '' THEN release_note ELSE $3 END, version = version + 1 WHERE id = $4
-- name: posture_signers
SELECT coalesce(school_by, 0), coalesce(police_by, 0) FROM posture WHERE id = $1
-- name: posture_release
UPDATE posture SET state = 'released', released_at = $1, version = version + 1 WHERE id = $2
-- name: posture_around
SELECT s.id, s.name, s.code, s.lon, s.lat, s.pupils, (SELECT p.verb FROM posture p WHERE p.school_id = s.id AND p.state IN ('standing', 'clearing')) AS verb FROM school s
WHERE s.state = 'open' AND s.id <> $1 AND s.lon BETWEEN $2 AND $3 AND s.lat BETWEEN $4 AND $5
-- name: posture_school
SELECT name, code, pinyin, county FROM school WHERE id = $1
-- name: class_list
SELECT id, name, pupils, place FROM school_class WHERE school_id = $1 AND state = 'open' ORDER BY id
-- name: class_close_all
UPDATE school_class SET state = 'closed' WHERE school_id = $1
-- name: class_set
INSERT INTO school_class (id, school_id, name, pupils, place) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (school_id, name) DO UPDATE SET pupils = excluded.pupils, place = excluded.place, state = 'open'
-- name: class_school
SELECT school_id, name FROM school_class WHERE id = $1 AND state = 'open'
-- name: head_count_set
INSERT INTO head_count (id, posture_id, class_id, present, missing, injured, moved_to, note, person_id, at, first_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
ON CONFLICT (posture_id, class_id) DO UPDATE SET present = excluded.present, missing = excluded.missing, injured = excluded.injured, moved_to = excluded.moved_to, note = excluded.note, person_id = excluded.person_id, at = excluded.at WHERE head_count.at <= excluded.at
-- name: head_count_list
SELECT c.id AS class_id, c.name, c.pupils, c.place, CASE WHEN h.id IS NULL THEN 'unknown' WHEN h.missing > 0 THEN 'missing' WHEN h.injured > 0 THEN 'injured' WHEN h.moved_to <> '' THEN 'moved' ELSE 'safe' END AS state,
 h.present, h.missing, h.injured, coalesce(h.moved_to, '') AS moved_to, coalesce(h.note, '') AS note, p.full_name AS person, h.at AS counted_at,
 (SELECT count(*) FROM pickup k WHERE k.posture_id = $1 AND k.class_id = c.id AND k.state = 'handed_over') AS handed,
 (SELECT count(*) FROM absence a WHERE a.class_id = c.id AND a.date = $2 AND a.reason <> 'none') AS excused
FROM school_class c LEFT JOIN head_count h ON h.class_id = c.id AND h.posture_id = $1 LEFT JOIN person p ON p.id = h.person_id WHERE c.school_id = $3 AND (c.state = 'open' OR h.id IS NOT NULL) ORDER BY c.id
-- name: pickup_add
INSERT INTO pickup (id, posture_id, school_id, class_id, pupil, guardian, guardian_phone, relation, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: pickup_get
SELECT k.id, k.posture_id, k.school_id, k.class_id, c.name AS class, k.pupil, k.guardian, k.guardian_phone, k.relation, k.proof, k.state, k.signature, k.note, k.asked_at, v.full_name AS verified_person, k.verified_at, h.full_name AS handed_person, k.handed_at
FROM pickup k JOIN school_class c ON c.id = k.class_id LEFT JOIN person v ON v.id = k.verified_by LEFT JOIN person h ON h.id = k.handed_by WHERE k.id = $1
-- name: pickup_list
SELECT k.id, k.posture_id, k.school_id, k.class_id, c.name AS class, k.pupil, k.guardian, k.guardian_phone, k.relation, k.proof, k.state, k.signature, k.note, k.asked_at, v.full_name AS verified_person, k.verified_at, h.full_name AS handed_person, k.handed_at
FROM pickup k JOIN school_class c ON c.id = k.class_id LEFT JOIN person v ON v.id = k.verified_by LEFT JOIN person h ON h.id = k.handed_by WHERE k.posture_id = $1 ORDER BY k.id LIMIT 5000
-- name: pickup_verify
UPDATE pickup SET state = 'verified', proof = $1, verified_by = $2, verified_at = $3 WHERE id = $4 AND state = 'waiting'
-- name: pickup_hand
UPDATE pickup SET state = 'handed_over', signature = $1, handed_by = $2, handed_at = $3 WHERE id = $4 AND state = 'verified'
-- name: pickup_refuse
UPDATE pickup SET state = 'refused', note = $1 WHERE id = $2 AND state IN ('waiting', 'verified')
-- name: output_add
INSERT INTO output (id, school_id, kind, name, verbs, url, headers, body, check_url, check_text, reports, secret_sealed, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
-- name: output_set
UPDATE output SET name = $1, verbs = $2, url = $3, headers = $4, body = $5, check_url = $6, check_text = $7, reports = $8, state = $9, version = version + 1 WHERE id = $10
-- name: output_secret
UPDATE output SET secret_sealed = $1 WHERE id = $2
-- name: output_get
SELECT o.id, o.school_id, s.name AS school, o.kind, o.name, o.verbs, o.url, o.headers, o.body, o.check_url, o.check_text, o.reports AS reports_flag, CASE WHEN o.secret_sealed IS NULL THEN 0 ELSE 1 END AS secret_flag, o.state,
 k.verb AS last_verb, k.state AS last_state, k.fault AS last_fault, k.asked_at AS last_at, o.version
FROM output o JOIN school s ON s.id = o.school_id LEFT JOIN command k ON k.id = (SELECT max(x.id) FROM command x WHERE x.output_id = o.id) WHERE o.id = $1
-- name: output_list
SELECT o.id, o.school_id, s.name AS school, o.kind, o.name, o.verbs, o.url, o.headers, o.body, o.check_url, o.check_text, o.reports AS reports_flag, CASE WHEN o.secret_sealed IS NULL THEN 0 ELSE 1 END AS secret_flag, o.state,
 k.verb AS last_verb, k.state AS last_state, k.fault AS last_fault, k.asked_at AS last_at, o.version
FROM output o JOIN school s ON s.id = o.school_id LEFT JOIN command k ON k.id = (SELECT max(x.id) FROM command x WHERE x.output_id = o.id)
WHERE ($1 = 0 OR o.school_id = $1) AND ($2 = 1 OR o.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'posture.write')) ORDER BY o.school_id, o.id LIMIT $4
-- name: output_of_school
SELECT o.id, o.kind, o.verbs, CASE WHEN o.check_url <> '' THEN 'read' WHEN o.reports = 1 OR o.url LIKE 'sip:%' THEN 'report' ELSE 'none' END,
 EXISTS (SELECT 1 FROM command k JOIN posture p ON p.id = k.posture_id WHERE k.output_id = o.id AND k.id = (SELECT max(x.id) FROM command x WHERE x.output_id = o.id AND x.posture_id IS NOT NULL) AND k.verb <> 'clear') AS acting
FROM output o WHERE o.school_id = $1 AND o.state = 'active' ORDER BY o.id LIMIT 200
-- name: output_on_alarm
SELECT o.id, CASE WHEN o.check_url <> '' THEN 'read' WHEN o.reports = 1 OR o.url LIKE 'sip:%' THEN 'report' ELSE 'none' END FROM output o
WHERE o.school_id = $1 AND o.state = 'active' AND ' ' || o.verbs || ' ' LIKE '% alarm %' AND NOT EXISTS (SELECT 1 FROM posture p WHERE p.school_id = o.school_id AND p.state IN ('standing', 'clearing')) ORDER BY o.id LIMIT 200
-- name: output_of_alarm
SELECT o.id, CASE WHEN o.check_url <> '' THEN 'read' WHEN o.reports = 1 OR o.url LIKE 'sip:%' THEN 'report' ELSE 'none' END FROM command k JOIN output o ON o.id = k.output_id
WHERE k.incident_id = $1 AND k.verb = 'alarm' AND k.id = (SELECT max(x.id) FROM command x WHERE x.output_id = k.output_id) ORDER BY o.id LIMIT 200
-- name: command_add
INSERT INTO command (id, output_id, posture_id, verb, text, drill, key, proof, due_at, asked_at, incident_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
-- name: command_supersede
UPDATE command SET fault = CASE WHEN state = 'waiting' THEN 'superseded' ELSE fault END, proof = CASE WHEN state = 'acked' THEN 'none' ELSE proof END, state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END, due_at = NULL WHERE output_id = $1 AND state IN ('waiting', 'acked', 'failed')
-- name: command_list
SELECT k.id, k.output_id, o.kind, o.name, k.verb, k.proof, k.state, k.tries, k.asked_at, k.acked_at, k.effect_at, k.fault FROM command k JOIN output o ON o.id = k.output_id WHERE k.posture_id = $1 ORDER BY k.id DESC LIMIT 1000
-- name: command_next
SELECT min(due_at) FROM command WHERE due_at IS NOT NULL
-- name: command_due
SELECT k.id, k.output_id, k.state, k.verb, k.text, k.drill, k.key, k.proof, k.tries, coalesce(k.acked_at, 0), o.url, o.headers, o.body, o.check_url, o.check_text, o.secret_sealed, o.school_id, coalesce(k.posture_id, 0), s.name, o.name
FROM command k JOIN output o ON o.id = k.output_id JOIN school s ON s.id = o.school_id
WHERE k.due_at <= $1 AND NOT EXISTS (SELECT 1 FROM command e WHERE e.output_id = k.output_id AND e.id < k.id AND e.state = 'sending') ORDER BY k.due_at LIMIT 200
-- name: command_sending
UPDATE command SET state = 'sending', tries = tries + 1, due_at = NULL WHERE id = $1
-- name: command_checking
UPDATE command SET due_at = NULL WHERE id = $1
-- name: command_acked
UPDATE command SET state = 'acked', acked_at = $1, due_at = $2, fault = '' WHERE id = $3 AND state = 'sending'
-- name: command_again
UPDATE command SET state = 'waiting', due_at = $1, fault = $2 WHERE id = $3 AND state = 'sending'
-- name: command_stale
UPDATE command SET state = CASE WHEN state = 'waiting' THEN 'cancelled' ELSE state END, due_at = NULL WHERE due_at IS NOT NULL AND EXISTS (SELECT 1 FROM command n WHERE n.output_id = command.output_id AND n.id > command.id)
-- name: command_failed
UPDATE command SET state = 'failed', due_at = $1, fault = $2 WHERE id = $3 AND state = 'sending'
-- name: command_check_again
UPDATE command SET due_at = $1, fault = $2 WHERE id = $3 AND state = 'acked' AND proof = 'read'
-- name: command_effect
UPDATE command SET state = $1, due_at = NULL, effect_at = $2, fault = $3 WHERE id = $4 AND state IN ('waiting', 'sending', 'acked', 'no_effect', 'failed') AND (proof <> 'none' OR $1 = 'confirmed')
-- name: command_by_key
SELECT k.id FROM command k WHERE k.key = $1
-- name: command_get
SELECT k.id, k.output_id, o.school_id, coalesce(k.incident_id, p.incident_id) AS incident_id, k.posture_id, o.kind, o.name, k.verb, k.drill AS drill_flag, k.state, k.fault, k.asked_at, k.acked_at, k.effect_at FROM command k JOIN output o ON o.id = k.output_id LEFT JOIN posture p ON p.id = k.posture_id WHERE k.id = $1
-- name: command_interrupted
UPDATE command SET state = 'waiting', due_at = asked_at WHERE state = 'sending'
-- name: command_unchecked
UPDATE command SET due_at = acked_at WHERE state = 'acked' AND due_at IS NULL AND proof <> 'none'
-- name: posture_incident
SELECT school_id, drill AS drill_flag FROM incident WHERE id = $1
-- name: posture_incident_of
SELECT id FROM incident WHERE school_id = $1 AND drill = $2 AND opened_at > $3 AND severity <= 2 AND state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over') ORDER BY severity, id DESC LIMIT 1
-- name: command_last
SELECT max(id) FROM command WHERE output_id = $1
-- name: command_clock_step
UPDATE command SET due_at = due_at + $1 WHERE due_at IS NOT NULL
