-- A device of a school that acts: a siren, speakers, doors, a screen, lights.
CREATE TABLE output (
    id INTEGER PRIMARY KEY,
    school_id INTEGER NOT NULL REFERENCES school (id),
    kind TEXT NOT NULL CHECK (kind IN ('siren', 'speaker', 'door', 'screen', 'light')),
    name TEXT NOT NULL,
    verbs TEXT NOT NULL,                   -- in which postures it acts, separated by blanks
    url TEXT NOT NULL,                     -- templates: {verb} {active} {onoff} {word} {text} {drill} {school} {key} {secret}
    headers TEXT NOT NULL DEFAULT '', body TEXT NOT NULL DEFAULT '',
    check_url TEXT NOT NULL DEFAULT '',    -- read back here …
    check_text TEXT NOT NULL DEFAULT '',   -- … and this must stand in the answer
    reports INTEGER NOT NULL DEFAULT 0,    -- 1: it reports its effect by itself, so silence is no effect
    secret_sealed BLOB,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    demo INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX output_school ON output (school_id);

-- One order to one device. Written before anything is sent.
CREATE TABLE command (
    id INTEGER PRIMARY KEY,
    output_id INTEGER NOT NULL REFERENCES output (id),
    posture_id INTEGER REFERENCES posture (id), -- null: a test
    verb TEXT NOT NULL,                    -- of the posture; 'clear'; 'test'
    text TEXT NOT NULL,                    -- to be spoken or shown
    drill INTEGER NOT NULL DEFAULT 0,
    key TEXT NOT NULL UNIQUE,              -- the same try is the same key, and the effect is reported by it
    proof TEXT NOT NULL CHECK (proof IN ('none', 'read', 'report')),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'acked', 'confirmed', 'no_effect', 'failed', 'cancelled')),
    due_at INTEGER,                        -- UTC ms, as below; null: nothing is due
    tries INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER NOT NULL, acked_at INTEGER, effect_at INTEGER,
    fault TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX command_due ON command (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX command_posture ON command (posture_id);
CREATE INDEX command_output ON command (output_id, id);

CREATE VIEW posture_full AS SELECT p.id, p.school_id, s.name AS school, s.code AS school_code, s.pinyin AS school_pinyin, s.county, s.lon, s.lat, p.incident_id, p.verb, p.drill AS drill_flag, p.reason, p.assembly, p.state,
    a.full_name AS asked_person, p.asked_at, p.clearing_at, sp.full_name AS school_person, p.school_at, pp.full_name AS police_person, p.police_at, p.release_note, p.released_at,
    (SELECT count(*) FROM school_class c WHERE c.school_id = p.school_id AND c.state = 'open') AS classes,
    (SELECT count(*) FROM head_count h WHERE h.posture_id = p.id) AS counted,
    (SELECT coalesce(sum(h.present), 0) FROM head_count h WHERE h.posture_id = p.id) AS present,
    (SELECT coalesce(sum(h.missing), 0) FROM head_count h WHERE h.posture_id = p.id) AS missing,
    (SELECT coalesce(sum(h.injured), 0) FROM head_count h WHERE h.posture_id = p.id) AS injured,
    (SELECT max(h.first_at) FROM head_count h WHERE h.posture_id = p.id) AS last_class_at,
    (SELECT count(*) FROM command k WHERE k.posture_id = p.id AND k.state IN ('failed', 'no_effect')) AS commands_failed,
    (SELECT count(*) FROM command k WHERE k.posture_id = p.id AND k.state IN ('waiting', 'sending')) AS commands_waiting, p.version
    FROM posture p JOIN school s ON s.id = p.school_id JOIN person a ON a.id = p.asked_by LEFT JOIN person sp ON sp.id = p.school_by LEFT JOIN person pp ON pp.id = p.police_by;

-- Roles that saw incidents, and whoever reports from a gate, see postures; whoever handled incidents, and school leaders, order them.
INSERT INTO role_permission (role, permission) SELECT DISTINCT role, 'posture.read' FROM role_permission WHERE permission IN ('incident.read', 'duty.report');
INSERT INTO role_permission (role, permission) SELECT DISTINCT role, 'posture.order' FROM role_permission WHERE permission = 'incident.handle' OR role = 'principal';
INSERT INTO role_permission (role, permission) SELECT DISTINCT role, 'posture.write' FROM role_permission WHERE permission = 'equipment.write';
INSERT INTO role_permission (role, permission) SELECT DISTINCT role, 'headcount.report' FROM role_permission WHERE permission = 'duty.report';
