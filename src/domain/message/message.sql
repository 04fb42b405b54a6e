-- name: gateway_add
INSERT INTO gateway (id, kind, name, url, headers, body, ok_text, sender, account, secret_sealed, receipts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- name: gateway_set
UPDATE gateway SET name = $1, url = $2, headers = $3, body = $4, ok_text = $5, sender = $6, account = $7, receipts = $8, state = $9, version = version + 1 WHERE id = $10
-- name: gateway_secret
UPDATE gateway SET secret_sealed = $1 WHERE id = $2
-- name: gateway_get
SELECT id, kind, name, url, headers, body, ok_text, sender, account, CASE WHEN secret_sealed IS NULL THEN 0 ELSE 1 END AS secret_flag, receipts AS receipts_flag, state, version FROM gateway WHERE id = $1
-- name: gateway_list
SELECT id, kind, name, url, headers, body, ok_text, sender, account, CASE WHEN secret_sealed IS NULL THEN 0 ELSE 1 END AS secret_flag, receipts AS receipts_flag, state, version FROM gateway ORDER BY id
-- name: gateway_of_kind
SELECT id FROM gateway WHERE kind = $1 AND state = 'active' ORDER BY id LIMIT 1
-- name: gateway_full
SELECT kind, url, headers, body, ok_text, sender, account, secret_sealed, receipts FROM gateway WHERE id = $1
-- name: receiver_add
INSERT INTO receiver (id, person_id, gateway_id, name, county, level, severity, channels, phone, mail, from_min, to_min, demo, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
-- name: receiver_set
UPDATE receiver SET county = $1, level = $2, severity = $3, channels = $4, phone = $5, mail = $6, from_min = $7, to_min = $8, state = $9, version = version + 1 WHERE id = $10
-- name: receiver_get
SELECT r.id, r.person_id, p.full_name AS person, r.gateway_id, r.rule, r.name, r.county, r.level, r.severity, r.channels, r.phone, r.mail, r.from_min, r.to_min, r.state, r.demo AS demo_flag, r.version FROM receiver r LEFT JOIN person p ON p.id = r.person_id WHERE r.id = $1
-- name: receiver_list
SELECT r.id, r.person_id, p.full_name AS person, r.gateway_id, r.rule, r.name, r.county, r.level, r.severity, r.channels, r.phone, r.mail, r.from_min, r.to_min, r.state, r.demo AS demo_flag, r.version FROM receiver r LEFT JOIN person p ON p.id = r.person_id ORDER BY r.level, r.id LIMIT 20000
-- name: receiver_for
SELECT r.id, r.person_id, r.gateway_id, r.channels, CASE WHEN r.phone <> '' THEN r.phone ELSE coalesce(p.phone, '') END, r.mail, coalesce(p.lang, 'zh-CN'), r.rule
FROM receiver r LEFT JOIN person p ON p.id = r.person_id
WHERE r.state = 'active' AND coalesce(p.state, 'active') = 'active' AND r.level = $1 AND r.severity >= $2 AND (r.county = '' OR $3 = '' OR r.county = $3) AND r.from_min <= $4 AND r.to_min > $4
 AND ($1 < 7 OR r.person_id IS NULL OR $5 IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = r.person_id AND ps.permission = 'school.read'))
-- name: receiver_gate
SELECT DISTINCT p.id, p.phone, p.lang FROM duty_live d JOIN person p ON p.id = d.person_id
WHERE d.school_id = $1 AND d.begins_at <= $2 AND d.ends_at > $3 AND d.state NOT IN ('relieved', 'cancelled') AND p.state = 'active' ORDER BY p.id LIMIT 50
-- name: receiver_crew
SELECT DISTINCT p.id, p.phone, p.lang FROM assignment a JOIN crew c ON c.unit_id = a.unit_id JOIN person p ON p.id = c.person_id
WHERE a.incident_id = $1 AND a.state IN ('sent', 'delivered', 'accepted', 'en_route', 'arrived') AND c.until IS NULL AND p.state = 'active' ORDER BY p.id LIMIT 50
-- name: message_add
INSERT INTO message (id, incident_id, school_id, level, wait, zh, en, drill, person_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
-- name: message_of_level
SELECT id FROM message WHERE incident_id = $1 AND level = $2 LIMIT 1
-- name: message_get
SELECT m.id, m.incident_id, m.school_id, s.name AS school, m.level, m.wait, m.zh, m.en, m.drill AS drill_flag, m.person_id, p.full_name AS person, m.made_at FROM message m LEFT JOIN school s ON s.id = m.school_id LEFT JOIN person p ON p.id = m.person_id WHERE m.id = $1
-- name: message_list
SELECT m.id, m.incident_id, m.school_id, s.name AS school, m.level, m.wait, m.zh, m.en, m.drill AS drill_flag, m.person_id, p.full_name AS person, m.made_at,
 (SELECT count(*) FROM delivery d WHERE d.message_id = m.id) AS deliveries, (SELECT count(*) FROM delivery d WHERE d.message_id = m.id AND d.state IN ('received', 'acked')) AS received,
 (SELECT count(*) FROM delivery d WHERE d.message_id = m.id AND d.state = 'failed') AS failed
FROM message m LEFT JOIN school s ON s.id = m.school_id LEFT JOIN person p ON p.id = m.person_id WHERE m.id < $1 AND ($2 = 0 OR m.incident_id = $2)
 AND ($3 = 1 OR m.school_id IS NULL OR m.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'message.read')) ORDER BY m.id DESC LIMIT $5
-- name: delivery_add
INSERT INTO delivery (id, message_id, receiver_id, person_id, channel, gateway_id, address, key, text, state, due_at, fault) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
-- name: delivery_next
SELECT min(due_at) FROM delivery WHERE state = 'waiting'
-- name: delivery_due
SELECT d.id, d.channel, coalesce(d.gateway_id, 0), d.address, d.key, d.text, d.tries, d.message_id, coalesce(m.school_id, 0), coalesce(m.incident_id, 0), d.person_id FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.state = 'waiting' AND d.due_at <= $1 ORDER BY d.due_at LIMIT 1000
-- name: delivery_sending
UPDATE delivery SET state = 'sending', tries = tries + 1 WHERE id = $1
-- name: delivery_sent
UPDATE delivery SET state = 'sent', sent_at = $1, fault = '' WHERE id = $2 AND state IN ('waiting', 'sending')
-- name: delivery_again
UPDATE delivery SET state = 'waiting', due_at = $1, fault = $2 WHERE id = $3 AND state = 'sending'
-- name: delivery_failed
UPDATE delivery SET state = 'failed', fault = $1 WHERE id = $2 AND state IN ('waiting', 'sending', 'sent')
-- name: delivery_interrupted
UPDATE delivery SET state = 'waiting' WHERE state = 'sending'
-- name: delivery_receipt
UPDATE delivery SET state = $1, receipt_at = $2 WHERE id = $3 AND (state IN ('waiting', 'sending', 'sent', 'failed') OR (state = 'received' AND $1 = 'acked'))
-- name: delivery_by_key
SELECT d.id, d.message_id, d.receiver_id, coalesce(m.school_id, 0), coalesce(m.incident_id, 0), coalesce(d.person_id, 0), CASE WHEN r.rule = '' THEN r.name ELSE r.name || ' ' || coalesce(p.full_name, '') END AS receiver FROM delivery d JOIN message m ON m.id = d.message_id JOIN receiver r ON r.id = d.receiver_id LEFT JOIN person p ON p.id = d.person_id WHERE d.key = $1
-- name: delivery_by_id
SELECT d.id, d.message_id, d.receiver_id, coalesce(m.school_id, 0), coalesce(m.incident_id, 0), coalesce(d.person_id, 0), CASE WHEN r.rule = '' THEN r.name ELSE r.name || ' ' || coalesce(p.full_name, '') END AS receiver FROM delivery d JOIN message m ON m.id = d.message_id JOIN receiver r ON r.id = d.receiver_id LEFT JOIN person p ON p.id = d.person_id WHERE d.id = $1
-- name: delivery_others
UPDATE delivery SET state = 'cancelled', fault = 'reached otherwise' WHERE message_id = $1 AND receiver_id = $2 AND coalesce(person_id, 0) = $3
  AND (state = 'waiting' OR (state = 'sending' AND gateway_id IN (SELECT g.id FROM gateway g WHERE g.url LIKE 'sip:%')))
-- name: delivery_cancel
UPDATE delivery SET state = 'cancelled', fault = $1 WHERE (state = 'waiting' OR (state = 'sending' AND gateway_id IN (SELECT g.id FROM gateway g WHERE g.url LIKE 'sip:%'))) AND message_id IN (SELECT m.id FROM message m WHERE m.incident_id = $2 AND ($3 = 'all' OR m.wait = $3 OR ($3 = 'ack' AND m.wait = '')))
-- name: delivery_of_message
SELECT d.id, d.message_id, d.receiver_id, CASE WHEN r.rule = '' THEN r.name ELSE r.name || ' ' || coalesce(p.full_name, '') END AS receiver, d.person_id, d.channel, d.address, d.state, d.due_at, d.tries, d.sent_at, d.receipt_at, d.fault FROM delivery d JOIN receiver r ON r.id = d.receiver_id LEFT JOIN person p ON p.id = d.person_id WHERE d.message_id = $1 ORDER BY d.receiver_id, d.id LIMIT 5000
-- name: delivery_mine
SELECT d.id, d.message_id, d.channel, d.state, d.text, m.en, d.sent_at, d.receipt_at, m.incident_id, m.drill AS drill_flag FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.person_id = $1 AND d.channel = 'app' AND d.state IN ('sent', 'received', 'acked') ORDER BY d.id DESC LIMIT 100
-- name: delivery_unreached
SELECT m.id AS message_id, m.incident_id, m.school_id, s.name AS school, r.id AS receiver_id, w.who AS person_id, CASE WHEN r.rule = '' THEN r.name ELSE r.name || ' ' || coalesce(p.full_name, '') END AS receiver, m.level, m.zh, m.en, m.made_at,
 (SELECT count(*) FROM delivery d WHERE d.message_id = m.id AND d.receiver_id = r.id AND coalesce(d.person_id, 0) = w.who AND d.state = 'failed') AS failed,
 (SELECT max(d.channel || ' ' || d.fault) FROM delivery d WHERE d.message_id = m.id AND d.receiver_id = r.id AND coalesce(d.person_id, 0) = w.who AND d.state = 'failed') AS last_fault
FROM message m
JOIN (SELECT d.message_id, d.receiver_id, coalesce(d.person_id, 0) AS who FROM delivery d WHERE d.message_id >= (SELECT coalesce(min(n.id), 0) FROM message n WHERE n.made_at > $1) GROUP BY d.message_id, d.receiver_id, coalesce(d.person_id, 0)) w ON w.message_id = m.id
JOIN receiver r ON r.id = w.receiver_id LEFT JOIN person p ON p.id = w.who LEFT JOIN school s ON s.id = m.school_id
WHERE m.made_at > $1 AND m.made_at < $2
 AND ($3 = 1 OR m.school_id IS NULL OR m.school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'message.read'))
 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id AND d.receiver_id = r.id AND coalesce(d.person_id, 0) = w.who
  AND (d.state IN ('received', 'acked', 'waiting', 'sending') OR (d.state = 'sent' AND d.channel <> 'app' AND NOT EXISTS (SELECT 1 FROM gateway g WHERE g.id = d.gateway_id AND g.receipts = 1))))
 AND EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = m.id AND d.receiver_id = r.id AND coalesce(d.person_id, 0) = w.who AND d.state IN ('failed', 'sent'))
ORDER BY m.id DESC, w.who LIMIT 500
-- name: message_school
SELECT s.county FROM school s WHERE s.id = $1
-- name: delivery_is_sending
SELECT CASE WHEN state = 'sending' THEN 1 ELSE 0 END FROM delivery WHERE id = $1
-- name: delivery_clock_step
UPDATE delivery SET due_at = due_at + $1 WHERE state = 'waiting'
