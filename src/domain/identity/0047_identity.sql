-- Other systems that say who somebody is (OpenID Connect), and what their people may do here.
CREATE TABLE identity_provider (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,                    -- on the sign-in page
    issuer TEXT NOT NULL UNIQUE,           -- 'https://id.example', as its tokens name it
    client_id TEXT NOT NULL,
    secret_sealed BLOB,                    -- null: a public client
    scopes TEXT NOT NULL,                  -- 'openid profile'
    name_claim TEXT NOT NULL,              -- gives the sign-in name
    role_claim TEXT NOT NULL,              -- a text or a list of texts, looked up in identity_rule
    org_claim TEXT NOT NULL DEFAULT '',    -- gives an organisation's code, for rules without one
    makes INTEGER NOT NULL DEFAULT 1,      -- 1: people who are not known here are entered
    links INTEGER NOT NULL DEFAULT 0,      -- 1: a local account of the same sign-in name becomes theirs, never an administrator's
    state TEXT NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'off')),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE identity_rule (
    provider_id INTEGER NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    value TEXT NOT NULL,                   -- of the role claim
    role TEXT NOT NULL REFERENCES role (name),
    org_id INTEGER REFERENCES org (id),    -- null: that of the org claim
    PRIMARY KEY (provider_id, value, role)
) STRICT;
-- Who is who: a provider's subject is a person here.
CREATE TABLE identity (
    provider_id INTEGER NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    seen_at INTEGER NOT NULL,              -- UTC ms
    PRIMARY KEY (provider_id, subject)
) STRICT;
CREATE INDEX identity_person ON identity (person_id);
-- Sign-ins that went to a provider and have not come back. One use.
CREATE TABLE identity_try (
    state BLOB PRIMARY KEY,                -- SHA-256 of what travels
    provider_id INTEGER NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
    binder BLOB NOT NULL,                  -- SHA-256 of what only the browser knows that began
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,                -- PKCE, RFC 7636
    redirect TEXT NOT NULL,
    expires_at INTEGER NOT NULL            -- UTC ms
) STRICT;
-- Grants that a provider gave are taken back when it no longer says so; those given here are not touched.
ALTER TABLE person_grant ADD COLUMN provider_id INTEGER;
