//! What a site makes of how its visitors answer.

use cattlegrid::ScoreRules;
use cattlegrid::challenge::Kind;
use serde::Deserialize;

use super::values::Ratio;

/// What a site makes of how its visitors answer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BehaviourConfig {
    /// Whether answers have scores, which siteverify tells. Default `true`.
    pub score: bool,
    /// Below which score a right answer brings a second challenge. Default 0: never.
    pub second_below: Ratio,
    /// What kind that is of, one of the site's. Default: as the first.
    pub second_kind: Option<Kind>,
    /// Below which score a right answer is refused. Default 0: never.
    pub refuse_below: Ratio,
}

impl Default for BehaviourConfig {
    fn default() -> Self {
        Self {
            score: true,
            second_below: Ratio::NONE,
            second_kind: None,
            refuse_below: Ratio::NONE,
        }
    }
}

impl BehaviourConfig {
    /// What the site makes of scores, if its answers are to have any.
    ///
    /// # Errors
    /// What is wrong, where it is to make something of scores that are not to be.
    pub fn rules(&self) -> Result<Option<ScoreRules>, &'static str> {
        let rules = ScoreRules {
            second_below: self.second_below.hundredths(),
            second_kind: self.second_kind,
            refuse_below: self.refuse_below.hundredths(),
        };
        match (self.score, rules == ScoreRules::default()) {
            (true, _) => Ok(Some(rules)),
            (false, true) => Ok(None),
            (false, false) => Err("with `score = false` there is nothing to be below"),
        }
    }
}
