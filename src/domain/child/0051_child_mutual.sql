-- Whether a child is only heard over the mutual line, where its certificate says who it is.
ALTER TABLE child ADD COLUMN mutual INTEGER NOT NULL DEFAULT 0;
