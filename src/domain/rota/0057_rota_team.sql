-- Fixed teams: few officers at each post.
ALTER TABLE rota ADD COLUMN teams INTEGER NOT NULL DEFAULT 0;        -- 1: asked for
ALTER TABLE rota ADD COLUMN members INTEGER NOT NULL DEFAULT 0;      -- different officers at each post, added up
ALTER TABLE rota ADD COLUMN members_free INTEGER NOT NULL DEFAULT 0; -- the same of the plan that cares for the way alone; 0: teams were not asked for
