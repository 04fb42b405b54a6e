-- A way out: an HTTP gateway of a carrier for text or voice, a mail server, or the robot of a group chat.
CREATE TABLE gateway (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('sms', 'voice', 'mail', 'group')),
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,                     -- template: {to} {text} {key} {secret}
    headers TEXT NOT NULL DEFAULT '',      -- template, a header a line
    body TEXT NOT NULL DEFAULT '',         -- template; of mail: unused
    ok_text TEXT NOT NULL DEFAULT '',      -- what a good answer holds; '': its status is enough
    sender TEXT NOT NULL DEFAULT '',       -- of mail: the address it comes from
    account TEXT NOT NULL DEFAULT '',      -- of mail: the name to sign in with
    secret_sealed BLOB,                    -- password or key, sealed
    receipts INTEGER NOT NULL DEFAULT 0,   -- 1: it reports what arrived, so silence is a failure
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Who is told at which step of the ladder.
CREATE TABLE receiver (
    id INTEGER PRIMARY KEY,
    person_id INTEGER REFERENCES person (id), -- null: a group chat
    gateway_id INTEGER REFERENCES gateway (id), -- of the group
    name TEXT NOT NULL,
    county TEXT NOT NULL DEFAULT '',       -- only for its schools; '': all
    level INTEGER NOT NULL,                -- step of the escalation, 0 at once … 5 leadership
    severity INTEGER NOT NULL,             -- told about this and graver: 1 … 4
    channels TEXT NOT NULL,                -- of 'app sms voice mail', separated by blanks
    phone TEXT NOT NULL DEFAULT '',        -- instead of the person's
    mail TEXT NOT NULL DEFAULT '',
    from_min INTEGER NOT NULL DEFAULT 0, to_min INTEGER NOT NULL DEFAULT 1440, -- minutes of the local day
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX receiver_level ON receiver (level);

-- One thing to tell.
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER REFERENCES incident (id), -- null: typed by a person
    school_id INTEGER,
    level INTEGER NOT NULL,
    wait TEXT NOT NULL,                    -- what must not have happened yet: ack, send, arrive; '' nothing
    zh TEXT NOT NULL, en TEXT NOT NULL,
    drill INTEGER NOT NULL DEFAULT 0,
    person_id INTEGER REFERENCES person (id), -- who typed it
    made_at INTEGER NOT NULL               -- UTC ms
) STRICT;
CREATE INDEX message_incident ON message (incident_id);

-- One try to reach one receiver over one channel. Written before anything is sent.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id),
    receiver_id INTEGER NOT NULL REFERENCES receiver (id),
    person_id INTEGER,
    channel TEXT NOT NULL CHECK (channel IN ('app', 'sms', 'voice', 'mail', 'group')),
    gateway_id INTEGER,
    address TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,              -- given to the gateway: the same try is the same key, and receipts name it
    text TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'received', 'acked', 'failed', 'cancelled')),
    due_at INTEGER NOT NULL,               -- UTC ms, as below
    tries INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER, receipt_at INTEGER,
    fault TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'waiting';
CREATE INDEX delivery_message ON delivery (message_id, receiver_id);
CREATE INDEX delivery_person ON delivery (person_id, id);
