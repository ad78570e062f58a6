//! The fields themselves.

use std::fmt::{self, Write as _};

use sha2::{Digest, Sha256};

/// What the fields ask for: names that programs fill in, with their labels.
///
/// Why these: no pattern of Chromium's `autofill_regex_constants` or Firefox's `HeuristicsRegExp` matches any of them.
/// Why none may change: forms that are open in browsers while nodes are upgraded have names from this list, by its order.
const WORDS: [(&str, &str); 16] = [
    ("website", "Website"),
    ("homepage", "Home page"),
    ("url", "URL"),
    ("weblink", "Web link"),
    ("site_url", "Site URL"),
    ("blog", "Blog"),
    ("comment", "Comment"),
    ("comments", "Comments"),
    ("message", "Message"),
    ("feedback", "Feedback"),
    ("subject", "Subject"),
    ("topic", "Topic"),
    ("question", "Question"),
    ("remarks", "Remarks"),
    ("notes", "Notes"),
    ("profile_url", "Profile"),
];

/// Why no vowels: no word comes of them.
const LETTERS: &[u8; 16] = b"bdfghjkmpqrtvwxz";
const DIGITS: &[u8; 8] = b"23456789";

/// Decides everything about a [`Bait`]. Sealed in the form's stamp.
#[derive(Clone, Copy)]
pub(crate) struct Seed([u8; Self::LEN]);

impl Seed {
    pub(crate) const LEN: usize = 16;

    pub(crate) const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bait(self) -> Bait {
        let mut draws = Draws(<[u8; 32]>::from(Sha256::digest(self.0)).into_iter());
        let first = draws.below(WORDS.len());
        let apart = 1 + draws.below(WORDS.len() - 1);
        let words = [first, (first + apart) % WORDS.len()];
        Bait {
            fields: words.map(|word| Field::draw(word, &mut draws)),
            element: draws.element(),
        }
    }
}

/// Numbers that follow from a seed: no more than a hash has bytes.
struct Draws(std::array::IntoIter<u8, 32>);

impl Draws {
    /// One of `0..below`, which is at most 256.
    fn below(&mut self, below: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % below
    }

    fn letter(&mut self) -> char {
        LETTERS[self.below(LETTERS.len())].into()
    }

    fn digit(&mut self) -> char {
        DIGITS[self.below(DIGITS.len())].into()
    }

    /// The name of an element that nobody has defined (<https://html.spec.whatwg.org/#valid-custom-element-name>).
    fn element(&mut self) -> String {
        let mut name: String = (0..6).map(|_| self.letter()).collect();
        name.insert(2 + self.below(3), '-');
        name
    }
}

/// The honeypot of one form that was shown: two fields that have to come back empty.
///
/// It is in the page for everybody to see who reads it, but differs from form to form.
pub struct Bait {
    fields: [Field; 2],
    element: String,
}

struct Field {
    word: usize,
    name: String,
    is_long: bool,
    has_id: bool,
    /// Which of the attributes comes first.
    first: usize,
}

impl Bait {
    /// The names of the fields. Each has to come back, and to be empty.
    pub fn names(&self) -> [&str; 2] {
        self.fields.each_ref().map(|field| field.name.as_str())
    }

    /// The fields as HTML, without script or style: to stand in the form.
    pub fn html(&self) -> String {
        let Self { fields, element } = self;
        let mut html = format!("<{element} hidden inert aria-hidden=\"true\">");
        for field in fields {
            field.write(&mut html);
        }
        let _ = write!(html, "</{element}>");
        html
    }
}

impl Field {
    fn draw(word: usize, draws: &mut Draws) -> Self {
        let separator = ["-", "_", ""][draws.below(3)];
        let suffix = [draws.letter(), draws.digit(), draws.letter(), draws.digit()];
        let suffix = String::from_iter(suffix);
        Self {
            word,
            name: format!("{}{separator}{suffix}", WORDS[word].0),
            is_long: draws.below(2) == 1,
            has_id: draws.below(2) == 1,
            first: draws.below(4),
        }
    }

    fn write(&self, html: &mut String) {
        let Self { name, .. } = self;
        let (label, (open, close)) = (
            WORDS[self.word].1,
            if self.is_long {
                ("<textarea", "></textarea>")
            } else {
                ("<input type=\"text\"", ">")
            },
        );
        let mut attributes = [
            format!(" name=\"{name}\""),
            " tabindex=\"-1\"".to_owned(),
            " autocomplete=\"off\"".to_owned(),
            " hidden".to_owned(),
        ];
        attributes.rotate_left(self.first);
        let attributes = attributes.concat();
        // Why no error is possible: a text takes all that is written into it.
        let _ = if self.has_id {
            write!(
                html,
                "<label for=\"{name}\" hidden>{label}</label>{open} id=\"{name}\"{attributes}{close}"
            )
        } else {
            write!(
                html,
                "<label hidden>{label} {open}{attributes}{close}</label>"
            )
        };
    }
}

impl fmt::Debug for Bait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bait").field(&self.names()).finish()
    }
}
