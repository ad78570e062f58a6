//! Sending letters, after the answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::transport::Failure;
use super::{EmailAddress, Ended, Outcome, Refusal, Text, Transport};
use crate::Error;

/// How many letters are made and sent at a time.
const AT_A_TIME: usize = 4;
/// How long a letter may take to be made.
const MAKING: Duration = Duration::from_secs(30);
/// How long an attempt to send one may take.
const SENDING: Duration = Duration::from_secs(60);
/// How long is waited before each attempt.
const PAUSES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(10),
];

type Making = Pin<Box<dyn Future<Output = Option<Letter>> + Send>>;

/// A letter to one address.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: EmailAddress,
    /// What it says.
    pub text: Text,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why: there is an address in it, and a link.
        f.write_str("Letter(…)")
    }
}

/// Takes letters to be sent. Clones share one queue.
///
/// ```
/// use std::sync::Arc;
///
/// use cattlegrid::{OsEntropy, Secret};
/// use cattlegrid_guard::email::{EmailAddress, Letter, Links, Mailer, Text, Transport};
/// use cattlegrid_store::{AnyStore, SystemClock};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let account_of = async |_: &EmailAddress| Some("4711".to_owned());
/// let clock = Arc::new(SystemClock::new());
/// let store = AnyStore::open(&"memory:".parse()?, clock.clone())?;
/// let secrets = Secret::generate(&OsEntropy)?.into();
/// let links = Arc::new(Links::new(&secrets, "shop.example sign-up", store, clock, Arc::new(OsEntropy)));
///
/// let transport = Transport::folder(&folder)?;
/// let (mailer, delivery) = Mailer::new(transport, "Shop <no-reply@shop.example>")?;
/// let delivery = tokio::spawn(delivery.run());
///
/// // In the handler: nothing is looked up before the answer, so that the answer tells nobody who has an account.
/// let address: EmailAddress = "ada@example.org".parse()?;
/// let made = Arc::clone(&links);
/// mailer.send(async move {
///     let account = account_of(&address).await?;
///     let link = made.make(&address, &account).ok()?.to("https://shop.example/confirm");
///     Some(Letter { to: address, text: Text::english("Shop", &link, made.lifetime()) })
/// })?;
///
/// // At the end: whoever holds no mailer waits until all letters are sent.
/// drop(mailer);
/// delivery.await?;
/// assert_eq!(std::fs::read_dir(&folder)?.count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Making>,
}

/// Makes and sends what a [`Mailer`] takes.
pub struct Delivery {
    queue: Mutex<mpsc::Receiver<Making>>,
    transport: Transport,
    sender: Mailbox,
    on_end: Box<dyn Fn(&Ended) + Send + Sync>,
}

impl Mailer {
    /// The most letters that wait.
    pub const MAX_WAITING: usize = 1024;

    /// A queue of letters from `sender` (`no-reply@shop.example`, or with a name `Shop <no-reply@shop.example>`), and
    /// what sends them by `transport` once it [runs](Delivery::run).
    ///
    /// # Errors
    /// [`Error::Mail`] when `sender` is no address.
    pub fn new(transport: Transport, sender: &str) -> Result<(Self, Delivery), Error> {
        // Why: lettre takes a header that goes on in the next line.
        if sender.contains(char::is_control) {
            return Err(Error::mail(
                "its sender",
                &"there is a control character in it",
            ));
        }
        let sender = sender
            .parse()
            .map_err(|error| Error::mail("its sender", &error))?;
        let (queue, other_end) = mpsc::channel(Self::MAX_WAITING);
        let delivery = Delivery {
            queue: Mutex::new(other_end),
            transport,
            sender,
            on_end: Box::new(|_| {}),
        };
        Ok((Self { queue }, delivery))
    }

    /// How many letters wait for their turn, for a metric: of [`MAX_WAITING`](Self::MAX_WAITING) at most.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Has a letter made and sent, later; or none, if it turns out that there is nobody to write to. Looking that up
    /// belongs into `letter`: then the answer to the visitor, who waits for none of it, is the same and as fast for
    /// an address that is known and one that is not.
    ///
    /// # Errors
    /// [`Refusal::TooManyLetters`] when 1,024 are waiting already or nothing sends them. So far nothing is known of the
    /// address, so that this may be told.
    pub fn send(
        &self,
        letter: impl Future<Output = Option<Letter>> + Send + 'static,
    ) -> Result<(), Refusal> {
        let queued = self.queue.try_send(Box::pin(letter));
        queued.map_err(|_| Refusal::TooManyLetters)
    }
}

