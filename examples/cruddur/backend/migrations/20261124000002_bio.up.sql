ALTER TABLE users ADD COLUMN bio TEXT;

CREATE TABLE IF NOT EXISTS rolled_back_bio (uuid TEXT, bio TEXT);
-- Without an index, the update would scan the kept table once for each user.
CREATE INDEX rolled_back_bio_uuid ON rolled_back_bio (uuid);
UPDATE users SET bio = (SELECT kept.bio FROM rolled_back_bio AS kept WHERE kept.uuid = users.uuid);
DROP TABLE rolled_back_bio;
