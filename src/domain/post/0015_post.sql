-- Where somebody stands at a school's gate at every peak.
CREATE TABLE post (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    lon REAL NOT NULL, lat REAL NOT NULL,      -- WGS-84 degrees
    fence_m INTEGER NOT NULL DEFAULT 80,       -- who is nearer than this has arrived
    org_id INTEGER REFERENCES org (id),        -- the station that answers for it
    arterial INTEGER NOT NULL DEFAULT 0,       -- 1: on an arterial road
    secret BLOB NOT NULL,                      -- of the rotating code
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX post_school ON post (school_id);

-- How many of which kind a post needs.
CREATE TABLE post_need (
    post_id INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('any', 'traffic', 'armed', 'guard', 'teacher')), -- any: police or auxiliary
    count INTEGER NOT NULL CHECK (count BETWEEN 1 AND 9),
    PRIMARY KEY (post_id, kind)
) STRICT, WITHOUT ROWID;

-- When pupils come and go: a window of the local day, on the weekdays of the mask, within a season; a grade may have its own.
CREATE TABLE peak (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    grade TEXT NOT NULL DEFAULT '',            -- '' for all
    kind TEXT NOT NULL DEFAULT 'usual' CHECK (kind IN ('usual', 'release')), -- release: the last day before holidays, with more traffic police
    weekdays INTEGER NOT NULL,                 -- bit 0 Monday … bit 6 Sunday; 0 for a release, which names its days in peak_change
    begins_min INTEGER NOT NULL CHECK (begins_min BETWEEN 0 AND 1439), -- of the local day
    ends_min INTEGER NOT NULL CHECK (ends_min BETWEEN 1 AND 1440),
    from_date TEXT NOT NULL DEFAULT '',        -- local dates, both ends in; '' open
    to_date TEXT NOT NULL DEFAULT '',
    early_min INTEGER NOT NULL DEFAULT 15,     -- who arrives so long before is on time
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX peak_school ON peak (school_id);

-- Days that differ: holidays, make-up days, weather. The narrowest wins: school before county before all.
CREATE TABLE peak_change (
    id INTEGER PRIMARY KEY,
    date TEXT NOT NULL,                        -- local
    county TEXT NOT NULL DEFAULT '',           -- both '': everywhere
    school_id INTEGER,
    act TEXT NOT NULL CHECK (act IN ('off', 'as', 'shift', 'release')), -- no peaks; as another weekday; moved by minutes; release peaks too
    value INTEGER NOT NULL DEFAULT 0,          -- as: weekday 0 … 6; shift: minutes
    reason TEXT NOT NULL,
    made_by INTEGER, made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX peak_change_date ON peak_change (date);
