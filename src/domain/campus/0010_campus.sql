-- Gates, buildings, floors, rooms and points of a school.
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    parent_id INTEGER REFERENCES place (id),
    kind TEXT NOT NULL CHECK (kind IN ('gate', 'building', 'floor', 'room', 'post', 'point', 'area')),
    name TEXT NOT NULL,
    lon REAL, lat REAL,           -- WGS-84 degrees
    plan_x REAL, plan_y REAL,     -- pin on the school's floor plan, 0..1 from the top left
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX place_school ON place (school_id);

-- Whom to call at a school, in this order.
CREATE TABLE contact (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    duty TEXT NOT NULL CHECK (duty IN ('principal', 'security', 'gate', 'guard', 'vice_principal', 'doctor', 'other')),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    rank INTEGER NOT NULL DEFAULT 100 -- smaller is called first
) STRICT;
CREATE INDEX contact_school ON contact (school_id, rank);

-- One picture a school, on which places are pins.
CREATE TABLE floor_plan (
    school_id INTEGER PRIMARY KEY REFERENCES school (id),
    type TEXT NOT NULL,           -- image/png, image/jpeg, image/svg+xml
    bytes BLOB NOT NULL,          -- at most 4 MiB
    changed_at INTEGER NOT NULL   -- UTC ms
) STRICT;
