-- What waits is looked for by platform: one that is away holds up no other.
DROP INDEX upper_alarm_waiting;
CREATE INDEX upper_alarm_waiting ON upper_alarm (upper_id, incident_id) WHERE state = 'waiting';
