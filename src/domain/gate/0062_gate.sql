-- Who came through a school's gate, as its guard wrote down.
CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    id_tail TEXT NOT NULL DEFAULT '',      -- the last four of the identity card
    phone TEXT NOT NULL DEFAULT '', plate TEXT NOT NULL DEFAULT '',
    host TEXT NOT NULL,                    -- whom they visit
    reason TEXT NOT NULL DEFAULT '',
    came_at INTEGER NOT NULL, until_at INTEGER NOT NULL, left_at INTEGER, -- UTC ms
    person_id INTEGER NOT NULL REFERENCES person (id),
    watch_id INTEGER                       -- the entry of the watch list that they match
) STRICT;
CREATE INDEX visit_school ON visit (school_id, came_at);
CREATE INDEX visit_open ON visit (school_id) WHERE left_at IS NULL;

-- A vehicle that stood at a gate.
CREATE TABLE plate_seen (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    plate TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    family INTEGER NOT NULL,               -- 1: of a family of this school
    watch_id INTEGER,
    person_id INTEGER NOT NULL REFERENCES person (id),
    seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX plate_seen_school ON plate_seen (school_id, seen_at);

-- Whom the police want to know of, silently.
CREATE TABLE watch_entry (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'plate')),
    name TEXT NOT NULL,                    -- of the person, or the plate
    id_tail TEXT NOT NULL DEFAULT '',
    county TEXT NOT NULL DEFAULT '',       -- '': everywhere
    note TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    made_at INTEGER NOT NULL, ended_at INTEGER
) STRICT;
CREATE INDEX watch_entry_name ON watch_entry (name) WHERE ended_at IS NULL;

ALTER TABLE guardian ADD COLUMN car TEXT NOT NULL DEFAULT ''; -- the plate of the family's car
