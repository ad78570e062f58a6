use crate::{Answer, Kind, Prompt};

/// A question and its answer. `Debug` shows neither.
#[derive(Debug, Clone)]
pub struct Challenge {
    kind: Kind,
    prompt: Prompt,
    answer: Answer,
}

impl Challenge {
    /// A challenge of the kind [`Kind::Custom`], whose prompt and answer the caller has made.
    pub fn custom(prompt: Prompt, answer: Answer) -> Self {
        Self::from_parts(Kind::Custom, prompt, answer)
    }

    /// The challenge that has these parts, as when it is opened from a key.
    pub fn from_parts(kind: Kind, prompt: Prompt, answer: Answer) -> Self {
        Self {
            kind,
            prompt,
            answer,
        }
    }

    /// What sort of question it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is shown.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// What has to be given.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}
