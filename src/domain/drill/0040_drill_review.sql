-- What a review adds to a drill's record, and the records with their run.
ALTER TABLE drill ADD COLUMN injured INTEGER NOT NULL DEFAULT 0;
ALTER TABLE drill ADD COLUMN faults TEXT NOT NULL DEFAULT '';    -- of equipment
ALTER TABLE drill ADD COLUMN reviewed_by INTEGER REFERENCES person (id);
ALTER TABLE drill ADD COLUMN reviewed_at INTEGER;                -- UTC ms: every action is done or waived
DROP VIEW drill_full;
CREATE VIEW drill_full AS SELECT d.id, d.school_id, s.name AS school, s.county, d.kind, d.title, d.date, d.state, d.guided AS guided_flag, d.participants, d.evacuated_s, d.rating, d.timeline, d.evaluation, d.reason,
    d.injured, d.faults, rp.full_name AS reviewed_person, d.reviewed_at, coalesce(r.state, '') AS run, coalesce(r.begins, '') AS begins, r.started_at, r.ended_at, r.incident_id,
    (SELECT count(*) FROM drill_action a WHERE a.drill_id = d.id) AS action_count, (SELECT count(*) FROM drill_action a WHERE a.drill_id = d.id AND a.state = 'open') AS open_actions, d.version
    FROM drill d JOIN school s ON s.id = d.school_id LEFT JOIN drill_run r ON r.drill_id = d.id LEFT JOIN person rp ON rp.id = d.reviewed_by;
INSERT INTO role_permission (role, permission) SELECT DISTINCT role, 'drill.join' FROM role_permission WHERE permission IN ('incident.read', 'duty.report');
