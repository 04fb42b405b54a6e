-- name: drill_add
INSERT INTO drill (id, school_id, kind, title, date, demo) VALUES ($1, $2, $3, $4, $5, $6)
-- name: drill_get
SELECT * FROM drill_full WHERE id = $1
-- name: drill_list
SELECT * FROM drill_full WHERE date >= $1 AND date <= $2 AND ($3 = 0 OR school_id = $3) AND ($4 = '' OR county = $4) AND ($5 = '' OR state = $5)
 AND ($6 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $7 AND ps.permission = 'drill.read')) ORDER BY date DESC, id DESC LIMIT $8
-- name: drill_close
UPDATE drill SET state = 'closed', guided = $1, participants = $2, evacuated_s = $3, rating = $4, timeline = $5, evaluation = $6, closed_at = $7, version = version + 1 WHERE id = $8
-- name: drill_cancel
UPDATE drill SET state = 'cancelled', reason = $1, void_at = $2, version = version + 1 WHERE id = $3
-- name: drill_due
SELECT g.id, g.name, g.county, g.kind, g.last FROM (SELECT s.id, s.name, s.county, s.kind,
 coalesce((SELECT max(d.date) FROM drill d WHERE d.school_id = s.id AND d.state = 'closed' AND d.date <= $1), '') AS last
 FROM school s WHERE s.state = 'open' AND ($2 = '' OR s.county = $2)
 AND ($3 = 1 OR s.id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'drill.read'))) g
 WHERE g.last < CASE WHEN g.kind = 'kindergarten' THEN $5 ELSE $6 END ORDER BY g.last, g.id LIMIT $7
-- name: drill_action_add
INSERT INTO drill_action (id, drill_id, text, owner, due_date) VALUES ($1, $2, $3, $4, $5)
-- name: drill_action_list
SELECT id, text, owner, due_date, state, note FROM drill_action WHERE drill_id = $1 ORDER BY id
-- name: drill_action_settle
UPDATE drill_action SET state = $1, note = $2 WHERE id = $3 AND drill_id = $4 AND state = 'open'
