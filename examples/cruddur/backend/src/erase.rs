//! Deletes a user from every table, also from those that keep data after a rollback.

use sqlx::AnyConnection;

use crate::migrations::is_missing_table;

/// The tables with the id of the user, which a rollback may have renamed or dropped.
const TABLES_BY_SUB: [&str; 2] = ["users", "rolled_back_users"];
/// The tables that a rollback has filled, by uuid.
const TABLES_BY_UUID: [&str; 2] = ["rolled_back_bio", "rolled_back_avatar"];

/// Deletes all rows of the user. Returns their number.
///
/// The rows with the id of the user are deleted last: if the database fails in between, a second call
/// deletes the rest.
///
/// # Errors
///
/// The database fails.
pub async fn erase(connection: &mut AnyConnection, sub: &str) -> sqlx::Result<u64> {
    let mut deleted = 0;
    for table in TABLES_BY_SUB {
        let query = format!("SELECT uuid FROM {table} WHERE cognito_user_id = $1");
        let found = sqlx::query_scalar::<_, String>(&query).bind(sub);
        let uuids = existing(found.fetch_all(&mut *connection).await)?;
        for uuid in uuids.unwrap_or_default() {
            for kept in TABLES_BY_UUID {
                deleted += delete(connection, kept, "uuid", &uuid).await?;
            }
        }
    }
    for table in TABLES_BY_SUB {
        deleted += delete(connection, table, "cognito_user_id", sub).await?;
    }
    Ok(deleted)
}

/// Deletes the rows with this value; none if the table does not exist.
async fn delete(
    connection: &mut AnyConnection,
    table: &str,
    column: &str,
    value: &str,
) -> sqlx::Result<u64> {
    let query = format!("DELETE FROM {table} WHERE {column} = $1");
    let deleted = sqlx::query(&query).bind(value);
    let result = existing(deleted.execute(connection).await)?;
    Ok(result.map_or(0, |result| result.rows_affected()))
}

/// `None` if the table does not exist.
fn existing<T>(result: sqlx::Result<T>) -> sqlx::Result<Option<T>> {
    match result {
        Err(error) if is_missing_table(&error) => Ok(None),
        result => result.map(Some),
    }
}
