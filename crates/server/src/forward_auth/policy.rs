//! Who needs no pass, and who is not let through with one.

use axum::http::HeaderValue;
use serde::Deserialize;

use super::original::{Original, Visitor};
use super::path::RequestPath;
use crate::config::RuleConfig;

/// What becomes of a request by the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is let through.
    Allow,
    /// It is let through with a pass.
    Challenge,
    /// It is not let through.
    Deny,
}

impl Outcome {
    /// The name, in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Challenge => "challenge",
            Self::Deny => "deny",
        }
    }
}

/// The rules, in their order.
pub(super) struct Policy(Vec<RuleConfig>);

impl Policy {
    pub(super) const fn new(rules: Vec<RuleConfig>) -> Self {
        Self(rules)
    }

    /// What the first rule that applies makes of the request. What none applies to needs a pass.
    pub(super) fn outcome(&self, request: &Original) -> Outcome {
        let mut rules = self.0.iter();
        rules
            .find(|rule| applies(rule, request))
            .map_or(Outcome::Challenge, |rule| rule.then)
    }
}

fn applies(rule: &RuleConfig, request: &Original) -> bool {
    let Visitor {
        host,
        address,
        agent,
        ..
    } = &request.visitor;
    any_or_one(&rule.hosts, |pattern| pattern.matches(host))
        && any_or_one(&rule.methods, |method| *method == request.method)
        && (rule.addresses.is_empty() || rule.addresses.contains(*address))
        && any_or_one(&rule.agents, |part| is_in(part, agent))
        && any_or_one(&rule.paths, |pattern| match &request.path {
            RequestPath::Plain(path) => pattern.matches(path),
            // Why: it may lead to whatever is denied, and need not lead to what is allowed.
            RequestPath::Ambiguous => rule.then == Outcome::Deny,
        })
}

/// Whether the list says nothing, or one of its items holds.
fn any_or_one<T>(items: &[T], holds: impl FnMut(&T) -> bool) -> bool {
    items.is_empty() || items.iter().any(holds)
}

/// Whether the part stands somewhere in the agent, in whatever case.
fn is_in(part: &str, agent: &HeaderValue) -> bool {
    let (part, agent) = (part.as_bytes(), agent.as_bytes());
    agent
        .windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}
