-- A title that the system made is kept in both languages; '' where a person wrote it: then it stands as it is.
ALTER TABLE incident ADD COLUMN title_en TEXT NOT NULL DEFAULT '';
