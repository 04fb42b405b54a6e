-- A lesson live to many classes (直播课): joined by a code, without an account.
CREATE TABLE broadcast (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id), -- where it is given
    lesson_id INTEGER REFERENCES lesson (id),
    person_id INTEGER NOT NULL REFERENCES person (id), -- who gives it
    title TEXT NOT NULL,
    camera_id INTEGER REFERENCES camera (id),  -- the recording room's
    code TEXT NOT NULL UNIQUE,                 -- six digits
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'live', 'ended')),
    seed TEXT NOT NULL,                        -- of the draws, 64 hex digits; told when it has ended
    commitment TEXT NOT NULL,                  -- SHA-256 of the seed's bytes, told from the start
    made_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, -- UTC ms
    root TEXT NOT NULL DEFAULT '',             -- SHA-256 over all answers, at the end
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX broadcast_school ON broadcast (school_id);
-- A screen of a class or a phone. No name, unless the school enters one.
CREATE TABLE seat (
    id INTEGER PRIMARY KEY,
    broadcast_id INTEGER NOT NULL REFERENCES broadcast (id),
    kind TEXT NOT NULL CHECK (kind IN ('screen', 'phone')),
    name TEXT NOT NULL,
    school_id INTEGER REFERENCES school (id),
    pupils INTEGER NOT NULL DEFAULT 1,         -- before a screen
    digest BLOB NOT NULL UNIQUE,               -- SHA-256 of its token
    points INTEGER NOT NULL DEFAULT 0,         -- of closed questions
    place INTEGER NOT NULL DEFAULT 0,          -- by points; 0: none yet
    joined_at INTEGER NOT NULL
) STRICT;
CREATE INDEX seat_broadcast ON seat (broadcast_id, points);
CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    broadcast_id INTEGER NOT NULL REFERENCES broadcast (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('choice', 'order', 'text', 'hands')),
    text TEXT NOT NULL,
    options TEXT NOT NULL,                     -- JSON: up to six texts, A to F
    solution TEXT NOT NULL,                    -- 'BD'; order: 'CADB'; text: accepted words, '|' between
    limit_s INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'open', 'closed')),
    opened_at INTEGER, closed_at INTEGER       -- UTC ms
) STRICT;
CREATE INDEX question_broadcast ON question (broadcast_id, position);
-- Stored before it is confirmed, once a seat. Late ones are kept and do not count.
CREATE TABLE answer (
    id INTEGER PRIMARY KEY,
    question_id INTEGER NOT NULL REFERENCES question (id),
    seat_id INTEGER NOT NULL REFERENCES seat (id),
    value TEXT NOT NULL,                       -- as the solution; hands: JSON of counts
    share INTEGER NOT NULL,                    -- thousandths that are right
    points INTEGER NOT NULL,
    after_ms INTEGER NOT NULL,                 -- from the opening, less the way there and back
    late INTEGER NOT NULL DEFAULT 0,
    at INTEGER NOT NULL,
    UNIQUE (question_id, seat_id)
) STRICT;
CREATE TABLE ask (
    id INTEGER PRIMARY KEY,
    broadcast_id INTEGER NOT NULL REFERENCES broadcast (id),
    seat_id INTEGER NOT NULL REFERENCES seat (id),
    text TEXT NOT NULL,                        -- '': a raised hand
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'shown', 'answered', 'refused')),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX ask_broadcast ON ask (broadcast_id);
CREATE TABLE draw (
    id INTEGER PRIMARY KEY,
    broadcast_id INTEGER NOT NULL REFERENCES broadcast (id),
    number INTEGER NOT NULL,                   -- 1, 2 … within the broadcast
    prize TEXT NOT NULL,
    eligible TEXT NOT NULL,                    -- JSON: the seats that were in it
    winners TEXT NOT NULL,                     -- JSON: [{seat, name}]
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX draw_broadcast ON draw (broadcast_id);
