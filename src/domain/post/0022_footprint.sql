-- Where somebody was while their phone said so; kept for a week.
CREATE TABLE footprint (
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,            -- UTC ms by the phone
    lon REAL NOT NULL, lat REAL NOT NULL, -- WGS-84 degrees
    accuracy_m REAL NOT NULL,
    PRIMARY KEY (person_id, at)
) STRICT, WITHOUT ROWID;
