-- An alarm receiving centre that we report alarms to as a transmitter, by ANSI/SIA DC-09.
CREATE TABLE arc (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,                 -- host:port of its receiver, TCP
    account TEXT NOT NULL,                 -- of our line, supervised by NULL messages
    key_sealed BLOB NOT NULL,              -- AES key as people write it; empty text: clear
    keyed INTEGER NOT NULL,
    token TEXT NOT NULL DEFAULT 'SIA-DCS' CHECK (token IN ('SIA-DCS', 'ADM-CID')),
    receiver TEXT NOT NULL DEFAULT '',     -- R of the header
    line_number TEXT NOT NULL DEFAULT '0', -- L of the header
    supervision_s INTEGER NOT NULL DEFAULT 60,
    severity INTEGER NOT NULL DEFAULT 2,   -- alarms up to this one are told
    names INTEGER NOT NULL DEFAULT 1,      -- 1: school and place go along as extended data
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    line TEXT NOT NULL DEFAULT 'unknown' CHECK (line IN ('unknown', 'up', 'lost')),
    line_reason TEXT NOT NULL DEFAULT '',
    line_changed_at INTEGER,               -- UTC ms
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- A school whose alarms it gets, under the account that it knows it by.
CREATE TABLE arc_school (
    arc_id INTEGER NOT NULL REFERENCES arc (id),
    school_id INTEGER NOT NULL REFERENCES school (id),
    account TEXT NOT NULL,
    PRIMARY KEY (arc_id, school_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX arc_school_account ON arc_school (arc_id, account);
CREATE INDEX arc_school_school ON arc_school (school_id);

-- What it is to be told of; written with the alarm.
CREATE TABLE arc_signal (
    arc_id INTEGER NOT NULL REFERENCES arc (id),
    seq INTEGER NOT NULL,                  -- of the event; its order, and the number on the wire
    alarm_id INTEGER NOT NULL REFERENCES alarm (id),
    account TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('alarm', 'restore')),
    made_at INTEGER NOT NULL,              -- UTC ms
    until_at INTEGER NOT NULL,             -- UTC ms; what still waits then is late
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'told', 'refused', 'late')),
    told_at INTEGER,                       -- when it answered, or was given up
    PRIMARY KEY (arc_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX arc_signal_waiting ON arc_signal (arc_id, seq) WHERE state = 'waiting';
CREATE INDEX arc_signal_alarm ON arc_signal (alarm_id);
