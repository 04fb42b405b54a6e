-- What the list of substitutes reads: the people of a county, and one week of its published rota.
CREATE INDEX org_area ON org (area);
CREATE INDEX person_org ON person (org_id);
DROP INDEX duty_rota;
CREATE INDEX duty_rota ON duty (rota_id, date);
