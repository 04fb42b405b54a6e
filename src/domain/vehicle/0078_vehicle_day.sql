-- What the rules of belts, drivers and roads need; and a bus's timetable.
ALTER TABLE vehicle ADD COLUMN card_reader INTEGER NOT NULL DEFAULT 0; -- 1: its terminal has told of a driver's card once
ALTER TABLE trip ADD COLUMN belted_at INTEGER;                         -- UTC ms: the attendant saw every belt fastened and the door shut, since the last one came in
ALTER TABLE bus_route ADD COLUMN roads TEXT NOT NULL DEFAULT '[]';     -- JSON: [{from, road, kmh}]: from this point of the path on
ALTER TABLE bus_route ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;

-- Trips that come by themselves, by the school's calendar.
CREATE TABLE bus_time (
    id INTEGER PRIMARY KEY,                -- number of vehicle.time_added
    vehicle_id INTEGER NOT NULL REFERENCES vehicle (id),
    route_id INTEGER NOT NULL REFERENCES bus_route (id),
    attendant_id INTEGER,
    direction TEXT NOT NULL CHECK (direction IN ('to_school', 'home')),
    roster INTEGER NOT NULL,
    at_min INTEGER NOT NULL,               -- of the local day
    days INTEGER NOT NULL,                 -- bit 0: Monday
    on_days_off INTEGER NOT NULL DEFAULT 0,
    planned_date TEXT NOT NULL DEFAULT '', -- local: the last day whose trip was planned
    ended INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX bus_time_vehicle ON bus_time (vehicle_id);
