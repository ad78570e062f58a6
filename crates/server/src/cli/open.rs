//! `cattlegrid open`

use std::sync::Arc;

use cattlegrid::store::{AnyStore, Clock, StoreUrl, SystemClock};
use cattlegrid::{ChallengeKey, Gate, OsEntropy};
use clap::Args;
use serde_json::json;

use super::{Settings, print};
use crate::{Error, app, data_dir};

#[derive(Debug, Args)]
pub(super) struct Open {
    /// The challenge key.
    key: String,
    #[command(flatten)]
    settings: Settings,
}

impl Open {
    pub(super) fn run(self) -> Result<(), Error> {
        let key: ChallengeKey = self.key.trim().parse().map_err(Error::Key)?;
        let config = self.settings.load()?;
        let secrets = data_dir::secrets(&config)?;
        let sites = app::sites(&config, &secrets, app::demo(&config, &secrets)?)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let url = StoreUrl::memory();
        let store = AnyStore::open(&url, Arc::clone(&clock)).map_err(|source| Error::Store {
            url: url.to_string(),
            source,
        })?;
        let gate = Gate::new(&secrets, sites, store, clock, Arc::new(OsEntropy));
        let inside = gate.inspect(&key).map_err(Error::Key)?;
        let challenge = &inside.challenge;
        let shown = json!({
            "kind": challenge.kind().as_str(),
            "prompt": challenge.prompt().as_str(),
            "answer": challenge.answer().as_str(),
            "expires_at": inside.expires_at.to_rfc3339(),
            "site": inside.site.as_ref().map(cattlegrid::SiteKey::as_str),
            "action": inside.action.as_ref().map(cattlegrid::Action::as_str),
        });
        print(format!("{shown}\n").as_bytes())
    }
}
