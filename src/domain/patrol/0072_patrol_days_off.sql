-- Rounds follow the school's calendar: none on a day off, those of another day of the week on a make-up day; a boarding school may walk always.
ALTER TABLE patrol_route ADD COLUMN on_days_off INTEGER NOT NULL DEFAULT 0;
UPDATE patrol_route SET on_days_off = 1 WHERE times <> '[]' AND days > 31; -- whoever walks at weekends already keeps on