impl Delivery {
    /// The same; `on_end` is called when a letter is over with, to count it. It must not block.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use cattlegrid_guard::email::{Mailer, Outcome, Transport};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let failed = Arc::new(AtomicU64::new(0));
    /// let count = Arc::clone(&failed);
    /// let (mailer, delivery) = Mailer::new(Transport::folder(&folder)?, "no-reply@shop.example")?;
    /// let delivery = delivery.on_end(move |letter| {
    ///     if letter.outcome == Outcome::Failed {
    ///         count.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_end(self, on_end: impl Fn(&Ended) + Send + Sync + 'static) -> Self {
        Self {
            on_end: Box::new(on_end),
            ..self
        }
    }

    /// Makes and sends letters, four at a time, until no [`Mailer`] is left and all are sent.
    ///
    /// One that takes longer than half a minute to be made is given up. One that the mail server does not take for now,
    /// or that does not reach it, is tried twice more, a second and ten later; what is in vain is logged, without whom
    /// it was for.
    pub async fn run(self) {
        let workers: [_; AT_A_TIME] = std::array::from_fn(|_| self.work());
        let [a, b, c, d] = workers;
        tokio::join!(a, b, c, d);
    }

    async fn work(&self) {
        while let Some(making) = self.next().await {
            let span = tracing::info_span!("send_letter", outcome = Empty);
            self.see_off(making).instrument(span).await;
        }
    }

    /// One letter, watched.
    async fn see_off(&self, making: Making) {
        let began = Instant::now();
        let outcome = self.send(making).await.unwrap_or_else(|problem| {
            tracing::error!(%problem, "a letter was not sent");
            problem.outcome()
        });
        Span::current().record("outcome", outcome.as_str());
        (self.on_end)(&Ended {
            outcome,
            took: began.elapsed(),
        });
    }

    async fn send(&self, making: Making) -> Result<Outcome, Unsent> {
        let Some(letter) = made(making).await? else {
            return Ok(Outcome::Nobody);
        };
        self.deliver(letter).await?;
        Ok(Outcome::Sent)
    }

    async fn next(&self) -> Option<Making> {
        self.queue.lock().await.recv().await
    }

    async fn deliver(&self, letter: Letter) -> Result<(), Unsent> {
        let message = self.write(letter)?;
        let mut last = Failure::Timeout;
        for pause in PAUSES {
            sleep(pause).await;
            let attempt = timeout(SENDING, self.transport.send(&message));
            match attempt.await.unwrap_or(Err(Failure::Timeout)) {
                Ok(()) => return Ok(()),
                Err(failure) if failure.may_pass() => last = failure,
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(last.into())
    }

    /// The letter as it goes to the mail server.
    fn write(&self, letter: Letter) -> Result<Message, Unsent> {
        let Letter { to, text } = letter;
        let address = to.as_str().parse().map_err(|_| Unsent::Unwritable)?;
        let message = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, address))
            .message_id(Some(self.message_id(&to, &text)))
            // Why: so nobody's holiday answers it (RFC 3834, 5).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .subject(text.subject);
        let message = match text.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(text.plain, html)),
            None => message.singlepart(SinglePart::plain(text.plain)),
        };
        message.map_err(|_| Unsent::Unwritable)
    }

    /// Always the same for the same letter, so that one that arrives twice can be told.
    fn message_id(&self, to: &EmailAddress, text: &Text) -> String {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(to.as_str())
            .chain_update([0])
            .chain_update(&text.plain)
            .finalize()
            .into();
        let id = u128::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
        format!("<{id:032x}@{}>", self.sender.email.domain())
    }
}

/// What comes of making a letter.
async fn made(making: Making) -> Result<Option<Letter>, Unsent> {
    // Why a task of its own: it is the site's code, and a panic there would end this one.
    let mut making = tokio::spawn(making.in_current_span());
    match timeout(MAKING, &mut making).await {
        Ok(Ok(letter)) => Ok(letter),
        Ok(Err(_)) => Err(Unsent::Panicked),
        Err(_) => {
            making.abort();
            Err(Unsent::Unfinished)
        }
    }
}

/// Why a letter was not sent.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("making it panicked")]
    Panicked,
    #[error("making it takes too long, and was given up")]
    Unfinished,
    #[error("its address or text cannot be put into a letter")]
    Unwritable,
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Unsent {
    const fn outcome(&self) -> Outcome {
        match self {
            Self::Panicked | Self::Unfinished | Self::Unwritable => Outcome::NotMade,
            Self::Failed(Failure::ForGood(_)) => Outcome::Refused,
            Self::Failed(_) => Outcome::Failed,
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
