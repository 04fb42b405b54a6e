-- name: drill_add
INSERT INTO drill (id, school_id, kind, title, date, demo) VALUES ($1, $2, $3, $4, $5, $6)
-- name: drill_get
SELECT * FROM drill_full WHERE id = $1
-- name: drill_list
SELECT * FROM drill_full WHERE date >= $1 AND date <= $2 AND ($3 = 0 OR school_id = $3) AND ($4 = '' OR county = $4) AND ($5 = '' OR state = $5)
 AND ($6 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $7 AND ps.permission = 'drill.read')) ORDER BY date DESC, id DESC LIMIT $8
-- name: drill_close
UPDATE drill SET state = 'closed', guided = $1, participants = $2, evacuated_s = $3, rating = $4, timeline = $5, evaluation = $6, injured = $7, faults = $8, closed_at = $9, version = version + 1 WHERE id = $10
-- name: drill_cancel
UPDATE drill SET state = 'cancelled', reason = $1, void_at = $2, version = version + 1 WHERE id = $3
-- name: drill_review
UPDATE drill SET reviewed_by = $1, reviewed_at = $2, version = version + 1 WHERE id = $3 AND reviewed_at IS NULL
-- name: drill_due
SELECT s.id, s.name, s.county, s.kind, coalesce(c.months, 1) AS months, coalesce(c.off_months, '') AS off_months,
 coalesce((SELECT max(d.date) FROM drill d WHERE d.school_id = s.id AND d.state = 'closed' AND d.date <= $1), '') AS last,
 coalesce((SELECT min(d.date) FROM drill d WHERE d.school_id = s.id AND d.state = 'planned' AND d.date >= $1), '') AS planned
 FROM school s LEFT JOIN drill_cadence c ON c.school_kind = s.kind WHERE s.state = 'open' AND ($2 = '' OR s.county = $2)
 AND ($3 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'drill.read')) ORDER BY s.id
