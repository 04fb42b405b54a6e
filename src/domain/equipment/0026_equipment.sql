-- What a school's guards have in hand. A kit is what each school of a county must have; '' is the prefecture's own list.
CREATE TABLE kit (
    county TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('helmet', 'shield', 'fork', 'baton', 'vest', 'gloves', 'spray', 'torch', 'whistle', 'radio')),
    count INTEGER NOT NULL CHECK (count BETWEEN 0 AND 50),
    PRIMARY KEY (county, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO kit (county, kind, count) VALUES ('', 'helmet', 1), ('', 'shield', 1), ('', 'fork', 1), ('', 'baton', 1), ('', 'vest', 1), ('', 'gloves', 1), ('', 'spray', 1), ('', 'torch', 1);

CREATE TABLE equipment (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    kind TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,               -- on its label
    model TEXT NOT NULL DEFAULT '',
    made_on TEXT NOT NULL DEFAULT '',        -- local date; '': not marked
    expires_on TEXT NOT NULL DEFAULT '',     -- last good day; '': does not expire
    place TEXT NOT NULL DEFAULT '',
    holder TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'good' CHECK (state IN ('good', 'faulty', 'missing', 'retired')),
    note TEXT NOT NULL DEFAULT '',
    checked_at INTEGER,                      -- UTC ms of the last check
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX equipment_school ON equipment (school_id);

CREATE TABLE equipment_check (
    uuid TEXT PRIMARY KEY,                   -- made by the device: the same check again changes nothing
    equipment_id INTEGER NOT NULL REFERENCES equipment (id),
    person_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('good', 'faulty', 'missing')),
    note TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX equipment_check_of ON equipment_check (equipment_id, at);
CREATE VIEW equipment_full AS SELECT e.id, e.school_id, s.name AS school, s.county, e.kind, e.code, e.model, e.made_on, e.expires_on, e.place, e.holder, e.state, e.note, e.checked_at, e.version
    FROM equipment e JOIN school s ON s.id = e.school_id;
