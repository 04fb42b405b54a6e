-- A panel is one receiver account of one school. Key, clock and supervision are per account.
CREATE TABLE panel (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE,         -- 3 to 16 hex digits, upper case, as the panel sends it
    school_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    protocol TEXT NOT NULL DEFAULT 'dc09',
    supervision_s INTEGER NOT NULL,       -- a panel silent for longer is lost; 0: not supervised
    key_sealed BLOB,                      -- AES key of 16, 24 or 32 bytes, sealed; null: clear text
    clock_offset_s INTEGER NOT NULL DEFAULT 0, -- added to the panel's stamp to get UTC
    clock_policy TEXT NOT NULL DEFAULT 'nak' CHECK (clock_policy IN ('nak', 'mark')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    test_until INTEGER,                   -- UTC ms: until then its signals are tests
    line TEXT NOT NULL DEFAULT 'unknown' CHECK (line IN ('unknown', 'up', 'lost')),
    line_changed_at INTEGER,              -- UTC ms
    demo INTEGER NOT NULL DEFAULT 0,      -- 1: made by huxue demo
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX panel_school ON panel (school_id);

-- Where a zone of a panel is: 'partition 01, zone 005 is the button at the south gate'.
CREATE TABLE panel_place (
    panel_id INTEGER NOT NULL REFERENCES panel (id) ON DELETE CASCADE,
    partition_no TEXT NOT NULL,           -- as sent, leading zeros removed; '' for any
    zone TEXT NOT NULL,                   -- as sent, leading zeros removed
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                   -- button, door, window, motion, smoke, gate, fence, room
    place_id INTEGER,                     -- the place of the school, where known
    PRIMARY KEY (panel_id, partition_no, zone)
) STRICT;

-- One row for everything that a device ever said. Never deleted.
CREATE TABLE signal (
    seq INTEGER PRIMARY KEY,              -- journal number of signal.received
    received_at INTEGER NOT NULL,         -- UTC ms, our clock; order is by seq
    device_at INTEGER,                    -- UTC ms by the device's clock, offset applied
    account TEXT NOT NULL,
    panel_id INTEGER,
    school_id INTEGER,
    protocol TEXT NOT NULL,               -- dc09, phone, supervision
    sequence TEXT NOT NULL,               -- the device's own number
    code TEXT NOT NULL,                   -- 'PA' or '120'
    qualifier TEXT NOT NULL,              -- new, restore, status
    partition_no TEXT NOT NULL,
    zone TEXT NOT NULL,
    class TEXT NOT NULL,                  -- see signal_class.h
    severity INTEGER NOT NULL,            -- 1 life … 4 fault or information, 0 nothing to do
    text TEXT NOT NULL,                   -- what the device wrote, as UTF-8
    state TEXT NOT NULL CHECK (state IN ('accepted', 'quarantined')),
    drill INTEGER NOT NULL,
    test INTEGER NOT NULL,                -- 1: the panel was in test mode
    copies INTEGER NOT NULL DEFAULT 1,    -- how often the same frame came
    extra TEXT NOT NULL,                  -- JSON: extended data, clock marks, peer
    raw BLOB                              -- the frame's bytes
) STRICT;
CREATE INDEX signal_account ON signal (account, seq);
CREATE INDEX signal_quarantined ON signal (account) WHERE state = 'quarantined';

-- Digests of frames already stored, to know a repetition by.
CREATE TABLE signal_seen (
    account TEXT NOT NULL,
    digest BLOB NOT NULL,                 -- first 16 bytes of SHA-256 over the meaning of the frame
    seq INTEGER NOT NULL,                 -- the signal it became
    last_at INTEGER NOT NULL,             -- UTC ms of the last copy
    PRIMARY KEY (account, digest)
) STRICT, WITHOUT ROWID;
