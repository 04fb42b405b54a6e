-- What can be sent: cars, foot patrols, officers on posts, guards, sentry boxes, special police.
CREATE TABLE unit (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('police_car', 'foot', 'post', 'guard', 'sentry', 'special')),
    name TEXT NOT NULL,
    call_sign TEXT NOT NULL DEFAULT '',
    org_id INTEGER REFERENCES org (id),         -- the station it belongs to
    school_id INTEGER REFERENCES school (id),   -- guards and posts: whose gate it keeps
    lon REAL NOT NULL, lat REAL NOT NULL,       -- WGS-84 degrees, last known
    position_at INTEGER NOT NULL,               -- UTC ms
    status TEXT NOT NULL CHECK (status IN ('off', 'available', 'on_post', 'patrol', 'assigned', 'en_route', 'on_scene', 'busy', 'out_of_service')),
    before TEXT NOT NULL DEFAULT 'available',   -- status to return to after an assignment
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX unit_status ON unit (status);
CREATE INDEX unit_school ON unit (school_id);

-- One unit sent to one incident, with every stamp.
CREATE TABLE assignment (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    unit_id INTEGER NOT NULL REFERENCES unit (id),
    state TEXT NOT NULL,             -- see dispatch.c
    travel_s INTEGER NOT NULL,       -- estimate when it was proposed
    strips_school_id INTEGER,        -- whose gate is left bare
    made_by INTEGER,                 -- null: the system
    made_at INTEGER NOT NULL,        -- UTC ms, like all below
    sent_at INTEGER, delivered_at INTEGER, accepted_at INTEGER, en_route_at INTEGER, arrived_at INTEGER, ended_at INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX assignment_incident ON assignment (incident_id);
CREATE INDEX assignment_unit ON assignment (unit_id, state);
