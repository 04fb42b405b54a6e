-- The key with which a person's phone signs what it reports; the private half never leaves the phone.
CREATE TABLE phone_key (
    id INTEGER PRIMARY KEY,             -- number of phone.added
    person_id INTEGER NOT NULL REFERENCES person (id),
    tag TEXT NOT NULL,                  -- first 16 hex digits of the SHA-256 of the key
    key BLOB NOT NULL,                  -- public, P-256, 65 bytes
    name TEXT NOT NULL,                 -- what the browser calls itself
    made_at INTEGER NOT NULL,           -- UTC ms
    last_at INTEGER NOT NULL,           -- UTC ms of the last signed record
    last_n INTEGER NOT NULL DEFAULT 0,  -- its number
    ended_at INTEGER,                   -- UTC ms; what it signs afterwards counts as not signed
    UNIQUE (person_id, tag)
) STRICT;

-- What came signed: numbered by the phone and chained, so that a second use of a number and a changed past are seen.
CREATE TABLE phone_record (
    phone_id INTEGER NOT NULL REFERENCES phone_key (id),
    n INTEGER NOT NULL,                 -- from 1
    hash BLOB NOT NULL,                 -- SHA-256 of the signed text
    uuid TEXT NOT NULL,                 -- the record's id: the Idempotency-Key it came with
    operation TEXT NOT NULL,            -- 'checkinAdd'
    made_at INTEGER NOT NULL,           -- UTC ms by the phone
    received_at INTEGER NOT NULL,       -- UTC ms
    PRIMARY KEY (phone_id, n)
) STRICT, WITHOUT ROWID;
