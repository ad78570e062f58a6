//! A gate without chance: the first key it issues is the same in every process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Answer, Case, Generators, KindOptions, Prompt};
use cattlegrid::store::memory::MemoryStore;
use cattlegrid::store::{ManualClock, Timestamp};
use cattlegrid::{
    Ask, ChallengeKey, Entropy, Gate, NoEntropy, Refusal, Secret, SecretKey, Secrets, Site, Sites,
};
use tokio::runtime::{Builder, Runtime};

const SITE: &str = "fuzzed";

pub(crate) struct Fuzzed {
    pub(crate) gate: Gate<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
}

impl Fuzzed {
    pub(crate) fn new() -> Self {
        let secret = Secret::parse(&"a".repeat(43)).unwrap();
        let generators = Generators::new(&KindOptions::default(), &Fonts::embedded()).unwrap();
        let site = Site::new(
            SITE.parse().unwrap(),
            secret_key(),
            Arc::new(generators),
            Arc::new(Style::hard()),
        );
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let gate = Gate::new(
            &Secrets::new(vec![secret]).unwrap(),
            Sites::new(vec![site]).unwrap(),
            MemoryStore::new(1_000_000, clock.clone()),
            clock.clone(),
            Arc::new(Counter::default()),
        );
        Self { gate, clock }
    }

    /// A key for this prompt and answer, if both fit into one.
    pub(crate) fn issue(&self, prompt: Prompt, answer: Answer) -> Option<ChallengeKey> {
        let site = self.gate.sites().get(SITE).unwrap();
        match self.gate.issue(site, Ask::custom(prompt, answer)) {
            Ok(issued) => Some(issued.key),
            Err(Refusal::TooLong) => None,
            Err(refusal) => panic!("no key: {refusal}"),
        }
    }

    /// A key as a visitor may have it.
    pub(crate) fn genuine_key(&self) -> ChallengeKey {
        let prompt = Prompt::new("k7mwpt").unwrap();
        let answer = Answer::new("k7mwpt", Case::Fold).unwrap();
        self.issue(prompt, answer).unwrap()
    }
}

pub(crate) fn secret_key() -> SecretKey {
    "the-secret-key-of-the-site".parse().unwrap()
}

/// Numbers that never come twice.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, &digit) in buffer.iter_mut().zip(number.iter().cycle()) {
            *byte = digit;
        }
        Ok(())
    }
}

/// A runtime for one thread; each thread that checks something has its own.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}
