-- What a drill is to be, from draft to approval, and its live run. One row a drill that has a script.
CREATE TABLE drill_run (
    drill_id INTEGER PRIMARY KEY REFERENCES drill (id),
    school_id INTEGER NOT NULL REFERENCES school (id),
    state TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'running', 'ended', 'stopped', 'frozen')),
    begins TEXT NOT NULL DEFAULT '',       -- HH:MM, local
    announced INTEGER NOT NULL DEFAULT 1,  -- 0: only those with a part in it know before
    scenario TEXT NOT NULL,
    assembly TEXT NOT NULL DEFAULT '',     -- where to
    prohibited TEXT NOT NULL DEFAULT '',
    fallback TEXT NOT NULL DEFAULT '',     -- when it goes wrong
    stop_word TEXT NOT NULL,
    written_by INTEGER NOT NULL REFERENCES person (id), written_at INTEGER NOT NULL, -- UTC ms, as below
    approved_by INTEGER REFERENCES person (id), approved_at INTEGER,
    started_by INTEGER REFERENCES person (id), started_at INTEGER,
    ended_by INTEGER REFERENCES person (id), ended_at INTEGER,
    end_reason TEXT NOT NULL DEFAULT '',
    incident_id INTEGER REFERENCES incident (id) -- what its first alarm opened
) STRICT;
CREATE UNIQUE INDEX drill_run_live ON drill_run (school_id) WHERE state = 'running';
CREATE TABLE drill_role (
    id INTEGER PRIMARY KEY,
    drill_id INTEGER NOT NULL REFERENCES drill (id),
    role TEXT NOT NULL CHECK (role IN ('commander', 'safety', 'police1', 'police2', 'guard', 'principal', 'floor', 'counter', 'medic', 'intruder', 'observer')),
    name TEXT NOT NULL,
    person_id INTEGER REFERENCES person (id) -- who has it on the phone
) STRICT;
CREATE INDEX drill_role_drill ON drill_role (drill_id);
CREATE INDEX drill_role_person ON drill_role (person_id);
CREATE TABLE drill_objective (
    id INTEGER PRIMARY KEY,
    drill_id INTEGER NOT NULL REFERENCES drill (id),
    text TEXT NOT NULL,
    step TEXT NOT NULL DEFAULT '',         -- the plan's step that measures it
    limit_s INTEGER,                       -- seconds from the start until that step is done
    rating TEXT NOT NULL DEFAULT '' CHECK (rating IN ('', 'P', 'S', 'M', 'U')),
    evidence TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX drill_objective_drill ON drill_objective (drill_id);
CREATE TABLE drill_inject (
    id INTEGER PRIMARY KEY,
    drill_id INTEGER NOT NULL REFERENCES drill (id),
    at_s INTEGER NOT NULL,                 -- seconds from the start
    kind TEXT NOT NULL CHECK (kind IN ('signal', 'message', 'move')),
    text TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT '',         -- message: for whom; '': all
    class TEXT NOT NULL DEFAULT '',        -- signal: its class
    x REAL, y REAL,                        -- move: where on the floor plan, 0..1 from the top left
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'skipped')),
    done_at INTEGER
) STRICT;
CREATE INDEX drill_inject_drill ON drill_inject (drill_id);
-- Photos and spoken comments of a drill.
CREATE TABLE drill_file (
    id INTEGER PRIMARY KEY,
    drill_id INTEGER NOT NULL REFERENCES drill (id),
    type TEXT NOT NULL,
    bytes BLOB NOT NULL,                   -- at most 2 MiB
    sha256 TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX drill_file_drill ON drill_file (drill_id);
