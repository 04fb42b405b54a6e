-- name: child_add
INSERT INTO child (id, name, secret_sealed, made_at) VALUES ($1, $2, $3, $4)
-- name: child_set
UPDATE child SET state = $1, secret_sealed = coalesce($2, secret_sealed), mutual = $3, version = version + 1 WHERE id = $4
-- name: child_secret
SELECT secret_sealed, seq, mutual FROM child WHERE id = $1 AND state = 'active'
-- name: child_get
SELECT c.id, c.name, c.seq, c.told_at, c.heard_at, c.state, CASE WHEN c.secret_sealed IS NULL THEN 0 ELSE 1 END AS joined_flag, c.mutual AS mutual_flag, c.made_at, c.version,
 (SELECT count(*) FROM child_incident i WHERE i.child_id = c.id AND i.drill = 0 AND i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')) AS standing,
 (SELECT count(*) FROM child_incident i WHERE i.child_id = c.id AND i.drill = 0 AND i.severity = 1 AND i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')) AS gravest
FROM child c WHERE c.id = $1
-- name: child_list
SELECT c.id, c.name, c.seq, c.told_at, c.heard_at, c.state, CASE WHEN c.secret_sealed IS NULL THEN 0 ELSE 1 END AS joined_flag, c.mutual AS mutual_flag, c.made_at, c.version,
 (SELECT count(*) FROM child_incident i WHERE i.child_id = c.id AND i.drill = 0 AND i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')) AS standing,
 (SELECT count(*) FROM child_incident i WHERE i.child_id = c.id AND i.drill = 0 AND i.severity = 1 AND i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')) AS gravest
FROM child c ORDER BY c.name
-- name: child_heard
UPDATE child SET seq = CASE WHEN $1 > seq THEN $1 ELSE seq END, told_at = coalesce($2, told_at), heard_at = $3 WHERE id = $4
-- name: child_incident_put
INSERT INTO child_incident (child_id, incident_id, seq, title, school, county, severity, state, drill, lon, lat, opened_at, changed_at, record)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (child_id, incident_id) DO UPDATE SET seq = excluded.seq, title = excluded.title, school = excluded.school, county = excluded.county, severity = excluded.severity, state = excluded.state, drill = excluded.drill,
 lon = excluded.lon, lat = excluded.lat, changed_at = excluded.changed_at, record = excluded.record WHERE excluded.seq > child_incident.seq
-- name: child_incident_list
SELECT i.child_id, c.name AS child, i.incident_id, i.seq, i.title, i.school, i.county, i.severity, i.state, i.drill AS drill_flag, i.lon, i.lat, i.opened_at, i.changed_at
FROM child_incident i JOIN child c ON c.id = i.child_id
WHERE ($1 = 0 OR i.child_id = $1) AND ($2 = '' OR i.state IN ('open', 'acked', 'confirmed', 'dispatched', 'on_scene', 'controlled', 'handed_over')) ORDER BY i.severity, i.opened_at DESC LIMIT $3
