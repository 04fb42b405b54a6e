-- A pupil who was missing when the class was called.
CREATE TABLE roll_missing (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    class_id INTEGER NOT NULL REFERENCES school_class (id),
    pupil TEXT NOT NULL,
    date TEXT NOT NULL,                    -- local
    person_id INTEGER NOT NULL REFERENCES person (id),
    told_at INTEGER NOT NULL,              -- UTC ms, as below
    left_at INTEGER,                       -- when the family said that the child had left home
    found_at INTEGER,                      -- came, was excused, or was found
    UNIQUE (class_id, pupil, date)
) STRICT;
CREATE INDEX roll_missing_school ON roll_missing (school_id, date);

-- Which class was called on which day.
CREATE TABLE roll_call (
    id INTEGER PRIMARY KEY,
    class_id INTEGER NOT NULL REFERENCES school_class (id),
    date TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    called_at INTEGER NOT NULL,
    UNIQUE (class_id, date)
) STRICT;
