//! Whether somebody reads the mail of the address that they gave.
//!
//! After sign-up, a letter goes to the address with a link; whoever presses the button on the page behind it has read the
//! letter. The link is sealed, like a challenge: it says which site and purpose it is for, which address it confirms, what the
//! site wanted to know again (an account's id), and until when it works. Nothing is written down when it is made, nobody can
//! make or change one, and it works once.
//!
//! | | |
//! |---|---|
//! | [`EmailAddress`] | what a letter can be sent to, in one way of writing it |
//! | [`LetterLimits`] | how often letters go out, to an address and for a client |
//! | [`Links`] | makes the links, shows what they would confirm, confirms |
//! | [`Text`] | what the letter says |
//! | `Mailer`, `Transport` | send it, by SMTP or into a folder: with the feature `email` |
//!
//! # Two steps, as programs open links, too
//!
//! Mail programs, virus scanners and previews open the links in letters before any person does. So the page that the link
//! leads to only [looks](Links::look), and shows the address with a form of one button; what that form posts
//! [confirms](Links::confirm). No `GET` may confirm anything.
//!
//! ```text
//! GET /confirm?token=…    look      the page: "Is ada@example.org yours?" with a form that has the token in a hidden field
//! POST /confirm           confirm   the account's address is confirmed
//! ```
//!
//! Send `Referrer-Policy: no-referrer` and `Cache-Control: no-store` with the page: its address is a key. Where the site
//! looks at the `Origin` of what is posted, send `strict-origin` instead: with the other, browsers say `null`.
//!
//! # The same answer to everybody
//!
//! A form that says "no such account" tells everybody who asks who has one, and so does one that answers faster. After
//! [`LetterLimits`] has let the visitor through, hand everything else to the mailer, the looking-up included, and say "a
//! letter is on its way, if the address is one of ours" at once. Whoever signs up with an address that has an account gets
//! that answer, too, and its owner a letter that says so.
//!
//! # What it does is told
//!
//! `Delivery::on_end` is told of each letter that is over with, what became of it and how long it took: with the word of
//! `Outcome` as a label that is all that a metric takes. `Mailer::waiting` is how many wait. Each letter is a span of
//! [`tracing`] as well, `send_letter`, with the field `outcome`. None of these has an address, nor anything else of a letter.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use cattlegrid::{OsEntropy, Secret};
//! use cattlegrid_guard::email::{EmailAddress, Links, Refusal};
//! use cattlegrid_store::{AnyStore, SystemClock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock::new());
//! let store = AnyStore::open(&"memory:".parse()?, clock.clone())?;
//! let secrets = Secret::generate(&OsEntropy)?.into();
//! let links = Links::new(&secrets, "shop.example sign-up", store, clock, Arc::new(OsEntropy));
//!
//! let address: EmailAddress = "ada@example.org".parse()?;
//! let link = links.make(&address, "account 4711")?;
//! println!("to be sent: {}", link.to("https://shop.example/confirm"));
//!
//! // Whatever opens the link sees the page; only its button confirms, and once.
//! assert_eq!(links.look(link.token())?.address, address);
//! assert_eq!(links.confirm(link.token()).await?.subject, "account 4711");
//! assert!(matches!(links.confirm(link.token()).await, Err(Refusal::SpentLink)));
//! # Ok(())
//! # }
//! ```

mod address;
#[cfg(feature = "email")]
mod ended;
mod limits;
mod links;
#[cfg(feature = "email")]
mod mailer;
mod refusal;
mod text;
#[cfg(feature = "email")]
mod transport;

pub use address::EmailAddress;
#[cfg(feature = "email")]
pub use ended::{Ended, Outcome};
pub use limits::LetterLimits;
pub use links::{Confirmed, Link, Links, Pending};
#[cfg(feature = "email")]
pub use mailer::{Delivery, Letter, Mailer};
pub use refusal::Refusal;
pub use text::Text;
#[cfg(feature = "email")]
pub use transport::Transport;

/// The crate that letters are sent through.
#[cfg(feature = "email")]
pub use lettre;
