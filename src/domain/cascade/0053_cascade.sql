-- A platform above that we register with by GB/T 28181, and that may look through the cameras which are shared with it.
CREATE TABLE upper (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    code TEXT NOT NULL UNIQUE,             -- its 20 digits
    own_code TEXT NOT NULL,                -- ours there, 20 digits
    address TEXT NOT NULL,                 -- host:port of its SIP
    tcp INTEGER NOT NULL DEFAULT 0,        -- 1: SIP over TCP
    password_sealed BLOB NOT NULL,         -- of our registration there
    media_hosts TEXT NOT NULL DEFAULT '',  -- whither pictures may go besides its own address, blank-separated
    expires_s INTEGER NOT NULL DEFAULT 3600,
    keepalive_s INTEGER NOT NULL DEFAULT 60,
    alarms INTEGER NOT NULL DEFAULT 1,     -- 1: it is told of incidents at the schools whose cameras it has
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    line TEXT NOT NULL DEFAULT 'unknown' CHECK (line IN ('unknown', 'up', 'lost')),
    line_reason TEXT NOT NULL DEFAULT '',
    line_changed_at INTEGER,               -- UTC ms
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- A camera that it has, under the code that it knows it by.
CREATE TABLE upper_camera (
    upper_id INTEGER NOT NULL REFERENCES upper (id),
    camera_id INTEGER NOT NULL REFERENCES camera (id),
    code TEXT NOT NULL,
    PRIMARY KEY (upper_id, camera_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX upper_camera_code ON upper_camera (upper_id, code);
CREATE INDEX upper_camera_camera ON upper_camera (camera_id);

-- An incident that it is to be told of; written with the incident.
CREATE TABLE upper_alarm (
    upper_id INTEGER NOT NULL REFERENCES upper (id),
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    made_at INTEGER NOT NULL,              -- UTC ms
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'late')), -- late: a day went by without the platform
    told_at INTEGER,                       -- when it answered
    PRIMARY KEY (upper_id, incident_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX upper_alarm_waiting ON upper_alarm (incident_id) WHERE state = 'waiting';
