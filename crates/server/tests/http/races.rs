//! Many at the same moment, of whom one may win.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::harness::{Home, Reply};

const RACERS: usize = 64;
const FORM: &str = "application/x-www-form-urlencoded";

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
        for (path, loss) in [
            ("/siteverify", "already-seen-response"),
            ("/recaptcha/api/siteverify", "timeout-or-duplicate"),
            ("/turnstile/v0/siteverify", "timeout-or-duplicate"),
        ] {
            let token = server.earn(&home).await;
            let question = format!("secret={}&response={token}", server.secret_key);
            let mut racers = JoinSet::new();
            for _ in 0..RACERS {
                let (server, question) = (Arc::clone(&server), question.clone());
                racers.spawn(async move { server.post_raw(path, FORM, question).await });
            }
            assert_one_wins(&racers.join_all().await, loss);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_passes_under_one_of_many_idempotency_keys() {
    let home = Home::new();
    let server = Arc::new(home.start());
    let token = server.earn(&home).await;
    let mut racers = JoinSet::new();
    for racer in 0..RACERS {
        let key = format!("00000000-0000-4000-8000-00000000000{}", racer % 8);
        let question = format!(
            "secret={}&response={token}&idempotency_key={key}",
            server.secret_key
        );
        let server = Arc::clone(&server);
        racers.spawn(async move {
            let reply = server
                .post_raw("/turnstile/v0/siteverify", FORM, question)
                .await;
            (key, reply)
        });
    }
    let mut winners = BTreeSet::new();
    for (key, reply) in racers.join_all().await {
        if reply.json()["success"] == true {
            winners.insert(key);
        } else {
            assert_eq!(reply.refused(), "timeout-or-duplicate");
        }
    }
    assert_eq!(winners.len(), 1);
}
