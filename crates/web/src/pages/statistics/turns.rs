//! Who draws when: some at once, some wait, and the others are told to come back.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// Charts and reports that are made at the same time.
const MOST_AT_ONCE: usize = 2;
/// Those that are made, and those that wait.
const MOST_ADMITTED: usize = 10;

/// The turns of what takes long to draw.
#[derive(Debug)]
pub(crate) struct Turns {
    admitted: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
}

/// The turn of one, until it is dropped: it goes where the work is done, as that is not broken off with the request.
#[derive(Debug)]
pub(crate) struct Turn {
    _admitted: OwnedSemaphorePermit,
    _at_once: OwnedSemaphorePermit,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(MOST_ADMITTED)),
            at_once: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }

    /// Waits for its turn, unless too many wait already.
    pub(crate) async fn take(&self) -> Result<Turn, Failure> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned();
        let admitted = admitted.map_err(|_full| Failure::Unavailable)?;
        let at_once = Arc::clone(&self.at_once).acquire_owned().await;
        Ok(Turn {
            _admitted: admitted,
            _at_once: at_once.map_err(|_closed| Failure::Unavailable)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn some_draw_some_wait_and_the_others_are_refused() {
        let turns = Arc::new(Turns::new());
        let drawing = [turns.take().await.unwrap(), turns.take().await.unwrap()];
        let waits = |turns: Arc<Turns>| async move { turns.take().await.is_ok() };
        let waiting: Vec<_> = (drawing.len()..MOST_ADMITTED)
            .map(|_| tokio::spawn(waits(Arc::clone(&turns))))
            .collect();
        while turns.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(turns.take().await, Err(Failure::Unavailable)));
        drop(drawing);
        for one in waiting {
            assert!(one.await.unwrap());
        }
        assert_eq!(turns.at_once.available_permits(), MOST_AT_ONCE);
        assert_eq!(turns.admitted.available_permits(), MOST_ADMITTED);
    }
}
