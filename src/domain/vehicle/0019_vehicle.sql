-- A student vehicle and its terminal.
CREATE TABLE vehicle (
    id INTEGER PRIMARY KEY,
    plate TEXT NOT NULL UNIQUE,
    school_id INTEGER NOT NULL REFERENCES school (id),
    capacity INTEGER NOT NULL,             -- pupils that may ride
    terminal TEXT NOT NULL UNIQUE,         -- the number that it sends, without leading zeros
    code TEXT NOT NULL,                    -- of authentication, given to the terminal when it registers
    datum TEXT NOT NULL DEFAULT 'wgs84' CHECK (datum IN ('wgs84', 'gcj02')), -- what its positions mean
    driver TEXT NOT NULL DEFAULT '',       -- by the last driver card
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX vehicle_school ON vehicle (school_id);

-- The approved way of a bus, with its stops in order.
CREATE TABLE bus_route (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    name TEXT NOT NULL,
    path TEXT NOT NULL,                    -- JSON: [[lon, lat], …], WGS-84
    stops TEXT NOT NULL,                   -- JSON: [{name, lon, lat, after_min}, …]
    corridor_m INTEGER NOT NULL DEFAULT 100,
    limit_kmh INTEGER NOT NULL DEFAULT 60,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- One ride.
CREATE TABLE trip (
    id INTEGER PRIMARY KEY,
    vehicle_id INTEGER NOT NULL REFERENCES vehicle (id),
    route_id INTEGER NOT NULL REFERENCES bus_route (id),
    school_id INTEGER NOT NULL,
    attendant_id INTEGER,                  -- who rides along and counts
    direction TEXT NOT NULL CHECK (direction IN ('to_school', 'home')),
    roster INTEGER NOT NULL,               -- pupils expected
    due_at INTEGER NOT NULL,               -- UTC ms, like all below
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'running', 'ended', 'cancelled')),
    started_at INTEGER, ended_at INTEGER,
    boarded INTEGER NOT NULL DEFAULT 0, alighted INTEGER NOT NULL DEFAULT 0,
    checked_at INTEGER,                    -- somebody walked to the rear and saw every seat empty
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX trip_vehicle ON trip (vehicle_id, due_at);
CREATE INDEX trip_school ON trip (school_id, due_at);

-- What a vehicle's rules found: open until its cause has gone.
CREATE TABLE vehicle_alarm (
    id INTEGER PRIMARY KEY,
    vehicle_id INTEGER NOT NULL REFERENCES vehicle (id),
    trip_id INTEGER,
    kind TEXT NOT NULL,                    -- see vehicle_watch.h
    value REAL NOT NULL,                   -- what was measured
    lon REAL, lat REAL,
    opened_at INTEGER NOT NULL, closed_at INTEGER,
    incident_id INTEGER
) STRICT;
CREATE INDEX vehicle_alarm_vehicle ON vehicle_alarm (vehicle_id, kind);
