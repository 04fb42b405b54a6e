-- What the rota must know of a police officer, beside the person: the station is the person's organisation.
CREATE TABLE officer (
    person_id INTEGER PRIMARY KEY REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('police', 'traffic', 'auxiliary')),
    armed INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Days on which an officer cannot serve: leave, or the rest after a night duty (no first peak the next morning).
CREATE TABLE officer_leave (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES officer (person_id),
    from_date TEXT NOT NULL, to_date TEXT NOT NULL, -- local, both in
    kind TEXT NOT NULL CHECK (kind IN ('leave', 'sick', 'training', 'night')), -- night: the night after from_date
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX officer_leave_person ON officer_leave (person_id, from_date);
