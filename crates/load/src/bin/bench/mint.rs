//! What a server of the same secret accepts, one on each line.

use std::io::{BufWriter, Write};

use cattlegrid_load::Keyring;
use clap::ValueEnum;

use crate::Error;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// Keys of challenges
    Keys,
    /// Keys, each with what its picture says
    Answers,
    /// Response tokens, each earned by an answer
    Tokens,
}

/// Prints `count` of them.
pub(crate) async fn run(keyring: &Keyring, what: What, count: usize) -> Result<(), Error> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for _ in 0..count {
        match what {
            What::Keys => writeln!(out, "{}", keyring.key()?)?,
            What::Answers => {
                let key = keyring.key()?;
                writeln!(out, "{key} {}", keyring.answer_to(&key)?)?;
            }
            What::Tokens => writeln!(out, "{}", keyring.token().await?)?,
        }
    }
    Ok(out.flush()?)
}
