-- The fields of the newest notice: either all of the first five are null, or none. avatar_refusals
-- holds the last refused uploads. avatar_sizes, avatar_order and avatar_refusals are JSON.
ALTER TABLE users ADD COLUMN avatar_digest TEXT;
ALTER TABLE users ADD COLUMN avatar_sizes TEXT;
ALTER TABLE users ADD COLUMN avatar_thumbhash TEXT;
ALTER TABLE users ADD COLUMN avatar_color TEXT;
ALTER TABLE users ADD COLUMN avatar_order TEXT;
ALTER TABLE users ADD COLUMN avatar_refusals TEXT;

CREATE TABLE IF NOT EXISTS rolled_back_avatar (
  uuid TEXT,
  avatar_digest TEXT,
  avatar_sizes TEXT,
  avatar_thumbhash TEXT,
  avatar_color TEXT,
  avatar_order TEXT,
  avatar_refusals TEXT
);
CREATE INDEX rolled_back_avatar_uuid ON rolled_back_avatar (uuid);
UPDATE users SET
  (avatar_digest, avatar_sizes, avatar_thumbhash, avatar_color, avatar_order, avatar_refusals) = (
    SELECT kept.avatar_digest, kept.avatar_sizes, kept.avatar_thumbhash, kept.avatar_color,
      kept.avatar_order, kept.avatar_refusals
    FROM rolled_back_avatar AS kept WHERE kept.uuid = users.uuid
  );
DROP TABLE rolled_back_avatar;
