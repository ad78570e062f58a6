//! Verifies response tokens, whoever issued them.

#![forbid(unsafe_code)]

mod endpoint;
mod error;
mod expected;
mod hostname;
mod keys;
pub mod provider;
pub mod reply;
mod token;
mod transport;
mod verification;
mod verifier;

pub use cattlegrid_store as store;
pub use endpoint::Endpoint;
pub use error::{Broken, ConfigError, Error, Unreachable};
pub use expected::{Action, Expected, Score};
pub use hostname::HostnamePattern;
pub use keys::{SecretKey, SiteKey};
pub use provider::Provider;
pub use token::ResponseToken;
pub use verification::{Passed, Refused, Verification};
pub use verifier::{Settings, Verifier};
