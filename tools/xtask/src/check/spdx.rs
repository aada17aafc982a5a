//! SPDX licence expressions, as packages write them: `(MIT OR Apache-2.0) AND Unicode-3.0`.
//!
//! In: the text of an expression and the licences that are allowed. Out: whether it can be obeyed with those alone. The old spelling
//! with `/` means `OR`, as cargo-deny and crates.io read it.

use anyhow::{Result, bail, ensure};

/// Expressions nested deeper are refused; real ones have one or two levels.
const DEEPEST: usize = 16;

/// Whether the allowed licences are enough to satisfy an expression.
///
/// A licence with an exception (`Apache-2.0 WITH LLVM-exception`) is allowed only by that whole name.
pub(super) fn is_allowed(expression: &str, allowed: &[String]) -> Result<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader {
        words: &words,
        allowed,
        depth: 0,
    };
    let verdict = reader.either()?;
    ensure!(
        reader.words.is_empty(),
        "`{}` stands after the end",
        reader.words.join(" ")
    );
    Ok(verdict)
}

/// Reads words from the front.
struct Reader<'expression> {
    /// What is still to be read.
    words: &'expression [&'expression str],
    /// The licences that are allowed.
    allowed: &'expression [String],
    /// How many brackets are open.
    depth: usize,
}

impl<'expression> Reader<'expression> {
    /// `A OR B OR …`: one of them is enough.
    fn either(&mut self) -> Result<bool> {
        let mut verdict = self.all()?;
        while self.take("OR") {
            verdict |= self.all()?;
        }
        Ok(verdict)
    }

    /// `A AND B AND …`: binds tighter than OR, and every one is needed.
    fn all(&mut self) -> Result<bool> {
        let mut verdict = self.one()?;
        while self.take("AND") {
            verdict &= self.one()?;
        }
        Ok(verdict)
    }

    /// A licence, a licence with an exception, or an expression in brackets.
    fn one(&mut self) -> Result<bool> {
        if self.take("(") {
            self.depth += 1;
            ensure!(self.depth <= DEEPEST, "more than {DEEPEST} brackets are open");
            let verdict = self.either()?;
            ensure!(self.take(")"), "a bracket is not closed");
            self.depth -= 1;
            return Ok(verdict);
        }
        let licence = self.word()?;
        let name = if self.take("WITH") {
            format!("{licence} WITH {}", self.word()?)
        } else {
            licence.to_owned()
        };
        Ok(self.allowed.contains(&name))
    }

    /// The name of a licence or of an exception.
    fn word(&mut self) -> Result<&'expression str> {
        match self.words.split_first() {
            Some((word, rest)) if !["AND", "OR", "WITH", "(", ")"].contains(word) => {
                self.words = rest;
                Ok(word)
            }
            Some((word, _)) => bail!("`{word}` stands where a licence should"),
            None => bail!("a licence is missing at the end"),
        }
    }

    /// Whether this word is next; if so, it is read.
    fn take(&mut self, wanted: &str) -> bool {
        match self.words.split_first() {
            Some((word, rest)) if *word == wanted => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(expression: &str) -> bool {
        let allowed = [
            "MIT",
            "BSD-3-Clause",
            "Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ]
        .map(str::to_owned);
        is_allowed(expression, &allowed).unwrap()
    }

    #[test]
    fn one_of_several_is_enough() {
        assert!(judged("MIT"));
        assert!(judged("MIT OR Apache-2.0"));
        assert!(judged("Apache-2.0/MIT"));
        assert!(judged("Apache-2.0 / MIT"));
        assert!(!judged("Apache-2.0 OR GPL-3.0-only"));
    }

    #[test]
    fn all_of_several_are_needed() {
        assert!(judged("MIT AND BSD-3-Clause"));
        assert!(!judged("MIT AND Apache-2.0"));
        assert!(judged("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(judged("GPL-2.0-only AND Apache-2.0 OR MIT"), "AND binds tighter");
        assert!(!judged("GPL-2.0-only AND (Apache-2.0 OR MIT)"));
    }

    #[test]
    fn an_exception_belongs_to_the_name() {
        assert!(judged("Apache-2.0 WITH LLVM-exception"));
        assert!(!judged("MIT WITH LLVM-exception"));
        assert!(judged("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for bad in [
            "",
            "MIT OR",
            "OR MIT",
            "(MIT",
            "MIT)",
            "MIT Apache-2.0",
            "MIT WITH",
            "AND",
            &"(".repeat(99),
        ] {
            assert!(is_allowed(bad, &[]).is_err(), "{bad:?}");
        }
    }
}
