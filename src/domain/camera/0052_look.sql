-- Whoever looks is a person of ours, or a platform above (domain/cascade): the table is made anew, for neither is always there.
CREATE TABLE camera_look (
    id INTEGER PRIMARY KEY,
    camera_id INTEGER NOT NULL REFERENCES camera (id),
    school_id INTEGER NOT NULL,
    person_id INTEGER REFERENCES person (id),
    upper_id INTEGER,                      -- the platform above, where no person of ours looked
    upper_name TEXT NOT NULL DEFAULT '',   -- as it was called then
    incident_id INTEGER REFERENCES incident (id),
    reason TEXT NOT NULL CHECK (reason IN ('incident', 'drill', 'patrol', 'maintenance', 'search', 'order', 'upper')),
    note TEXT NOT NULL DEFAULT '',
    nonce TEXT NOT NULL,                   -- of the ticket, by which it is revoked
    begun_at INTEGER NOT NULL,             -- UTC ms
    ended_at INTEGER,                      -- when it was revoked, or the platform was through
    CHECK ((person_id IS NULL) <> (upper_id IS NULL))
) STRICT;
INSERT INTO camera_look (id, camera_id, school_id, person_id, incident_id, reason, note, nonce, begun_at, ended_at)
SELECT id, camera_id, school_id, person_id, incident_id, reason, note, nonce, begun_at, ended_at FROM camera_view;
DROP TABLE camera_view;
ALTER TABLE camera_look RENAME TO camera_view;
CREATE INDEX camera_view_camera ON camera_view (camera_id, begun_at);
CREATE INDEX camera_view_school ON camera_view (school_id, begun_at);
CREATE INDEX camera_view_person ON camera_view (person_id, begun_at);
