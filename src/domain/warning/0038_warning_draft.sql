-- The posture that a person should think of for this school: hold, secure, lockdown, evacuate, shelter; '' for none. Never ordered by itself.
ALTER TABLE rule_hit ADD COLUMN draft TEXT NOT NULL DEFAULT '';
