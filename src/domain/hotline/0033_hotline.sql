-- What anybody tells us without an account: by the web form or by text message.
CREATE TABLE hotline (
    id INTEGER PRIMARY KEY,
    way TEXT NOT NULL CHECK (way IN ('web', 'sms')),
    school_id INTEGER REFERENCES school (id),  -- null: not named, or not found
    school_said TEXT NOT NULL DEFAULT '',      -- the school in their words
    text TEXT NOT NULL,
    contact TEXT NOT NULL DEFAULT '',          -- only if they gave it; of a text message its number
    sender_digest BLOB NOT NULL,               -- keyed digest of address or number, to slow down whoever floods us; no way back
    state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'incident', 'settled')),
    incident_id INTEGER REFERENCES incident (id),
    note TEXT NOT NULL DEFAULT '',
    settled_by INTEGER REFERENCES person (id), settled_at INTEGER, -- UTC ms
    received_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX hotline_state ON hotline (state, id);
CREATE INDEX hotline_sender ON hotline (sender_digest, received_at);
