-- A vehicle's terminal with pictures (JT/T 1078) is a recorder too. The kind is a new column, for a CHECK cannot be changed.
DROP VIEW camera_row;
DROP VIEW recorder_row;
ALTER TABLE recorder ADD COLUMN speaks TEXT NOT NULL DEFAULT 'gb28181' CHECK (speaks IN ('gb28181', 'onvif', 'rtsp', 'jt1078'));
UPDATE recorder SET speaks = kind;
ALTER TABLE recorder DROP COLUMN kind;
ALTER TABLE recorder RENAME COLUMN speaks TO kind;
ALTER TABLE recorder ADD COLUMN vehicle_id INTEGER REFERENCES vehicle (id); -- null: it stands at a school
CREATE INDEX recorder_vehicle ON recorder (vehicle_id) WHERE vehicle_id IS NOT NULL;

CREATE VIEW recorder_row AS
SELECT r.id, r.school_id, s.name AS school, s.county, r.kind, r.vehicle_id, r.code, r.address, r.login, r.name, r.state, r.line, r.line_reason, r.line_changed_at, r.maker, r.model, r.firmware, r.gb_version, r.way, r.said, r.received, r.catalog_at,
 (SELECT count(*) FROM camera c WHERE c.recorder_id = r.id AND c.state <> 'gone') AS cameras, CASE WHEN r.password_sealed IS NULL THEN 0 ELSE 1 END AS own_password_flag, r.demo AS demo_flag, r.version
FROM recorder r JOIN school s ON s.id = r.school_id;

CREATE VIEW camera_row AS
SELECT c.id, c.recorder_id, c.school_id, s.name AS school, s.county, r.kind, r.vehicle_id, c.code, c.name, c.main_url, c.sub_url, c.still_url, c.place_id, p.name AS place, c.lon, c.lat, c.direction_deg, c.angle_deg, c.range_m, c.ptz AS ptz_flag, c.alarm_preset,
 c.flagged AS flagged_flag, c.recorded AS recorded_flag, c.keep_days, c.inside AS inside_flag, c.state, r.line, c.fault, c.fault_at, c.version
FROM camera c JOIN recorder r ON r.id = c.recorder_id JOIN school s ON s.id = c.school_id LEFT JOIN place p ON p.id = c.place_id;
