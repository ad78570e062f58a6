//! What is asked of whoever owns a connection, and the way back.

use tokio::sync::oneshot;

use crate::StoreError;

/// A question, and where its answer goes.
pub(super) struct Ask<Q, A> {
    pub(super) question: Q,
    reply: oneshot::Sender<Result<A, StoreError>>,
}

impl<Q, A> Ask<Q, A> {
    /// A question, and where its answer will be.
    pub(super) fn new(question: Q) -> (Self, oneshot::Receiver<Result<A, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { question, reply }, answer)
    }

    /// Whether whoever asked has stopped waiting.
    pub(super) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Why nobody cares whether the answer arrives: whoever asked has given up and refused by then.
    pub(super) fn answer(self, answer: Result<A, StoreError>) {
        drop(self.reply.send(answer));
    }
}

/// The refusal of a question that cannot be decided.
pub(super) fn unavailable(why: impl Into<String>) -> StoreError {
    StoreError::Unavailable(why.into().into())
}
