-- Group defence: teams of guards, teachers, volunteers round a school.
CREATE TABLE team (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX team_school ON team (school_id);

-- A person is a member of one team at most: nobody is counted twice.
CREATE TABLE member (
    id INTEGER PRIMARY KEY,
    team_id INTEGER NOT NULL REFERENCES team (id),
    person_id INTEGER UNIQUE REFERENCES person (id), -- null: on paper only, cannot sign in
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('guard', 'teacher', 'volunteer', 'parent', 'militia')),
    phone TEXT NOT NULL DEFAULT '',
    trained_at TEXT NOT NULL DEFAULT '',     -- local date; '': not yet
    from_date TEXT NOT NULL,                 -- local
    to_date TEXT NOT NULL DEFAULT '',        -- '': still
    demo INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX member_team ON member (team_id);

CREATE TABLE patrol_route (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    points TEXT NOT NULL,                    -- JSON: [{name, lon, lat, code}]; code: printed at the point, weak evidence
    any_order INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- One round on a route within a window.
CREATE TABLE patrol (
    id INTEGER PRIMARY KEY,
    route_id INTEGER NOT NULL REFERENCES patrol_route (id),
    school_id INTEGER NOT NULL,
    person_id INTEGER,                       -- null: whoever of the team
    begins_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, -- UTC ms
    points INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'done', 'missed', 'excused')),
    reason TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX patrol_window ON patrol (state, ends_at);
CREATE INDEX patrol_school ON patrol (school_id, begins_at);

CREATE TABLE patrol_check (
    patrol_id INTEGER NOT NULL REFERENCES patrol (id),
    point INTEGER NOT NULL,                  -- from 0
    uuid TEXT NOT NULL UNIQUE,
    person_id INTEGER NOT NULL,
    device_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    lon REAL, lat REAL, accuracy_m REAL,
    proof TEXT NOT NULL CHECK (proof IN ('green', 'amber')),
    PRIMARY KEY (patrol_id, point)
) STRICT, WITHOUT ROWID;

-- What somebody saw, in three taps; it becomes an incident.
CREATE TABLE tip (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    school_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('stranger', 'quarrel', 'vehicle', 'danger', 'bullying', 'other')),
    story TEXT NOT NULL,
    lon REAL, lat REAL, accuracy_m REAL,
    person_id INTEGER NOT NULL,
    device_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    incident_id INTEGER
) STRICT;
CREATE TABLE tip_photo (
    tip_id INTEGER PRIMARY KEY REFERENCES tip (id),
    type TEXT NOT NULL,
    bytes BLOB NOT NULL,                     -- at most 2 MiB
    sha256 TEXT NOT NULL
) STRICT;
