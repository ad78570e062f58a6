//! Several providers, for when one is down.

use std::sync::Arc;

use crate::{BoxFuture, Error, Passed, Refused, Verification, Verify, Visit};

/// What becomes of a visitor whom no provider can be asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenDown {
    /// They are not let through: [`Error::Unreachable`].
    #[default]
    Refuse,
    /// They are let through, [undecided](Passed::decided), and their token is spent. For as long as the outage lasts this
    /// takes anything that looks like a token, each once.
    LetThrough,
}

type Links = Vec<Arc<dyn Verify>>;

/// Several providers, in order of preference, of which the next counts while those before it are down.
///
/// # Whose token it is
///
/// A token is good at the provider whose widget made it, and at no other. So each link has form fields of its own, and a
/// token goes to the links of the field that it [came in](Visit::field), in their order, and to nobody else. That makes two
/// kinds of chain, which can be mixed:
///
/// - **One provider at several addresses**: links of the same field. If the first cannot be reached, the next is asked about
///   the same token.
/// - **Several providers**: links of different fields. A page that is made while the first is down shows the widget of the
///   next: [`Chain::current_field`] says whose. A visitor who already has a token of the first gets an error, and with it a
///   page with the other widget.
///
/// Who sends a form chooses the field, and would choose the provider that is easiest to pass. So a token in the field of a
/// later link counts only while all links before it, of other fields, are down: that is found out by asking them, at most
/// once in 10 seconds, with a token that is none. While they answer it is refused with `unexpected-provider`. Who has just
/// been shown the other widget when the first comes back has to try again.
///
/// Down means unreachable: no answer, not in time, or 502 to 504. A refusal is an answer and final, and so is a reply that
/// makes no sense, as a visitor may be able to bring one about. An [action](Visit::action) has to be said by each
/// provider that is asked.
///
/// hCaptcha's script puts its tokens into reCAPTCHA's field as well. Where both are in a chain, load it with
/// `recaptchacompat=off`.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use cattlegrid_provider::{Chain, Fake, Verification, Verify, Visit};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (turnstile, mirror) = (Fake::unreachable(), Fake::passing());
/// let chain = Chain::new(Arc::new(turnstile)).or(Arc::new(mirror));
/// let verification = chain.verify("the-token", Visit::new()).await?;
/// assert!(matches!(verification, Verification::Passed(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Chain {
    links: Links,
    when_down: WhenDown,
}

impl Chain {
    /// A chain that begins with `first`.
    pub fn new(first: Arc<dyn Verify>) -> Self {
        Self {
            links: vec![first],
            when_down: WhenDown::default(),
        }
    }

    /// With one more, for when all before it are down.
    #[must_use]
    pub fn or(mut self, next: Arc<dyn Verify>) -> Self {
        self.links.push(next);
        self
    }

    /// With something else than a refusal when all are down.
    #[must_use]
    pub fn when_down(mut self, when_down: WhenDown) -> Self {
        self.when_down = when_down;
        self
    }

    /// Which can be reached first, whose widget a page shows now, counted from 0; the first of all if none can.
    pub async fn current(&self) -> usize {
        for (index, link) in self.links.iter().enumerate() {
            if link.reachable().await {
                return index;
            }
        }
        0
    }

    /// The field of that one.
    pub async fn current_field(&self) -> &str {
        let current = self.links.get(self.current().await);
        current.map_or("", |link| first_field(&**link))
    }

    fn preferred_field(&self) -> &str {
        self.links.first().map_or("", |link| first_field(&**link))
    }

    /// The links before the first of `field`; none where no link has it.
    fn before(&self, field: &str) -> Option<&[Arc<dyn Verify>]> {
        let first = self.links.iter().position(|link| takes(&**link, field))?;
        self.links.get(..first)
    }

    /// The links of `field`, and those of others.
    fn sorted(&self, field: &str) -> (Links, Links) {
        self.links
            .iter()
            .cloned()
            .partition(|link| takes(&**link, field))
    }

    async fn decide(&self, token: &str, visit: Visit) -> Result<Verification, Error> {
        let field = visit.field.as_deref().unwrap_or(self.preferred_field());
        let Some(before) = self.before(field) else {
            return Ok(Refused::missing().into());
        };
        if any_reachable(before).await {
            return Ok(Refused::because("unexpected-provider").into());
        }
        let (own, others) = self.sorted(field);
        let mut down = None;
        for link in own {
            match link.verify(token, visit.clone()).await {
                Err(error @ Error::Unreachable { .. }) => down = Some(error),
                decided => return decided,
            }
        }
        match (down, self.when_down) {
            (Some(Error::Unreachable { provider, .. }), WhenDown::LetThrough)
                if !any_reachable(&others).await =>
            {
                let claimed = self.claim(token, visit).await?;
                Ok(claimed.map(|()| Passed::undecided(provider)).into())
            }
            (Some(error), _) => Err(error),
            // Why: of a field that is known there is a link.
            (None, _) => Ok(Refused::missing().into()),
        }
    }
}

fn first_field(link: &dyn Verify) -> &str {
    link.fields().first().copied().unwrap_or_default()
}

fn takes(link: &dyn Verify, field: &str) -> bool {
    link.fields().contains(&field)
}

async fn any_reachable(links: &[Arc<dyn Verify>]) -> bool {
    for link in links {
        if link.reachable().await {
            return true;
        }
    }
    false
}

impl Verify for Chain {
    fn fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        for field in self.links.iter().flat_map(|link| link.fields()) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    fn verify<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Verification, Error>> {
        Box::pin(self.decide(token, visit))
    }

    fn claim<'a>(
        &'a self,
        token: &'a str,
        visit: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>> {
        Box::pin(async move {
            let field = visit.field.as_deref().unwrap_or(self.preferred_field());
            match self.links.iter().find(|link| takes(&***link, field)) {
                Some(link) => link.claim(token, visit).await,
                None => Ok(Err(Refused::missing())),
            }
        })
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(any_reachable(&self.links))
    }
}
