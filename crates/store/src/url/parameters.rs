//! What follows the question mark.

use percent_encoding::percent_decode_str;

use crate::OpenError;

/// The parameters of a URL, each of which is taken by whoever knows it; what is left over is a mistake.
pub(super) struct Parameters {
    store: &'static str,
    given: Vec<(String, String)>,
}

impl Parameters {
    pub(super) fn parse(store: &'static str, text: &str) -> Self {
        let given = text
            .split('&')
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                (
                    name.to_owned(),
                    percent_decode_str(value).decode_utf8_lossy().into_owned(),
                )
            })
            .collect();
        Self { store, given }
    }

    /// The value of `name`; of several the last.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let mut value = None;
        self.given.retain_mut(|(given, text)| {
            if given == name {
                value = Some(std::mem::take(text));
            }
            given != name
        });
        value
    }

    /// A whole number that is at least 1.
    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<u32>, OpenError> {
        let expected = "a whole number from 1 to 4294967295";
        self.parsed(name, expected, |number: &u32| *number > 0)
    }

    /// A whole number.
    pub(super) fn count(&mut self, name: &'static str) -> Result<Option<u32>, OpenError> {
        self.parsed(name, "a whole number from 0 to 4294967295", |_| true)
    }

    /// Whether something is to be; not, when nothing is said.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, OpenError> {
        Ok(self
            .parsed(name, "true or false", |_| true)?
            .unwrap_or(false))
    }

    fn parsed<T: std::str::FromStr>(
        &mut self,
        parameter: &'static str,
        expected: &'static str,
        will_do: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, OpenError> {
        let Some(given) = self.take(parameter) else {
            return Ok(None);
        };
        match given.parse() {
            Ok(value) if will_do(&value) => Ok(Some(value)),
            _ => Err(OpenError::Value {
                parameter,
                given,
                expected,
            }),
        }
    }

    /// That nothing is left; `known` lists what there is.
    pub(super) fn end(self, known: &'static str) -> Result<(), OpenError> {
        match self.given.into_iter().next() {
            None => Ok(()),
            Some((given, _)) => Err(OpenError::Parameter {
                store: self.store,
                given,
                known,
            }),
        }
    }
}
