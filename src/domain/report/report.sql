-- name: report_counts
SELECT f.figure, coalesce(s.county, '') AS county, count(DISTINCT f.subject) AS count FROM fact f LEFT JOIN school s ON s.id = f.school_id
 WHERE f.valid_from <= $1 AND (f.valid_to = '' OR f.valid_to >= $1 OR f.end_known > $2) AND f.valid_at < $3 AND f.known_from <= $2 AND (f.known_to = 0 OR f.known_to > $2)
 AND (f.flow = 0 OR ((f.valid_from >= $4 OR f.valid_from = '') AND (f.valid_at >= $5 OR f.valid_at = 0))) AND ($6 = '' OR s.county = $6) AND ($7 = 0 OR f.school_id = $7)
 AND ($8 = 1 OR f.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $9 AND ps.permission = 'stats.read')) GROUP BY f.figure, s.county ORDER BY f.figure, s.county
-- name: report_counts_by
SELECT f.figure, CASE WHEN $1 = 'station' THEN coalesce(o.name, '') ELSE coalesce(s.town, '') END AS area, count(DISTINCT f.subject) AS count FROM fact f LEFT JOIN school s ON s.id = f.school_id LEFT JOIN org o ON o.id = s.police_org_id
 WHERE f.valid_from <= $2 AND (f.valid_to = '' OR f.valid_to >= $2 OR f.end_known > $3) AND f.valid_at < $4 AND f.known_from <= $3 AND (f.known_to = 0 OR f.known_to > $3)
 AND (f.flow = 0 OR ((f.valid_from >= $5 OR f.valid_from = '') AND (f.valid_at >= $6 OR f.valid_at = 0))) AND ($7 = '' OR s.county = $7) AND ($8 = 0 OR f.school_id = $8)
 AND ($9 = 1 OR f.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $10 AND ps.permission = 'stats.read')) GROUP BY 1, 2 ORDER BY 1, 2
-- name: report_persons
SELECT count(DISTINCT f.subject) FROM fact f LEFT JOIN school s ON s.id = f.school_id
 WHERE f.figure = 'vice_principal' AND f.valid_from <= $1 AND (f.valid_to = '' OR f.valid_to >= $1 OR f.end_known > $2) AND f.known_from <= $2 AND (f.known_to = 0 OR f.known_to > $2)
 AND ($3 = '' OR s.county = $3) AND ($4 = 0 OR f.school_id = $4)
 AND ($5 = 1 OR f.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $6 AND ps.permission = 'stats.read'))
-- name: report_rows
SELECT f.row_id AS id, f.subject, f.school_id, coalesce(s.name, '') AS school, coalesce(s.county, '') AS county, f.label, f.valid_from, f.valid_to, CASE WHEN f.valid_at = 0 THEN NULL ELSE f.valid_at END AS happened_at, f.known_from AS known_at
 FROM fact f LEFT JOIN school s ON s.id = f.school_id
 WHERE f.figure = $1 AND f.valid_from <= $2 AND (f.valid_to = '' OR f.valid_to >= $2 OR f.end_known > $3) AND f.valid_at < $4 AND f.known_from <= $3 AND (f.known_to = 0 OR f.known_to > $3)
 AND (f.flow = 0 OR ((f.valid_from >= $5 OR f.valid_from = '') AND (f.valid_at >= $6 OR f.valid_at = 0))) AND ($7 = '' OR s.county = $7) AND ($8 = 0 OR f.school_id = $8)
 AND ($9 = 1 OR f.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $10 AND ps.permission = 'stats.read')) AND f.row_id > $11 ORDER BY f.row_id LIMIT $12
-- name: report_add
INSERT INTO report (id, as_of, body, digest, made_at, person_id, plan) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: report_list
SELECT r.id, r.as_of, r.digest, r.made_at, r.person_id, p.full_name AS person, r.plan FROM report r JOIN person p ON p.id = r.person_id ORDER BY r.id DESC LIMIT $1
-- name: report_get
SELECT r.id, r.as_of, r.body AS body_json, r.digest, r.made_at, r.person_id, p.full_name AS person FROM report r JOIN person p ON p.id = r.person_id WHERE r.id = $1
-- name: report_one
SELECT count(DISTINCT f.subject) FROM fact f LEFT JOIN school s ON s.id = f.school_id
 WHERE f.figure = $1 AND f.valid_from <= $2 AND (f.valid_to = '' OR f.valid_to >= $2 OR f.end_known > $3) AND f.valid_at < $4 AND f.known_from <= $3 AND (f.known_to = 0 OR f.known_to > $3)
 AND (f.flow = 0 OR ((f.valid_from >= $5 OR f.valid_from = '') AND (f.valid_at >= $6 OR f.valid_at = 0))) AND ($7 = '' OR s.county = $7) AND ($8 = 0 OR f.school_id = $8)
 AND ($9 = 1 OR f.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $10 AND ps.permission = 'stats.read'))
