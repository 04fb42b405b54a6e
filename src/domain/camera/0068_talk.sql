-- A look in which a voice went to the school. Who handles incidents may speak.
ALTER TABLE camera_view ADD COLUMN talk INTEGER NOT NULL DEFAULT 0;
INSERT INTO role_permission (role, permission) SELECT DISTINCT role, 'camera.talk' FROM role_permission WHERE permission = 'incident.handle';
