-- Every timer is a row with an absolute deadline: a restart forgets none.
CREATE TABLE timer (
    id INTEGER PRIMARY KEY,      -- set time in ms times 4096, plus a serial
    due_at INTEGER NOT NULL,     -- UTC ms
    kind TEXT NOT NULL,          -- which handler: 'escalation.step', 'task.overdue' …
    subject_id INTEGER NOT NULL, -- the record that it belongs to; cancelling goes by this
    epoch INTEGER NOT NULL,      -- the record's epoch when it was set; a stale timer does nothing
    data TEXT NOT NULL           -- JSON for the handler
) STRICT;
CREATE INDEX timer_due_at ON timer (due_at);
CREATE INDEX timer_subject ON timer (subject_id, kind);

-- What a write with this key answered, so that a repeated request does nothing twice. Kept for two days.
CREATE TABLE idempotency (
    person_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,  -- SHA-256 of method, path and body: the same key with another request is refused
    status INTEGER NOT NULL, -- HTTP status of the first answer
    reply TEXT NOT NULL,
    at INTEGER NOT NULL,    -- UTC ms
    PRIMARY KEY (person_id, key)
) STRICT;
CREATE INDEX idempotency_at ON idempotency (at);
