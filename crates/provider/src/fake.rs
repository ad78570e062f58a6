//! A stand-in for a site's own tests, which asks nobody.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cattlegrid_store::StoreError;

use crate::provider::Statement;
use crate::{BoxFuture, Broken, Error, Passed, Refused, Unreachable, Verification, Verify, Visit};

const NAME: &str = "fake";

/// What a [`Fake`] says of a token.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// A person passed, and this is what is known. A token passes once, as ever.
    Pass(Statement),
    /// Nobody did, with this code.
    Refuse(&'static str),
    /// As [`Error::Unreachable`].
    Unreachable,
    /// As [`Error::Broken`].
    Broken,
    /// As [`Error::Store`].
    StoreUnavailable,
}

/// What a [`Fake`] was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The token.
    pub token: String,
    /// What was known of the request.
    pub visit: Visit,
}

/// Checks tokens as it is told to, for a site's own tests: whatever takes an `Arc<dyn Verify>` takes one of these.
///
/// It remembers what it was asked, and that a token passes once. Tokens come in the field `captcha-response`.
///
/// ```
/// use cattlegrid_provider::fake::{Fake, Verdict};
/// use cattlegrid_provider::{Verification, Verify, Visit};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let fake = Fake::new(|token, _| match token {
///     "a person" => Verdict::Pass(Default::default()),
///     _ => Verdict::Refuse("invalid-input-response"),
/// });
/// let verification = fake.verify("a person", Visit::new()).await?;
/// assert!(matches!(verification, Verification::Passed(_)));
/// let again = fake.verify("a person", Visit::new()).await?;
/// assert!(matches!(again, Verification::Refused(_)));
/// assert_eq!(fake.asked().len(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Fake {
    says: Box<Says>,
    memory: Mutex<Memory>,
}

type Says = dyn Fn(&str, &Visit) -> Verdict + Send + Sync;

#[derive(Default)]
struct Memory {
    asked: Vec<Asked>,
    spent: HashSet<String>,
}

impl Fake {
    /// One that decides by token and visit.
    pub fn new(says: impl Fn(&str, &Visit) -> Verdict + Send + Sync + 'static) -> Self {
        Self {
            says: Box::new(says),
            memory: Mutex::default(),
        }
    }

    /// One that always says the same.
    pub fn always(says: Verdict) -> Self {
        Self::new(move |_, _| says.clone())
    }

    /// One that lets everybody through, and knows nothing of them.
    pub fn passing() -> Self {
        Self::always(Verdict::Pass(Statement::default()))
    }

    /// One that refuses everybody with this code.
    pub fn refusing(code: &'static str) -> Self {
        Self::always(Verdict::Refuse(code))
    }

    /// One that is down.
    pub fn unreachable() -> Self {
        Self::always(Verdict::Unreachable)
    }

    /// What it was asked, in that order. What is empty is refused without asking.
    pub fn asked(&self) -> Vec<Asked> {
        self.memory().asked.clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spend(&self, token: &str) -> Result<(), Refused> {
        if token.is_empty() {
            Err(Refused::missing())
        } else if self.memory().spent.insert(token.to_owned()) {
            Ok(())
        } else {
            Err(Refused::already_seen())
        }
    }

    fn decide(&self, token: &str, visit: Visit) -> Result<Result<Passed, Refused>, Error> {
        if token.is_empty() {
            return Ok(Err(Refused::missing()));
        }
        let says = (self.says)(token, &visit);
        self.memory().asked.push(Asked {
            token: token.to_owned(),
            visit,
        });
        match says {
            Verdict::Pass(said) => Ok(self.spend(token).map(|()| Passed::staged(NAME, said))),
            Verdict::Refuse(code) => Ok(Err(Refused::because(code))),
            Verdict::Unreachable => Err(unreachable()),
            Verdict::Broken => Err(Error::Broken {
                provider: NAME,
                why: Broken::Undecided,
            }),
            Verdict::StoreUnavailable => {
                Err(StoreError::Unavailable("the fake was told to say so".into()).into())
            }
        }
    }
}

fn unreachable() -> Error {
    Error::Unreachable {
        provider: NAME,
        why: Unreachable::Timeout,
    }
}

impl Verify for Fake {
    fn fields(&self) -> Vec<&str> {
        vec!["captcha-response"]
    }

    fn verify<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Verification, Error>> {
        let decided = self.decide(token, visit);
        Box::pin(async move { decided.map(Verification::from) })
    }

    fn claim<'a>(
        &'a self,
        token: &'a str,
        _: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>> {
        let spent = self.spend(token);
        Box::pin(async move { Ok(spent) })
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        let says = (self.says)("", &Visit::new());
        Box::pin(async move { says != Verdict::Unreachable })
    }
}
