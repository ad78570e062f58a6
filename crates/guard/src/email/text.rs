//! What a letter says.

use std::time::Duration;

/// What a letter says, as text and, for those who like it so, as HTML.
///
/// [`Text::english`] is one; a site with words or languages of its own makes it itself, by whatever it knows of whom it
/// writes to.
///
/// Nothing in it should be what a visitor has typed, not even a name: a form that sends people's words to any address is
/// what spam is sent through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The subject, in one line.
    pub subject: String,
    /// The letter as plain text.
    pub plain: String,
    /// The same as a whole HTML page, if there is one.
    pub html: Option<String>,
}

impl Text {
    /// The letter that asks in English to follow `link` to confirm an address for `site`, as its visitors know it.
    /// `lifetime` is how long the link works.
    pub fn english(site: &str, link: &str, lifetime: Duration) -> Self {
        let subject = format!("Confirm your e-mail address for {site}");
        let who = format!("Somebody, you we hope, has given this address to {site}.");
        let works = format!(
            "The link works once, within {}. If it was not you, do nothing: nothing will happen.",
            in_words(lifetime)
        );
        let plain = format!(
            "{who}\n\nTo confirm that it is yours, open this page and press the button on it:\n\n{link}\n\n{works}\n"
        );
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{}</title>\n<p>{}</p>\n\
             <p>To confirm that it is yours, <a href=\"{}\">open this page</a> and press the button on it.</p>\n\
             <p>{works}</p>\n</html>\n",
            escaped(&subject),
            escaped(&who),
            escaped(link),
        );
        Self {
            subject,
            plain,
            html: Some(html),
        }
    }
}

/// The largest unit that tells it exactly, from minutes up.
fn in_words(span: Duration) -> String {
    const UNITS: [(u64, &str); 2] = [(24 * 60, "day"), (60, "hour")];
    let minutes = span.as_secs() / 60;
    let (size, unit) = UNITS
        .into_iter()
        .find(|(size, _)| minutes >= *size && minutes.is_multiple_of(*size))
        .unwrap_or((1, "minute"));
    let count = minutes / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The text in HTML, within an element or an attribute's double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_link_and_for_how_long() {
        for (lifetime, words) in [
            (60, "1 minute"),
            (90 * 60, "90 minutes"),
            (3600, "1 hour"),
            (24 * 3600, "1 day"),
            (36 * 3600, "36 hours"),
            (7 * 24 * 3600, "7 days"),
        ] {
            let text = Text::english(
                "Shop",
                "https://shop.example/c?a=1&token=x",
                Duration::from_secs(lifetime),
            );
            assert!(
                text.plain
                    .contains("\nhttps://shop.example/c?a=1&token=x\n")
            );
            assert!(
                text.plain.contains(&format!("within {words}.")),
                "{}",
                text.plain
            );
        }
    }

    #[test]
    fn markup_in_a_name_is_text() {
        let text = Text::english(
            "<b>\"Q&A\"",
            "https://a.example/?a&b",
            Duration::from_secs(60),
        );
        let html = text.html.unwrap();
        assert!(html.contains("&lt;b&gt;&quot;Q&amp;A&quot;"), "{html}");
        assert!(
            html.contains("href=\"https://a.example/?a&amp;b\""),
            "{html}"
        );
    }
}
