-- Drills of a school's plans: planned, closed with what happened, or called off. Dates are local.
CREATE TABLE drill (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    kind TEXT NOT NULL CHECK (kind IN ('intruder', 'fire', 'earthquake', 'stampede', 'bus', 'other')),
    title TEXT NOT NULL,
    date TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'closed', 'cancelled')),
    guided INTEGER NOT NULL DEFAULT 0,       -- 1: police guided it
    participants INTEGER NOT NULL DEFAULT 0,
    evacuated_s INTEGER,                     -- seconds until everybody was out; null: nobody had to go
    rating TEXT NOT NULL DEFAULT '' CHECK (rating IN ('', 'P', 'S', 'M', 'U')), -- HSEEP: performed without, with some, with major challenges, unable
    timeline TEXT NOT NULL DEFAULT '',       -- what happened when
    evaluation TEXT NOT NULL DEFAULT '',     -- the captain's comment
    reason TEXT NOT NULL DEFAULT '',         -- of the cancellation
    closed_at INTEGER NOT NULL DEFAULT 0,    -- UTC ms: recorded as closed
    void_at INTEGER NOT NULL DEFAULT 0,      -- UTC ms: withdrawn
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX drill_school ON drill (school_id, date);
CREATE INDEX drill_date ON drill (date);

-- What a drill found: it ends done, or waived with a reason.
CREATE TABLE drill_action (
    id INTEGER PRIMARY KEY,
    drill_id INTEGER NOT NULL REFERENCES drill (id),
    text TEXT NOT NULL,
    owner TEXT NOT NULL,
    due_date TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'waived')),
    note TEXT NOT NULL DEFAULT ''            -- the proof, or the reason
) STRICT;
CREATE INDEX drill_action_drill ON drill_action (drill_id);
CREATE VIEW drill_full AS SELECT d.id, d.school_id, s.name AS school, s.county, d.kind, d.title, d.date, d.state, d.guided AS guided_flag, d.participants, d.evacuated_s, d.rating, d.timeline, d.evaluation, d.reason,
    (SELECT count(*) FROM drill_action a WHERE a.drill_id = d.id) AS action_count, (SELECT count(*) FROM drill_action a WHERE a.drill_id = d.id AND a.state = 'open') AS open_actions, d.version
    FROM drill d JOIN school s ON s.id = d.school_id;
