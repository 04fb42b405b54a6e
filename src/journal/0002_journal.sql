-- Every change of state, numbered without gaps and chained by hash. Nothing here is ever changed or deleted.
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,   -- 1, 2, 3 … without gaps
    at INTEGER NOT NULL,       -- UTC ms
    type TEXT NOT NULL,        -- 'incident.opened'
    school_id INTEGER,         -- whose eyes may see it
    subject_id INTEGER,        -- the record whose story it belongs to: its id is the number of its first event
    person_id INTEGER,         -- who did it; null for the system
    data TEXT NOT NULL,        -- JSON: the record as it stands after the change
    hash BLOB NOT NULL         -- SHA-256 over the previous hash and this row's fields
) STRICT;
CREATE INDEX journal_subject ON journal (subject_id, seq) WHERE subject_id IS NOT NULL;

-- The last number and hash, so that a row cut off at the end is missed too. One row.
CREATE TABLE journal_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- How far each follower has read.
CREATE TABLE journal_cursor (
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;
