-- name: broadcast_add
INSERT INTO broadcast (id, school_id, lesson_id, person_id, title, source, camera_id, code, seed, commitment, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: broadcast_get
SELECT * FROM broadcast_row WHERE id = $1
-- name: broadcast_list
SELECT * FROM broadcast_row b
WHERE ($1 = 1 OR b.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'lesson.read')) ORDER BY b.id DESC LIMIT $3
-- name: broadcast_school
SELECT school_id FROM broadcast WHERE id = $1
-- name: broadcast_secret
SELECT seed FROM broadcast WHERE id = $1
-- name: broadcast_camera_school
SELECT school_id FROM camera WHERE id = $1
-- name: broadcast_start
UPDATE broadcast SET state = 'live', started_at = $1, version = version + 1 WHERE id = $2
-- name: broadcast_end
UPDATE broadcast SET state = 'ended', ended_at = $1, root = $2, version = version + 1 WHERE id = $3
-- name: broadcast_of_code
SELECT id, state, source FROM broadcast WHERE code = $1
-- name: broadcast_code_there
SELECT 1 AS there FROM broadcast WHERE code = $1
-- name: broadcast_answers
SELECT a.question_id, a.seat_id, a.value, a.points, a.after_ms, a.late FROM answer a JOIN question q ON q.id = a.question_id WHERE q.broadcast_id = $1 ORDER BY a.question_id, a.seat_id
-- name: seat_add
INSERT INTO seat (id, broadcast_id, kind, name, school_id, pupils, digest, joined_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: seat_next
SELECT coalesce(max(id), 0) + 1 AS next FROM seat
-- name: seat_of
SELECT t.id, t.broadcast_id, t.kind, t.name, t.points, t.place, b.state, b.source, b.camera_id, b.title, b.commitment, CASE WHEN b.state = 'ended' THEN b.seed ELSE '' END AS seed FROM seat t JOIN broadcast b ON b.id = t.broadcast_id WHERE t.digest = $1
-- name: broadcast_play_add
INSERT INTO broadcast_play (id, broadcast_id, person_id, seat_id, begun_at) VALUES ($1, $2, $3, $4, $5)
-- name: broadcast_play_of
SELECT coalesce(max(id), 0) FROM broadcast_play WHERE id = $1 AND broadcast_id = $2 AND coalesce(person_id, 0) = $3 AND coalesce(seat_id, 0) = $4
-- name: broadcast_plays_recent
SELECT count(*) FROM broadcast_play WHERE begun_at > $1 AND coalesce(person_id, 0) = $2 AND coalesce(seat_id, 0) = $3
-- name: broadcast_plays
SELECT count(*) FROM broadcast_play WHERE broadcast_id = $1
-- name: broadcast_chapters
SELECT q.text, q.opened_at FROM question q WHERE q.broadcast_id = $1 AND q.opened_at IS NOT NULL ORDER BY q.opened_at
-- name: seat_school
SELECT id FROM school WHERE code = $1
-- name: seat_screens
SELECT t.id, t.name, s.name AS school, t.pupils, t.points, t.place, t.joined_at FROM seat t JOIN broadcast b ON b.id = t.broadcast_id LEFT JOIN school s ON s.id = t.school_id WHERE t.broadcast_id = $1 AND t.kind = 'screen' AND (b.ended_at IS NULL OR t.joined_at <= b.ended_at) ORDER BY t.id LIMIT 500
-- name: seat_top
SELECT t.id AS seat, t.name, t.kind, t.points, t.place FROM seat t WHERE t.broadcast_id = $1 AND t.points > 0 ORDER BY t.points DESC, t.id LIMIT 20
-- name: seat_score
UPDATE seat SET points = points + coalesce((SELECT a.points FROM answer a WHERE a.question_id = $1 AND a.seat_id = seat.id), 0) WHERE broadcast_id = $2
-- name: seat_rank
UPDATE seat SET place = r.place FROM (SELECT id, rank() OVER (ORDER BY points DESC) AS place FROM seat WHERE broadcast_id = $1 AND points > 0) AS r WHERE seat.id = r.id
-- name: seat_eligible
SELECT t.id, t.name FROM seat t WHERE t.broadcast_id = $1 AND ($2 = 0 OR EXISTS (SELECT 1 FROM answer a WHERE a.question_id = $2 AND a.seat_id = t.id AND a.share = 1000 AND a.late = 0)) AND ($3 = '' OR t.kind = $3) ORDER BY t.id
-- name: seat_won
SELECT winners AS winners_json FROM draw WHERE broadcast_id = $1
-- name: question_drop
DELETE FROM question WHERE broadcast_id = $1 AND state = 'waiting'
-- name: question_add
INSERT INTO question (id, broadcast_id, position, kind, text, options, solution, limit_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
-- name: question_get
SELECT id, broadcast_id, position, kind, text, options AS options_json, solution, limit_s, state, opened_at, closed_at FROM question WHERE id = $1
-- name: question_list
SELECT q.id, q.position, q.kind, q.text, q.options AS options_json, q.solution, q.limit_s, q.state, q.opened_at, q.closed_at, (SELECT count(*) FROM answer a WHERE a.question_id = q.id) AS answers, (SELECT count(*) FROM answer a WHERE a.question_id = q.id AND a.share = 1000) AS right_answers
FROM question q WHERE q.broadcast_id = $1 ORDER BY q.position, q.id
-- name: question_open_of
SELECT id FROM question WHERE broadcast_id = $1 AND state = 'open'
-- name: question_last
SELECT coalesce(max(position), 0) AS last FROM question WHERE broadcast_id = $1
-- name: question_newest
SELECT id, kind, text, options AS options_json, limit_s, state, opened_at, closed_at, CASE WHEN state = 'closed' THEN solution ELSE '' END AS solution FROM question WHERE broadcast_id = $1 AND state <> 'waiting' ORDER BY opened_at DESC, id DESC LIMIT 1
-- name: question_open
UPDATE question SET state = 'open', opened_at = $1 WHERE id = $2
-- name: question_close
UPDATE question SET state = 'closed', closed_at = $1 WHERE id = $2
-- name: question_values
SELECT value, count(*) AS answers, sum(CASE WHEN share = 1000 THEN 1 ELSE 0 END) AS right_answers FROM answer WHERE question_id = $1 AND late = 0 GROUP BY value ORDER BY answers DESC, value LIMIT 40
-- name: answer_add
INSERT INTO answer (id, question_id, seat_id, value, share, points, after_ms, late, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (question_id, seat_id) DO NOTHING
-- name: answer_next
SELECT coalesce(max(id), 0) + 1 AS next FROM answer
-- name: answer_of_seat
SELECT value, late AS late_flag, share, points FROM answer WHERE question_id = $1 AND seat_id = $2
-- name: ask_add
INSERT INTO ask (id, broadcast_id, seat_id, text, at) VALUES ($1, $2, $3, $4, $5)
-- name: ask_recent
SELECT count(*) AS n FROM ask WHERE seat_id = $1 AND at > $2
-- name: ask_get
SELECT a.id, a.broadcast_id, a.seat_id, t.name, a.text, a.state, a.at AS asked_at FROM ask a JOIN seat t ON t.id = a.seat_id WHERE a.id = $1
-- name: ask_list
SELECT a.id, a.seat_id, t.name, a.text, a.state, a.at AS asked_at FROM ask a JOIN seat t ON t.id = a.seat_id WHERE a.broadcast_id = $1 AND ($2 = '' OR a.state = $2) ORDER BY a.id DESC LIMIT 300
-- name: ask_set
UPDATE ask SET state = $1 WHERE id = $2
-- name: draw_add
INSERT INTO draw (id, broadcast_id, number, prize, eligible, winners, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: draw_last
SELECT coalesce(max(number), 0) AS last FROM draw WHERE broadcast_id = $1
-- name: draw_list
SELECT id, number, prize, eligible AS eligible_json, winners AS winners_json, at AS drawn_at FROM draw WHERE broadcast_id = $1 ORDER BY number
-- name: draw_public
SELECT number, prize, winners AS winners_json FROM draw WHERE broadcast_id = $1 ORDER BY number DESC LIMIT 1
