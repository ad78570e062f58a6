//! The same tokens, again and again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{Account, Connection, SECRET_KEY, Step};

/// How many times in a row a token is sent, on as many connections as there are, before the next one's turn.
const BURST: usize = 16;

/// Has each of `tokens` verified equally often, `replays` times in all, on this many connections to each of `addresses` at
/// the same time.
pub async fn replay(
    addresses: &[SocketAddr],
    connections: usize,
    tokens: Vec<String>,
    replays: usize,
    account: &Arc<Account>,
) {
    let tokens: Arc<[String]> = tokens.into();
    let sent = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for address in addresses.iter().cycle().take(connections * addresses.len()) {
        let mut connection = Connection::to(*address);
        let (tokens, sent, account) = (Arc::clone(&tokens), Arc::clone(&sent), Arc::clone(account));
        senders.spawn(async move {
            loop {
                let number = sent.fetch_add(1, Ordering::Relaxed);
                if number >= replays {
                    return;
                }
                let token = &tokens[number / BURST % tokens.len()];
                let body = json!({ "secret": SECRET_KEY, "response": token });
                let told = connection.post("/siteverify", &body).await;
                account.count_of(token, Step::Verify, &told);
            }
        });
    }
    senders.join_all().await;
}
