-- How often a kind of school drills: one in so many months; months of holidays ask for none.
CREATE TABLE drill_cadence (
    school_kind TEXT PRIMARY KEY,
    months INTEGER NOT NULL CHECK (months BETWEEN 1 AND 12),
    off_months TEXT NOT NULL DEFAULT ''    -- '2 8': separated by blanks
) STRICT;
INSERT INTO drill_cadence (school_kind, months, off_months) VALUES
    ('kindergarten', 3, ''), ('primary', 1, '2 8'), ('middle', 1, '2 8'), ('high', 1, '2 8'), ('vocational', 1, '2 8'), ('special', 1, '2 8'), ('nine_year', 1, '2 8');
