-- Recorders and cameras that do not come to us: we go to them, by ONVIF or by RTSP addresses that somebody entered.
ALTER TABLE recorder ADD COLUMN kind TEXT NOT NULL DEFAULT 'gb28181' CHECK (kind IN ('gb28181', 'onvif', 'rtsp'));
ALTER TABLE recorder ADD COLUMN address TEXT NOT NULL DEFAULT ''; -- host[:port] where its ONVIF service answers
ALTER TABLE recorder ADD COLUMN login TEXT NOT NULL DEFAULT '';   -- with password_sealed
-- Where a camera's two streams and its still picture are fetched; without name and password. '' of recorders that come to us.
ALTER TABLE camera ADD COLUMN main_url TEXT NOT NULL DEFAULT '';
ALTER TABLE camera ADD COLUMN sub_url TEXT NOT NULL DEFAULT '';
ALTER TABLE camera ADD COLUMN still_url TEXT NOT NULL DEFAULT '';

CREATE VIEW recorder_row AS
SELECT r.id, r.school_id, s.name AS school, s.county, r.kind, r.code, r.address, r.login, r.name, r.state, r.line, r.line_reason, r.line_changed_at, r.maker, r.model, r.firmware, r.gb_version, r.way, r.said, r.received, r.catalog_at,
 (SELECT count(*) FROM camera c WHERE c.recorder_id = r.id AND c.state <> 'gone') AS cameras, CASE WHEN r.password_sealed IS NULL THEN 0 ELSE 1 END AS own_password_flag, r.demo AS demo_flag, r.version
FROM recorder r JOIN school s ON s.id = r.school_id;

CREATE VIEW camera_row AS
SELECT c.id, c.recorder_id, c.school_id, s.name AS school, s.county, r.kind, c.code, c.name, c.main_url, c.sub_url, c.still_url, c.place_id, p.name AS place, c.lon, c.lat, c.direction_deg, c.angle_deg, c.range_m, c.ptz AS ptz_flag, c.alarm_preset,
 c.flagged AS flagged_flag, c.recorded AS recorded_flag, c.keep_days, c.inside AS inside_flag, c.state, r.line, c.fault, c.fault_at, c.version
FROM camera c JOIN recorder r ON r.id = c.recorder_id JOIN school s ON s.id = c.school_id LEFT JOIN place p ON p.id = c.place_id;
