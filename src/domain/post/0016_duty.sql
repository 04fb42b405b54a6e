-- Somebody at a post at a peak of a day. id = rota or journal number × 1,000,000 + running number.
CREATE TABLE duty (
    id INTEGER PRIMARY KEY,
    rota_id INTEGER,                           -- null: made by hand
    post_id INTEGER NOT NULL REFERENCES post (id),
    school_id INTEGER NOT NULL,
    peak_id INTEGER NOT NULL REFERENCES peak (id),
    date TEXT NOT NULL,                        -- local
    begins_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, -- UTC ms
    arrive_by INTEGER NOT NULL,
    need TEXT NOT NULL,
    slot INTEGER NOT NULL,                     -- running number of the need at this post
    person_id INTEGER,                         -- null: nobody was found
    why TEXT NOT NULL DEFAULT '',              -- why nobody was found
    state TEXT NOT NULL DEFAULT 'planned',     -- see duty_state.c
    alerted INTEGER NOT NULL DEFAULT 0,        -- how far the clock has warned: 1 substitute, 2 bare, 3 desk
    acknowledged_at INTEGER, en_route_at INTEGER, arrived_at INTEGER, relieved_at INTEGER, -- UTC ms
    proof TEXT NOT NULL DEFAULT '' CHECK (proof IN ('', 'green', 'amber', 'accepted', 'rejected')), -- of the arrival
    away_since INTEGER,                        -- UTC ms: seen outside the fence since
    left_at INTEGER,                           -- UTC ms: when that was told
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX duty_begins ON duty (begins_at);
CREATE INDEX duty_person ON duty (person_id, begins_at);
CREATE INDEX duty_school ON duty (school_id, date);
CREATE INDEX duty_rota ON duty (rota_id);

-- A month of who stands where, made by the solver for a county.
CREATE TABLE rota (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES org (id), -- the county's police
    county TEXT NOT NULL,
    from_date TEXT NOT NULL, to_date TEXT NOT NULL, -- local, both in
    state TEXT NOT NULL CHECK (state IN ('solving', 'draft', 'published', 'dropped')),
    keeps_id INTEGER,                          -- the rota that it stays near to
    slots INTEGER NOT NULL DEFAULT 0, uncovered INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0, bound INTEGER NOT NULL DEFAULT 0, optimal INTEGER NOT NULL DEFAULT 0,
    cpu_ms INTEGER NOT NULL DEFAULT 0,
    made_by INTEGER, made_at INTEGER NOT NULL, published_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Duties that count: made by hand, or of a published rota within its days (a newer rota shortens an older one).
CREATE VIEW duty_live AS
SELECT d.* FROM duty d LEFT JOIN rota r ON r.id = d.rota_id
WHERE d.rota_id IS NULL OR (r.state = 'published' AND d.date BETWEEN r.from_date AND r.to_date);

-- Everything that a phone reported about a duty; never deleted.
CREATE TABLE checkin (
    id TEXT PRIMARY KEY,                       -- UUID made by the phone: a repeated upload is one
    seq INTEGER NOT NULL,                      -- journal number
    duty_id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    act TEXT NOT NULL,
    device_at INTEGER NOT NULL, received_at INTEGER NOT NULL, -- UTC ms
    device TEXT NOT NULL,                      -- key of the phone
    lon REAL, lat REAL, accuracy_m REAL,
    proof TEXT NOT NULL,
    reasons TEXT NOT NULL                      -- JSON: what was doubtful
) STRICT;
CREATE INDEX checkin_duty ON checkin (duty_id);
CREATE INDEX checkin_person ON checkin (person_id, device_at);
CREATE INDEX checkin_device ON checkin (device, received_at);
