//! `cattlegrid keygen`

use cattlegrid::{OsEntropy, Secret, Site};
use clap::Args;
use serde_json::json;

use super::print;
use crate::Error;

#[derive(Debug, Args)]
pub(super) struct Keygen {
    /// Print one line of JSON: {"secret", "site_key", "secret_key"}.
    #[arg(long)]
    json: bool,
}

impl Keygen {
    pub(super) fn run(self) -> Result<(), Error> {
        let secret = Secret::generate(&OsEntropy)?;
        let (site_key, secret_key) = Site::generate_keys(&OsEntropy)?;
        let (secret, secret_key) = (secret.expose(), secret_key.expose());
        let text = if self.json {
            let keys = json!({
                "secret": secret,
                "site_key": site_key.as_str(),
                "secret_key": secret_key,
            });
            format!("{keys}\n")
        } else {
            format!(
                "# The server's own secret. Or give it as CATTLEGRID_SECRET.\n\
                 secret = \"{secret}\"\n\n\
                 [[sites]]\n\
                 # For the site's pages.\n\
                 key = \"{site_key}\"\n\
                 # For the site's back end alone.\n\
                 secret = \"{secret_key}\"\n\
                 hostnames = []\n"
            )
        };
        print(text.as_bytes())
    }
}
