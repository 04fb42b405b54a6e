-- Who joins after the end watches the record: they are no audience of the lesson.
DROP VIEW broadcast_row;
CREATE VIEW broadcast_row AS
SELECT b.id, b.school_id, s.name AS school, b.lesson_id, b.person_id, p.full_name AS person, b.title, b.source, b.camera_id, b.code, b.state, b.commitment, CASE WHEN b.state = 'ended' THEN b.seed ELSE '' END AS seed, b.made_at, b.started_at, b.ended_at, b.root,
 (SELECT count(*) FROM seat t WHERE t.broadcast_id = b.id AND t.kind = 'phone' AND (b.ended_at IS NULL OR t.joined_at <= b.ended_at)) AS phones,
 (SELECT count(*) FROM seat t WHERE t.broadcast_id = b.id AND t.kind = 'screen' AND (b.ended_at IS NULL OR t.joined_at <= b.ended_at)) AS screens,
 (SELECT coalesce(sum(t.pupils), 0) FROM seat t WHERE t.broadcast_id = b.id AND (b.ended_at IS NULL OR t.joined_at <= b.ended_at)) AS pupils, b.version
FROM broadcast b JOIN school s ON s.id = b.school_id JOIN person p ON p.id = b.person_id;
