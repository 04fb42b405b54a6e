-- What was done well, one row each: of `whole` (1, or the minutes of a peak) `part` was so. value_ms: how long it took, where that is
-- asked. `at` is when it was so, known_from when it was recorded, both UTC ms. Minutes at the gate are a statement of their own
-- (report.sql), because they are counted over all who stood there.
CREATE VIEW measure AS
SELECT 'on_time' AS measure, d.id AS row_id, d.school_id, d.begins_at AS at, d.begins_at AS known_from, CASE WHEN d.arrived_at <= d.arrive_by AND d.proof <> 'rejected' THEN 1 ELSE 0 END AS part, 1 AS whole,
 CASE WHEN d.proof <> 'rejected' THEN d.arrived_at - d.arrive_by END AS value_ms, d.need AS label, coalesce(d.person_id, 0) AS person_id FROM duty_live d WHERE d.state <> 'cancelled'
UNION ALL SELECT 'managed', t.id, t.school_id, t.seen_at, j.at, CASE WHEN t.acted_at <= t.seen_at + 600000 THEN 1 ELSE 0 END, 1, t.acted_at - t.seen_at, t.kind || ' ' || t.plate || t.story, coalesce(t.made_by, 0) FROM situation t JOIN journal j ON j.seq = t.id
UNION ALL SELECT 'acked_60s', i.id, i.school_id, i.opened_at, i.opened_at, CASE WHEN i.acked_at <= i.opened_at + 60000 THEN 1 ELSE 0 END, 1, i.acked_at - i.opened_at, i.title, coalesce(i.owner_id, 0)
 FROM incident i WHERE i.drill = 0 AND i.severity <= 2 AND i.source IN ('alarm', 'phone') AND i.merged_into IS NULL
UNION ALL SELECT 'arrived_300s', i.id, i.school_id, i.opened_at, i.opened_at, CASE WHEN coalesce(i.police_at, i.on_scene_at) <= i.opened_at + 300000 THEN 1 ELSE 0 END, 1, coalesce(i.police_at, i.on_scene_at) - i.opened_at, i.title, coalesce(i.owner_id, 0)
 FROM incident i WHERE i.drill = 0 AND i.severity <= 2 AND i.source IN ('alarm', 'phone') AND i.merged_into IS NULL AND i.dispatched_at IS NOT NULL
UNION ALL SELECT 'trip_quiet', t.id, t.school_id, t.due_at, t.ended_at, CASE WHEN EXISTS (SELECT 1 FROM vehicle_alarm a WHERE a.trip_id = t.id AND a.incident_id IS NOT NULL) THEN 0 ELSE 1 END, 1, NULL, v.plate, coalesce(t.attendant_id, 0)
 FROM trip t JOIN vehicle v ON v.id = t.vehicle_id WHERE t.state = 'ended'
UNION ALL SELECT 'trip_checked', t.id, t.school_id, t.due_at, t.ended_at, CASE WHEN t.checked_at IS NOT NULL THEN 1 ELSE 0 END, 1, t.checked_at - t.ended_at, v.plate, coalesce(t.attendant_id, 0)
 FROM trip t JOIN vehicle v ON v.id = t.vehicle_id WHERE t.state = 'ended';
