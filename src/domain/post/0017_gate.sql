-- What was seen at a gate, and what was done about it: stranded vehicles, quarrels, vendors, strangers.
CREATE TABLE situation (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    kind TEXT NOT NULL CHECK (kind IN ('vehicle', 'quarrel', 'vendor', 'stranger', 'crowd', 'other')),
    plate TEXT NOT NULL DEFAULT '',
    story TEXT NOT NULL DEFAULT '',
    seen_at INTEGER NOT NULL,                  -- UTC ms
    action TEXT NOT NULL DEFAULT '', acted_at INTEGER,
    cleared_at INTEGER,
    incident_id INTEGER,                       -- where it became one
    made_by INTEGER, version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX situation_school ON situation (school_id, seen_at);

-- Where cars wait for pupils.
CREATE TABLE pickup_lane (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    capacity INTEGER NOT NULL,                 -- cars that may wait
    rule TEXT NOT NULL DEFAULT ''              -- one-way and holding plan in words
) STRICT;

-- Sentry boxes and campus police rooms.
CREATE TABLE box (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('sentry_box', 'police_room')),
    school_id INTEGER REFERENCES school (id),
    org_id INTEGER REFERENCES org (id),
    name TEXT NOT NULL,
    lon REAL NOT NULL, lat REAL NOT NULL,
    manned_from_min INTEGER NOT NULL DEFAULT 420, manned_to_min INTEGER NOT NULL DEFAULT 1080, -- of the local day
    staff INTEGER NOT NULL DEFAULT 1,
    heartbeat_at INTEGER,                      -- UTC ms
    equipment TEXT NOT NULL DEFAULT '',        -- in words
    in_service_from TEXT NOT NULL,             -- local date
    dark INTEGER NOT NULL DEFAULT 0,           -- 1: silent in manned hours, told
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
