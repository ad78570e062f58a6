//! One request to a limited route, and what limits said to it on the way.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cattlegrid_guard::rate_limit::Decision;

use super::{By, Operation, refuse};
use crate::app::App;

tokio::task_local! {
    static SAID: RefCell<Said>;
}

#[derive(Default)]
struct Said {
    decisions: Vec<Decision>,
    refused: Option<By>,
}

/// Runs a handler until it answers, or a limit that it met on the way refuses.
pub(super) async fn scope(
    app: Arc<App>,
    operation: Operation,
    request: Request,
    next: Next,
) -> Response {
    let handled = async {
        let mut handler = pin!(next.run(request));
        let response = poll_fn(|cx| match handler.as_mut().poll(cx) {
            Poll::Ready(response) => Poll::Ready(Ok(response)),
            Poll::Pending => refused_by().map_or(Poll::Pending, |by| Poll::Ready(Err(by))),
        });
        let response = response.await;
        (response, SAID.with(RefCell::take).decisions)
    };
    let (response, decisions) = SAID.scope(RefCell::default(), handled).await;
    let mut response =
        response.unwrap_or_else(|by| refuse(app.metrics(), operation, by).into_response());
    for decision in decisions {
        decision.tell(response.headers_mut());
    }
    response
}

fn refused_by() -> Option<By> {
    SAID.with(|said| said.borrow().refused)
}

/// Keeps what a limit said for the response; never returns where that is a refusal.
pub(super) async fn note(by: By, decision: Decision) {
    let refused = decision.is_refusal();
    // Why an error is passed over: outside of a limited route, what is refused waits until its request is too old.
    let _ = SAID.try_with(|said| {
        let mut said = said.borrow_mut();
        said.decisions.push(decision);
        said.refused = refused.then_some(by);
    });
    if refused {
        pending::<()>().await;
    }
}
