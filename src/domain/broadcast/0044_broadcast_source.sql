-- Where the picture and the sound of a live lesson come from: the recording room's camera, or the speaker's own browser.
ALTER TABLE broadcast ADD COLUMN source TEXT NOT NULL DEFAULT 'none' CHECK (source IN ('none', 'camera', 'browser'));
UPDATE broadcast SET source = 'camera' WHERE camera_id IS NOT NULL;

CREATE VIEW broadcast_row AS
SELECT b.id, b.school_id, s.name AS school, b.lesson_id, b.person_id, p.full_name AS person, b.title, b.source, b.camera_id, b.code, b.state, b.commitment, CASE WHEN b.state = 'ended' THEN b.seed ELSE '' END AS seed, b.made_at, b.started_at, b.ended_at, b.root,
 (SELECT count(*) FROM seat t WHERE t.broadcast_id = b.id AND t.kind = 'phone') AS phones, (SELECT count(*) FROM seat t WHERE t.broadcast_id = b.id AND t.kind = 'screen') AS screens,
 (SELECT coalesce(sum(t.pupils), 0) FROM seat t WHERE t.broadcast_id = b.id) AS pupils, b.version
FROM broadcast b JOIN school s ON s.id = b.school_id JOIN person p ON p.id = b.person_id;
