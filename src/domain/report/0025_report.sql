-- Every countable fact of the figures, one row each: what counts (figure), who is counted once (subject), when it was so
-- (valid_* local dates, valid_at UTC ms for what has a moment) and when it was known (known_* UTC ms). flow = 1: it happened on a
-- day and may be counted since a date; 0: it stood. '' and 0 mean open.
-- end_known: since when valid_to is known. A fact without evidence is not a row.
ALTER TABLE school ADD COLUMN open_from TEXT NOT NULL DEFAULT '';
ALTER TABLE post ADD COLUMN in_service_from TEXT NOT NULL DEFAULT '';
CREATE VIEW fact AS
SELECT 'school' AS figure, s.id AS row_id, s.id AS subject, s.id AS school_id, 0 AS flow, s.open_from AS valid_from, '' AS valid_to, 0 AS valid_at, s.created_at AS known_from, 0 AS known_to, 0 AS end_known, s.name AS label
 FROM school s WHERE s.state = 'open'
UNION ALL SELECT 'post', p.id, p.school_id, p.school_id, 0, p.in_service_from, '', 0, j.at, 0, 0, p.name FROM post p JOIN journal j ON j.seq = p.id
 WHERE p.state = 'open' AND p.org_id IS NOT NULL AND EXISTS (SELECT 1 FROM post_need n WHERE n.post_id = p.id)
UNION ALL SELECT b.kind, b.id, b.id, coalesce(b.school_id, 0), 0, b.in_service_from, '', 0, j.at, 0, 0, b.name FROM box b JOIN journal j ON j.seq = b.id
UNION ALL SELECT 'member', m.id, m.id, t.school_id, 0, m.from_date, m.to_date, 0, j.at, 0, 0, m.name FROM member m JOIN team t ON t.id = m.team_id JOIN journal j ON j.seq = m.id
UNION ALL SELECT 'patrol', p.id, p.id, p.school_id, 1, '', '', p.ends_at, c.received_at, 0, 0, r.name FROM patrol p JOIN patrol_route r ON r.id = p.route_id
 JOIN (SELECT patrol_id, max(received_at) AS received_at FROM patrol_check GROUP BY patrol_id) c ON c.patrol_id = p.id WHERE p.state = 'done'
UNION ALL SELECT 'vice_principal', a.id, a.person_id, a.school_id, 0, a.from_date, a.to_date, 0, a.recorded_at, 0, a.end_recorded_at, p.full_name FROM appointment a JOIN person p ON p.id = a.person_id
UNION ALL SELECT 'vice_principal_school', a.id, a.school_id, a.school_id, 0, a.from_date, a.to_date, 0, a.recorded_at, 0, a.end_recorded_at, p.full_name FROM appointment a JOIN person p ON p.id = a.person_id
UNION ALL SELECT 'lesson', l.id, l.id, l.school_id, 1, l.date, '', 0, l.held_at, l.void_at, 0, l.title FROM lesson l WHERE l.held_at > 0 AND l.audience > 0 AND l.evidence <> ''
UNION ALL SELECT 'drill', d.id, d.id, d.school_id, 1, d.date, '', 0, d.closed_at, d.void_at, 0, d.title FROM drill d WHERE d.closed_at > 0 AND d.timeline <> '' AND d.evaluation <> ''
UNION ALL SELECT 'drill_guided', d.id, d.id, d.school_id, 1, d.date, '', 0, d.closed_at, d.void_at, 0, d.title FROM drill d WHERE d.closed_at > 0 AND d.timeline <> '' AND d.evaluation <> '' AND d.guided = 1;

-- A report as it was given out. It never changes; what came to light later shows in a new one.
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    as_of TEXT NOT NULL,
    body TEXT NOT NULL,                      -- JSON, as it was answered
    digest TEXT NOT NULL,                    -- SHA-256 of body
    made_at INTEGER NOT NULL,                -- UTC ms
    person_id INTEGER NOT NULL
) STRICT;
