-- The column is renamed first, so that no program writes to it after the copy.
ALTER TABLE users RENAME COLUMN bio TO leaving_bio;
CREATE TABLE rolled_back_bio AS
SELECT uuid, leaving_bio AS bio FROM users WHERE leaving_bio IS NOT NULL;
ALTER TABLE users DROP COLUMN leaving_bio;
