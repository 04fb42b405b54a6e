-- A Huxue below this one (county below prefecture, prefecture below province). It tells us by its webhook; we only listen.
CREATE TABLE child (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    secret_sealed BLOB,                    -- the secret that its webhook showed, sealed; null: not entered yet
    seq INTEGER NOT NULL DEFAULT 0,        -- its journal number up to which we know
    told_at INTEGER,                       -- UTC ms by its clock: of the newest event
    heard_at INTEGER,                      -- UTC ms by ours: of its last word, also of "nothing new"
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    made_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Its incidents as it last told them; its numbers are its own.
CREATE TABLE child_incident (
    child_id INTEGER NOT NULL REFERENCES child (id),
    incident_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,                  -- of the event that told this
    title TEXT NOT NULL, school TEXT NOT NULL, county TEXT NOT NULL,
    severity INTEGER NOT NULL,
    state TEXT NOT NULL,
    drill INTEGER NOT NULL,
    lon REAL, lat REAL,                    -- WGS-84 degrees
    opened_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, -- UTC ms by its clock
    record TEXT NOT NULL,                  -- JSON as it came, without the other side's fields
    PRIMARY KEY (child_id, incident_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX child_incident_state ON child_incident (state, opened_at);

-- A receiver that wants to hear when there is nothing new, so that silence means something.
ALTER TABLE webhook ADD COLUMN beat_s INTEGER NOT NULL DEFAULT 0; -- 0: never
