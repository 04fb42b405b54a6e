-- name: signal_seen_get
SELECT seq, last_at FROM signal_seen WHERE account = $1 AND digest = $2
-- name: signal_seen_add
INSERT INTO signal_seen (account, digest, seq, last_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account, digest) DO NOTHING
-- name: signal_seen_again
UPDATE signal_seen SET seq = $1, last_at = $2 WHERE account = $3 AND digest = $4
-- name: signal_seen_account_after
SELECT account FROM signal_seen WHERE account > $1 ORDER BY account LIMIT 1
-- name: signal_seen_forget
DELETE FROM signal_seen WHERE account = $1 AND last_at < $2
-- name: signal_copy
UPDATE signal SET copies = copies + 1 WHERE seq = $1
-- name: signal_add
INSERT INTO signal (seq, received_at, device_at, account, panel_id, school_id, protocol, sequence, code, qualifier, partition_no,
                    zone, class, severity, text, state, drill, test, extra, raw)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
-- name: signal_page
SELECT seq, received_at, device_at AS device_time, account, protocol, sequence, code, qualifier, partition_no AS "partition", zone, class,
       severity, text, drill AS drill_flag, 0 AS duplicate_flag, copies, state, school_id, panel_id, test AS test_flag, extra AS extra_json
FROM signal WHERE account = $1 AND seq > $2
  AND ($3 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $4 AND ps.permission = 'signal.read'))
ORDER BY seq LIMIT $5
-- name: signal_page_all
SELECT seq, received_at, device_at AS device_time, account, protocol, sequence, code, qualifier, partition_no AS "partition", zone, class,
       severity, text, drill AS drill_flag, 0 AS duplicate_flag, copies, state, school_id, panel_id, test AS test_flag, extra AS extra_json
FROM signal WHERE seq > $1
  AND ($2 = 1 OR school_id IN (SELECT ps.school_id FROM person_school ps WHERE ps.person_id = $3 AND ps.permission = 'signal.read'))
ORDER BY seq LIMIT $4
-- name: signal_unknown
SELECT account, count(*) AS signals, min(received_at) AS first_at, max(received_at) AS last_at, max(seq) AS last_seq, max(class) AS class
FROM signal WHERE state = 'quarantined' AND account NOT IN (SELECT p.account FROM panel p) GROUP BY account ORDER BY max(seq) DESC LIMIT 500
-- name: signal_of_panel
SELECT seq, received_at, device_at AS device_time, account, protocol, sequence, code, qualifier, partition_no AS "partition", zone, class,
       severity, text, drill AS drill_flag, copies, state, test AS test_flag
FROM signal WHERE account = $1 ORDER BY seq DESC LIMIT 50
-- name: panel_all
SELECT id, account, school_id, supervision_s, key_sealed, clock_offset_s, clock_policy, test_until, line FROM panel WHERE state = 'active'
-- name: panel_one
SELECT id, account, school_id, supervision_s, key_sealed, clock_offset_s, clock_policy, test_until, line FROM panel WHERE id = $1 AND state = 'active'
-- name: panel_line
UPDATE panel SET line = $1, line_changed_at = $2 WHERE id = $3
