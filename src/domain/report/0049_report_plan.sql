-- Reports that are kept by themselves: at six in the morning after the day, the week or the month that they are about.
CREATE TABLE report_plan (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    every TEXT NOT NULL CHECK (every IN ('day', 'week', 'month')),
    county TEXT NOT NULL DEFAULT '',
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE, -- whose eyes
    next_at INTEGER NOT NULL,                -- UTC ms
    report_id INTEGER,                       -- the last one
    made_at INTEGER NOT NULL
) STRICT;
ALTER TABLE report ADD COLUMN plan TEXT NOT NULL DEFAULT ''; -- the plan's name, which outlives it; '': kept by hand
