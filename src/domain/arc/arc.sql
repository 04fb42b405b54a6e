-- name: arc_add
INSERT INTO arc (id, name, address, account, key_sealed, keyed, token, receiver, line_number, supervision_s, severity, names) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
-- name: arc_set
UPDATE arc SET name = coalesce($1, name), address = coalesce($2, address), account = coalesce($3, account), token = coalesce($4, token), receiver = coalesce($5, receiver), line_number = coalesce($6, line_number), state = coalesce($7, state),
 supervision_s = $8, severity = $9, names = $10, version = version + 1 WHERE id = $11
-- name: arc_key
UPDATE arc SET key_sealed = $1, keyed = $2 WHERE id = $3
-- name: arc_line
UPDATE arc SET line = $1, line_reason = $2, line_changed_at = $3 WHERE id = $4
-- name: arc_get
SELECT a.id, a.name, a.address, a.account, a.keyed AS keyed_flag, a.token, a.receiver, a.line_number, a.supervision_s, a.severity, a.names AS names_flag, a.state, a.line, a.line_reason, a.line_changed_at,
 (SELECT count(*) FROM arc_school x WHERE x.arc_id = a.id) AS schools, (SELECT count(*) FROM arc_signal x WHERE x.arc_id = a.id AND x.state = 'waiting') AS waiting,
 (SELECT count(*) FROM arc_signal x WHERE x.arc_id = a.id AND x.state IN ('refused', 'late')) AS missed, (SELECT max(x.told_at) FROM arc_signal x WHERE x.arc_id = a.id AND x.state = 'told') AS told_at, a.version FROM arc a WHERE a.id = $1
-- name: arc_list
SELECT a.id, a.name, a.address, a.account, a.keyed AS keyed_flag, a.token, a.receiver, a.line_number, a.supervision_s, a.severity, a.names AS names_flag, a.state, a.line, a.line_reason, a.line_changed_at,
 (SELECT count(*) FROM arc_school x WHERE x.arc_id = a.id) AS schools, (SELECT count(*) FROM arc_signal x WHERE x.arc_id = a.id AND x.state = 'waiting') AS waiting,
 (SELECT count(*) FROM arc_signal x WHERE x.arc_id = a.id AND x.state IN ('refused', 'late')) AS missed, (SELECT max(x.told_at) FROM arc_signal x WHERE x.arc_id = a.id AND x.state = 'told') AS told_at, a.version FROM arc a ORDER BY a.id
-- name: arc_any
SELECT id FROM arc WHERE state = 'active' LIMIT 1
-- name: arc_all
SELECT id, address, account, key_sealed, token, receiver, line_number, supervision_s, state FROM arc WHERE $1 = 0 OR id = $1 ORDER BY id
-- name: arc_candidates
SELECT s.id, s.code, coalesce(x.account, '') FROM school s LEFT JOIN arc_school x ON x.arc_id = $1 AND x.school_id = s.id WHERE ($2 = 0 OR s.id = $2) AND ($3 = '' OR s.county = $3) ORDER BY s.id
-- name: arc_school_add
INSERT INTO arc_school (arc_id, school_id, account) VALUES ($1, $2, $3)
-- name: arc_school_account
UPDATE arc_school SET account = $1 WHERE arc_id = $2 AND school_id = $3
-- name: arc_school_drop
DELETE FROM arc_school WHERE arc_id = $1 AND school_id = $2
-- name: arc_school_list
SELECT s.id AS school_id, s.code, s.name AS school, s.county, x.account FROM arc_school x JOIN school s ON s.id = x.school_id WHERE x.arc_id = $1 AND s.id > $2 AND ($3 = 0 OR s.id = $3) ORDER BY s.id LIMIT $4
-- name: arc_signal_add
INSERT INTO arc_signal (arc_id, seq, alarm_id, account, what, made_at, until_at) SELECT a.id, $1, $2, x.account, 'alarm', $3, $4 FROM arc a JOIN arc_school x ON x.arc_id = a.id
WHERE x.school_id = $5 AND a.state = 'active' AND a.severity >= $6 ON CONFLICT DO NOTHING
-- name: arc_signal_end
INSERT INTO arc_signal (arc_id, seq, alarm_id, account, what, made_at, until_at) SELECT a.id, $1, x.alarm_id, x.account, 'restore', $2, $3 FROM arc a
JOIN (SELECT DISTINCT arc_id, alarm_id, account FROM arc_signal WHERE alarm_id = $4 AND what = 'alarm') x ON x.arc_id = a.id WHERE a.state = 'active' ON CONFLICT DO NOTHING
-- name: arc_signal_next
SELECT x.seq, x.account, x.what, x.made_at, m.class, m.source, m.place, s.name, a.names FROM arc_signal x JOIN arc a ON a.id = x.arc_id JOIN alarm m ON m.id = x.alarm_id JOIN school s ON s.id = m.school_id
WHERE x.arc_id = $1 AND x.state = 'waiting' AND x.seq > $2 ORDER BY x.seq LIMIT 1
-- name: arc_signal_told
UPDATE arc_signal SET state = $1, told_at = $2 WHERE arc_id = $3 AND seq = $4 AND state = 'waiting'
-- name: arc_signal_late
UPDATE arc_signal SET state = 'late', told_at = $1 WHERE state = 'waiting' AND until_at < $1
-- name: arc_signal_again
UPDATE arc_signal SET state = 'waiting', told_at = NULL, until_at = $1 WHERE arc_id = $2 AND state IN ('refused', 'late')
-- name: arc_signal_list
SELECT x.seq, x.account, x.what, x.made_at, x.state, x.told_at, m.class, m.place, m.incident_id, s.id AS school_id, s.name AS school FROM arc_signal x JOIN alarm m ON m.id = x.alarm_id JOIN school s ON s.id = m.school_id
WHERE x.arc_id = $1 AND ($2 = '' OR x.state = $2) ORDER BY x.seq DESC LIMIT $3
