-- Alerts of other authorities (weather, flood, earthquake), as CAP 1.2 brought them.
CREATE TABLE bulletin (
    id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL, sender TEXT NOT NULL,
    sent_at INTEGER NOT NULL,             -- UTC ms, like all stamps here
    status TEXT NOT NULL,                 -- Actual, Exercise, System, Test
    msg_type TEXT NOT NULL,               -- Alert, Update, Cancel, Ack, Error
    refs TEXT NOT NULL DEFAULT '',        -- what it updates or cancels: 'sender,identifier,sent' with blanks between
    event TEXT NOT NULL, category TEXT NOT NULL,
    urgency TEXT NOT NULL, severity TEXT NOT NULL, certainty TEXT NOT NULL,
    headline TEXT NOT NULL, description TEXT NOT NULL, instruction TEXT NOT NULL,
    area TEXT NOT NULL,
    onset_at INTEGER, expires_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('standing', 'over', 'kept')), -- kept: says nothing to schools (Test, Ack, minor)
    received_at INTEGER NOT NULL,
    raw BLOB NOT NULL,
    UNIQUE (sender, identifier)
) STRICT;

-- The schools that lie in it.
CREATE TABLE bulletin_school (
    bulletin_id INTEGER NOT NULL REFERENCES bulletin (id),
    school_id INTEGER NOT NULL REFERENCES school (id),
    PRIMARY KEY (bulletin_id, school_id)
) STRICT, WITHOUT ROWID;
