ALTER TABLE users ADD COLUMN bio TEXT;

CREATE TABLE IF NOT EXISTS rolled_back_bio (uuid TEXT, bio TEXT);
UPDATE users SET bio = (SELECT kept.bio FROM rolled_back_bio AS kept WHERE kept.uuid = users.uuid);
DROP TABLE rolled_back_bio;
