//! `cattlegrid serve`

use std::net::TcpListener;
use std::sync::Arc;

use cattlegrid::store::{AnyStore, Clock, Store, StoreUrl, SystemClock};
use clap::Args;
use serde::Serialize;
use tokio::signal::unix::SignalKind;

use super::stop::{Stop, hear};
use super::{Settings, print};
use crate::app::App;
use crate::config::Config;
use crate::data_dir::{self, DataDir};
use crate::observed::Observed;
use crate::reload::{Reload, Source};
use crate::serving::Serving;
use crate::standing::Standing;
use crate::{Error, listener, logs, supervisor};

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
        let settings = self.settings;
        let config = settings.load()?;
        let traces = logs::start(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            // Why: pictures are drawn and work is judged there, and without a bound each burst of them starts many threads.
            .max_blocking_threads(config.limits.drawing_threads())
            .enable_all()
            .build()
            .map_err(|source| Error::System {
                doing: "starting the runtime",
                source,
            })?;
        let source: Source = Arc::new(move || settings.load());
        let done = runtime.block_on(serve(config, source, self.json));
        if let Some(traces) = traces {
            traces.stop();
        }
        done
    }
}

async fn serve(config: Config, source: Source, json: bool) -> Result<(), Error> {
    // Why: the address comes first, so that nothing is made on disk by a server that cannot run.
    let listener = listen(&config)?;
    let address = listener.local_addr().map_err(|source| Error::Listen {
        address: config.listen,
        source,
    })?;
    config.warn();
    let secrets = data_dir::secrets_or_new(&config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = open_store(&config, Arc::clone(&clock))?;
    let standing = Arc::new(Standing::new(&config.limits, store, clock, address));
    let app = App::new(&config, &secrets, Arc::clone(&standing))?;
    let (stop, hangup) = (Stop::listen()?, hear(SignalKind::hangup())?);
    announce(&app, json)?;
    tracing::info!(%address, sites = app.count_sites(), "listening");
    let serving = Serving::new(app);
    tokio::spawn(try_store(Arc::clone(&standing.store)));
    let reload = Reload::new(source, Arc::new(config), standing, serving.clone());
    tokio::spawn(reload.whenever(hangup));
    supervisor::ready();
    tokio::select! {
        () = listener::serve(listener, serving.clone(), drain(&serving, &stop)) => tracing::info!("stopped"),
        () = stop.insisted() => tracing::warn!("stopped at once, as it was asked twice"),
    }
    Ok(())
}

/// Asks the store once whether it decides, so that the log has at the start what is wrong with it, or to be known of it.
async fn try_store(store: Arc<Observed<AnyStore>>) {
    // Why it goes on either way: the store may come later, and until then the node refuses.
    if store.ready().await.is_ok() {
        tracing::info!("the store decides");
    }
}

/// Returns once the server was asked to stop, and whoever sends requests had the time to send them elsewhere.
async fn drain(serving: &Serving, stop: &Stop) {
    stop.asked().await;
    tracing::info!("stopping");
    supervisor::stopping();
    let app = serving.app();
    app.standing().drain();
    tokio::time::sleep(app.limits().drain_time.get()).await;
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
    let address = format!("http://{}", app.standing().own_address());
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
