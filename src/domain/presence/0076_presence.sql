-- One member scanned the rotating code of another: they were together.
CREATE TABLE buddy_sight (
    uuid TEXT PRIMARY KEY,              -- made by the phone: a repeated upload is one
    person_id INTEGER NOT NULL,         -- who scanned
    seen_id INTEGER NOT NULL,           -- whose code
    device_at INTEGER NOT NULL,         -- UTC ms by the phone that scanned
    received_at INTEGER NOT NULL        -- UTC ms
) STRICT;
CREATE INDEX buddy_sight_person ON buddy_sight (person_id, device_at);

-- Every report of somebody's own phone of having been somewhere.
CREATE VIEW presence_report AS
SELECT person_id, device_at, received_at, device AS phone, lon, lat FROM checkin
UNION ALL SELECT person_id, device_at, received_at, phone, lon, lat FROM patrol_check;
