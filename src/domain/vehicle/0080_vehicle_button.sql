-- The event (JT/T 808, 0x0301) by which the terminal tells that the button at the rear was pressed; -1: there is none.
ALTER TABLE vehicle ADD COLUMN check_event INTEGER NOT NULL DEFAULT -1;
