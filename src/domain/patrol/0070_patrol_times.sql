-- Rounds that come by themselves, at the same times on the same days of the week; and routes that are not walked any more.
ALTER TABLE patrol_route ADD COLUMN times TEXT NOT NULL DEFAULT '[]';      -- JSON: [{at, minutes}], `at` in minutes of the local day
ALTER TABLE patrol_route ADD COLUMN days INTEGER NOT NULL DEFAULT 31;      -- a bit a day of the week, Monday is 1
ALTER TABLE patrol_route ADD COLUMN planned_date TEXT NOT NULL DEFAULT ''; -- the local day whose rounds are planned
ALTER TABLE patrol_route ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
