//! Times as callers read them.

use cattlegrid::store::Timestamp;

/// The moment in RFC 3339, UTC, to the millisecond.
pub fn rfc3339(moment: Timestamp) -> String {
    let millis = i64::try_from(moment.as_millis()).unwrap_or(i64::MAX);
    let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_utc_to_the_millisecond() {
        assert_eq!(
            rfc3339(Timestamp::from_millis(1_700_000_000_000)),
            "2023-11-14T22:13:20.000Z"
        );
        assert!(rfc3339(Timestamp::from_millis(u64::MAX)).starts_with("9999-"));
    }
}
