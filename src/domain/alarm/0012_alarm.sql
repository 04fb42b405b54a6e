-- One source in trouble: opened by its first signal, fed by its further ones, ended by a person (or by the incident's end).
CREATE TABLE alarm (
    id INTEGER PRIMARY KEY,
    school_id INTEGER REFERENCES school (id), -- null: unknown account
    panel_id INTEGER REFERENCES panel (id),
    source TEXT NOT NULL,             -- 'panel:12/1/5/panic': what makes two signals one alarm
    place TEXT NOT NULL,              -- name of the zone or place
    place_kind TEXT NOT NULL DEFAULT '',
    class TEXT NOT NULL,
    severity INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('alarm', 'fault')),
    state TEXT NOT NULL CHECK (state IN ('new', 'verifying', 'real', 'false', 'test', 'fault')),
    drill INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 1, -- signals
    chattering INTEGER NOT NULL DEFAULT 0,
    burst_from INTEGER NOT NULL,      -- UTC ms: begin of the present chatter window
    burst INTEGER NOT NULL DEFAULT 1, -- signals in it
    first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, -- UTC ms
    first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, -- signals
    acked_by INTEGER REFERENCES person (id), acked_at INTEGER,
    cleared_at INTEGER,               -- the source is quiet again
    shelf_id INTEGER,
    incident_id INTEGER,
    cause TEXT NOT NULL DEFAULT '',   -- of a false alarm
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX alarm_source ON alarm (source, id);
CREATE INDEX alarm_incident ON alarm (incident_id);
CREATE INDEX alarm_open ON alarm (state, id);

-- Set aside for a while, by somebody, for a reason. Never for severity 1.
CREATE TABLE shelf (
    id INTEGER PRIMARY KEY,
    school_id INTEGER REFERENCES school (id),
    panel_id INTEGER REFERENCES panel (id),  -- all of a panel, or
    source TEXT NOT NULL DEFAULT '',         -- one source
    owner_id INTEGER NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    until_at INTEGER NOT NULL,               -- UTC ms, at most 8 h away
    ended_at INTEGER
) STRICT;
CREATE INDEX shelf_until ON shelf (until_at);
