-- name: rule_active
SELECT id, text FROM rule WHERE state = 'active' ORDER BY code
-- name: rule_there
SELECT id FROM rule WHERE code = $1 ORDER BY edition DESC LIMIT 1
-- name: rule_edition
SELECT coalesce(max(edition), 0) + 1 AS edition FROM rule WHERE code = $1
-- name: rule_add
INSERT INTO rule (id, code, edition, text, zh, en, note_zh, note_en, severity, state, shipped, reason, backtest, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
-- name: rule_get
SELECT r.id, r.code, r.edition, r.text, r.zh, r.en, r.note_zh, r.note_en, r.severity, r.state, r.shipped AS shipped_flag, r.reason, r.backtest AS backtest_json, r.made_by, m.full_name AS maker, r.made_at,
 r.signed_by, s.full_name AS signer, r.signed_at, r.version
FROM rule r LEFT JOIN person m ON m.id = r.made_by LEFT JOIN person s ON s.id = r.signed_by WHERE r.id = $1
-- name: rule_list
SELECT r.id, r.code, r.edition, r.zh, r.en, r.note_zh, r.note_en, r.severity, r.state, r.shipped AS shipped_flag, r.reason, r.made_by, m.full_name AS maker, r.made_at, r.signed_by, s.full_name AS signer, r.signed_at, r.version,
 (SELECT count(*) FROM rule_hit h WHERE h.code = r.code AND h.raised_at >= $1) AS hits_day, (SELECT count(*) FROM rule_hit h WHERE h.code = r.code AND h.raised_at >= $2) AS hits_month,
 (SELECT count(*) FROM rule_hit h WHERE h.code = r.code AND h.state IN ('open', 'acked')) AS hits_open
FROM rule r LEFT JOIN person m ON m.id = r.made_by LEFT JOIN person s ON s.id = r.signed_by WHERE r.state <> 'retired' ORDER BY r.code, r.edition
-- name: rule_history
SELECT r.id, r.code, r.edition, r.text, r.state, r.shipped AS shipped_flag, r.reason, m.full_name AS maker, r.made_at, s.full_name AS signer, r.signed_at, r.version
FROM rule r LEFT JOIN person m ON m.id = r.made_by LEFT JOIN person s ON s.id = r.signed_by WHERE r.code = $1 ORDER BY r.edition DESC
-- name: rule_retire
UPDATE rule SET state = 'retired', version = version + 1 WHERE code = $1 AND state IN ('active', 'off') AND id <> $2
-- name: rule_sign
UPDATE rule SET state = 'active', signed_by = $1, signed_at = $2, version = version + 1 WHERE id = $3
-- name: rule_state_set
UPDATE rule SET state = $1, reason = $2, version = version + 1 WHERE id = $3
-- name: rule_memory_all
SELECT code, case_no, place_key, rule_id, seq, text FROM rule_memory
-- name: rule_memory_set
INSERT INTO rule_memory (code, case_no, place_key, rule_id, seq, text) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code, case_no, place_key) DO UPDATE SET rule_id = excluded.rule_id, seq = excluded.seq, text = excluded.text
-- name: rule_memory_drop
DELETE FROM rule_memory WHERE code = $1 AND case_no = $2 AND place_key = $3
-- name: rule_cursor_get
SELECT seq FROM rule_cursor WHERE id = 1
-- name: rule_cursor_set
INSERT INTO rule_cursor (id, seq) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq
-- name: rule_events
SELECT seq, at, type, school_id, subject_id, data FROM journal WHERE seq > $1 ORDER BY seq
-- name: rule_events_some
SELECT seq, at, type, school_id, subject_id, data FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2
-- name: rule_event_at
SELECT at FROM journal WHERE seq >= $1 ORDER BY seq LIMIT 1
-- name: rule_evidence
SELECT j.seq, j.at AS happened_at, j.type, j.school_id, j.subject_id, j.data AS data_json FROM journal j WHERE j.seq = $1
-- name: rule_schools
SELECT id, name, county, kind, lon, lat, boarders FROM school WHERE state = 'open' ORDER BY id
-- name: rule_hit_there
SELECT id, step FROM rule_hit WHERE code = $1 AND case_no = $2 AND place_key = $3 AND episode = $4 AND drill = $5
-- name: rule_hit_add
INSERT INTO rule_hit (id, code, rule_id, case_no, case_name, place_key, episode, drill, school_id, severity, receiver, step, state, quiet, hidden_by, count, zh, en, evidence, score, reasons, raised_at, draft)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
-- name: rule_hit_step
UPDATE rule_hit SET step = $1, severity = $2, receiver = $3, quiet = $4, stepped_at = $5, version = version + 1 WHERE id = $6
-- name: rule_hit_incident
UPDATE rule_hit SET incident_id = $1 WHERE id = $2
-- name: rule_hit_clear
UPDATE rule_hit SET state = 'cleared', cleared_at = $1, count = $2, version = version + 1 WHERE id = $3 AND state <> 'cleared'
-- name: rule_hit_ack
UPDATE rule_hit SET state = 'acked', acked_by = $1, acked_at = $2, note = $3, version = version + 1 WHERE id = $4 AND state = 'open'
-- name: rule_hit_get
SELECT h.id, h.code, h.rule_id, r.edition, r.zh AS rule_zh, r.en AS rule_en, h.case_name, h.place_key, h.drill AS drill_flag, h.school_id, s.name AS school, s.county, h.severity, h.receiver, h.draft, h.step, h.state, h.quiet, h.hidden_by, h.count, h.zh, h.en,
 h.evidence AS evidence_json, CASE WHEN i.on_scene_at IS NOT NULL THEN 4 WHEN i.confirmed_at IS NOT NULL THEN 3 ELSE h.score END AS score, h.reasons AS reasons_json, h.incident_id, i.state AS incident_state,
 h.raised_at, h.stepped_at, h.cleared_at, h.acked_by, p.full_name AS acker, h.acked_at, h.note, h.version
