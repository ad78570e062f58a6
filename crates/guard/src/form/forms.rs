//! A site's forms.

use std::fmt;
use std::sync::Arc;

use cattlegrid::{Entropy, Envelopes, NoEntropy, Secrets};
use cattlegrid_store::{Clock, Timestamp};
use http::Extensions;

use super::{OpenedStamp, Stamp};
use crate::fields::Fields;
use crate::honeypot::Seed;
use crate::{Error, Refusal};

/// The forms of one site. A clone is the same.
#[derive(Clone)]
pub struct Forms {
    envelopes: Envelopes,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    site: Arc<str>,
}

impl Forms {
    /// The most bytes of a site's or a form's name.
    const MAX_NAME: usize = 255;

    /// The forms of the site that is called `site`, by its host's name say. Nodes of one site have the same secrets and
    /// name; sites that share secrets have different names.
    ///
    /// # Errors
    /// [`Error::FormName`] when the name is not of 1 to 255 bytes.
    pub fn new(
        secrets: &Secrets,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        site: &str,
    ) -> Result<Self, Error> {
        Ok(Self {
            envelopes: Envelopes::new(secrets, "form-stamp", Arc::clone(&entropy)),
            clock,
            entropy,
            site: named(site)?.into(),
        })
    }

    /// The form of this name: one of its own for each thing that a form is for.
    ///
    /// # Errors
    /// [`Error::FormName`] when the name is not of 1 to 255 bytes.
    pub fn form(&self, name: &str) -> Result<Form, Error> {
        let site = self.site.as_bytes();
        // Why its length: else a site and a form might read like another site and another form.
        let bound_to = [&[site.len() as u8], site, named(name)?.as_bytes()].concat();
        Ok(Form(Arc::new(Inner {
            forms: self.clone(),
            bound_to,
        })))
    }
}

fn named(name: &str) -> Result<&str, Error> {
    if (1..=Forms::MAX_NAME).contains(&name.len()) {
        Ok(name)
    } else {
        Err(Error::FormName)
    }
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Forms({})", self.site)
    }
}

/// One form of a site, which makes stamps and opens its own. A clone is the same.
#[derive(Clone)]
pub struct Form(Arc<Inner>);

struct Inner {
    forms: Forms,
    /// The site and the form, as they stand in each stamp.
    bound_to: Vec<u8>,
}

impl Form {
    /// The stamp of a form that is shown now.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness fails.
    pub fn stamp(&self) -> Result<Stamp, NoEntropy> {
        self.stamp_made_at(self.now())
    }

    pub(super) fn stamp_made_at(&self, made_at: Timestamp) -> Result<Stamp, NoEntropy> {
        let Inner { forms, bound_to } = &*self.0;
        let mut seed = [0; Seed::LEN];
        forms.entropy.fill(&mut seed)?;
        let content = [&made_at.as_millis().to_be_bytes()[..], &seed, bound_to].concat();
        Ok(Stamp::new(
            forms.envelopes.seal(&content)?,
            Seed::from_bytes(seed),
        ))
    }

    /// Opens the stamp that came back among these fields. It may be of any age, and spent.
    ///
    /// # Errors
    /// [`Refusal::MissingStamp`]; [`Refusal::UnknownStamp`] for one that is forged, or was made under another secret, for
    /// another site or another form.
    pub fn open(&self, fields: &Fields) -> Result<OpenedStamp, Refusal> {
        let sealed = fields.get(Stamp::FIELD).filter(|sealed| !sealed.is_empty());
        let sealed = sealed.ok_or(Refusal::MissingStamp)?;
        let opened = self.0.forms.envelopes.open(sealed);
        let opened = opened.ok_or(Refusal::UnknownStamp)?;
        let read = || {
            let (made_at, rest) = opened.content.split_first_chunk()?;
            let (seed, bound_to) = rest.split_first_chunk()?;
            let made_at = Timestamp::from_millis(u64::from_be_bytes(*made_at));
            (bound_to == self.0.bound_to).then_some((made_at, Seed::from_bytes(*seed)))
        };
        let (made_at, seed) = read().ok_or(Refusal::UnknownStamp)?;
        Ok(OpenedStamp::new(self.clone(), opened.id, made_at, seed))
    }

    /// The stamp of a request, which is opened once, and from then on is in the request's extensions.
    ///
    /// # Errors
    /// As [`Form::open`]; [`Refusal::FieldsNotRead`] when no layer outside has read the fields.
    pub fn open_once(&self, extensions: &mut Extensions) -> Result<OpenedStamp, Refusal> {
        if let Some(opened) = extensions.get::<OpenedStamp>()
            && opened.form().is(self)
        {
            return Ok(opened.clone());
        }
        let opened = self.open(Fields::of(extensions)?)?;
        extensions.insert(opened.clone());
        Ok(opened)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.forms.clock.now()
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({:?})", self.0.forms)
    }
}
