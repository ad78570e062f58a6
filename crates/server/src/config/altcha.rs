//! What ALTCHA's widget has to do for a site.

use cattlegrid::Earns;
use cattlegrid::challenge::ChallengeError;
use cattlegrid::challenge::work::{Algorithm, Derivation, Task, Work};
use serde::Deserialize;

/// What ALTCHA's widget has to do for a site.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AltchaConfig {
    /// How a key is derived. Default `PBKDF2/SHA-256`.
    pub algorithm: Algorithm,
    /// The iterations of one derivation, which is what a verification costs the server. Default 5000.
    pub cost: u32,
    /// With how many hexadecimal zeros the key begins: the widget derives 16 to the power of that many keys on average.
    /// Default 3.
    pub zeros: u8,
    /// Whether a picture has to be answered after the work. Default `true`.
    pub code: bool,
}

impl Default for AltchaConfig {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            cost: 5000,
            zeros: 3,
            code: true,
        }
    }
}

impl AltchaConfig {
    /// What has to be computed.
    ///
    /// # Errors
    /// [`ChallengeError::Option`] when a number is out of its bounds.
    pub fn work(&self) -> Result<Work, ChallengeError> {
        let derivation = Derivation::new(self.algorithm, self.cost, self.zeros)?;
        Work::new(vec![Task::Derivation(derivation)])
    }

    /// What that earns.
    pub const fn earns(&self) -> Earns {
        if self.code {
            Earns::Attempt
        } else {
            Earns::Token
        }
    }
}
