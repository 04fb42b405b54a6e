-- A school asks an officer for a lesson, with the times that suit it.
CREATE TABLE lesson_ask (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    person_id INTEGER NOT NULL REFERENCES person (id), -- who is asked
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('first_lesson', 'regular')),
    minutes INTEGER NOT NULL,
    slots TEXT NOT NULL,                     -- JSON: up to three of {date, begins_min}, local
    note TEXT NOT NULL DEFAULT '',
    asked_by INTEGER NOT NULL REFERENCES person (id),
    asked_at INTEGER NOT NULL,               -- UTC ms
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'refused', 'withdrawn')),
    reason TEXT NOT NULL DEFAULT '',         -- of a refusal
    lesson_id INTEGER REFERENCES lesson (id),
    settled_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX lesson_ask_person ON lesson_ask (person_id, state);
CREATE INDEX lesson_ask_school ON lesson_ask (school_id);
CREATE VIEW lesson_ask_row AS SELECT a.id, a.school_id, s.name AS school, s.county, a.person_id, p.full_name AS person, a.title, a.kind, a.minutes, a.slots AS slots_json, a.note, q.full_name AS asked_person, a.asked_at, a.state, a.reason, a.lesson_id, a.settled_at, a.version
    FROM lesson_ask a JOIN school s ON s.id = a.school_id JOIN person p ON p.id = a.person_id JOIN person q ON q.id = a.asked_by;
