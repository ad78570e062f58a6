//! What the widget sends of its own use.

use serde::{Deserialize, Serialize};

use super::{Signals, Used};

/// What the widget says of its own use, from the picture to the answer. All of it is optional, and none of it is believed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GivenSignals {
    /// The time that it took, in half seconds; 120 stands for a minute and for any longer time.
    #[cfg_attr(feature = "openapi", schema(example = 17))]
    time: u64,
    /// What it was used with, as far as the page could see.
    used: Vec<Means>,
    /// How often the field was changed; 15 stands for any more.
    #[cfg_attr(feature = "openapi", schema(example = 6))]
    edits: u64,
    /// How many of these took something back; 15 stands for any more.
    corrections: u64,
    /// How often the focus left it; 15 stands for any more.
    blurs: u64,
    /// Whether the browser says that a program drives it.
    automated: bool,
}

/// What the widget is used with.
// Why written as well: the description of an API has an empty list of them for a default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
enum Means {
    Pointer,
    Touch,
    Keys,
}

impl From<GivenSignals> for Signals {
    fn from(given: GivenSignals) -> Self {
        let at_most =
            |most: u8, number| u8::try_from(number).map_or(most, |number| most.min(number));
        let used = |means| given.used.contains(&means);
        Self {
            half_seconds: at_most(Self::MOST_TIME, given.time),
            used: Used {
                pointer: used(Means::Pointer),
                touch: used(Means::Touch),
                keys: used(Means::Keys),
            },
            edits: at_most(Self::MOST, given.edits),
            corrections: at_most(Self::MOST, given.corrections),
            blurs: at_most(Self::MOST, given.blurs),
            automated: given.automated,
        }
    }
}
