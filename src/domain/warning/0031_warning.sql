-- A text of a rule. One edition of a code is active; the earlier ones stay, so that a warning of last year can be explained.
CREATE TABLE rule (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    edition INTEGER NOT NULL,                  -- 1, 2, 3 … of this code
    text TEXT NOT NULL,                        -- see rule_text.h
    zh TEXT NOT NULL, en TEXT NOT NULL,        -- its name
    note_zh TEXT NOT NULL, note_en TEXT NOT NULL,
    severity INTEGER NOT NULL,                 -- the gravest that it can reach
    state TEXT NOT NULL CHECK (state IN ('draft', 'active', 'retired', 'off')),
    shipped INTEGER NOT NULL DEFAULT 0,        -- 1: came with the program
    reason TEXT NOT NULL DEFAULT '',           -- why it was changed or put off
    backtest TEXT NOT NULL DEFAULT '{}',       -- JSON: what it would have done, when it was written
    made_by INTEGER REFERENCES person (id), made_at INTEGER NOT NULL, -- UTC ms
    signed_by INTEGER REFERENCES person (id), signed_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (code, edition)
) STRICT;
CREATE INDEX rule_state ON rule (state);

-- A warning: what a rule found. The same evidence is the same row, also when it is played again after a crash.
CREATE TABLE rule_hit (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    rule_id INTEGER NOT NULL,                  -- the edition; without a foreign key: a hit outlives everything
    case_no INTEGER NOT NULL, case_name TEXT NOT NULL,
    place_key TEXT NOT NULL,                   -- what the case is kept by: a school, a panel, a duty
    episode INTEGER NOT NULL,                  -- first event of its evidence, or the moment that was due
    drill INTEGER NOT NULL,
    school_id INTEGER REFERENCES school (id),
    severity INTEGER NOT NULL,
    receiver TEXT NOT NULL,                    -- maintenance, school, station, desk, commander
    step INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('open', 'acked', 'cleared')),
    quiet TEXT NOT NULL DEFAULT '',            -- why it was kept but not told: hidden, folded, shelved
    hidden_by TEXT NOT NULL DEFAULT '',        -- code of the rule that hid it
    count INTEGER NOT NULL,
    zh TEXT NOT NULL, en TEXT NOT NULL,
    evidence TEXT NOT NULL,                    -- JSON: journal numbers
    score INTEGER NOT NULL,                    -- 0 a signal … 2 an independent second one; 3 and 4 come from its incident
    reasons TEXT NOT NULL,                     -- JSON: [{reason, value}]
    incident_id INTEGER REFERENCES incident (id),
    raised_at INTEGER NOT NULL, stepped_at INTEGER, cleared_at INTEGER, -- UTC ms
    acked_by INTEGER REFERENCES person (id), acked_at INTEGER,
    note TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (code, case_no, place_key, episode, drill)
) STRICT;
CREATE INDEX rule_hit_open ON rule_hit (state, id);
CREATE INDEX rule_hit_school ON rule_hit (school_id, id);
CREATE INDEX rule_hit_raised ON rule_hit (raised_at);
CREATE INDEX rule_hit_incident ON rule_hit (incident_id);

-- What the engine had in mind when it was last saved, with the last event that it had seen of each place.
CREATE TABLE rule_memory (
    code TEXT NOT NULL,
    case_no INTEGER NOT NULL,
    place_key TEXT NOT NULL,
    rule_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (code, case_no, place_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE rule_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL                       -- events up to this one are in rule_memory
) STRICT;

-- A rule set aside for a while, at one school or everywhere. Never one that can reach severity 1.
CREATE TABLE rule_shelf (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    school_id INTEGER REFERENCES school (id),  -- null: everywhere
    owner_id INTEGER NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    until_at INTEGER NOT NULL,                 -- UTC ms, at most 8 h away
    ended_at INTEGER
) STRICT;
CREATE INDEX rule_shelf_until ON rule_shelf (until_at);

-- The daily proof that every path still works, kept as it was found.
CREATE TABLE proof (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,                       -- UTC ms
    checked INTEGER NOT NULL,                  -- paths looked at
    failing INTEGER NOT NULL,
    items TEXT NOT NULL                        -- JSON: what would fail today
) STRICT;

-- Roles that saw alarms see warnings; whoever handled and supervised handles warnings and signs rules.
INSERT INTO role_permission (role, permission) SELECT role, 'warning.read' FROM role_permission WHERE permission = 'alarm.read';
INSERT INTO role_permission (role, permission) SELECT role, 'warning.handle' FROM role_permission WHERE permission = 'alarm.handle';
INSERT INTO role_permission (role, permission) SELECT role, 'rule.write' FROM role_permission WHERE permission = 'incident.supervise';
INSERT INTO role_permission (role, permission) SELECT role, 'rule.sign' FROM role_permission WHERE permission = 'incident.supervise';
INSERT INTO role_permission (role, permission) SELECT role, 'observe' FROM role_permission WHERE permission = 'org.write';
