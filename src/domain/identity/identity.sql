-- name: provider_add
INSERT INTO identity_provider (id, name, issuer, client_id, secret_sealed, scopes, name_claim, role_claim, org_claim, makes, links) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: provider_get
SELECT id, name, issuer, client_id, secret_sealed IS NOT NULL AS secret_flag, scopes, name_claim, role_claim, org_claim, makes AS makes_flag, links AS links_flag, state, version FROM identity_provider WHERE id = $1
-- name: provider_list
SELECT id, name, issuer, client_id, secret_sealed IS NOT NULL AS secret_flag, scopes, name_claim, role_claim, org_claim, makes AS makes_flag, links AS links_flag, state, version FROM identity_provider ORDER BY id
-- name: provider_public
SELECT id, name FROM identity_provider WHERE state = 'on' ORDER BY id
-- name: provider_secret
SELECT secret_sealed FROM identity_provider WHERE id = $1 AND state = 'on'
-- name: provider_set
UPDATE identity_provider SET name = coalesce($1, name), client_id = coalesce($2, client_id), scopes = coalesce($3, scopes), name_claim = coalesce($4, name_claim), role_claim = coalesce($5, role_claim), org_claim = coalesce($6, org_claim),
 makes = $7, links = $8, state = coalesce($9, state), version = version + 1 WHERE id = $10
-- name: provider_secret_set
UPDATE identity_provider SET secret_sealed = $1 WHERE id = $2
-- name: provider_drop
DELETE FROM identity_provider WHERE id = $1
-- name: provider_rules
SELECT r.value, r.role, r.org_id, o.name AS org FROM identity_rule r LEFT JOIN org o ON o.id = r.org_id WHERE r.provider_id = $1 ORDER BY r.value, r.role
-- name: provider_rule_add
INSERT INTO identity_rule (provider_id, value, role, org_id) VALUES ($1, $2, $3, $4)
-- name: provider_rules_clear
DELETE FROM identity_rule WHERE provider_id = $1
-- name: identity_get
SELECT i.person_id, p.state FROM identity i JOIN person p ON p.id = i.person_id WHERE i.provider_id = $1 AND i.subject = $2
-- name: identity_add
INSERT INTO identity (provider_id, subject, person_id, seen_at) VALUES ($1, $2, $3, $4)
-- name: identity_seen
UPDATE identity SET seen_at = $1 WHERE provider_id = $2 AND subject = $3
-- name: identity_administers
SELECT 1 AS yes FROM person_grant g JOIN role_permission rp ON rp.role = g.role WHERE g.person_id = $1 AND rp.permission = 'org.write' LIMIT 1
-- name: identity_person_set
UPDATE person SET full_name = $1, org_id = coalesce($2, org_id), version = version + 1 WHERE id = $3
-- name: identity_org
SELECT id FROM org WHERE code = $1
-- name: identity_any_grant
SELECT id FROM person_grant WHERE person_id = $1 LIMIT 1
-- name: identity_grants
SELECT id, role, org_id, coalesce(provider_id, 0) FROM person_grant WHERE person_id = $1 ORDER BY id
-- name: identity_grant_mark
UPDATE person_grant SET provider_id = $1 WHERE person_id = $2 AND role = $3 AND org_id = $4
-- name: identity_try_add
INSERT INTO identity_try (state, provider_id, binder, nonce, verifier, redirect, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: identity_try_get
SELECT provider_id, nonce, verifier, redirect FROM identity_try WHERE state = $1 AND binder = $2 AND expires_at > $3
-- name: identity_try_drop
DELETE FROM identity_try WHERE state = $1 AND binder = $2
-- name: identity_try_prune
DELETE FROM identity_try WHERE expires_at < $1
-- name: identity_try_count
SELECT count(*) AS open_tries FROM identity_try
-- name: identity_grants_drop
DELETE FROM person_grant WHERE provider_id = $1