FROM rule_hit h LEFT JOIN rule r ON r.id = h.rule_id LEFT JOIN school s ON s.id = h.school_id LEFT JOIN incident i ON i.id = h.incident_id LEFT JOIN person p ON p.id = h.acked_by WHERE h.id = $1
-- name: rule_hit_list
SELECT h.id, h.code, h.rule_id, r.edition, r.zh AS rule_zh, r.en AS rule_en, h.case_name, h.place_key, h.drill AS drill_flag, h.school_id, s.name AS school, s.county, h.severity, h.receiver, h.draft, h.step, h.state, h.quiet, h.hidden_by, h.count, h.zh, h.en,
 h.evidence AS evidence_json, CASE WHEN i.on_scene_at IS NOT NULL THEN 4 WHEN i.confirmed_at IS NOT NULL THEN 3 ELSE h.score END AS score, h.reasons AS reasons_json, h.incident_id, i.state AS incident_state,
 h.raised_at, h.stepped_at, h.cleared_at, h.acked_by, p.full_name AS acker, h.acked_at, h.note, h.version
FROM rule_hit h LEFT JOIN rule r ON r.id = h.rule_id LEFT JOIN school s ON s.id = h.school_id LEFT JOIN incident i ON i.id = h.incident_id LEFT JOIN person p ON p.id = h.acked_by
WHERE h.id < $1 AND ($2 = '' OR h.state = $2 OR ($2 = 'standing' AND h.state IN ('open', 'acked'))) AND ($3 = '' OR h.code = $3) AND ($4 = 0 OR h.school_id = $4) AND ($5 = 0 OR h.incident_id = $5) AND ($6 = 1 OR h.quiet = '')
 AND ($7 = 1 OR h.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $8 AND ps.permission = 'warning.read'))
ORDER BY h.id DESC LIMIT $9
-- name: rule_hit_healthy
SELECT p.id FROM panel p WHERE p.school_id = $1 AND p.line <> 'lost'
 AND EXISTS (SELECT 1 FROM (SELECT g.received_at, g.class, g.test FROM signal g WHERE g.account = p.account ORDER BY g.seq DESC LIMIT 300) l WHERE l.received_at >= $2 AND (l.class = 'test' OR l.test = 1)) LIMIT 1
