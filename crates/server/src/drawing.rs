//! Where pictures are drawn: on threads of their own, of which there are few, with a short queue before them.
//!
//! `examples/drawing.rs` measures this beside drawing in the handler's place. Both draw as many pictures a second,
//! but with 512 viewers of the largest pictures everything else waits for seconds in the one case, and for
//! milliseconds in the other, which moreover can say that it is too much.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Limits;

/// Draws a bounded number of pictures at a time, lets a bounded number wait, and refuses the rest.
#[derive(Debug)]
pub struct Drawing {
    /// One permit for everything that is drawn or waits.
    places: Arc<Semaphore>,
    /// One permit for everything that is drawn.
    threads: Arc<Semaphore>,
}

/// Why nothing was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDrawn {
    /// As many pictures are waiting as may. Try again in a second.
    #[error("too many pictures are waiting to be drawn")]
    Overloaded,
    /// Drawing stopped halfway, which is a bug.
    #[error("drawing failed")]
    Failed,
}

impl Drawing {
    /// As many threads and places in the queue as `limits` say.
    pub fn new(limits: &Limits) -> Self {
        let threads = limits.drawing_threads();
        Self {
            places: Arc::new(Semaphore::new(threads + limits.drawing_queue.get())),
            threads: Arc::new(Semaphore::new(threads)),
        }
    }

    /// What `draw` returns, once it was its turn. Nothing is drawn for a caller that has gone meanwhile.
    ///
    /// # Errors
    /// [`NotDrawn`].
    pub async fn run<T: Send + 'static>(
        &self,
        draw: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDrawn> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| NotDrawn::Overloaded)?;
        let thread = Arc::clone(&self.threads)
            .acquire_owned()
            .await
            .map_err(|_| NotDrawn::Failed)?;
        // Why: the permits go along, as a draw that has begun goes on when its caller is gone.
        let permits: [OwnedSemaphorePermit; 2] = [place, thread];
        tokio::task::spawn_blocking(move || {
            let drawn = draw();
            drop(permits);
            drawn
        })
        .await
        .map_err(|_| NotDrawn::Failed)
    }
}
