//! The same tests on both back ends.

/// Runs each test once on SQLite and once on PostgreSQL: `on_both!(Fixture: first_test, second_test)`.
///
/// A test is an `async fn` that takes a fixture. `Fixture::sqlite()` makes one; `Fixture::postgres()` makes one where PostgreSQL is
/// installed, and else tells that it is skipped.
#[macro_export]
macro_rules! on_both {
    ($fixture:ident: $($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(super::$fixture::sqlite().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(fixture) = super::$fixture::postgres().await {
                        super::$test(fixture).await;
                    }
                }
            )+
        }
    };
}
