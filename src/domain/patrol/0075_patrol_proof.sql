-- How far a point of a round may be believed, and who judged it; rounds in pairs; the photo as it was taken.
ALTER TABLE patrol_check ADD COLUMN phone TEXT NOT NULL DEFAULT '';    -- the app's name of the phone
ALTER TABLE patrol_check ADD COLUMN reasons TEXT NOT NULL DEFAULT '[]'; -- JSON: what was doubtful
ALTER TABLE patrol_check ADD COLUMN verdict TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'accepted', 'rejected')); -- of the person who judged an amber one
CREATE INDEX patrol_check_person ON patrol_check (person_id, device_at);
CREATE INDEX patrol_check_phone ON patrol_check (phone, received_at);
ALTER TABLE patrol_route ADD COLUMN in_pairs INTEGER NOT NULL DEFAULT 0; -- 1: two go, and scan each other
ALTER TABLE tip ADD COLUMN photo_told TEXT NOT NULL DEFAULT ''; -- SHA-256 of the photo as it was taken; '': the phone cannot say
