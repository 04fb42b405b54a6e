-- Rule-of-law vice principals: an officer is appointed to a school. Dates are local; recorded_at and end_recorded_at are UTC ms:
-- when it was so, and when we knew.
CREATE TABLE appointment (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    school_id INTEGER NOT NULL REFERENCES school (id),
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL DEFAULT '',        -- last day; '': still
    recorded_at INTEGER NOT NULL,
    end_recorded_at INTEGER NOT NULL DEFAULT 0, -- 0: not ended
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX appointment_school ON appointment (school_id);
CREATE INDEX appointment_person ON appointment (person_id);

CREATE TABLE lesson (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    person_id INTEGER NOT NULL REFERENCES person (id), -- the speaker
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('first_lesson', 'regular')),
    date TEXT NOT NULL,
    begins_min INTEGER NOT NULL,             -- of the local day
    minutes INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'held', 'cancelled')),
    audience INTEGER NOT NULL DEFAULT 0,
    evidence TEXT NOT NULL DEFAULT '',       -- photo or sheet number, link
    reason TEXT NOT NULL DEFAULT '',         -- of the cancellation
    held_at INTEGER NOT NULL DEFAULT 0,      -- UTC ms: recorded as held
    void_at INTEGER NOT NULL DEFAULT 0,      -- UTC ms: withdrawn
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX lesson_date ON lesson (date);
CREATE INDEX lesson_school ON lesson (school_id, date);
CREATE VIEW lesson_full AS SELECT l.id, l.school_id, s.name AS school, s.county, l.person_id, p.full_name AS person, l.title, l.kind, l.date, l.begins_min, l.minutes, l.state, l.audience, l.evidence, l.reason, l.version
    FROM lesson l JOIN school s ON s.id = l.school_id JOIN person p ON p.id = l.person_id;
CREATE VIEW appointment_full AS SELECT a.id, a.person_id, p.full_name AS person, a.school_id, s.name AS school, s.county, a.from_date, a.to_date, a.version
    FROM appointment a JOIN person p ON p.id = a.person_id JOIN school s ON s.id = a.school_id;
