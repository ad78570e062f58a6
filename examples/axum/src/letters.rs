//! The letter after sign-up, and the page that its link leads to.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use cattlegrid_guard::AddressBlock;
use cattlegrid_guard::captcha::Verified;
use cattlegrid_guard::email::{
    Delivery, EmailAddress, Letter, LetterLimits, Links, Mailer, Refusal, Text, Transport,
};
use serde::Deserialize;

use crate::guards::Guards;
use crate::{Choir, SharedStore, pages};

/// Sends the letters, and hears what comes of them.
#[derive(Clone)]
pub(crate) struct Letters {
    links: Arc<Links<SharedStore>>,
    limits: Arc<LetterLimits<SharedStore>>,
    mailer: Mailer,
    /// The page that links lead to.
    page: Arc<str>,
}

impl Letters {
    pub(crate) fn new(
        links: Links<SharedStore>,
        guards: &Guards,
        folder: &Path,
        url: &str,
    ) -> Result<(Self, Delivery), Box<dyn Error>> {
        let by_client = guards.limiter("letters-by-client", "10/1h")?;
        let by_address = guards.limiter("letters-by-address", "3/1h")?;
        let sender = "Lantern Street Choir <no-reply@lantern-street.example>";
        let (mailer, delivery) = Mailer::new(Transport::folder(folder)?, sender)?;
        let letters = Self {
            links: Arc::new(links),
            limits: Arc::new(LetterLimits::new(by_client, by_address)),
            mailer,
            page: format!("{url}/confirm").into(),
        };
        Ok((letters, delivery))
    }

    /// Has a letter sent to whoever wants to sign up, unless there were too many. Nobody learns from it who is a member:
    /// members get no letter, but the same answer.
    pub(crate) async fn invite(
        &self,
        choir: &Choir,
        _: &Verified,
        client: AddressBlock,
        address: EmailAddress,
        name: String,
    ) -> Result<(), TooMany> {
        if self.limits.check(client, &address).await.is_refusal() {
            return Err(TooMany);
        }
        let (links, page, book) = (
            Arc::clone(&self.links),
            Arc::clone(&self.page),
            Arc::clone(&choir.book),
        );
        let letter = async move {
            if book.is_member(address.as_str()) {
                return None;
            }
            let link = links.make(&address, &name).ok()?.to(&page);
            let text = Text::english("Lantern Street Choir", &link, links.lifetime());
            Some(Letter { to: address, text })
        };
        self.mailer.send(letter).map_err(|_| TooMany)
    }
}

/// More letters than anybody needs.
pub(crate) struct TooMany;

pub(crate) fn router() -> Router<Choir> {
    Router::new().route("/confirm", get(look).post(confirm))
}

#[derive(Deserialize)]
struct Link {
    token: String,
}

/// Shows whom the link is for, and confirms nothing: programs that look through mail open links as well.
async fn look(State(choir): State<Choir>, Query(link): Query<Link>) -> Response {
    let page = match choir.letters.links.look(&link.token) {
        Ok(pending) => pages::confirm(pending.address.as_str(), &link.token),
        Err(refusal) => refused(&refusal),
    };
    let headers = [
        // Why: the page's address is a key.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, page).into_response()
}

async fn confirm(State(choir): State<Choir>, Form(link): Form<Link>) -> Response {
    match choir.letters.links.confirm(&link.token).await {
        Ok(confirmed) => {
            choir.book.join(confirmed);
            pages::message(
                "Welcome",
                "Your address is confirmed. We meet on Thursdays, at eight.",
            )
        }
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::StoreUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    pages::refusal(status, refusal.code())
}
