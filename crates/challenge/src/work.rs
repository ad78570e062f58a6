//! What a machine has to compute: proofs of work.
//!
//! [`Work`] is what a site asks for, as tasks. A [`WorkSeed`] turns them into [`Puzzle`]s, the same ones each time, and
//! [`Work::is_done`] judges what a browser made of them. A puzzle holds all that has to be known for its solution; what
//! keeps it from being solved beforehand is that nobody knows the seed.
//!
//! ```
//! use cattlegrid_challenge::work::{Algorithm, Derivation, Puzzle, Solution, Task, Work, WorkSeed};
//!
//! # fn main() -> Result<(), cattlegrid_challenge::ChallengeError> {
//! let keys = Derivation::new(Algorithm::Pbkdf2Sha256, 100, 1)?;
//! let work = Work::new(vec![Task::Derivation(keys)])?;
//! // A fixed seed, for the example: a site takes one from the operating system.
//! let seed = WorkSeed::from_bytes([1; 32]);
//! let mut solutions = Vec::new();
//! for puzzle in work.puzzles(&seed) {
//!     if let Puzzle::Derivation(puzzle) = puzzle {
//!         let found = (0..).find_map(|counter| Some((counter, puzzle.derive(counter)?)));
//!         solutions.extend(found.map(|(counter, key)| Solution::Key { counter, key }));
//!     }
//! }
//! assert!(work.is_done(&seed, &solutions));
//! assert!(!work.is_done(&seed, &[]));
//! # Ok(())
//! # }
//! ```

mod derivation;
mod hashing;
mod program;
mod time_lock;

use std::fmt;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::ChallengeError;

pub use derivation::{Algorithm, Derivation, DerivationPuzzle};
pub use hashing::{HashPuzzle, Hashing};
pub use program::{Program, Registers};
pub use time_lock::{Residue, TimeLock, TimeLockKey, TimeLockPuzzle};

/// What the puzzles of one work are made from: 256 bits that nobody may foresee.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkSeed([u8; 32]);

impl WorkSeed {
    /// The seed with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The seed's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for WorkSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkSeed(…)")
    }
}

/// One thing that a site has computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Inputs whose hashes begin as asked.
    Hashing(Hashing),
    /// A key that begins as asked.
    Derivation(Derivation),
    /// A number squared over and over.
    TimeLock(TimeLock),
    /// A small program for a browser. It costs no time to speak of, and anybody can write what runs it without one.
    Program,
}

/// What a browser gets to solve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Puzzle {
    /// An input whose hash begins as asked.
    Hashing(HashPuzzle),
    /// A counter whose key begins as asked.
    Derivation(DerivationPuzzle),
    /// A number to be squared over and over.
    TimeLock(TimeLockPuzzle),
    /// A program to be run in a browser.
    Program(Box<Program>),
}

/// What a browser sends back for one puzzle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Solution {
    /// For [`Puzzle::Hashing`].
    Nonce(u64),
    /// For [`Puzzle::Derivation`].
    Key {
        /// What the key is derived from.
        counter: u32,
        /// The key.
        key: Vec<u8>,
    },
    /// For [`Puzzle::TimeLock`].
    Residue(Residue),
    /// For [`Puzzle::Program`].
    Registers(Registers),
}

impl Puzzle {
    fn accepts(&self, solution: &Solution) -> bool {
        match (self, solution) {
            (Self::Hashing(puzzle), Solution::Nonce(nonce)) => puzzle.accepts(*nonce),
            (Self::Derivation(puzzle), Solution::Key { counter, key }) => {
                puzzle.accepts(*counter, key)
            }
            (Self::TimeLock(puzzle), Solution::Residue(residue)) => puzzle.accepts(residue),
            (Self::Program(program), Solution::Registers(registers)) => program.accepts(registers),
            _ => false,
        }
    }
}

/// All that a site has computed at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    tasks: Vec<Task>,
}

impl Work {
    /// The work of these tasks.
    ///
    /// # Errors
    /// [`ChallengeError::Option`] when there is none.
    pub fn new(tasks: Vec<Task>) -> Result<Self, ChallengeError> {
        if tasks.is_empty() {
            return Err(ChallengeError::option("tasks", "at least one"));
        }
        Ok(Self { tasks })
    }

    /// How many puzzles there are.
    pub fn count(&self) -> usize {
        self.tasks
            .iter()
            .map(|task| match task {
                Task::Hashing(hashing) => usize::from(hashing.count()),
                Task::Derivation(_) | Task::TimeLock(_) | Task::Program => 1,
            })
            .sum()
    }

    /// The puzzles of `seed`, in the order of the tasks.
    pub fn puzzles(&self, seed: &WorkSeed) -> Vec<Puzzle> {
        let mut rng = ChaCha20Rng::from_seed(seed.0);
        let mut puzzles = Vec::new();
        for task in &self.tasks {
            match task {
                Task::Hashing(hashing) => {
                    puzzles.extend(hashing.puzzles(&mut rng).map(Puzzle::Hashing));
                }
                Task::Derivation(derivation) => {
                    puzzles.push(Puzzle::Derivation(derivation.puzzle(&mut rng)));
                }
                Task::TimeLock(lock) => puzzles.push(Puzzle::TimeLock(lock.puzzle(&mut rng))),
                Task::Program => puzzles.push(Puzzle::Program(Box::new(Program::new(&mut rng)))),
            }
        }
        puzzles
    }

    /// Whether there is a right solution for each puzzle of `seed`, in their order. This is work too, if far less.
    pub fn is_done(&self, seed: &WorkSeed, solutions: &[Solution]) -> bool {
        let puzzles = self.puzzles(seed);
        puzzles.len() == solutions.len()
            && puzzles
                .iter()
                .zip(solutions)
                .all(|(puzzle, solution)| puzzle.accepts(solution))
    }
}

/// Whether `bytes` begin with this many hexadecimal zeros.
fn begins_with_zeros(bytes: &[u8], zeros: u8) -> bool {
    let (whole, half) = (usize::from(zeros / 2), zeros % 2 == 1);
    bytes.iter().take(whole).all(|&byte| byte == 0)
        && (!half || bytes.get(whole).is_some_and(|&byte| byte < 0x10))
}
