//! Many people at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};

use crate::{Account, Error, Keyring, Passed, Person, Step};

/// How long nobody may get through before that is taken for the end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many people are some.
const SOME: u64 = 50;
/// How long somebody rests who was turned back, so that a node that is down is not asked without pause.
const REST: Duration = Duration::from_millis(20);

/// People who go the whole way, again and again, until they are sent home.
pub struct Crowd {
    keyring: Arc<Keyring>,
    account: Arc<Account>,
    pause: Duration,
    people: JoinSet<Vec<Passed>>,
    over: Arc<AtomicBool>,
}

impl Crowd {
    /// Nobody yet. Each rests for `pause` between one pass and the next.
    pub fn new(keyring: Keyring, account: &Arc<Account>, pause: Duration) -> Self {
        Self {
            keyring: Arc::new(keyring),
            account: Arc::clone(account),
            pause,
            people: JoinSet::new(),
            over: Arc::default(),
        }
    }

    /// Somebody who sends everything once.
    pub fn add(&mut self, mut person: Person) {
        let (keyring, account) = (Arc::clone(&self.keyring), Arc::clone(&self.account));
        let (over, pause) = (Arc::clone(&self.over), self.pause);
        self.people.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let passed = person.pass(&keyring, &account).await;
                sleep(if passed { pause } else { pause.max(REST) }).await;
            }
            Vec::new()
        });
    }

    /// Somebody who sends every answer and every token on three connections at once.
    pub fn add_eager(&mut self, mut person: Person) {
        let (keyring, account) = (Arc::clone(&self.keyring), Arc::clone(&self.account));
        let (over, pause) = (Arc::clone(&self.over), self.pause);
        self.people.spawn(async move {
            let mut trail = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let passed = person.pass_thrice(&keyring, &account).await;
                sleep(if passed.is_some() {
                    pause
                } else {
                    pause.max(REST)
                })
                .await;
                trail.extend(passed);
            }
            trail
        });
    }

    /// Waits until some more tokens have been verified.
    ///
    /// # Errors
    ///
    /// [`Error::NobodyPasses`] after a minute.
    pub async fn some_pass(&self) -> Result<(), Error> {
        let passed = || self.account.said(Step::Verify, "success");
        let (before, start) = (passed(), Instant::now());
        while passed() < before + SOME {
            if start.elapsed() > PATIENCE {
                return Err(Error::NobodyPasses(self.account.to_string()));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Lets everybody end what they are at, and returns what the eager ones went through with.
    pub async fn send_home(self) -> Vec<Passed> {
        self.over.store(true, Ordering::Relaxed);
        self.people.join_all().await.into_iter().flatten().collect()
    }
}