-- name: rule_shelf_add
INSERT INTO rule_shelf (id, code, school_id, owner_id, reason, until_at) VALUES ($1, $2, $3, $4, $5, $6)
-- name: rule_shelf_for
SELECT id FROM rule_shelf WHERE code = $1 AND (school_id IS NULL OR school_id = $2) AND until_at > $3 AND ended_at IS NULL LIMIT 1
-- name: rule_shelf_get
SELECT f.id, f.code, f.school_id, s.name AS school, f.owner_id, p.full_name AS owner, f.reason, f.until_at, f.ended_at FROM rule_shelf f LEFT JOIN school s ON s.id = f.school_id JOIN person p ON p.id = f.owner_id WHERE f.id = $1
-- name: rule_shelf_list
SELECT f.id, f.code, f.school_id, s.name AS school, f.owner_id, p.full_name AS owner, f.reason, f.until_at, f.ended_at FROM rule_shelf f LEFT JOIN school s ON s.id = f.school_id JOIN person p ON p.id = f.owner_id
WHERE f.until_at > $1 AND f.ended_at IS NULL ORDER BY f.until_at
-- name: rule_shelf_end
UPDATE rule_shelf SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL
-- name: feed_post
SELECT d.school_id, d.post_id, d.begins_at, min(coalesce(w.full_name, '')) AS person
FROM duty_live d JOIN school s ON s.id = d.school_id LEFT JOIN person w ON w.id = d.person_id
WHERE d.begins_at >= $1 AND d.begins_at < $2 AND d.state <> 'cancelled'
 AND ($3 = 1 OR s.county IN (SELECT cs.county FROM checkin c JOIN duty cd ON cd.id = c.duty_id JOIN school cs ON cs.id = cd.school_id WHERE c.received_at > $4))
GROUP BY d.school_id, d.post_id, d.begins_at HAVING $3 = 1 OR sum(CASE WHEN d.state IN ('arrived', 'on_duty', 'relieved') THEN 1 ELSE 0 END) = 0
-- name: feed_duty
SELECT d.school_id, d.id AS subject_id, d.post_id, d.begins_at, coalesce(w.full_name, '') AS person
FROM duty_live d JOIN school s ON s.id = d.school_id LEFT JOIN person w ON w.id = d.person_id
WHERE d.begins_at >= $1 AND d.begins_at < $2 AND d.state <> 'cancelled' AND ($3 = 1 OR d.state IN ('planned', 'acknowledged', 'en_route'))
 AND ($3 = 1 OR s.county IN (SELECT cs.county FROM checkin c JOIN duty cd ON cd.id = c.duty_id JOIN school cs ON cs.id = cd.school_id WHERE c.received_at > $4))
-- name: feed_trip
SELECT t.school_id, t.id AS subject_id, v.plate, t.due_at FROM trip t JOIN vehicle v ON v.id = t.vehicle_id WHERE t.due_at >= $1 AND t.due_at < $2 AND ($3 = 1 OR t.state = 'planned')
-- name: feed_test
SELECT p.school_id, p.id AS panel_id, p.account, 'test' AS class, t.last_at FROM panel p
 JOIN (SELECT g.account, max(g.received_at) AS last_at FROM signal g WHERE g.seq > (SELECT coalesce(max(x.seq), 0) - 2000000 FROM signal x) AND (g.class = 'test' OR g.test = 1) GROUP BY g.account) t ON t.account = p.account WHERE p.state = 'active'
-- name: feed_drill
SELECT d.school_id, max(d.date) AS last_day FROM drill d JOIN school s ON s.id = d.school_id WHERE d.state = 'closed' AND s.state = 'open' AND d.date >= $1 GROUP BY d.school_id
-- name: feed_rounds
SELECT p.school_id, sum(CASE WHEN p.state = 'done' THEN 1 ELSE 0 END) AS rounds FROM patrol p WHERE p.begins_at >= $1 AND p.begins_at < $2 AND p.state <> 'excused' GROUP BY p.school_id
-- name: feed_lessons
SELECT s.id AS school_id, 0 AS lessons FROM school s WHERE s.state = 'open' AND s.kind <> 'kindergarten'
 AND NOT EXISTS (SELECT 1 FROM lesson l WHERE l.school_id = s.id AND l.state = 'ended' AND l.date >= $1)