-- name: drill_cadence_list
SELECT school_kind, months, off_months FROM drill_cadence ORDER BY school_kind
-- name: drill_cadence_set
INSERT INTO drill_cadence (school_kind, months, off_months) VALUES ($1, $2, $3) ON CONFLICT (school_kind) DO UPDATE SET months = excluded.months, off_months = excluded.off_months
-- name: drill_action_add
INSERT INTO drill_action (id, drill_id, text, owner, due_date) VALUES ($1, $2, $3, $4, $5)
-- name: drill_action_list
SELECT id, text, owner, due_date, state, note FROM drill_action WHERE drill_id = $1 ORDER BY id
-- name: drill_action_settle
UPDATE drill_action SET state = $1, note = $2 WHERE id = $3 AND drill_id = $4 AND state = 'open'
-- name: run_set
INSERT INTO drill_run (drill_id, school_id, begins, announced, scenario, assembly, prohibited, fallback, stop_word, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (drill_id) DO UPDATE SET state = 'draft', begins = excluded.begins, announced = excluded.announced, scenario = excluded.scenario, assembly = excluded.assembly, prohibited = excluded.prohibited,
 fallback = excluded.fallback, stop_word = excluded.stop_word, written_by = excluded.written_by, written_at = excluded.written_at, approved_by = NULL, approved_at = NULL
-- name: run_get
SELECT r.drill_id, r.school_id, r.state, r.begins, r.announced AS announced_flag, r.scenario, r.assembly, r.prohibited, r.fallback, r.stop_word, w.full_name AS written_person, r.written_by, r.written_at, a.full_name AS approved_person, r.approved_at,
 s.full_name AS started_person, r.started_at, e.full_name AS ended_person, r.ended_at, r.end_reason, r.incident_id
FROM drill_run r JOIN person w ON w.id = r.written_by LEFT JOIN person a ON a.id = r.approved_by LEFT JOIN person s ON s.id = r.started_by LEFT JOIN person e ON e.id = r.ended_by WHERE r.drill_id = $1
-- name: run_approve
UPDATE drill_run SET state = 'approved', approved_by = $1, approved_at = $2 WHERE drill_id = $3
-- name: run_start
UPDATE drill_run SET state = 'running', started_by = $1, started_at = $2 WHERE drill_id = $3
-- name: run_end
UPDATE drill_run SET state = $1, ended_by = $2, ended_at = $3, end_reason = $4 WHERE drill_id = $5
-- name: run_at_school
SELECT drill_id FROM drill_run WHERE school_id = $1 AND state = 'running'
-- name: run_incident_set
UPDATE drill_run SET incident_id = $1 WHERE drill_id = $2 AND incident_id IS NULL
-- name: run_grave_incident
SELECT id FROM incident WHERE school_id = $1 AND drill = 0 AND severity <= 2 AND state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene') ORDER BY id DESC LIMIT 1
-- name: run_mine
SELECT d.id, d.school, d.school_id, d.title, d.kind, d.date, d.begins, d.run, d.started_at, d.ended_at, d.incident_id FROM drill_full d JOIN drill_run r ON r.drill_id = d.id WHERE d.state = 'planned' AND (
 (EXISTS (SELECT 1 FROM drill_role o WHERE o.drill_id = d.id AND o.person_id = $1) AND (r.state = 'running' OR (r.state = 'approved' AND d.date = $2) OR (r.state IN ('ended', 'stopped', 'frozen') AND r.ended_at > $3)))
 OR (r.state = 'running' AND d.school_id IN (SELECT t.school_id FROM member m JOIN team t ON t.id = m.team_id WHERE m.person_id = $1 AND m.to_date = ''))) ORDER BY d.id DESC LIMIT 20
-- name: run_has_part
SELECT (SELECT count(*) FROM drill_role o WHERE o.drill_id = $1 AND o.person_id = $2) + (SELECT count(*) FROM member m JOIN team t ON t.id = m.team_id JOIN drill d ON d.school_id = t.school_id WHERE d.id = $1 AND m.person_id = $2 AND m.to_date = '') AS parts
-- name: drill_role_drop
DELETE FROM drill_role WHERE drill_id = $1
-- name: drill_role_add
INSERT INTO drill_role (id, drill_id, role, name, person_id) VALUES ($1, $2, $3, $4, $5)
-- name: drill_role_list
SELECT o.id, o.role, o.name, o.person_id, p.full_name AS person FROM drill_role o LEFT JOIN person p ON p.id = o.person_id WHERE o.drill_id = $1 ORDER BY o.id
-- name: drill_role_of
SELECT role, name FROM drill_role WHERE drill_id = $1 AND person_id = $2 ORDER BY id
-- name: objective_drop
DELETE FROM drill_objective WHERE drill_id = $1
-- name: objective_add
INSERT INTO drill_objective (id, drill_id, text, step, limit_s) VALUES ($1, $2, $3, $4, $5)
-- name: objective_list
SELECT id, text, step, limit_s, rating, evidence FROM drill_objective WHERE drill_id = $1 ORDER BY id
-- name: objective_rate
UPDATE drill_objective SET rating = $1, evidence = $2 WHERE id = $3 AND drill_id = $4
-- name: inject_drop
DELETE FROM drill_inject WHERE drill_id = $1
-- name: inject_add
INSERT INTO drill_inject (id, drill_id, at_s, kind, text, role, class, x, y, account, zone) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: inject_list
SELECT id, at_s, kind, text, role, class, x, y, account, zone, state, done_at FROM drill_inject WHERE drill_id = $1 ORDER BY at_s, id
-- name: inject_get
SELECT i.id, i.drill_id, r.school_id, r.incident_id, i.at_s, i.kind, i.text, i.role, i.class, i.x, i.y, i.account, i.zone, i.state, i.done_at FROM drill_inject i JOIN drill_run r ON r.drill_id = i.drill_id WHERE i.id = $1
-- name: inject_panel
SELECT p.id, coalesce(pp.partition_no, '') FROM panel p LEFT JOIN panel_place pp ON pp.panel_id = p.id AND pp.zone = $1 WHERE p.account = $2 AND p.school_id = $3 ORDER BY pp.partition_no LIMIT 1
-- name: inject_done
UPDATE drill_inject SET state = $1, done_at = $2 WHERE id = $3 AND state = 'waiting'
-- name: inject_skip_rest
UPDATE drill_inject SET state = 'skipped', done_at = $1 WHERE drill_id = $2 AND state = 'waiting'
-- name: drill_events
SELECT j.seq, j.at AS happened_at, j.type, j.school_id, j.subject_id, j.person_id, p.full_name AS person, j.data AS data_json
FROM journal j LEFT JOIN person p ON p.id = j.person_id WHERE j.subject_id = $1 OR j.subject_id = $2 ORDER BY j.seq LIMIT 2000
-- name: drill_file_add
INSERT INTO drill_file (id, drill_id, type, bytes, sha256, person_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: drill_file_list
SELECT f.id, f.type, f.sha256, p.full_name AS person, f.at AS added_at FROM drill_file f JOIN person p ON p.id = f.person_id WHERE f.drill_id = $1 ORDER BY f.id
-- name: drill_file_count
SELECT count(*) AS n FROM drill_file WHERE drill_id = $1
-- name: drill_file_get
SELECT type, bytes FROM drill_file WHERE id = $1 AND drill_id = $2
-- name: drill_task_of
SELECT who, incident_id FROM task WHERE id = $1
-- name: drill_tasks
SELECT id, incident_id, version_id, step, position, who, text, limit_s, state, ready_at, due_at, ended_at, answer, reason, overdue AS overdue_flag, branch AS branch_json, command FROM task WHERE incident_id = $1 ORDER BY position
-- name: drill_plan_name
SELECT p.name, v.number FROM plan_version v JOIN plan p ON p.id = v.plan_id WHERE v.id = $1
-- name: drill_people
SELECT DISTINCT p.id, p.full_name, o.name AS org FROM person p LEFT JOIN org o ON o.id = p.org_id JOIN school s ON s.id = $1
WHERE p.state = 'active' AND (p.id IN (SELECT m.person_id FROM member m JOIN team t ON t.id = m.team_id WHERE t.school_id = s.id AND m.to_date = '')
 OR p.id IN (SELECT g.person_id FROM person_grant g JOIN org h ON h.id = g.org_id JOIN org q ON q.id = s.police_org_id OR q.id = s.edu_org_id WHERE substr(q.path, 1, length(h.path)) = h.path AND h.kind <> 'prefecture')) ORDER BY p.full_name, p.id LIMIT 500
