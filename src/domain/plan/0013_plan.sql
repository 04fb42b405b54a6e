-- A plan's text, by school and class; school null: the default for all. Versions are never changed.
CREATE TABLE plan (
    id INTEGER PRIMARY KEY,
    school_id INTEGER REFERENCES school (id),
    name TEXT NOT NULL,
    demo INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX plan_school ON plan (school_id);
CREATE TABLE plan_version (
    id INTEGER PRIMARY KEY,
    plan_id INTEGER NOT NULL REFERENCES plan (id),
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    classes TEXT NOT NULL,          -- ' panic holdup ' with blanks round each
    author_id INTEGER REFERENCES person (id),
    made_at INTEGER NOT NULL,       -- UTC ms
    school_signed_by INTEGER REFERENCES person (id), school_signed_at INTEGER,
    police_signed_by INTEGER REFERENCES person (id), police_signed_at INTEGER,
    UNIQUE (plan_id, number)
) STRICT;

-- The steps of a running incident.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    version_id INTEGER NOT NULL REFERENCES plan_version (id),
    step TEXT NOT NULL,             -- its name in the plan
    position INTEGER NOT NULL,
    who TEXT NOT NULL,              -- desk, guard, teacher, principal, police …
    text TEXT NOT NULL,
    limit_s INTEGER NOT NULL,
    after TEXT NOT NULL,            -- steps that must be done before, ' a b '
    branch TEXT NOT NULL,           -- JSON: answers with the step each leads to
    command TEXT NOT NULL,          -- automatic command, '' for none
    state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'sent', 'accepted', 'done', 'failed', 'skipped')),
    ready_at INTEGER, due_at INTEGER, ended_at INTEGER, -- UTC ms
    ended_by INTEGER REFERENCES person (id),
    answer TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    overdue INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX task_incident ON task (incident_id, position);
