-- Another centre that takes cases: the 110 of the county, an upper platform.
CREATE TABLE partner (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,                     -- where cases are posted
    secret_sealed BLOB NOT NULL,           -- of the HMAC over each message, both ways
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- One incident given to one partner. The three uses of ASAP-to-PSAP: the case; accepted or rejected; updates both ways.
CREATE TABLE handoff (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    partner_id INTEGER NOT NULL REFERENCES partner (id),
    school_id INTEGER,
    state TEXT NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'accepted', 'rejected', 'closed', 'failed')),
    reference TEXT NOT NULL DEFAULT '',    -- the partner's own number
    reason TEXT NOT NULL DEFAULT '',       -- of a rejection or failure
    progress TEXT NOT NULL DEFAULT '',     -- dispatched, arrived: what the partner last said
    person_id INTEGER NOT NULL REFERENCES person (id),
    made_at INTEGER NOT NULL,              -- UTC ms
    answered_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    UNIQUE (incident_id, partner_id)
) STRICT;

-- What is to be said to the partner, in order; written with the change that it tells.
CREATE TABLE handoff_post (
    id INTEGER PRIMARY KEY,                -- also the message's own number, by which a repeated one is known
    handoff_id INTEGER NOT NULL REFERENCES handoff (id),
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX handoff_post_due ON handoff_post (due_at) WHERE state = 'waiting';
CREATE INDEX handoff_post_handoff ON handoff_post (handoff_id, id);

-- What the partner said, by its own number: said twice, done once.
CREATE TABLE handoff_heard (
    partner_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (partner_id, number)
) STRICT, WITHOUT ROWID;
