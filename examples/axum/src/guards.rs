//! What stands around the site's routes, from the outside to the inside: what costs least comes first, and what spends
//! something last.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::routing::MethodRouter;
use axum::{Extension, Router};
use cattlegrid::{OsEntropy, Secrets};
use cattlegrid_guard::behaviour::{Scorer, WrongAnswers};
use cattlegrid_guard::captcha::{Captcha, CaptchaLayer};
use cattlegrid_guard::client_ip::{ClientIp, ClientIpLayer, Proxies};
use cattlegrid_guard::fields::{FieldsLayer, Limits};
use cattlegrid_guard::form::{Form, Forms};
use cattlegrid_guard::form_timing::{Ages, FormTiming, FormTimingLayer};
use cattlegrid_guard::honeypot::{Honeypot, HoneypotLayer};
use cattlegrid_guard::rate_limit::{Limiter, RateLimitLayer, Rates, Salt};
use cattlegrid_guard::{AddressBlock, AddressPrefix};
use cattlegrid_store::Clock;
use tower::ServiceBuilder;

use crate::form_page::FormPage;
use crate::{Choir, SharedStore};

/// What the layers are made of.
#[derive(Clone)]
pub(crate) struct Guards {
    rates: Arc<Rates<SharedStore>>,
    salt: Salt,
    store: SharedStore,
    forms: Forms,
    captcha: Captcha,
}

impl Guards {
    pub(crate) fn new(
        secrets: &Secrets,
        store: &SharedStore,
        clock: &Arc<dyn Clock>,
        captcha: Captcha,
    ) -> Result<Self, Box<dyn Error>> {
        let rates = Rates::new(Arc::clone(store), Arc::clone(clock));
        let forms = Forms::new(
            secrets,
            Arc::clone(clock),
            Arc::new(OsEntropy),
            "lantern-street",
        )?;
        Ok(Self {
            rates: Arc::new(rates),
            salt: Salt::new(&secrets.rate_limit_key()),
            store: Arc::clone(store),
            forms,
            captcha,
        })
    }

    /// How often somebody may come, counted under this name.
    pub(crate) fn limiter(
        &self,
        name: &str,
        quota: &str,
    ) -> Result<Limiter<SharedStore>, Box<dyn Error>> {
        let rates = Arc::clone(&self.rates);
        Ok(Limiter::new(name, quota.parse()?, &self.salt, rates)?)
    }

    /// What judges answers along with how they came.
    pub(crate) fn scorer(&self) -> Result<Scorer<SharedStore>, Box<dyn Error>> {
        let rates = Arc::clone(&self.rates);
        Ok(Scorer::new(WrongAnswers::new(&self.salt, rates)?))
    }

    /// The form of this name, whose stamps go into its page.
    pub(crate) fn form(&self, name: &str) -> Result<Form, Box<dyn Error>> {
        Ok(self.forms.form(name)?)
    }

    /// Around the page of a form for people, which is also what they are shown again when one of these refuses their post;
    /// handlers inside get it, too. `action` is what the page tells the widget.
    pub(crate) fn around_form(
        &self,
        page: FormPage,
        action: &str,
        routes: MethodRouter<Choir>,
    ) -> Result<MethodRouter<Choir>, Box<dyn Error>> {
        let form = page.form().clone();
        let ages = Ages::new(Duration::from_secs(1), Duration::from_secs(24 * 3600))?;
        let timing = FormTiming::new(form.clone(), ages, Arc::clone(&self.store));
        let captcha = self.captcha.clone().with_action(action.parse()?);
        let posts = self.limiter("posts", "20/1m")?;
        let layers = ServiceBuilder::new()
            .layer(RateLimitLayer::new(posts, sender).with_refusal(page.clone()))
            .layer(FieldsLayer::new(Limits::default()).with_refusal(page.clone()))
            .layer(HoneypotLayer::new(Honeypot::new(form)).with_refusal(page.clone()))
            .layer(FormTimingLayer::new(timing).with_refusal(page.clone()))
            .layer(CaptchaLayer::new(captcha).with_refusal(page.clone()))
            .layer(Extension(page));
        Ok(routes.layer(layers))
    }

    /// Around what programs post, which have no form and are told in problem details.
    pub(crate) fn around_api(
        &self,
        name: &str,
        routes: MethodRouter<Choir>,
    ) -> Result<MethodRouter<Choir>, Box<dyn Error>> {
        let captcha = self.captcha.clone().with_action(name.parse()?);
        let layers = ServiceBuilder::new()
            .layer(RateLimitLayer::new(self.limiter("posts", "20/1m")?, sender))
            .layer(FieldsLayer::new(Limits::default()))
            .layer(CaptchaLayer::new(captcha));
        Ok(routes.layer(layers))
    }

    /// Around what the widget asks for: no token, as this is where tokens come from.
    pub(crate) fn around_challenges(
        &self,
        routes: Router<Choir>,
    ) -> Result<Router<Choir>, Box<dyn Error>> {
        let limiter = self.limiter("challenges", "120/1m")?;
        Ok(routes.layer(RateLimitLayer::new(limiter, client)))
    }
}

/// Around everything: whose request it is. A site behind a reverse proxy names its networks here; without one, nobody is
/// believed who claims to come from elsewhere.
pub(crate) fn around_all(routes: Router<Choir>) -> Router<Choir> {
    let layer = ClientIpLayer::new(Proxies::none());
    routes.layer(layer.with_peer(|extensions| {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map(|&ConnectInfo(peer)| peer)
    }))
}

/// Whoever sends something; nobody who only reads.
fn sender(parts: &Parts) -> Option<AddressBlock> {
    (!parts.method.is_safe()).then(|| client(parts))?
}

fn client(parts: &Parts) -> Option<AddressBlock> {
    let ClientIp(address) = *parts.extensions.get()?;
    Some(AddressPrefix::default().block(address))
}
