-- name: presence_near
SELECT device_at, lon, lat FROM presence_report WHERE person_id = $1 AND device_at BETWEEN $2 AND $3 AND lon IS NOT NULL ORDER BY device_at DESC LIMIT 50
-- name: presence_phone_other
SELECT count(DISTINCT person_id) AS others FROM presence_report WHERE phone = $1 AND person_id <> $2 AND received_at > $3
-- name: presence_same_spot
SELECT count(*) AS same FROM presence_report WHERE person_id = $1 AND lon = $2 AND lat = $3
-- name: buddy_add
INSERT INTO buddy_sight (uuid, person_id, seen_id, device_at, received_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (uuid) DO NOTHING
-- name: buddy_between
SELECT count(*) AS seen FROM buddy_sight WHERE person_id = $1 AND device_at BETWEEN $2 AND $3
-- name: buddy_name
SELECT id, full_name FROM person WHERE id = $1 AND state = 'active'
