-- A live lesson that somebody watched again: a person of ours, or a seat that joined by its code.
CREATE TABLE broadcast_play (
    id INTEGER PRIMARY KEY,
    broadcast_id INTEGER NOT NULL REFERENCES broadcast (id),
    person_id INTEGER REFERENCES person (id),
    seat_id INTEGER REFERENCES seat (id),
    begun_at INTEGER NOT NULL              -- UTC ms
) STRICT;
CREATE INDEX broadcast_play_of ON broadcast_play (broadcast_id);
CREATE INDEX broadcast_play_begun ON broadcast_play (begun_at);
