-- Where a camera turns back to by itself, as it was last ordered (camera_upkeep.c).
ALTER TABLE camera ADD COLUMN home_preset INTEGER;  -- null: it stays where it was left, or nobody has said
ALTER TABLE camera ADD COLUMN home_after_s INTEGER; -- seconds without steering
DROP VIEW camera_row;
CREATE VIEW camera_row AS
SELECT c.id, c.recorder_id, c.school_id, s.name AS school, s.county, r.kind, r.vehicle_id, c.code, c.name, c.main_url, c.sub_url, c.still_url, c.place_id, p.name AS place, c.lon, c.lat, c.direction_deg, c.angle_deg, c.range_m, c.ptz AS ptz_flag, c.alarm_preset, c.home_preset, c.home_after_s,
 c.flagged AS flagged_flag, c.recorded AS recorded_flag, c.sound AS sound_flag, c.keep_days, c.kept_days, c.kept_days_at, c.inside AS inside_flag, c.state, r.line, c.fault, c.fault_at, c.version
FROM camera c JOIN recorder r ON r.id = c.recorder_id JOIN school s ON s.id = c.school_id LEFT JOIN place p ON p.id = c.place_id;
