//! Several questions at once, on one connection.
//!
//! SQLite runs each connection in a thread of its own, and the way there and back takes longer than most questions. So they become one
//! statement there: the answers one below the other, the number of its question before each row, and as many columns as the widest has.

use std::fmt::Write as _;

use super::{Connection, Dialect, Row, Value};
use crate::StoreError;

/// One of several questions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Its text, with `$1` placeholders into the values that all share.
    pub(crate) sql: &'a str,
    /// How many columns its rows have.
    pub(crate) width: usize,
}

impl Connection {
    /// Asks several questions about the same values; gives the rows of each.
    ///
    /// The order inside of an answer is kept where its question says how many rows it wants at most. On SQLite all see the same moment.
    pub(crate) async fn rows_of_all<const N: usize>(
        &mut self,
        questions: [Question<'_>; N],
        values: Vec<Value>,
    ) -> Result<[Vec<Row>; N], StoreError> {
        if self.dialect() == Dialect::Lite {
            return sorted(self.rows(joined(&questions), values).await?);
        }
        let mut answers = std::array::from_fn(|_| Vec::new());
        for (answer, question) in answers.iter_mut().zip(questions) {
            let (sql, named) = alone(question.sql, &values);
            *answer = self.rows(sql, named).await?;
        }
        Ok(answers)
    }
}

/// The rows of all answers, each to its question.
fn sorted<const N: usize>(rows: Vec<Row>) -> Result<[Vec<Row>; N], StoreError> {
    let mut answers = std::array::from_fn(|_| Vec::new());
    for mut row in rows {
        let number: usize = row.take_count()?;
        let answer: Option<&mut Vec<Row>> = answers.get_mut(number);
        answer
            .ok_or_else(|| StoreError::corrupt("an answer that nobody asked for"))?
            .push(row);
    }
    Ok(answers)
}

/// All questions as one statement.
fn joined(questions: &[Question<'_>]) -> String {
    let widest = questions.iter().map(|question| question.width).max();
    let length = questions.iter().map(|question| question.sql.len() + 64).sum();
    let mut text = String::with_capacity(length);
    for (number, Question { sql, width }) in questions.iter().enumerate() {
        let union = if number == 0 { "" } else { " UNION ALL " };
        let missing = widest.unwrap_or_default().saturating_sub(*width);
        let nulls = ", NULL".repeat(missing);
        let written = write!(text, "{union}SELECT {number}, *{nulls} FROM ({sql})");
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    text
}

/// One question with those of the values that it names, numbered anew: PostgreSQL wants to know the type of each, and of none that is not named.
fn alone(sql: &str, values: &[Value]) -> (String, Vec<Value>) {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut named: Vec<usize> = Vec::new();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let number = number.parse().unwrap_or_default();
        let place = named.iter().position(|known| *known == number);
        let place = place.unwrap_or_else(|| {
            named.push(number);
            named.len() - 1
        });
        let written = write!(text, "${}{rest}", place + 1);
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    let value = |number: &usize| values.get(number.checked_sub(1)?).cloned();
    (text, named.iter().filter_map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::super::values;
    use super::*;

    #[test]
    fn questions_are_joined_to_the_width_of_the_widest() {
        let [narrow, wide] = [("SELECT a FROM x", 1), ("SELECT b, c, d FROM y LIMIT 1", 3)]
            .map(|(sql, width)| Question { sql, width });
        assert_eq!(
            joined(&[narrow, wide]),
            "SELECT 0, *, NULL, NULL FROM (SELECT a FROM x) UNION ALL \
             SELECT 1, * FROM (SELECT b, c, d FROM y LIMIT 1)"
        );
    }

    #[test]
    fn a_question_alone_names_its_own_values_in_their_order() {
        let (sql, named) = alone(
            "a = $3 AND b IN ($12, $1) OR c = $3",
            &[1_u32, 2, 3].map(Value::from),
        );
        assert_eq!(sql, "a = $1 AND b IN ($2, $3) OR c = $1");
        assert_eq!(named, values![3_u32, 1_u32]);
        assert_eq!(
            alone("SELECT 1", &[Value::from(1_u32)]),
            ("SELECT 1".to_owned(), Vec::new())
        );
    }
}
