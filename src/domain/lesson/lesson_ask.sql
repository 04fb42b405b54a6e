-- name: lesson_ask_add
INSERT INTO lesson_ask (id, school_id, person_id, title, kind, minutes, slots, note, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: lesson_ask_get
SELECT * FROM lesson_ask_row WHERE id = $1
-- name: lesson_ask_list
SELECT * FROM lesson_ask_row a WHERE (a.state = 'waiting' OR a.asked_at >= $1) AND ($2 = 1 OR a.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'lesson.read')) ORDER BY a.id DESC LIMIT 300
-- name: lesson_ask_mine
SELECT * FROM lesson_ask_row a WHERE a.person_id = $1 AND a.state = 'waiting' ORDER BY a.id LIMIT 50
-- name: lesson_ask_settle
UPDATE lesson_ask SET state = $1, reason = $2, lesson_id = $3, settled_at = $4, version = version + 1 WHERE id = $5 AND state = 'waiting'
-- name: lesson_mine
SELECT * FROM lesson_full l WHERE l.person_id = $1 AND ((l.state = 'planned' AND l.date >= $2) OR (l.state = 'held' AND l.date >= $3)) ORDER BY l.date, l.begins_min LIMIT 100
-- name: lesson_busy
SELECT count(*) FROM lesson l WHERE l.person_id = $1 AND l.state = 'planned' AND l.date = $2 AND l.begins_min < $3 AND l.begins_min + l.minutes > $4
-- name: lesson_on_duty
SELECT count(*) FROM duty_live d WHERE d.person_id = $1 AND d.state <> 'cancelled' AND d.begins_at < $2 AND d.ends_at > $3
-- name: lesson_schools
SELECT * FROM appointment_full a WHERE a.person_id = $1 AND a.from_date <= $2 AND (a.to_date = '' OR a.to_date >= $2) ORDER BY a.id
