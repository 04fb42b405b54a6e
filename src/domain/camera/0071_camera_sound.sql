-- Whether what a camera hears goes with its pictures to who looks, to recordings and clips. Rooms and vehicles with pupils: only where
-- somebody says so.
ALTER TABLE camera ADD COLUMN sound INTEGER NOT NULL DEFAULT 1;
UPDATE camera SET sound = 0 WHERE inside = 1 OR recorder_id IN (SELECT id FROM recorder WHERE kind = 'jt1078');
DROP VIEW camera_row;
CREATE VIEW camera_row AS
SELECT c.id, c.recorder_id, c.school_id, s.name AS school, s.county, r.kind, r.vehicle_id, c.code, c.name, c.main_url, c.sub_url, c.still_url, c.place_id, p.name AS place, c.lon, c.lat, c.direction_deg, c.angle_deg, c.range_m, c.ptz AS ptz_flag, c.alarm_preset,
 c.flagged AS flagged_flag, c.recorded AS recorded_flag, c.sound AS sound_flag, c.keep_days, c.kept_days, c.kept_days_at, c.inside AS inside_flag, c.state, r.line, c.fault, c.fault_at, c.version
FROM camera c JOIN recorder r ON r.id = c.recorder_id JOIN school s ON s.id = c.school_id LEFT JOIN place p ON p.id = c.place_id;
