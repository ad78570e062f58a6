//! Lantern Street Choir: a small whole site behind every layer of `cattlegrid-guard`.
//!
//! `guards` is what to read first: it has all layers, in their order. The rest is a site like any other: `pages` for
//! people, `wishes` for programs, `letters` for whoever signs up, and `challenges` for the widget. `attacks` is what
//! happens to all of it.

mod attacks;
mod book;
mod challenges;
mod form_page;
mod guards;
mod letters;
mod pages;
mod wishes;
mod words;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, KindOptions};
use cattlegrid::{Gate, OsEntropy, ScoreRules, Secrets, Site, SiteKey, Sites};
use cattlegrid_guard::behaviour::Scorer;
use cattlegrid_guard::captcha::{Captcha, GateVerifier};
use cattlegrid_guard::email::{Delivery, Links};
use cattlegrid_store::{AnyStore, Clock, StoreUrl, SystemClock};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};

pub use attacks::{Attack, Report};

use book::Book;
use guards::Guards;
use letters::Letters;

/// Keeps what is spent, and how often somebody has come.
type SharedStore = Arc<AnyStore>;
/// Asks, judges and verifies, in this process.
type Engine = Gate<SharedStore>;

/// What is different from one place that the site runs at to another.
pub struct Settings {
    /// The secrets that everything sealed is sealed with.
    pub secrets: Secrets,
    /// Where the spent ids and the rates are kept.
    pub store: StoreUrl,
    /// The folder that letters are put into.
    pub mail: PathBuf,
}

/// The site: what its handlers need.
#[derive(Clone)]
struct Choir {
    engine: Arc<Engine>,
    scorer: Arc<Scorer<SharedStore>>,
    site_key: SiteKey,
    captcha: Captcha,
    letters: Letters,
    book: Arc<Book>,
}

/// Why: this is what lets a handler demand `Verified`. Without it, no route whose handler does so compiles.
impl FromRef<Choir> for Captcha {
    fn from_ref(choir: &Choir) -> Self {
        choir.captcha.clone()
    }
}

/// A site that listens and can be served.
pub struct Opened {
    listener: TcpListener,
    router: Router,
    delivery: Delivery,
    engine: Arc<Engine>,
}

impl Opened {
    /// Sets the site up behind this socket.
    ///
    /// # Errors
    /// What cannot be set up: the store, the folder of the letters.
    pub fn new(listener: TcpListener, settings: &Settings) -> Result<Self, Box<dyn Error>> {
        let Settings {
            secrets,
            store,
            mail,
        } = settings;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let store = Arc::new(AnyStore::open(store, Arc::clone(&clock))?);
        let (site_key, engine) = engine(secrets, Arc::clone(&store), Arc::clone(&clock))?;
        let captcha = Captcha::new(Arc::new(GateVerifier::new(Arc::clone(&engine), &site_key)?));
        let guards = Guards::new(secrets, &store, &clock, captcha.clone())?;
        let url = format!("http://{}", listener.local_addr()?);
        let links = Links::new(
            secrets,
            "lantern-street sign-up",
            store,
            clock,
            Arc::new(OsEntropy),
        );
        let (letters, delivery) = Letters::new(links, &guards, mail, &url)?;
        let choir = Choir {
            engine: Arc::clone(&engine),
            scorer: Arc::new(guards.scorer()?),
            site_key,
            captcha,
            letters,
            book: Arc::default(),
        };
        Ok(Self {
            listener,
            router: router(choir, &guards)?,
            delivery,
            engine,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket's.
    pub fn url(&self) -> std::io::Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Serves it until the process ends.
    ///
    /// # Errors
    /// The socket's.
    pub async fn serve(self) -> std::io::Result<()> {
        tokio::spawn(self.delivery.run());
        let site = self
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(self.listener, site).await
    }
}

/// The engine, for the one site that there is.
fn engine(
    secrets: &Secrets,
    store: SharedStore,
    clock: Arc<dyn Clock>,
) -> Result<(SiteKey, Arc<Engine>), Box<dyn Error>> {
    let (site_key, secret_key) = Site::demo_keys(secrets).ok_or("no keys")?;
    let generators = Arc::new(Generators::new(
        &KindOptions::default(),
        &Fonts::embedded(),
    )?);
    let site = Site::new(
        site_key.clone(),
        secret_key,
        generators,
        Arc::new(Style::hard()),
    );
    let site = site
        .with_hostnames(vec!["127.0.0.1".parse()?, "localhost".parse()?])
        .with_scores(ScoreRules::default());
    let sites = Sites::new(vec![site])?;
    let engine = Gate::new(secrets, sites, store, clock, Arc::new(OsEntropy));
    Ok((site_key, Arc::new(engine)))
}

fn router(choir: Choir, guards: &Guards) -> Result<Router, Box<dyn Error>> {
    let folder = |path: &str| format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    let routes = Router::new()
        .merge(pages::router(&choir, guards)?)
        .merge(wishes::router(guards)?)
        .merge(letters::router())
        .merge(guards.around_challenges(challenges::router())?);
    Ok(guards::around_all(routes)
        .route_service("/widget.js", ServeFile::new(folder("widget/widget.js")))
        .nest_service("/widget", ServeDir::new(folder("widget/widget")))
        .nest_service("/look", ServeDir::new(folder("examples/look")))
        .nest_service("/static", ServeDir::new(folder("examples/axum/static")))
        .layer(axum::middleware::map_response(content_security_policy))
        .with_state(choir))
}

/// Nothing from anywhere else, and nothing in line.
async fn content_security_policy(mut response: Response) -> Response {
    const POLICY: HeaderValue =
        HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'; form-action 'self'");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
