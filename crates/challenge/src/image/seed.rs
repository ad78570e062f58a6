use std::fmt;

/// What a picture is drawn from besides prompt and style: 128 bits that nobody else can foresee.
///
/// `Debug` does not show them, because whoever has the seed can draw the picture of every possible prompt and compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 16]);

impl Seed {
    /// The seed of these bytes, which come from a cryptographic random source wherever a picture guards something.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}
