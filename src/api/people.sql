-- name: session_get
SELECT s.kind, s.csrf, s.made_at, s.expires_at, p.id FROM session s JOIN person p ON p.id = s.person_id
WHERE s.digest = $1 AND p.state = 'active'
-- name: session_add
INSERT INTO session (digest, kind, person_id, csrf, name, peer, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: session_end
DELETE FROM session WHERE digest = $1
-- name: session_end_person
DELETE FROM session WHERE person_id = $1
-- name: session_end_made
DELETE FROM session WHERE person_id = $1 AND made_at = $2 AND kind = 'token'
-- name: session_prune
DELETE FROM session WHERE expires_at < $1
-- name: session_list
SELECT kind, name, peer, made_at, expires_at, person_id FROM session WHERE person_id = $1 ORDER BY made_at DESC LIMIT 100
-- name: person_load
SELECT p.id, p.name, p.full_name, p.lang, coalesce(o.tree, ''), coalesce(p.org_id, 0) FROM person p LEFT JOIN org o ON o.id = p.org_id WHERE p.id = $1 AND p.state = 'active'
-- name: person_perms
SELECT rp.permission, CASE WHEN o.parent_id IS NULL THEN 1 ELSE 0 END AS top
FROM person_grant g JOIN role_permission rp ON rp.role = g.role JOIN org o ON o.id = g.org_id WHERE g.person_id = $1
-- name: person_login
SELECT id, password, totp_sealed, totp_last FROM person WHERE name = $1 AND state = 'active'
-- name: person_totp_last
UPDATE person SET totp_last = $1 WHERE id = $2
-- name: person_totp_set
UPDATE person SET totp_sealed = $1, totp_last = 0, version = version + 1 WHERE id = $2
-- name: person_id_of
SELECT id FROM person WHERE name = $1
-- name: person_add
INSERT INTO person (id, name, full_name, phone, org_id, kind, password, lang, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: person_set
UPDATE person SET full_name = coalesce($1, full_name), phone = coalesce($2, phone), org_id = coalesce($3, org_id),
 state = coalesce($4, state), password = coalesce($5, password), lang = coalesce($6, lang), version = version + 1 WHERE id = $7
-- name: person_get
SELECT p.id, p.name, p.full_name, p.phone, p.org_id, o.name AS org, p.kind, p.state, p.lang, p.version,
 CASE WHEN p.totp_sealed IS NULL THEN 0 ELSE 1 END AS totp_flag, CASE WHEN p.password IS NULL THEN 0 ELSE 1 END AS can_sign_in_flag
FROM person p LEFT JOIN org o ON o.id = p.org_id WHERE p.id = $1
-- name: person_list
SELECT p.id, p.name, p.full_name, p.phone, p.org_id, o.name AS org, p.kind, p.state, p.lang, p.version,
 CASE WHEN p.totp_sealed IS NULL THEN 0 ELSE 1 END AS totp_flag, CASE WHEN p.password IS NULL THEN 0 ELSE 1 END AS can_sign_in_flag
FROM person p LEFT JOIN org o ON o.id = p.org_id
WHERE p.id > $1 AND ($2 = '' OR p.name LIKE $2 OR p.full_name LIKE $2) ORDER BY p.id LIMIT $3
-- name: grant_add
INSERT INTO person_grant (id, person_id, role, org_id) VALUES ($1, $2, $3, $4)
-- name: grant_drop
DELETE FROM person_grant WHERE id = $1 AND person_id = $2
-- name: grant_list
SELECT g.id, g.person_id, g.role, g.org_id, o.name AS org, r.title_zh, r.title_en FROM person_grant g JOIN org o ON o.id = g.org_id JOIN role r ON r.name = g.role
WHERE g.person_id = $1 ORDER BY g.id
-- name: role_add
INSERT INTO role (name, title_zh, title_en, needs_totp) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING
-- name: role_permission_add
INSERT INTO role_permission (role, permission) VALUES ($1, $2) ON CONFLICT (role, permission) DO NOTHING
-- name: role_permission_clear
DELETE FROM role_permission WHERE role = $1
-- name: person_administrator
SELECT g.person_id FROM person_grant g WHERE g.role = 'admin' LIMIT 1
-- name: role_there
SELECT 1 AS there FROM role WHERE name = $1
-- name: role_list
SELECT name, title_zh, title_en, needs_totp AS needs_totp_flag FROM role ORDER BY name
-- name: role_permission_list
SELECT permission FROM role_permission WHERE role = $1 ORDER BY permission
-- name: org_add
INSERT INTO org (id, parent_id, tree, kind, name, name_en, code, area, path, lon, lat, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
-- name: org_get
SELECT id, parent_id, tree, kind, name, name_en, code, area, path, lon, lat, demo AS demo_flag, version FROM org WHERE id = $1
-- name: org_list
SELECT id, parent_id, tree, kind, name, name_en, code, area, path, lon, lat, demo AS demo_flag, version FROM org ORDER BY path
-- name: org_id_of
SELECT id FROM org WHERE code = $1
-- name: org_path_of
SELECT path FROM org WHERE id = $1
-- name: org_set
UPDATE org SET name = coalesce($1, name), name_en = coalesce($2, name_en), lon = coalesce($3, lon), lat = coalesce($4, lat), version = version + 1 WHERE id = $5
-- name: person_sees_school
SELECT 1 AS there FROM person_school WHERE person_id = $1 AND permission = $2 AND school_id = $3 LIMIT 1
-- name: person_schools
SELECT DISTINCT school_id FROM person_school WHERE person_id = $1 AND permission = $2 ORDER BY school_id
-- name: person_wants_totp
SELECT count(*) AS wants FROM person_grant g JOIN role r ON r.name = g.role JOIN person p ON p.id = g.person_id
WHERE g.person_id = $1 AND r.needs_totp = 1 AND p.totp_sealed IS NULL
-- name: join_code_add
INSERT INTO join_code (digest, person_id, made_by, expires_at) VALUES ($1, $2, $3, $4)
-- name: join_code_get
SELECT j.person_id FROM join_code j JOIN person p ON p.id = j.person_id WHERE j.digest = $1 AND j.expires_at > $2 AND p.state = 'active'
-- name: join_code_drop
DELETE FROM join_code WHERE digest = $1 OR expires_at < $2
-- name: person_guarded
SELECT count(*) AS guarded FROM person_grant g JOIN role r ON r.name = g.role WHERE g.person_id = $1 AND r.needs_totp = 1
-- name: phone_key_of
SELECT id, key FROM phone_key WHERE person_id = $1 AND tag = $2 AND ended_at IS NULL
-- name: phone_key_id
SELECT id FROM phone_key WHERE person_id = $1 AND tag = $2
-- name: phone_key_live
SELECT count(*) AS live FROM phone_key WHERE person_id = $1 AND ended_at IS NULL
-- name: phone_key_used_since
SELECT count(*) AS used FROM phone_key WHERE person_id = $1 AND ended_at IS NULL AND last_at > $2
-- name: phone_key_list
SELECT id, tag, name, made_at, last_at, last_n, ended_at, (SELECT count(*) FROM phone_record r WHERE r.phone_id = k.id) AS records, last_n + 1 - coalesce((SELECT min(r.n) + count(*) FROM phone_record r WHERE r.phone_id = k.id), last_n + 1) AS absent FROM phone_key k WHERE person_id = $1 ORDER BY id DESC LIMIT 50
-- name: phone_key_get
SELECT id, person_id, tag, name, made_at, last_at, last_n, ended_at FROM phone_key WHERE id = $1
-- name: phone_key_add
INSERT INTO phone_key (id, person_id, tag, key, name, made_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
-- name: phone_key_used
UPDATE phone_key SET last_at = $1, last_n = CASE WHEN last_n < $2 THEN $2 ELSE last_n END WHERE id = $3
-- name: phone_key_end
UPDATE phone_key SET ended_at = $1 WHERE id = $2
-- name: phone_key_end_oldest
UPDATE phone_key SET ended_at = $1 WHERE id = (SELECT k.id FROM phone_key k WHERE k.person_id = $2 AND k.ended_at IS NULL ORDER BY k.last_at LIMIT 1)
-- name: phone_record_near
SELECT n, hash FROM phone_record WHERE phone_id = $1 AND n BETWEEN $2 AND $3
-- name: phone_record_add
INSERT INTO phone_record (phone_id, n, hash, uuid, operation, made_at, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (phone_id, n) DO NOTHING
-- name: phone_record_prune
DELETE FROM phone_record WHERE phone_id = $1 AND n < $2
