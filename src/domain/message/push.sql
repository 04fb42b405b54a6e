-- name: push_device_add
INSERT INTO push_device (id, person_id, endpoint, p256dh, auth, name, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
 ON CONFLICT (endpoint) DO UPDATE SET person_id = excluded.person_id, p256dh = excluded.p256dh, auth = excluded.auth, name = excluded.name, made_at = excluded.made_at, fault = ''
-- name: push_device_of
SELECT id FROM push_device WHERE endpoint = $1
-- name: push_device_mine
SELECT id, endpoint, name, made_at, pushed_at, fault FROM push_device WHERE person_id = $1 ORDER BY id
-- name: push_device_oldest
SELECT id FROM push_device WHERE person_id = $1 AND (SELECT count(*) FROM push_device d WHERE d.person_id = $1) > $2 ORDER BY id LIMIT 1
-- name: push_posts_drop
DELETE FROM push_post WHERE device_id = $1
-- name: push_device_drop
DELETE FROM push_device WHERE id = $1
-- name: push_device_forget
DELETE FROM push_device WHERE endpoint = $1 AND person_id = $2
-- name: push_device_said
UPDATE push_device SET pushed_at = coalesce($1, pushed_at), fault = $2 WHERE id = $3
-- name: push_devices_of
SELECT id FROM push_device WHERE person_id = $1 ORDER BY id
-- name: push_post_add
INSERT INTO push_post (id, device_id, delivery_id, due_at) VALUES ($1, $2, $3, $4)
-- name: push_post_next
SELECT min(due_at) FROM push_post WHERE state = 'waiting'
-- name: push_post_due
SELECT o.id, o.device_id, o.tries, d.endpoint, d.p256dh, d.auth, coalesce(v.text, ''), coalesce(v.id, 0), coalesce(v.state, ''), coalesce(m.incident_id, 0), coalesce(m.drill, 0), p.lang
FROM push_post o JOIN push_device d ON d.id = o.device_id JOIN person p ON p.id = d.person_id LEFT JOIN delivery v ON v.id = o.delivery_id LEFT JOIN message m ON m.id = v.message_id WHERE o.state = 'waiting' AND o.due_at <= $1 ORDER BY o.due_at LIMIT 200
-- name: push_post_sending
UPDATE push_post SET state = $1, tries = tries + 1 WHERE id = $2
-- name: push_post_done
UPDATE push_post SET state = $1, due_at = $2, fault = $3 WHERE id = $4 AND state = 'sending'
-- name: push_post_interrupted
UPDATE push_post SET state = 'waiting' WHERE state = 'sending'
