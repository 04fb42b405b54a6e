-- A class of a school: who must be counted.
CREATE TABLE school_class (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    pupils INTEGER NOT NULL,
    place TEXT NOT NULL DEFAULT '',        -- its usual room
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    UNIQUE (school_id, name)
) STRICT;

-- What a school is told to do, from the order to the release.
CREATE TABLE posture (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    incident_id INTEGER REFERENCES incident (id),
    verb TEXT NOT NULL CHECK (verb IN ('hold', 'secure', 'lockdown', 'evacuate', 'shelter')),
    drill INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL,
    assembly TEXT NOT NULL DEFAULT '',     -- of evacuate: where to
    state TEXT NOT NULL DEFAULT 'standing' CHECK (state IN ('standing', 'clearing', 'released', 'replaced')),
    asked_by INTEGER NOT NULL REFERENCES person (id), asked_at INTEGER NOT NULL, -- UTC ms, as below
    clearing_by INTEGER REFERENCES person (id), clearing_at INTEGER,
    school_by INTEGER REFERENCES person (id), school_at INTEGER, -- the two who agree to the release
    police_by INTEGER REFERENCES person (id), police_at INTEGER,
    release_note TEXT NOT NULL DEFAULT '', -- why it was released with somebody uncounted, or by a stand-in
    released_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX posture_live ON posture (school_id) WHERE state IN ('standing', 'clearing');
CREATE INDEX posture_incident ON posture (incident_id);

-- What was last reported of a class; the earlier reports are in the journal.
CREATE TABLE head_count (
    id INTEGER PRIMARY KEY,
    posture_id INTEGER NOT NULL REFERENCES posture (id),
    class_id INTEGER NOT NULL REFERENCES school_class (id),
    present INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    injured INTEGER NOT NULL,              -- of those present
    moved_to TEXT NOT NULL DEFAULT '',     -- where the class is, when not in its room
    note TEXT NOT NULL DEFAULT '',
    person_id INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,                   -- UTC ms of the phone, kept between order and receipt
    first_at INTEGER NOT NULL,             -- of the first report
    UNIQUE (posture_id, class_id)
) STRICT;

-- A pupil who is given to a guardian.
CREATE TABLE pickup (
    id INTEGER PRIMARY KEY,
    posture_id INTEGER NOT NULL REFERENCES posture (id),
    school_id INTEGER NOT NULL,
    class_id INTEGER NOT NULL REFERENCES school_class (id),
    pupil TEXT NOT NULL,
    guardian TEXT NOT NULL,
    guardian_phone TEXT NOT NULL DEFAULT '',
    relation TEXT NOT NULL,
    proof TEXT NOT NULL DEFAULT '' CHECK (proof IN ('', 'known', 'id_card', 'code')),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'verified', 'handed_over', 'refused')),
    signature TEXT NOT NULL DEFAULT '',    -- strokes: an SVG path of M and L in a box of 300 × 120
    note TEXT NOT NULL DEFAULT '',         -- why it was refused
    asked_at INTEGER NOT NULL, verified_by INTEGER, verified_at INTEGER, handed_by INTEGER, handed_at INTEGER -- UTC ms
) STRICT;
CREATE UNIQUE INDEX pickup_once ON pickup (posture_id, class_id, pupil) WHERE state <> 'refused';
