-- Where the source is, when that is known; so that two sources can be told to be near each other.
ALTER TABLE alarm ADD COLUMN lon REAL; -- WGS-84 degrees
ALTER TABLE alarm ADD COLUMN lat REAL;
