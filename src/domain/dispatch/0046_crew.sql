-- Who is with a unit now: their phones tell where it is, and its orders go to them.
CREATE TABLE crew (
    id INTEGER PRIMARY KEY,
    unit_id INTEGER NOT NULL REFERENCES unit (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    every_s INTEGER NOT NULL,     -- how often their phone means to tell a position
    since INTEGER NOT NULL,       -- UTC ms, like all below
    heard_at INTEGER NOT NULL,    -- when it last did
    until INTEGER                 -- null: still with it
) STRICT;
CREATE UNIQUE INDEX crew_person ON crew (person_id) WHERE until IS NULL;
CREATE INDEX crew_unit ON crew (unit_id) WHERE until IS NULL;

-- Two overlays over a unit's status.
ALTER TABLE unit ADD COLUMN lost_at INTEGER;      -- UTC ms: when its crew had been silent for three intervals
ALTER TABLE unit ADD COLUMN emergency_id INTEGER; -- the incident of an officer of its crew who calls for help
CREATE INDEX unit_moved ON unit (position_at);

CREATE VIEW unit_row AS
SELECT u.id, u.kind, u.name, u.call_sign, u.org_id, o.name AS org, u.school_id, s.name AS school, u.lon, u.lat, u.position_at, u.status, u.lost_at, u.emergency_id,
 (SELECT count(*) FROM crew c WHERE c.unit_id = u.id AND c.until IS NULL) AS crew, u.demo AS demo_flag, u.version
FROM unit u LEFT JOIN org o ON o.id = u.org_id LEFT JOIN school s ON s.id = u.school_id;
