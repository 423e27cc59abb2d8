-- The column is renamed first, so that no program writes to it after the copy.
ALTER TABLE users RENAME COLUMN avatar_order TO leaving_order;
CREATE TABLE rolled_back_avatar AS
SELECT uuid, avatar_digest, avatar_sizes, avatar_thumbhash, avatar_color,
  leaving_order AS avatar_order, avatar_refusals
FROM users WHERE leaving_order IS NOT NULL OR avatar_refusals IS NOT NULL;
ALTER TABLE users DROP COLUMN avatar_refusals;
ALTER TABLE users DROP COLUMN leaving_order;
ALTER TABLE users DROP COLUMN avatar_color;
ALTER TABLE users DROP COLUMN avatar_thumbhash;
ALTER TABLE users DROP COLUMN avatar_sizes;
ALTER TABLE users DROP COLUMN avatar_digest;
