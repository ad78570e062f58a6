//! A stamp, as it is made and as it comes back.

use std::fmt;

use cattlegrid::NoEntropy;
use cattlegrid_store::{SpentId, Timestamp};

use super::Form;
use crate::honeypot::{Bait, Seed};

/// What is put into a form when it is shown.
pub struct Stamp {
    sealed: String,
    seed: Seed,
}

impl Stamp {
    /// The name of the stamp's field.
    pub const FIELD: &'static str = "cattlegrid-stamp";

    pub(super) const fn new(sealed: String, seed: Seed) -> Self {
        Self { sealed, seed }
    }

    /// The value of the stamp's field: at most 800 characters of `A–Z a–z 0–9 - _`.
    pub fn as_str(&self) -> &str {
        &self.sealed
    }

    /// The honeypot of this form.
    pub fn bait(&self) -> Bait {
        self.seed.bait()
    }

    /// The stamp's field alone, as HTML.
    pub fn field_html(&self) -> String {
        // Why `off`: Firefox fills hidden fields of a page that is loaded again with what they held before, a spent stamp.
        format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\" autocomplete=\"off\">",
            Self::FIELD,
            self.sealed
        )
    }

    /// The stamp's field and the honeypot, as HTML.
    pub fn html(&self) -> String {
        self.field_html() + &self.bait().html()
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stamp(…)")
    }
}

/// A stamp that has come back, and is this form's. A clone is the same.
#[derive(Clone)]
pub struct OpenedStamp {
    form: Form,
    id: SpentId,
    made_at: Timestamp,
    seed: Seed,
}

impl OpenedStamp {
    pub(super) const fn new(form: Form, id: SpentId, made_at: Timestamp, seed: Seed) -> Self {
        Self {
            form,
            id,
            made_at,
            seed,
        }
    }

    /// The form that it is of.
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// The id under which a store spends it.
    pub const fn id(&self) -> SpentId {
        self.id
    }

    /// When the form was made: for one that was sent back for correction, when it was first made.
    pub const fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// The honeypot that the form had.
    pub fn bait(&self) -> Bait {
        self.seed.bait()
    }

    /// A fresh stamp for a form that is sent back for correction, which is as old as this one.
    ///
    /// Nobody gains from that: a machine that has waited once has one post that is accepted, however many are not. After
    /// one that was accepted, or has expired, show a form with a [`Form::stamp`].
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness fails.
    pub fn again(&self) -> Result<Stamp, NoEntropy> {
        self.form.stamp_made_at(self.made_at)
    }
}

impl fmt::Debug for OpenedStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedStamp(…)")
    }
}