-- name: feed_unreachable
SELECT d.school_id, d.person_id, w.full_name AS person FROM duty_live d JOIN school s ON s.id = d.school_id JOIN person w ON w.id = d.person_id
WHERE d.begins_at >= $1 AND d.begins_at < $2 AND d.state = 'planned'
 AND s.county IN (SELECT cs.county FROM checkin c JOIN duty cd ON cd.id = c.duty_id JOIN school cs ON cs.id = cd.school_id WHERE c.received_at > $3)
 AND NOT EXISTS (SELECT 1 FROM checkin c WHERE c.person_id = d.person_id AND c.device_at > $4)
 AND NOT EXISTS (SELECT 1 FROM footprint f WHERE f.person_id = d.person_id AND f.at > $4)
 AND NOT EXISTS (SELECT 1 FROM delivery y WHERE y.person_id = d.person_id AND y.receipt_at > $4)
-- name: feed_units
SELECT kind, lon, lat FROM unit WHERE status IN ('available', 'patrol') AND kind IN ('police_car', 'foot', 'special')
-- name: load_bins
SELECT (opened_at - $1) / 600000 AS bin, count(*) AS n, sum(CASE WHEN severity = 1 THEN 1 ELSE 0 END) AS p1 FROM incident WHERE opened_at >= $1 AND drill = 0 AND ($2 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'warning.read')) GROUP BY bin ORDER BY bin
-- name: load_floods
SELECT h.id, h.place_key AS county, h.raised_at, h.cleared_at, h.count FROM rule_hit h WHERE h.code = 'EW-35' AND h.drill = 0 AND (h.cleared_at IS NULL OR h.cleared_at >= $1)
 AND ($2 = 1 OR h.place_key IN (SELECT s.county FROM school s JOIN person_school ps ON ps.school_id = s.id WHERE ps.person_id = $3 AND ps.permission = 'warning.read')) ORDER BY h.id DESC LIMIT 100
-- name: load_sources
SELECT a.source, max(a.place) AS place, a.school_id, max(s.name) AS school, max(a.class) AS class, sum(a.count) AS signals, count(*) AS alarms, sum(CASE WHEN a.state = 'false' THEN 1 ELSE 0 END) AS mistaken
FROM alarm a LEFT JOIN school s ON s.id = a.school_id WHERE a.first_at >= $1 AND a.kind = 'alarm' AND a.drill = 0 AND a.state <> 'test'
 AND ($2 = 1 OR a.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'warning.read')) GROUP BY a.source, a.school_id ORDER BY signals DESC, a.source LIMIT 10
-- name: load_chattering
SELECT a.id, a.source, a.place, a.school_id, s.name AS school, a.class, a.count, a.last_at FROM alarm a LEFT JOIN school s ON s.id = a.school_id WHERE a.chattering = 1 AND a.last_at >= $1
 AND ($2 = 1 OR a.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'warning.read')) ORDER BY a.last_at DESC LIMIT 50
-- name: load_stale
SELECT i.id, i.title, i.title_en, i.severity, i.state, i.school_id, s.name AS school, i.opened_at FROM incident i LEFT JOIN school s ON s.id = i.school_id
WHERE i.opened_at < $1 AND i.drill = 0 AND i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')
 AND ($2 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'warning.read')) ORDER BY i.opened_at LIMIT 50
-- name: load_budget
SELECT (SELECT count(*) FROM school WHERE state = 'open' AND ($1 = 1 OR id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'warning.read'))) AS schools,
 (SELECT count(*) FROM incident WHERE opened_at >= $3 AND drill = 0 AND ($1 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'warning.read'))) AS incidents,
 (SELECT count(*) FROM rule_hit WHERE raised_at >= $3 AND drill = 0 AND quiet = '' AND receiver IN ('desk', 'commander') AND incident_id IS NULL AND ($1 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'warning.read'))) AS warnings
