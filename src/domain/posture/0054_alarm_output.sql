-- A device may also act by itself when a button is pressed; its command then belongs to the incident.
ALTER TABLE command ADD COLUMN incident_id INTEGER REFERENCES incident (id);
CREATE INDEX command_incident ON command (incident_id) WHERE incident_id IS NOT NULL;
