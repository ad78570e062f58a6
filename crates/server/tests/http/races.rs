//! Many at the same moment, of whom one may win.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::harness::{Home, Reply};

const RACERS: usize = 64;

/// Asserts that one of the replies is a success, and that all others were refused for this reason.
fn assert_one_wins(replies: &[Reply], loss: &str) {
    let wins = replies
        .iter()
        .filter(|reply| reply.json()["success"] == true)
        .count();
    assert_eq!(wins, 1);
    for reply in replies {
        if reply.json()["success"] != true {
            assert_eq!(reply.refused(), loss);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_right_answers_wins() {
    let home = Home::new();
    for store in ["memory:", "sqlite:spent.sqlite3"] {
        let server = Arc::new(home.start_with(|command| {
            command.current_dir(home.path()).args(["--store", store]);
        }));
        let key = server.issue().await;
        let answer = home.answer_to(&key);
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let (server, key, answer) = (Arc::clone(&server), key.clone(), answer.clone());
            racers.spawn(async move { server.answer(&key, &answer).await });
        }
        assert_one_wins(&racers.join_all().await, "spent-key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_verifications_wins() {
    let home = Home::new();
    for store in ["memory:", "sqlite:spent.sqlite3"] {
        let server = Arc::new(home.start_with(|command| {
            command.current_dir(home.path()).args(["--store", store]);
        }));
        let token = server.earn(&home).await;
        let mut racers = JoinSet::new();
        for _ in 0..RACERS {
            let (server, token) = (Arc::clone(&server), token.clone());
            racers.spawn(async move { server.verify(&server.secret_key, &token).await });
        }
        assert_one_wins(&racers.join_all().await, "already-seen-response");
    }
}
