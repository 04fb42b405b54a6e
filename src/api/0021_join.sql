-- A phone joins by a code that is shown once as a QR picture: good for minutes, for one phone, for one person.
CREATE TABLE join_code (
    digest BLOB PRIMARY KEY,        -- SHA-256 of the secret
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    made_by INTEGER NOT NULL,
    expires_at INTEGER NOT NULL     -- UTC ms
) STRICT;
