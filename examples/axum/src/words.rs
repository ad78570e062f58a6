//! What people are told of a refusal. Programs go by its code.

/// What to do about a refusal with this code.
pub(crate) fn of(code: &str) -> &'static str {
    match code {
        "too-early" => "That was quicker than we believe of people. Please send it again.",
        "expired-stamp" => "The form was open for too long. Please send it again.",
        "spent-stamp" => "This form was sent before. If you want it sent once more, send it again.",
        "missing-stamp" | "unknown-stamp" | "honeypot" => {
            "The form came back other than we had shown it. Please send it again."
        }
        "missing-token" => "Please type what the picture shows, then send it again.",
        "refused-token" => "What you typed for the picture no longer counts. Please do so again.",
        "rate-limited" => "You have sent a lot. Wait a minute, then go back and send it again.",
        "email-invalid" | "email-local-part" => {
            "No letter can be sent to this address. Please look it over."
        }
        "too-many-letters" => "Enough letters went out for now. Please try again in an hour.",
        "unknown-link" | "expired-link" => {
            "The link no longer works. Sign up again, and you get another."
        }
        "spent-link" => "The link was used before: you are in already.",
        "store-unavailable" => "We cannot check this right now. Please send it again in a moment.",
        _ => "It did not arrive as a form. Please go back and send it again.",
    }
}

/// The field that a refusal with this code is about, if it is about one.
pub(crate) fn field(code: &str) -> Option<&'static str> {
    matches!(code, "email-invalid" | "email-local-part").then_some("email")
}
