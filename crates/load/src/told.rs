//! What a client is told.

use std::fmt;

use serde_json::Value;

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What was asked for; null, where that is no JSON.
    Success(Value),
    /// No, and the code that says why.
    Refused(String),
    /// An answer of this status that gives no code, as a balancer does that finds no node.
    Status(u16),
    /// Nobody took the connection, so nothing was sent.
    NoConnection,
    /// The connection ended before an answer came; what was asked may have been done.
    Lost,
    /// No answer came in time; what was asked may be done yet.
    Late,
}

impl Told {
    /// Reads an answer.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let code = body["error-codes"][0].as_str().or(body["code"].as_str());
        match code {
            Some(code) => Self::Refused(code.to_owned()),
            None if (200..300).contains(&status) && body["success"] != false => Self::Success(body),
            None => Self::Status(status),
        }
    }

    /// What was asked for, if it was given.
    pub fn success(self) -> Option<Value> {
        match self {
            Self::Success(body) => Some(body),
            _ => None,
        }
    }

    /// Whether it was given.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success(_) => f.write_str("success"),
            Self::Refused(code) => f.write_str(code),
            Self::Status(status) => write!(f, "status {status}"),
            Self::NoConnection => f.write_str("no connection"),
            Self::Lost => f.write_str("connection lost"),
            Self::Late => f.write_str("no answer in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_told_from_what_is_not() {
        let told = |status, body: &str| Told::read(status, body.as_bytes()).to_string();
        assert_eq!(
            told(200, r#"{"success": true, "error-codes": []}"#),
            "success"
        );
        assert_eq!(told(200, "\u{89}PNG"), "success");
        assert_eq!(
            told(200, r#"{"success": false, "error-codes": ["spent-key"]}"#),
            "spent-key"
        );
        assert_eq!(
            told(503, r#"{"code": "store-unavailable"}"#),
            "store-unavailable"
        );
        assert_eq!(told(503, "<html>"), "status 503");
        assert_eq!(told(200, r#"{"success": false}"#), "status 200");
    }
}