-- name: confidence_list
SELECT i.id AS incident_id, i.source, i.confirmed_at, i.on_scene_at,
 (SELECT count(DISTINCT a.source) FROM alarm a WHERE a.incident_id = i.id AND a.first_at <= i.opened_at + 60000 AND a.state <> 'test') AS sources,
 (SELECT coalesce(max(h.score), 0) FROM rule_hit h WHERE h.incident_id = i.id) AS score, (SELECT count(*) FROM rule_hit h WHERE h.incident_id = i.id) AS warnings,
 CASE WHEN EXISTS (SELECT 1 FROM panel p WHERE p.school_id = i.school_id AND p.line <> 'lost'
  AND EXISTS (SELECT 1 FROM (SELECT g.received_at, g.class, g.test FROM signal g WHERE g.account = p.account ORDER BY g.seq DESC LIMIT 300) l WHERE l.received_at >= $1 AND (l.class = 'test' OR l.test = 1))) THEN 1 ELSE 0 END AS healthy_flag
FROM incident i WHERE i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')
 AND ($2 = 1 OR i.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'incident.read')) ORDER BY i.id DESC LIMIT 500
-- name: proof_panels
SELECT p.id, p.school_id, s.name AS school, s.county, p.account, p.line, p.line_changed_at,
 (SELECT g.received_at FROM signal g WHERE g.account = p.account AND (g.class = 'test' OR g.test = 1) ORDER BY g.seq DESC LIMIT 1) AS tested_at
FROM panel p JOIN school s ON s.id = p.school_id WHERE p.state = 'active' AND s.state = 'open' AND ($1 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'warning.read')) ORDER BY s.county, s.id
-- name: proof_recorders
SELECT r.id, r.school_id, s.name AS school, s.county, r.code AS account, r.line, r.line_changed_at FROM recorder r JOIN school s ON s.id = r.school_id WHERE r.state = 'active' AND r.vehicle_id IS NULL AND s.state = 'open'
 AND ($1 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'warning.read')) ORDER BY s.county, s.id
-- name: proof_receivers
SELECT r.id, r.name, r.county, r.level, r.channels,
 (SELECT max(d.receipt_at) FROM delivery d WHERE d.receiver_id = r.id AND d.state IN ('received', 'acked')) AS receipt_at, (SELECT max(d.sent_at) FROM delivery d WHERE d.receiver_id = r.id) AS sent_at
FROM receiver r WHERE r.state = 'active'
 AND (r.county = '' OR $1 = 1 OR r.county IN (SELECT s.county FROM school s JOIN person_school ps ON ps.school_id = s.id WHERE ps.person_id = $2 AND ps.permission = 'warning.read')) ORDER BY r.level, r.id
-- name: proof_gateways
SELECT g.id, g.kind, g.name, (SELECT max(d.sent_at) FROM delivery d WHERE d.gateway_id = g.id AND d.state IN ('sent', 'received', 'acked')) AS good_at,
 (SELECT max(d.due_at) FROM delivery d WHERE d.gateway_id = g.id AND d.state = 'failed') AS failed_at FROM gateway g WHERE g.state = 'active' ORDER BY g.kind, g.id
-- name: proof_outputs
SELECT o.school_id, s.name AS school, s.county, o.name, (SELECT max(k.effect_at) FROM command k WHERE k.output_id = o.id AND k.state = 'confirmed') AS acted_at, l.state AS last_state, l.asked_at
FROM output o JOIN school s ON s.id = o.school_id LEFT JOIN command l ON l.id = (SELECT max(x.id) FROM command x WHERE x.output_id = o.id AND x.state <> 'cancelled') WHERE o.state = 'active'
 AND ($1 = 1 OR o.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'warning.read')) ORDER BY o.school_id, o.id
-- name: proof_centres
SELECT a.name, a.line, a.line_changed_at, (SELECT count(*) FROM arc_signal x WHERE x.arc_id = a.id AND x.state IN ('refused', 'late') AND x.told_at > $1) AS missed FROM arc a WHERE a.state = 'active'
UNION ALL SELECT u.name, u.line, u.line_changed_at, (SELECT count(*) FROM upper_alarm x WHERE x.upper_id = u.id AND x.state = 'late' AND x.made_at > $1) FROM upper u WHERE u.state = 'active'
-- name: proof_add
INSERT INTO proof (id, at, checked, failing, items) VALUES ($1, $2, $3, $4, $5)
-- name: proof_last
SELECT id, at AS made_at, checked, failing, items AS items_json FROM proof ORDER BY id DESC LIMIT 1
-- name: proof_list
SELECT id, at AS made_at, checked, failing FROM proof ORDER BY id DESC LIMIT 60
