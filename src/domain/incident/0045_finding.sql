-- What a review found, and what is done about it; the incident is archived once each is done or waived.
CREATE TABLE finding (
    id INTEGER PRIMARY KEY,
    incident_id INTEGER NOT NULL REFERENCES incident (id),
    text TEXT NOT NULL,
    action TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL DEFAULT '',
    due_date TEXT NOT NULL DEFAULT '',         -- YYYY-MM-DD
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'waived')),
    note TEXT NOT NULL DEFAULT '',             -- the proof, or the reason
    settled_by INTEGER REFERENCES person (id),
    settled_at INTEGER                         -- UTC ms
) STRICT;
CREATE INDEX finding_incident ON finding (incident_id);
CREATE INDEX finding_open ON finding (state, due_date);
