//! The cattlegrid server: the engine of the crate `cattlegrid`, behind HTTP and a command line.
//!
//! The program is [`cli::main`]. Inside, an [`app::App`] holds the gate and what stands around it, and
//! [`routes::router`] is all that it answers: one file for each dialect, which translates between a protocol and
//! the gate and decides nothing itself. What must hold for every request (its bounds, its log line, its headers)
//! is in one place around them; what must hold for every connection is in another.
//!
//! What an operator decides is a [`config::Config`]. It is read whole before anything starts, and what it does
//! not know it refuses.
//!
//! ```
//! use cattlegrid_server::config::Config;
//!
//! let flags = [("listen", "[::1]:9000".to_owned())];
//! let config = Config::load(None, [], flags)?;
//! assert_eq!(config.listen.port(), 9000);
//!
//! let typo = [("CATTLEGRID_LIMITS__BODDY".to_owned(), "1024".to_owned())];
//! let error = Config::load(None, typo, []).unwrap_err();
//! assert!(error.to_string().contains("CATTLEGRID_LIMITS__BODDY"));
//! # Ok::<(), cattlegrid_server::Error>(())
//! ```

mod altcha;
pub mod app;
pub mod assets;
mod behaviour;
pub mod cli;
pub mod config;
mod cors;
pub mod data_dir;
pub mod dialect;
pub mod drawing;
mod edge;
mod error;
mod extract;
pub mod forward_auth;
mod gateway;
pub mod hidden;
mod html;
mod listener;
mod logs;
pub mod metrics;
pub mod observed;
pub mod origin;
mod picture;
pub mod problem;
mod proxy_protocol;
pub mod rate_limits;
mod reload;
pub mod routes;
mod secret_file;
mod seldom;
mod serving;
pub mod standing;
mod supervisor;
mod test_keys;
mod traces;
mod verification;

pub use error::Error;
