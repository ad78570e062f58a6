//! The engine of Cattlegrid, a self-hosted CAPTCHA: issue a challenge, show it, judge its answer once,
//! verify the token that the answer earned once.
//!
//! # How it works
//!
//! A challenge lives in its key. The key *is* the challenge (kind, prompt, answer, the seed of its picture,
//! site, action, expiry), sealed with authenticated encryption under the server's secret, so that issuing one
//! writes nothing, and every node that holds the secret can show it and judge it. What has to be remembered
//! is what is spent: an answer, right or wrong, spends the key, and a verification spends the token, each by
//! one atomic [claim](store::Store::claim) that a single caller wins.
//!
//! The engine has no effects of its own. Its clock, its randomness and its store are arguments; only
//! [`Gate::answer`] and [`Gate::verify`] wait for anything, each for one step of the store. When in doubt
//! it refuses, and each [`Refusal`] has a stable code.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use cattlegrid::challenge::image::{Fonts, Scale, Style};
//! use cattlegrid::challenge::{Generators, KindOptions};
//! use cattlegrid::store::SystemClock;
//! use cattlegrid::store::memory::MemoryStore;
//! use cattlegrid::{Ask, Attempt, Gate, OsEntropy, Secret, Secrets, Site, Sites, Verification};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secrets = Secrets::new(vec![Secret::generate(&OsEntropy)?])?;
//! let (site_key, secret_key) = Site::generate_keys(&OsEntropy)?;
//! let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
//! let site = Site::new(site_key.clone(), secret_key.clone(), Arc::new(generators), Arc::new(Style::hard()));
//!
//! let clock = Arc::new(SystemClock::new());
//! let store = MemoryStore::new(100_000, clock.clone());
//! let gate = Gate::new(&secrets, Sites::new(vec![site])?, store, clock, Arc::new(OsEntropy));
//!
//! // The page asks for a challenge and shows its picture.
//! let site = gate.sites().get(site_key.as_str()).ok_or("no such site")?;
//! let issued = gate.issue(site, Ask::any())?;
//! let picture = gate.image(&issued.key, Scale::One)?.image;
//! assert!(picture.png.starts_with(b"\x89PNG"));
//!
//! // A person reads it and types the answer, which this example takes from the key.
//! let read = gate.inspect(&issued.key)?.challenge.answer().as_str().to_owned();
//! let solved = gate.answer(&issued.key, Attempt::new(&read)).await?;
//!
//! // The site's back end verifies the token that came with the form.
//! match gate.verify(&secret_key, &solved.token, None).await {
//!     Verification::Passed(passed) => println!("a person, at {:?}", passed.challenge_ts),
//!     Verification::Refused(refusal) => return Err(refusal.into()),
//! }
//! # Ok(())
//! # }
//! ```

mod content;
mod entropy;
mod envelope;
mod error;
mod exchange;
mod gate;
mod name;
mod refusal;
mod score;
mod seal;
mod sealed;
mod secret;
mod site;
mod work;

pub use cattlegrid_challenge as challenge;
pub use cattlegrid_store as store;
pub use entropy::{Entropy, NoEntropy, OsEntropy};
pub use envelope::{Envelopes, Opened};
pub use error::Error;
pub use exchange::{
    Ask, Attempt, DoneWork, IdempotencyKey, Inspected, Issued, Passed, Shown, Solved, Verification,
    WorkSet,
};
pub use gate::{CLOCK_SKEW, Gate, OpenChallenge};
pub use name::{Action, CustomerData, Hostname, HostnamePattern, SecretKey, SiteKey};
pub use refusal::Refusal;
pub use score::{Reason, Score, ScoreRules};
pub use sealed::{ChallengeKey, ResponseToken, WorkKey};
pub use secret::{Secret, Secrets};
pub use site::{Earns, Site, Sites};
