-- The columns of the original, in types that PostgreSQL and SQLite share. The program generates the
-- uuid.
CREATE TABLE users (
  uuid TEXT PRIMARY KEY,
  display_name TEXT NOT NULL,
  handle TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  cognito_user_id TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- Restores the rows that a rollback kept. At the first migrate, the table is created empty.
CREATE TABLE IF NOT EXISTS rolled_back_users (
  uuid TEXT,
  display_name TEXT,
  handle TEXT,
  email TEXT,
  cognito_user_id TEXT,
  created_at TIMESTAMP
);
INSERT INTO users (uuid, display_name, handle, email, cognito_user_id, created_at)
SELECT uuid, display_name, handle, email, cognito_user_id, created_at FROM rolled_back_users;
DROP TABLE rolled_back_users;
