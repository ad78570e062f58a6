//! The stamp of a form: when it was made, for what, and what in it changes from form to form.
//!
//! A [`Form`] is one form of a site, by its name. When it is shown, [`Form::stamp`] makes a [`Stamp`], which is put into
//! it: a hidden field that says when, where and for which form it was made, sealed, so that nobody can read or change
//! it; and beside it the fields of a [honeypot](crate::honeypot), whose names and markup follow from a seed in
//! the seal. When the form comes back, [`Form::open`] opens the stamp; [`honeypot`](crate::honeypot) and
//! [`form_timing`](crate::form_timing) judge what is in it. None of that needs tower, or HTTP.
//!
//! # In a page
//!
//! [`Stamp::html`] goes anywhere between `<form>` and `</form>`. It has no script and no style, and so asks nothing of a
//! `Content-Security-Policy`. Its fields are hidden with the attribute `hidden`, which a style sheet can undo by
//! mistake (`form * { display: block }`); one line, which many style sheets have anyway, keeps it from that:
//!
//! ```css
//! [hidden] { display: none !important; }
//! ```
//!
//! Whoever renders by other means has the parts: [`Stamp::FIELD`] and [`Stamp::as_str`], and the honeypot's
//! [names](crate::honeypot::Bait::names), each of which has to come back empty. A page that sends JSON sends all of
//! them, as `Object.fromEntries(new FormData(form))` has them.
//!
//! # One stamp, one post
//!
//! A stamp is good for one post, so it belongs to one visitor: send the page with `Cache-Control: no-store`, and render
//! a fresh stamp each time the form is shown. When a form is sent back for correction, by a handler or by
//! what a layer [refuses with](crate::Refuse), take the fresh one from [`OpenedStamp::again`], which is in the request's
//! extensions: it goes on from when the first was made, so that nobody has to wait again to correct a letter. None is there
//! any more for a form that was sent before, or has expired: that is shown with a [`Form::stamp`].
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use cattlegrid::{OsEntropy, Secret};
//! use cattlegrid_guard::fields::Fields;
//! use cattlegrid_guard::form::{Forms, Stamp};
//! use cattlegrid_store::SystemClock;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secrets = Secret::generate(&OsEntropy)?.into();
//! let forms = Forms::new(&secrets, Arc::new(SystemClock::new()), Arc::new(OsEntropy), "shop.example")?;
//! let (sign_up, contact) = (forms.form("sign-up")?, forms.form("contact")?);
//!
//! let stamp = sign_up.stamp()?;
//! let page = format!("<form method=post>{}<button>Sign up</button></form>", stamp.html());
//! assert!(page.contains(Stamp::FIELD));
//!
//! let posted = Fields::from_iter([(Stamp::FIELD.to_owned(), stamp.as_str().to_owned())]);
//! assert!(sign_up.open(&posted).is_ok());
//! assert!(contact.open(&posted).is_err());
//! # Ok(())
//! # }
//! ```

mod forms;
mod stamp;

pub use forms::{Form, Forms};
pub use stamp::{OpenedStamp, Stamp};
