//! `cattlegrid serve`

use std::net::TcpListener;
use std::sync::Arc;

use cattlegrid::store::{AnyStore, Clock, StoreUrl, SystemClock};
use clap::Args;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Settings, print};
use crate::app::App;
use crate::config::Config;
use crate::data_dir::{self, DataDir};
use crate::{Error, listener, logs, routes};

#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// Once ready, print one line of JSON: {"address", "site_key", "secret_key"}; the keys are the demo site's.
    #[arg(long)]
    json: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Error> {
        let config = self.settings.load()?;
        logs::start(config.log);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            // Why: pictures are drawn and work is judged there, and without a bound each burst of them starts many threads.
            .max_blocking_threads(config.limits.drawing_threads())
            .enable_all()
            .build()
            .map_err(|source| Error::System {
                doing: "starting the runtime",
                source,
            })?;
        runtime.block_on(serve(&config, self.json))
    }
}

async fn serve(config: &Config, json: bool) -> Result<(), Error> {
    // Why: the address comes first, so that nothing is made on disk by a server that cannot run.
    let listener = listen(config)?;
    let address = listener.local_addr().map_err(|source| Error::Listen {
        address: config.listen,
        source,
    })?;
    if config.has_test_keys() && !config.sites.is_empty() {
        tracing::warn!(
            "test_keys is on beside sites that are configured: anybody passes with those keys"
        );
    }
    let secrets = data_dir::secrets_or_new(config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = open_store(config, Arc::clone(&clock))?;
    let app = Arc::new(App::new(config, &secrets, store, clock, address)?);
    let router = routes::router(&app);
    let stop = Stop::new()?;
    announce(&app, json)?;
    tracing::info!(%address, sites = app.gate().sites().iter().count(), "listening");
    listener::serve(listener, router, &config.limits, stop.asked()).await;
    tracing::info!("stopped");
    Ok(())
}

fn listen(config: &Config) -> Result<tokio::net::TcpListener, Error> {
    let open = || {
        let listener = TcpListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    };
    open().map_err(|source| Error::Listen {
        address: config.listen,
        source,
    })
}

fn open_store(config: &Config, clock: Arc<dyn Clock>) -> Result<AnyStore, Error> {
    let url = if let Some(url) = &config.store {
        url.clone()
    } else {
        let directory = DataDir::of(config)?;
        directory.create()?;
        StoreUrl::sqlite(directory.store_file())
    };
    let store = AnyStore::open(&url, clock).map_err(|source| Error::Store {
        url: url.to_string(),
        source,
    })?;
    tracing::info!(%url, "opened the store");
    Ok(store)
}

/// What `--json` prints.
#[derive(Serialize)]
struct Ready<'a> {
    address: &'a str,
    site_key: Option<&'a str>,
    secret_key: Option<&'a str>,
}

fn announce(app: &App, json: bool) -> Result<(), Error> {
    let address = format!("http://{}", app.own_address());
    let demo = app.demo();
    let site_key = demo.map(|site| site.key().as_str());
    let secret_key = demo.map(|site| site.secret().expose());
    let text = if json {
        let ready = Ready {
            address: &address,
            site_key,
            secret_key,
        };
        let mut line = serde_json::to_string(&ready).map_err(|error| Error::System {
            doing: "writing JSON",
            source: error.into(),
        })?;
        line.push('\n');
        line
    } else if let (Some(site_key), Some(secret_key)) = (site_key, secret_key) {
        format!(
            "Cattlegrid is ready: {address}\n\n  \
             demo site key    {site_key}\n  \
             demo secret key  {secret_key}\n\n\
             Press Ctrl-C to stop.\n"
        )
    } else {
        format!("Cattlegrid is ready: {address}\n")
    };
    print(text.as_bytes())
}

/// The signals that ask the server to stop.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind).map_err(|source| Error::System {
                doing: "listening for signals",
                source,
            })
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        tracing::info!("stopping");
    }
}
