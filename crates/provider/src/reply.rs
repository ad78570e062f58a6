//! What a provider answers: a JSON object.

use serde_json::{Map, Value};

use crate::provider::Statement;
use crate::{Broken, Refused, Score};

/// A provider's reply, of which each [`Provider`](crate::Provider) reads what it knows. What else is in it does not matter.
pub struct Reply(Map<String, Value>);

/// Why nobody has said that somebody passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Denial {
    /// It says that they did not.
    Refused(Refused),
    /// It says nothing to go by.
    Broken(Broken),
}

impl From<Refused> for Denial {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Broken> for Denial {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Reply {
    /// The most characters of a text that is passed on.
    const MAX_TEXT_CHARS: usize = 512;

    /// Reads a reply from the body that came.
    ///
    /// # Errors
    /// [`Broken::NotJson`] for what is not a JSON object.
    pub fn parse(body: &[u8]) -> Result<Self, Broken> {
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|_| Broken::NotJson)
    }

    /// What every provider says of somebody who passed: when, and on which page.
    ///
    /// `undecided` are the codes with which the provider says that it failed itself.
    ///
    /// # Errors
    /// [`Denial`] where the reply does not say that somebody passed.
    pub fn statement(&self, undecided: &[&str]) -> Result<Statement, Denial> {
        if !self.flag("success")? {
            let codes = self.codes()?;
            return Err(if codes.iter().any(|code| undecided.contains(code)) {
                Denial::Broken(Broken::Undecided)
            } else {
                Denial::Refused(Refused::by_provider(codes.into_iter()))
            });
        }
        Ok(Statement {
            challenge_ts: self.text("challenge_ts")?,
            hostname: self.text("hostname")?,
            ..Statement::default()
        })
    }

    fn codes(&self) -> Result<Vec<&str>, Broken> {
        const FIELD: &str = "error-codes";
        match self.0.get(FIELD) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(codes)) => codes
                .iter()
                .map(|code| code.as_str().ok_or(Broken::Field(FIELD)))
                .collect(),
            Some(_) => Err(Broken::Field(FIELD)),
        }
    }

    /// An object within.
    ///
    /// # Errors
    /// [`Broken::Field`] for what is missing or of another type.
    pub fn object(&self, field: &'static str) -> Result<Self, Broken> {
        match self.0.get(field) {
            Some(Value::Object(object)) => Ok(Self(object.clone())),
            _ => Err(Broken::Field(field)),
        }
    }

    /// Whether something holds.
    ///
    /// # Errors
    /// [`Broken::Field`] for what is missing or of another type.
    pub fn flag(&self, field: &'static str) -> Result<bool, Broken> {
        self.0
            .get(field)
            .and_then(Value::as_bool)
            .ok_or(Broken::Field(field))
    }

    /// A text; none if it is missing, null or empty.
    ///
    /// # Errors
    /// [`Broken::Field`] for another type, more than 512 characters, or control characters.
    pub fn text(&self, field: &'static str) -> Result<Option<String>, Broken> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text))
                if text.len() <= Self::MAX_TEXT_CHARS && !text.contains(char::is_control) =>
            {
                Ok(Some(text.clone()))
            }
            Some(_) => Err(Broken::Field(field)),
        }
    }

    /// A score; none if it is missing or null.
    ///
    /// # Errors
    /// [`Broken::Field`] for what is not a number from 0 to 1.
    pub fn score(&self, field: &'static str) -> Result<Option<Score>, Broken> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_f64()
                .and_then(|value| Score::new(value).ok())
                .map(Some)
                .ok_or(Broken::Field(field)),
        }
    }
}
