-- A signal of the script may come from one of the school's own points: '' none.
ALTER TABLE drill_inject ADD COLUMN account TEXT NOT NULL DEFAULT ''; -- of the panel
ALTER TABLE drill_inject ADD COLUMN zone TEXT NOT NULL DEFAULT '';
