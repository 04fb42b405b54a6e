-- What the desk works on: one happening at one school, fed by one or many alarms.
CREATE TABLE incident (
    id INTEGER PRIMARY KEY,
    school_id INTEGER REFERENCES school (id),   -- null: an unknown account or a caller without a school
    title TEXT NOT NULL,                        -- the place: '南门一键报警'
    class TEXT NOT NULL,                        -- see signal_class.h, or what a caller reported
    severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4),
    state TEXT NOT NULL,                        -- see incident_state.h
    source TEXT NOT NULL,                       -- alarm, phone, call
    drill INTEGER NOT NULL,
    site_wide INTEGER NOT NULL DEFAULT 0,       -- 1: several buttons of the school at once
    epoch INTEGER NOT NULL DEFAULT 1,           -- raised by each move; timers of an older epoch are stale
    escalation INTEGER NOT NULL DEFAULT 0,      -- highest level reached
    alarm_count INTEGER NOT NULL DEFAULT 0,
    press_count INTEGER NOT NULL DEFAULT 0,     -- signals of all its alarms
    last_signal_at INTEGER NOT NULL,            -- UTC ms
    lon REAL, lat REAL,                         -- WGS-84 degrees: of the place, else of the school
    caller TEXT NOT NULL DEFAULT '',            -- of a phoned-in report
    caller_phone TEXT NOT NULL DEFAULT '',
    story TEXT NOT NULL DEFAULT '',
    owner_id INTEGER REFERENCES person (id),    -- who acknowledged it
    opened_at INTEGER NOT NULL,                 -- UTC ms, like all stamps below
    acked_at INTEGER, confirmed_at INTEGER, dispatched_at INTEGER, on_scene_at INTEGER, controlled_at INTEGER,
    closed_at INTEGER, reviewed_at INTEGER,
    responder_at INTEGER, linked_at INTEGER, police_at INTEGER, -- the 1-3-5 clock: first school responder, linked unit, police
    cause TEXT NOT NULL DEFAULT '',             -- of a false alarm: operation, equipment, environment, test, malice, unknown
    cancel_asked_by INTEGER REFERENCES person (id), -- P1: the first of two persons who call it false
    disposition TEXT NOT NULL DEFAULT '',       -- how it ended, in words
    merged_into INTEGER REFERENCES incident (id),
    review TEXT NOT NULL DEFAULT '{}',          -- JSON: rating, summary, findings with actions
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX incident_state ON incident (state);
CREATE INDEX incident_school ON incident (school_id, id);
CREATE INDEX incident_opened ON incident (opened_at);

-- The sheet that one shift gives to the next.
CREATE TABLE handover (
    id INTEGER PRIMARY KEY,
    from_id INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,          -- UTC ms
    note TEXT NOT NULL,
    sheet TEXT NOT NULL,          -- JSON: what stood open at that moment
    taken_by INTEGER REFERENCES person (id),
    taken_at INTEGER
) STRICT;
