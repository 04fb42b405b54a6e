-- name: appointment_add
INSERT INTO appointment (id, person_id, school_id, from_date, recorded_at, demo) VALUES ($1, $2, $3, $4, $5, $6)
-- name: appointment_get
SELECT * FROM appointment_full WHERE id = $1
-- name: appointment_list
SELECT * FROM appointment_full WHERE id > $1 AND ($2 = 0 OR school_id = $2) AND ($3 = '' OR county = $3) AND (to_date = '' OR to_date >= $4)
 AND ($5 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $6 AND ps.permission = 'lesson.read')) ORDER BY id LIMIT $7
-- name: appointment_schools
SELECT count(DISTINCT school_id) FROM appointment WHERE person_id = $1 AND school_id <> $2 AND (to_date = '' OR to_date >= $3)
-- name: appointment_same
SELECT id FROM appointment WHERE person_id = $1 AND school_id = $2 AND (to_date = '' OR to_date >= $3) LIMIT 1
-- name: appointment_end
UPDATE appointment SET to_date = $1, end_recorded_at = $2, version = version + 1 WHERE id = $3
-- name: appointment_gaps
SELECT g.id, g.name, g.county, g.kind, g.appointed, g.minutes FROM (SELECT s.id, s.name, s.county, s.kind,
 (SELECT count(*) FROM appointment a WHERE a.school_id = s.id AND a.from_date <= $1 AND (a.to_date = '' OR a.to_date >= $1)) AS appointed,
 (SELECT coalesce(sum(l.minutes), 0) FROM lesson l WHERE l.school_id = s.id AND l.state = 'held' AND l.date >= $2 AND l.date <= $1) AS minutes
 FROM school s WHERE s.state = 'open' AND ($3 = '' OR s.county = $3)
 AND ($4 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'lesson.read'))) g
 WHERE g.appointed = 0 OR g.minutes < $6 ORDER BY g.appointed, g.minutes, g.id LIMIT $7
-- name: lesson_campaign
SELECT s.id, s.name, s.county, s.kind, coalesce((SELECT min(l.date) FROM lesson l WHERE l.school_id = s.id AND l.kind = 'first_lesson' AND l.state = 'held' AND l.date >= $1 AND l.date <= $2), '') AS held,
 coalesce((SELECT min(l.date) FROM lesson l WHERE l.school_id = s.id AND l.kind = 'first_lesson' AND l.state = 'planned' AND l.date >= $1), '') AS planned
 FROM school s WHERE s.state = 'open' AND ($3 = '' OR s.county = $3)
 AND ($4 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $5 AND ps.permission = 'lesson.read')) ORDER BY s.county, s.id
-- name: lesson_add
INSERT INTO lesson (id, school_id, person_id, title, kind, date, begins_min, minutes, demo) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
-- name: lesson_get
SELECT * FROM lesson_full WHERE id = $1
-- name: lesson_list
SELECT * FROM lesson_full WHERE date >= $1 AND date <= $2 AND ($3 = 0 OR school_id = $3) AND ($4 = '' OR county = $4) AND ($5 = '' OR state = $5)
 AND ($6 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $7 AND ps.permission = 'lesson.read')) ORDER BY date DESC, id DESC LIMIT $8
-- name: lesson_hold
UPDATE lesson SET state = 'held', audience = $1, minutes = $2, evidence = $3, held_at = $4, version = version + 1 WHERE id = $5
-- name: lesson_cancel
UPDATE lesson SET state = 'cancelled', reason = $1, void_at = $2, version = version + 1 WHERE id = $3
-- name: past_schools
SELECT s.id, coalesce((SELECT min(r.id) FROM patrol_route r WHERE r.school_id = s.id), 0) FROM school s WHERE s.demo = 1 ORDER BY s.id
-- name: past_officers
SELECT o.person_id FROM officer o ORDER BY o.person_id
