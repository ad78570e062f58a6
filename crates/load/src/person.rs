//! Somebody who goes the whole way.

use serde_json::{Value, json};

use crate::{Account, Connection, Keyring, SECRET_KEY, SITE_KEY, Step, Told};

/// Somebody with three connections, each request on the next, so that a challenge is issued on one node, shown on another,
/// answered on the third and verified on the first again.
pub struct Person {
    ways: Vec<Connection>,
    next: usize,
}

impl Person {
    /// With these connections: three, but for somebody who does nothing thrice.
    pub fn new(ways: impl IntoIterator<Item = Connection>) -> Self {
        Self {
            ways: ways.into_iter().collect(),
            next: 0,
        }
    }

    /// Goes the whole way, sending every request once, and says whether that was a success.
    pub async fn pass(&mut self, keyring: &Keyring, account: &Account) -> bool {
        let Some((key, answer)) = self.see(keyring, account).await else {
            return false;
        };
        let told = self
            .way()
            .post(&answer_to(&key), &json!({ "answer": answer }))
            .await;
        account.count_of(&key, Step::Answer, &told);
        let Some(token) = token_of(told) else {
            return false;
        };
        let told = self
            .way()
            .post("/siteverify", &verification_of(&token))
            .await;
        account.count_of(&token, Step::Verify, &told);
        told.is_success()
    }

    /// Goes the whole way, but sends the answer and the token on all connections at the same time.
    pub async fn pass_thrice(&mut self, keyring: &Keyring, account: &Account) -> Option<Passed> {
        let (key, answer) = self.see(keyring, account).await?;
        let body = json!({ "answer": answer });
        let mut token = None;
        for told in self.at_once(&answer_to(&key), &body).await {
            account.count_of(&key, Step::Answer, &told);
            token = token_of(told).or(token);
        }
        if let Some(token) = &token {
            self.verify_thrice(token, account).await;
        }
        Some(Passed { key, answer, token })
    }

    /// Tries again what was tried before, on all connections at the same time.
    pub async fn again(&mut self, passed: &Passed, account: &Account) {
        let body = json!({ "answer": passed.answer });
        for told in self.at_once(&answer_to(&passed.key), &body).await {
            account.count_of(&passed.key, Step::Answer, &told);
        }
        if let Some(token) = &passed.token {
            self.verify_thrice(token, account).await;
        }
    }

    /// Has a token verified on all connections at the same time.
    pub async fn verify_thrice(&mut self, token: &str, account: &Account) {
        for told in self.at_once("/siteverify", &verification_of(token)).await {
            account.count_of(token, Step::Verify, &told);
        }
    }

    /// Has a token verified, once.
    pub async fn verify(&mut self, token: &str, account: &Account) -> Told {
        let told = self
            .way()
            .post("/siteverify", &verification_of(token))
            .await;
        account.count_of(token, Step::Verify, &told);
        told
    }

    /// Asks for a challenge and looks at its picture.
    async fn see(&mut self, keyring: &Keyring, account: &Account) -> Option<(String, String)> {
        let told = self
            .way()
            .post("/api/v1/challenges", &json!({ "sitekey": SITE_KEY }))
            .await;
        account.count(Step::Issue, &told);
        let key = told.success()?["key"].as_str()?.to_owned();
        let told = self
            .way()
            .get(&format!("/api/v1/challenges/{key}/image"))
            .await;
        account.count(Step::Picture, &told);
        let answer = keyring.answer_to(&key).ok()?;
        Some((key, answer))
    }

    fn way(&mut self) -> &mut Connection {
        self.next = (self.next + 1) % self.ways.len();
        &mut self.ways[self.next]
    }

    async fn at_once(&mut self, path: &str, body: &Value) -> Vec<Told> {
        match self.ways.as_mut_slice() {
            [a, b, c] => {
                let told = tokio::join!(a.post(path, body), b.post(path, body), c.post(path, body));
                vec![told.0, told.1, told.2]
            }
            _ => Vec::new(),
        }
    }
}

/// Where somebody has been, to try it all again.
#[derive(Clone, Debug)]
pub struct Passed {
    key: String,
    answer: String,
    token: Option<String>,
}

fn answer_to(key: &str) -> String {
    format!("/api/v1/challenges/{key}/answer")
}

fn verification_of(token: &str) -> Value {
    json!({ "secret": SECRET_KEY, "response": token })
}

fn token_of(told: Told) -> Option<String> {
    told.success()?["token"].as_str().map(str::to_owned)
}
