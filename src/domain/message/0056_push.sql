-- A browser that is woken by its push service when its page is closed (Web Push).
CREATE TABLE push_device (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    endpoint TEXT NOT NULL UNIQUE,         -- address at its service
    p256dh TEXT NOT NULL, auth TEXT NOT NULL, -- its keys, base64url
    name TEXT NOT NULL DEFAULT '',         -- what its user calls it, or its kind
    made_at INTEGER NOT NULL,              -- UTC ms, as below
    pushed_at INTEGER,                     -- when its service last took one
    fault TEXT NOT NULL DEFAULT ''         -- of the last one, when it did not
) STRICT;
CREATE INDEX push_device_person ON push_device (person_id, id);

-- What its service is to be given; written with the delivery that it goes along with.
CREATE TABLE push_post (
    id INTEGER PRIMARY KEY,
    device_id INTEGER NOT NULL REFERENCES push_device (id) ON DELETE CASCADE,
    delivery_id INTEGER REFERENCES delivery (id), -- null: a trial
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'dropped')), -- dropped: it was seen before
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    fault TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX push_post_due ON push_post (due_at) WHERE state = 'waiting';
CREATE INDEX push_post_device ON push_post (device_id);
