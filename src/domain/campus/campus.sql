-- name: school_add
INSERT INTO school (id, code, name, name_en, pinyin, county, town, kind, lon, lat, pupils, boarders, guards, address, phone, police_org_id, edu_org_id, demo, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
-- name: school_set
UPDATE school SET name = coalesce($1, name), name_en = coalesce($2, name_en), pinyin = coalesce($3, pinyin), town = coalesce($4, town),
 kind = coalesce($5, kind), lon = coalesce($6, lon), lat = coalesce($7, lat), pupils = coalesce($8, pupils), boarders = coalesce($9, boarders),
 guards = coalesce($10, guards), address = coalesce($11, address), phone = coalesce($12, phone), police_org_id = coalesce($13, police_org_id),
 edu_org_id = coalesce($14, edu_org_id), state = coalesce($15, state), version = version + 1 WHERE id = $16
-- name: school_get
SELECT s.id, s.code, s.name, s.name_en, s.pinyin, s.county, s.town, s.kind, s.lon, s.lat, s.pupils, s.boarders, s.guards, s.address, s.phone,
 s.police_org_id, po.name AS police_org, s.edu_org_id, eo.name AS edu_org, s.state, s.demo AS demo_flag, s.version,
 CASE WHEN fp.school_id IS NULL THEN 0 ELSE 1 END AS floor_plan_flag
FROM school s LEFT JOIN org po ON po.id = s.police_org_id LEFT JOIN org eo ON eo.id = s.edu_org_id LEFT JOIN floor_plan fp ON fp.school_id = s.id
WHERE s.id = $1
-- name: school_id_of
SELECT id FROM school WHERE code = $1
-- name: school_list
SELECT s.id, s.code, s.name, s.name_en, s.pinyin, s.county, s.town, s.kind, s.lon, s.lat, s.pupils, s.boarders, s.guards, s.address, s.phone,
 s.police_org_id, s.edu_org_id, s.state, s.demo AS demo_flag, s.version
FROM school s WHERE s.id > $1 AND ($2 = '' OR s.county = $2) AND ($3 = '' OR s.name LIKE $3 OR s.code LIKE $3 OR s.pinyin LIKE $3)
 AND ($4 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'school.read'))
ORDER BY s.id LIMIT $6
-- name: school_near
SELECT id, lon, lat FROM school WHERE state = 'open' AND lon BETWEEN $1 AND $2 AND lat BETWEEN $3 AND $4
-- name: place_add
INSERT INTO place (id, school_id, parent_id, kind, name, lon, lat, plan_x, plan_y) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: place_drop
DELETE FROM place WHERE id = $1 AND school_id = $2
-- name: place_list
SELECT id, school_id, parent_id, kind, name, lon, lat, plan_x, plan_y, version FROM place WHERE school_id = $1 ORDER BY id
-- name: contact_add
INSERT INTO contact (id, school_id, duty, name, phone, rank) VALUES ($1, $2, $3, $4, $5, $6)
-- name: contact_drop
DELETE FROM contact WHERE id = $1 AND school_id = $2
-- name: contact_list
SELECT id, duty, name, phone, rank FROM contact WHERE school_id = $1 ORDER BY rank, id
-- name: floor_plan_set
INSERT INTO floor_plan (school_id, type, bytes, changed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (school_id) DO UPDATE SET type = excluded.type, bytes = excluded.bytes, changed_at = excluded.changed_at
-- name: floor_plan_get
SELECT type, bytes FROM floor_plan WHERE school_id = $1
-- name: panel_add
INSERT INTO panel (id, account, school_id, name, supervision_s, key_sealed, clock_offset_s, clock_policy, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: panel_set
UPDATE panel SET name = coalesce($1, name), supervision_s = coalesce($2, supervision_s), clock_offset_s = coalesce($3, clock_offset_s),
 clock_policy = coalesce($4, clock_policy), state = coalesce($5, state), version = version + 1 WHERE id = $6
-- name: panel_key_set
UPDATE panel SET key_sealed = $1, version = version + 1 WHERE id = $2
-- name: panel_test_set
UPDATE panel SET test_until = $1, version = version + 1 WHERE id = $2
-- name: panel_get
SELECT p.id, p.account, p.school_id, s.name AS school, p.name, p.protocol, p.supervision_s, CASE WHEN p.key_sealed IS NULL THEN 0 ELSE 1 END AS keyed_flag,
 p.clock_offset_s, p.clock_policy, p.state, p.test_until AS test_until_at, p.line, p.line_changed_at, p.demo AS demo_flag, p.version
FROM panel p JOIN school s ON s.id = p.school_id WHERE p.id = $1
-- name: panel_list
SELECT p.id, p.account, p.school_id, s.name AS school, p.name, p.protocol, p.supervision_s, CASE WHEN p.key_sealed IS NULL THEN 0 ELSE 1 END AS keyed_flag,
 p.clock_offset_s, p.clock_policy, p.state, p.test_until AS test_until_at, p.line, p.line_changed_at, p.demo AS demo_flag, p.version
FROM panel p JOIN school s ON s.id = p.school_id
WHERE p.id > $1 AND ($2 = 0 OR p.school_id = $2) AND ($3 = '' OR p.account LIKE $3 OR s.name LIKE $3 OR s.pinyin LIKE $3) AND ($4 = '' OR p.line = $4)
 AND ($5 = 1 OR p.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $6 AND ps.permission = 'panel.read'))
ORDER BY p.id LIMIT $7
-- name: panel_place_add
INSERT INTO panel_place (panel_id, partition_no, zone, name, kind, place_id) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (panel_id, partition_no, zone) DO UPDATE SET name = excluded.name, kind = excluded.kind, place_id = excluded.place_id
-- name: panel_place_clear
DELETE FROM panel_place WHERE panel_id = $1
-- name: panel_place_list
SELECT partition_no AS "partition", zone, name, kind, place_id FROM panel_place WHERE panel_id = $1 ORDER BY partition_no, zone
-- name: signal_adopt
UPDATE signal SET state = 'accepted', panel_id = $1, school_id = $2 WHERE account = $3 AND state = 'quarantined'
