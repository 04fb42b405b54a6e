-- A recorder (NVR, or a camera with its own SIP) of a school, known by its 20-digit code of GB/T 28181.
CREATE TABLE recorder (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_sealed BLOB,                  -- its own SIP password; null: the one of all recorders
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    line TEXT NOT NULL DEFAULT 'unknown' CHECK (line IN ('unknown', 'up', 'lost')),
    line_reason TEXT NOT NULL DEFAULT '',
    line_changed_at INTEGER,               -- UTC ms
    maker TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '', firmware TEXT NOT NULL DEFAULT '',
    gb_version TEXT NOT NULL DEFAULT '',   -- X-GB-Ver: 2.0 is the edition of 2016, 3.0 of 2022
    way TEXT NOT NULL DEFAULT 'udp' CHECK (way IN ('udp', 'tcp_passive', 'tcp_active')), -- by which its pictures came last
    said INTEGER NOT NULL DEFAULT 0,       -- channels by its own count
    received INTEGER NOT NULL DEFAULT 0,   -- channels that its catalog named
    catalog_at INTEGER,                    -- UTC ms
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX recorder_school ON recorder (school_id);

-- A camera: a channel of a recorder, with what it looks at.
CREATE TABLE camera (
    id INTEGER PRIMARY KEY,
    recorder_id INTEGER NOT NULL REFERENCES recorder (id),
    school_id INTEGER NOT NULL REFERENCES school (id),
    code TEXT NOT NULL,                    -- of the channel
    name TEXT NOT NULL,
    place_id INTEGER REFERENCES place (id),
    lon REAL, lat REAL,                    -- WGS-84 degrees
    direction_deg INTEGER,                 -- where it looks, clockwise from north; null: not known, or it turns
    angle_deg INTEGER NOT NULL DEFAULT 90, -- horizontal field
    range_m INTEGER NOT NULL DEFAULT 60,   -- how far it shows a person
    ptz INTEGER NOT NULL DEFAULT 0,        -- 1: it can be steered
    alarm_preset INTEGER,                  -- called when an alarm of its school rings
    flagged INTEGER NOT NULL DEFAULT 0,    -- 1: always fetched, so that the seconds before an alarm are there
    recorded INTEGER NOT NULL DEFAULT 0,   -- 1: recorded here all the time
    keep_days INTEGER NOT NULL DEFAULT 30, -- of recordings here
    inside INTEGER NOT NULL DEFAULT 0,     -- 1: looks into rooms where pupils are: a reason is asked even within an incident
    state TEXT NOT NULL DEFAULT 'off' CHECK (state IN ('on', 'off', 'gone')), -- as the recorder says; gone: not in its last catalog
    fault TEXT NOT NULL DEFAULT '',        -- the last cause of a failed opening
    fault_at INTEGER,                      -- UTC ms
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (recorder_id, code)
) STRICT;
CREATE INDEX camera_school ON camera (school_id);

-- Who looked through which camera, and why. Never deleted.
CREATE TABLE camera_view (
    id INTEGER PRIMARY KEY,
    camera_id INTEGER NOT NULL REFERENCES camera (id),
    school_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    incident_id INTEGER REFERENCES incident (id),
    reason TEXT NOT NULL CHECK (reason IN ('incident', 'drill', 'patrol', 'maintenance', 'search', 'order')),
    note TEXT NOT NULL DEFAULT '',
    nonce TEXT NOT NULL,                   -- of the ticket, by which it is revoked
    begun_at INTEGER NOT NULL,             -- UTC ms
    ended_at INTEGER                       -- when it was revoked
) STRICT;
CREATE INDEX camera_view_camera ON camera_view (camera_id, begun_at);
CREATE INDEX camera_view_school ON camera_view (school_id, begun_at);
CREATE INDEX camera_view_person ON camera_view (person_id, begun_at);

-- Evidence: a stretch of a camera's pictures, hashed piece by piece and signed by the media node.
CREATE TABLE clip (
    id INTEGER PRIMARY KEY,
    camera_id INTEGER NOT NULL REFERENCES camera (id),
    school_id INTEGER NOT NULL,
    incident_id INTEGER REFERENCES incident (id),
    person_id INTEGER REFERENCES person (id), -- who asked; null: the alarm itself
    reason TEXT NOT NULL,
    from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, -- UTC ms
    asked_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'making' CHECK (state IN ('making', 'ready', 'failed')),
    fault TEXT NOT NULL DEFAULT '',
    bytes INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    manifest TEXT NOT NULL DEFAULT '{}',   -- JSON, as signed
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX clip_incident ON clip (incident_id);
CREATE INDEX clip_camera ON clip (camera_id, from_at);
