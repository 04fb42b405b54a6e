-- name: plan_add
INSERT INTO plan (id, school_id, name, demo) VALUES ($1, $2, $3, $4)
-- name: plan_named
SELECT id FROM plan WHERE name = $1 AND school_id IS NULL
-- name: plan_version_add
INSERT INTO plan_version (id, plan_id, number, text, classes, author_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: plan_version_next
SELECT coalesce(max(number), 0) + 1 AS next FROM plan_version WHERE plan_id = $1
-- name: plan_sign_school
UPDATE plan_version SET school_signed_by = $1, school_signed_at = $2 WHERE id = $3 AND school_signed_at IS NULL
-- name: plan_sign_police
UPDATE plan_version SET police_signed_by = $1, police_signed_at = $2 WHERE id = $3 AND police_signed_at IS NULL
-- name: plan_version_get
SELECT v.id, v.plan_id, p.school_id, s.name AS school, p.name, v.number, v.text, v.classes, v.author_id, v.made_at, v.school_signed_by, v.school_signed_at, v.police_signed_by, v.police_signed_at
FROM plan_version v JOIN plan p ON p.id = v.plan_id LEFT JOIN school s ON s.id = p.school_id WHERE v.id = $1
-- name: plan_list
SELECT v.id, v.plan_id, p.school_id, s.name AS school, p.name, v.number, v.classes, v.made_at, v.school_signed_at, v.police_signed_at
FROM plan p JOIN plan_version v ON v.plan_id = p.id LEFT JOIN school s ON s.id = p.school_id
WHERE v.number = (SELECT max(w.number) FROM plan_version w WHERE w.plan_id = p.id) AND ($1 = 0 OR p.school_id = $1 OR p.school_id IS NULL)
ORDER BY CASE WHEN p.school_id IS NULL THEN 1 ELSE 0 END, p.id LIMIT 500
-- name: plan_versions
SELECT id, number, made_at, school_signed_at, police_signed_at FROM plan_version WHERE plan_id = $1 ORDER BY number DESC
-- name: plan_school_of
SELECT coalesce(school_id, 0) AS school FROM plan WHERE id = $1
-- name: plan_choose
SELECT v.id, v.text FROM plan p JOIN plan_version v ON v.plan_id = p.id
WHERE (p.school_id = $1 OR p.school_id IS NULL) AND v.police_signed_at IS NOT NULL AND v.school_signed_at IS NOT NULL AND v.classes LIKE $2
ORDER BY CASE WHEN p.school_id IS NULL THEN 1 ELSE 0 END, v.number DESC LIMIT 1
-- name: task_add
INSERT INTO task (id, incident_id, version_id, step, position, who, text, limit_s, after, branch, command, state, ready_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
-- name: task_of_incident
SELECT id, incident_id, version_id, step, position, who, text, limit_s, after, branch AS branch_json, command, state, ready_at, due_at, ended_at, ended_by, answer, reason, overdue AS overdue_flag, version
FROM task WHERE incident_id = $1 ORDER BY position
-- name: task_get
SELECT t.id, t.incident_id, i.school_id, t.version_id, t.step, t.position, t.who, t.text, t.limit_s, t.after, t.branch AS branch_json, t.command, t.state, t.ready_at, t.due_at, t.ended_at,
 t.ended_by, t.answer, t.reason, t.overdue AS overdue_flag, t.version FROM task t JOIN incident i ON i.id = t.incident_id WHERE t.id = $1
-- name: task_end
UPDATE task SET state = $1, ended_at = $2, ended_by = $3, answer = $4, reason = $5, version = version + 1 WHERE id = $6 AND state IN ('ready', 'sent', 'accepted', 'waiting')
-- name: task_accept
UPDATE task SET state = 'accepted', version = version + 1 WHERE id = $1 AND state IN ('ready', 'sent')
-- name: task_ready
UPDATE task SET state = 'ready', ready_at = $1, due_at = $2, version = version + 1 WHERE id = $3 AND state = 'waiting'
-- name: task_overdue
UPDATE task SET overdue = 1, version = version + 1 WHERE id = $1 AND state IN ('ready', 'sent', 'accepted')
-- name: task_skip_rest
UPDATE task SET state = 'skipped', reason = $1, ended_at = $2, version = version + 1 WHERE incident_id = $3 AND state IN ('waiting', 'ready', 'sent', 'accepted')
-- name: task_clock_step
UPDATE task SET due_at = due_at + $1 WHERE state = 'ready' AND due_at IS NOT NULL
