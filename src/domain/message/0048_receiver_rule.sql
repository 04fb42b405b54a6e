-- Receivers that are no fixed person: whoever is on duty there now.
ALTER TABLE receiver ADD COLUMN rule TEXT NOT NULL DEFAULT ''; -- '' a person or a group; gate: on duty or due at the school's gates; crew: with a unit that was sent
