-- Another system that is told what happens: a position in the journal, as seen by a person's rights.
CREATE TABLE webhook (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    secret_sealed BLOB NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id), -- it sees what this person may see
    types TEXT NOT NULL DEFAULT '',        -- prefixes of event types with blanks between, 'incident. warning.raised'; '': all
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    seq INTEGER NOT NULL,                  -- journal number: told up to here
    tries INTEGER NOT NULL DEFAULT 0,      -- failed in a row
    due_at INTEGER NOT NULL DEFAULT 0,     -- UTC ms: not before
    fault TEXT NOT NULL DEFAULT '',
    good_at INTEGER,                       -- UTC ms of the last that was taken
    made_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Events that the other side refused for good; the rest went on without them.
CREATE TABLE webhook_dead (
    id INTEGER PRIMARY KEY,
    webhook_id INTEGER NOT NULL REFERENCES webhook (id),
    seq INTEGER NOT NULL,                  -- of the event
    status INTEGER NOT NULL,               -- of HTTP
    fault TEXT NOT NULL,
    at INTEGER NOT NULL,                   -- UTC ms
    state TEXT NOT NULL DEFAULT 'dead' CHECK (state IN ('dead', 'waiting', 'sent', 'dropped')),
    UNIQUE (webhook_id, seq)
) STRICT;
CREATE INDEX webhook_dead_state ON webhook_dead (state, id);
