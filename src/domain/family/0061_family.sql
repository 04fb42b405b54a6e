-- Whom a pupil may be handed to. The guardian's phone joins by the slip that the school gives out, without an account.
CREATE TABLE guardian (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    class_id INTEGER NOT NULL REFERENCES school_class (id),
    pupil TEXT NOT NULL,
    name TEXT NOT NULL,
    relation TEXT NOT NULL,
    phone TEXT NOT NULL DEFAULT '',
    vehicle_id INTEGER REFERENCES vehicle (id), -- the bus that the pupil rides
    code_key BLOB NOT NULL,                -- sealed; the pick-up codes are made of it
    slip BLOB,                             -- SHA-256 of the slip's code; null: used, or none given out
    slip_until INTEGER,                    -- UTC ms, as below
    token BLOB UNIQUE,                     -- SHA-256 of the phone's token; null: no phone has joined
    joined_at INTEGER,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'ended')),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX guardian_once ON guardian (class_id, pupil, name) WHERE state = 'active';
CREATE UNIQUE INDEX guardian_slip ON guardian (slip) WHERE slip IS NOT NULL;
CREATE INDEX guardian_school ON guardian (school_id);

-- What was released to the families of a school, as they read it.
CREATE TABLE family_notice (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    kind TEXT NOT NULL,                    -- family_text.h
    drill INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL, text_en TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    released_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,           -- later than the release where somebody wanted a delay
    withdrawn_at INTEGER
) STRICT;
CREATE INDEX family_notice_school ON family_notice (school_id, visible_at);

-- A pupil who does not come today, told by a guardian.
CREATE TABLE absence (
    id INTEGER PRIMARY KEY,
    guardian_id INTEGER NOT NULL REFERENCES guardian (id),
    school_id INTEGER NOT NULL,
    class_id INTEGER NOT NULL,
    pupil TEXT NOT NULL,
    date TEXT NOT NULL,                    -- local
    reason TEXT NOT NULL CHECK (reason IN ('sick', 'leave', 'late', 'none')), -- none: taken back
    note TEXT NOT NULL DEFAULT '',
    told_at INTEGER NOT NULL,
    UNIQUE (class_id, pupil, date)
) STRICT;
CREATE INDEX absence_school ON absence (school_id, date);
