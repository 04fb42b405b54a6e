-- Two trees of organisations over the same schools: police and education.
CREATE TABLE org (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES org (id),
    tree TEXT NOT NULL CHECK (tree IN ('police', 'education')),
    kind TEXT NOT NULL,             -- prefecture, county, station, district
    name TEXT NOT NULL,
    name_en TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL UNIQUE,      -- 'P522301' police, 'E522301' education
    area TEXT NOT NULL DEFAULT '',  -- code of the county, 6 digits; '' for the prefecture
    path TEXT NOT NULL,             -- '/1/7/' : ids from the top down to this node
    lon REAL, lat REAL,             -- WGS-84 degrees
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX org_path ON org (path);

CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,      -- sign-in name
    full_name TEXT NOT NULL,
    phone TEXT NOT NULL DEFAULT '',
    org_id INTEGER REFERENCES org (id),
    kind TEXT NOT NULL DEFAULT 'staff', -- staff, police, guard, teacher, volunteer, device
    password TEXT,                  -- argon2id in its encoded form; null: cannot sign in
    totp_sealed BLOB,               -- secret of the one-time password, sealed; null: not set up
    totp_last INTEGER NOT NULL DEFAULT 0, -- last accepted 30 s step, so that a code works once
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    lang TEXT NOT NULL DEFAULT 'zh-CN',
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE role (
    name TEXT PRIMARY KEY,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    needs_totp INTEGER NOT NULL DEFAULT 0 -- 1: whoever has it is asked to set up a one-time password until they do
) STRICT;
CREATE TABLE role_permission (
    role TEXT NOT NULL REFERENCES role (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (role, permission)
) STRICT;
CREATE TABLE person_grant (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role TEXT NOT NULL REFERENCES role (name),
    org_id INTEGER NOT NULL REFERENCES org (id),
    UNIQUE (person_id, role, org_id)
) STRICT;

-- Sign-ins and API tokens. Only the SHA-256 of the secret is kept.
CREATE TABLE session (
    digest BLOB PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'token')),
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    csrf TEXT NOT NULL,             -- must come back in X-CSRF-Token with writes; '' for tokens
    name TEXT NOT NULL,             -- of a token: what it is for
    peer TEXT NOT NULL,
    made_at INTEGER NOT NULL,       -- UTC ms
    expires_at INTEGER NOT NULL     -- UTC ms
) STRICT;
CREATE INDEX session_person ON session (person_id);

-- A school; the field that makes it visible are the two organisations responsible for it.
CREATE TABLE school (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL DEFAULT '',
    pinyin TEXT NOT NULL DEFAULT '',   -- initials, 'xysz' for 兴义三中
    county TEXT NOT NULL,              -- 6 digits
    town TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL CHECK (kind IN ('kindergarten', 'primary', 'middle', 'high', 'vocational', 'special', 'nine_year')),
    lon REAL NOT NULL, lat REAL NOT NULL, -- WGS-84 degrees
    pupils INTEGER NOT NULL DEFAULT 0,
    boarders INTEGER NOT NULL DEFAULT 0,
    guards INTEGER NOT NULL DEFAULT 0, -- employed security guards
    address TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',    -- of the gate room
    police_org_id INTEGER REFERENCES org (id),
    edu_org_id INTEGER REFERENCES org (id),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    demo INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX school_county ON school (county);
CREATE INDEX school_police ON school (police_org_id);
CREATE INDEX school_edu ON school (edu_org_id);

-- Who may do what for which school: every read of a list is filtered by this.
CREATE VIEW person_school AS
SELECT g.person_id, rp.permission, s.id AS school_id
FROM person_grant g
JOIN role_permission rp ON rp.role = g.role
JOIN org top ON top.id = g.org_id
JOIN org o ON substr(o.path, 1, length(top.path)) = top.path
JOIN school s ON s.police_org_id = o.id OR s.edu_org_id = o.id;
