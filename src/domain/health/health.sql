-- name: health_links
SELECT 'panel' AS kind, count(*) AS total, 0 AS up, 0 AS lost FROM panel p WHERE p.state = 'active'
 AND ($1 = 1 OR p.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'health.read'))
UNION ALL SELECT 'recorder', count(*), count(CASE WHEN r.line = 'up' THEN 1 END), count(CASE WHEN r.line = 'lost' THEN 1 END) FROM recorder r WHERE r.state = 'active'
 AND ($1 = 1 OR r.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'health.read'))
UNION ALL SELECT 'camera', count(*), count(CASE WHEN c.state = 'on' AND c.fault = '' THEN 1 END), count(CASE WHEN c.state = 'on' AND c.fault <> '' THEN 1 END) FROM camera c WHERE c.state <> 'gone'
 AND ($1 = 1 OR c.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'health.read'))
UNION ALL SELECT 'vehicle', count(*), 0, 0 FROM vehicle v WHERE v.state = 'active'
 AND ($1 = 1 OR v.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $2 AND ps.permission = 'health.read'))
UNION ALL SELECT 'upper', count(*), count(CASE WHEN u.line = 'up' THEN 1 END), count(CASE WHEN u.line = 'lost' THEN 1 END) FROM upper u WHERE u.state = 'active' AND $1 = 1
UNION ALL SELECT 'arc', count(*), count(CASE WHEN a.line = 'up' THEN 1 END), count(CASE WHEN a.line = 'lost' THEN 1 END) FROM arc a WHERE a.state = 'active' AND $1 = 1
UNION ALL SELECT 'child', count(*), count(CASE WHEN c.heard_at >= $3 THEN 1 END), count(CASE WHEN c.heard_at < $3 THEN 1 END) FROM child c WHERE c.state = 'active' AND $1 = 1
UNION ALL SELECT 'webhook', count(*), count(CASE WHEN w.tries = 0 AND w.good_at IS NOT NULL THEN 1 END), count(CASE WHEN w.tries > 0 THEN 1 END) FROM webhook w WHERE w.state = 'active' AND $1 = 1