-- name: report_plan_add
INSERT INTO report_plan (id, name, every, county, person_id, next_at, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
-- name: report_plan_get
SELECT n.id, n.name, n.every, n.county, n.person_id, p.full_name AS person, n.next_at, n.report_id, n.made_at FROM report_plan n JOIN person p ON p.id = n.person_id WHERE n.id = $1
-- name: report_plan_list
SELECT n.id, n.name, n.every, n.county, n.person_id, p.full_name AS person, n.next_at, n.report_id, n.made_at FROM report_plan n JOIN person p ON p.id = n.person_id WHERE $1 = 1 OR n.person_id = $2 ORDER BY n.id LIMIT 200
-- name: report_plan_due
SELECT n.id, n.every, n.county, n.person_id, n.next_at, n.name FROM report_plan n JOIN person p ON p.id = n.person_id WHERE n.next_at <= $1 AND p.state = 'active' ORDER BY n.next_at LIMIT 1
-- name: report_plan_done
UPDATE report_plan SET next_at = $1, report_id = $2 WHERE id = $3 AND next_at = $4
-- name: report_plan_drop
DELETE FROM report_plan WHERE id = $1
-- name: report_plan_count
SELECT count(*) AS plans FROM report_plan WHERE person_id = $1
-- name: measure_all
SELECT m.measure, coalesce(s.county, '') AS county, m.part, m.whole, coalesce(m.value_ms, -1) FROM measure m LEFT JOIN school s ON s.id = m.school_id
 WHERE m.at >= $1 AND m.at < $2 AND m.known_from <= $3 AND ($4 = '' OR m.measure = $4) AND ($5 = '' OR s.county = $5) AND ($6 = 0 OR m.school_id = $6)
 AND ($7 = 1 OR m.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $8 AND ps.permission = 'stats.read'))
-- name: measure_rows
SELECT m.row_id AS id, m.row_id AS subject, m.school_id, coalesce(s.name, '') AS school, coalesce(s.county, '') AS county, CASE WHEN p.full_name IS NULL THEN m.label ELSE m.label || ' · ' || p.full_name END AS label, '' AS valid_from, '' AS valid_to,
 m.at AS happened_at, m.known_from AS known_at, m.part, m.whole, m.value_ms FROM measure m LEFT JOIN school s ON s.id = m.school_id LEFT JOIN person p ON p.id = m.person_id
 WHERE m.at >= $1 AND m.at < $2 AND m.known_from <= $3 AND m.measure = $4 AND ($5 = '' OR s.county = $5) AND ($6 = 0 OR m.school_id = $6)
 AND ($7 = 1 OR m.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $8 AND ps.permission = 'stats.read'))
 AND ($9 = 0 OR m.part < m.whole) AND m.row_id > $10 ORDER BY m.row_id LIMIT $11
-- name: presence_all
WITH slot AS (SELECT d.id, d.school_id, d.begins_at, d.ends_at,
  CASE WHEN d.arrived_at IS NULL OR d.proof = 'rejected' THEN 0 WHEN d.relieved_at < d.ends_at THEN (d.relieved_at - d.begins_at + 59999) / 60000 ELSE (d.ends_at - d.begins_at + 59999) / 60000 END AS till,
  CASE WHEN d.arrived_at > d.begins_at THEN (d.arrived_at - d.begins_at + 59999) / 60000 ELSE 0 END AS since
  FROM duty_live d WHERE d.begins_at >= $1 AND d.begins_at < $2 AND d.ends_at <= $3 AND d.state <> 'cancelled' AND d.need NOT IN ('guard', 'teacher')),
 step AS (SELECT slot.*, coalesce(max(slot.till) OVER (PARTITION BY slot.school_id, slot.begins_at ORDER BY slot.since, slot.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM slot),
 m AS (SELECT min(id) AS row_id, school_id, begins_at AS at, max((ends_at - begins_at + 59999) / 60000) AS whole, sum(CASE WHEN till <= since OR till <= before THEN 0 WHEN before > since THEN till - before ELSE till - since END) AS part FROM step GROUP BY school_id, begins_at)
SELECT coalesce(s.county, '') AS county, sum(m.part), sum(m.whole) FROM m LEFT JOIN school s ON s.id = m.school_id
 WHERE ($4 = '' OR s.county = $4) AND ($5 = 0 OR m.school_id = $5)
 AND ($6 = 1 OR m.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $7 AND ps.permission = 'stats.read')) GROUP BY s.county
-- name: presence_rows
WITH slot AS (SELECT d.id, d.school_id, d.begins_at, d.ends_at,
  CASE WHEN d.arrived_at IS NULL OR d.proof = 'rejected' THEN 0 WHEN d.relieved_at < d.ends_at THEN (d.relieved_at - d.begins_at + 59999) / 60000 ELSE (d.ends_at - d.begins_at + 59999) / 60000 END AS till,
  CASE WHEN d.arrived_at > d.begins_at THEN (d.arrived_at - d.begins_at + 59999) / 60000 ELSE 0 END AS since
  FROM duty_live d WHERE d.begins_at >= $1 AND d.begins_at < $2 AND d.ends_at <= $3 AND d.state <> 'cancelled' AND d.need NOT IN ('guard', 'teacher')),
 step AS (SELECT slot.*, coalesce(max(slot.till) OVER (PARTITION BY slot.school_id, slot.begins_at ORDER BY slot.since, slot.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM slot),
 m AS (SELECT min(id) AS row_id, school_id, begins_at AS at, max((ends_at - begins_at + 59999) / 60000) AS whole, sum(CASE WHEN till <= since OR till <= before THEN 0 WHEN before > since THEN till - before ELSE till - since END) AS part FROM step GROUP BY school_id, begins_at)
SELECT m.row_id AS id, m.row_id AS subject, m.school_id, coalesce(s.name, '') AS school, coalesce(s.county, '') AS county, '' AS label, '' AS valid_from, '' AS valid_to, m.at AS happened_at, m.at AS known_at, m.part, m.whole
 FROM m LEFT JOIN school s ON s.id = m.school_id
 WHERE ($4 = '' OR s.county = $4) AND ($5 = 0 OR m.school_id = $5)
 AND ($6 = 1 OR m.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $7 AND ps.permission = 'stats.read'))
 AND ($8 = 0 OR m.part < m.whole) AND m.row_id > $9 ORDER BY m.row_id LIMIT $10
