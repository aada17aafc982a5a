//! How SQLite goes about a query, for the tests that hold a query to its index.

use crate::sql::{Connection, Row, Value};

/// The steps of the plan.
pub(crate) async fn plan(connection: &mut Connection, sql: &str, values: Vec<Value>) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let rows = connection.rows(sql, values).await.unwrap();
    rows.into_iter().map(step).collect()
}

/// A step, behind its three numbers.
fn step(mut row: Row) -> String {
    let numbers: [i64; 3] = std::array::from_fn(|_| row.take().unwrap());
    assert!(numbers[0] > 0, "steps have numbers");
    row.take().unwrap()
}
