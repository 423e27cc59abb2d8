-- A rollback loses nothing: the people wait here for the next migrate. Renamed first, so that nobody
-- writes between the copy and the end.
ALTER TABLE users RENAME TO leaving_users;
CREATE TABLE rolled_back_users AS
SELECT uuid, display_name, handle, email, cognito_user_id, created_at FROM leaving_users;
DROP TABLE leaving_users;
