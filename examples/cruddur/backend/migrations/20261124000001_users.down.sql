-- Keeps the rows in rolled_back_users for the next migrate. The table is renamed first, so that no
-- program writes to it after the copy.
ALTER TABLE users RENAME TO leaving_users;
CREATE TABLE rolled_back_users AS
SELECT uuid, display_name, handle, email, cognito_user_id, created_at FROM leaving_users;
DROP TABLE leaving_users;
