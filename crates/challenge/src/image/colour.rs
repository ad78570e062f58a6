use std::fmt;
use std::str::FromStr;

use crate::ChallengeError;

/// An opaque sRGB colour, written `#rrggbb` or `#rgb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "String", try_from = "String")
)]
pub struct Colour {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl Colour {
    /// White, `#ffffff`.
    pub const WHITE: Self = Self::rgb(0xff_ff_ff);

    /// The colour with the hexadecimal digits `rrggbb`; higher bits are ignored.
    pub const fn rgb(digits: u32) -> Self {
        let [_, red, green, blue] = digits.to_be_bytes();
        Self { red, green, blue }
    }

    /// How well the two can be told apart: 1 (not at all) to 21 (black on white), the contrast ratio of WCAG 2.2.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let c = f32::from(channel) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// The colour `part` of the way from this to `other` of `whole`.
    pub(super) fn towards(self, other: Self, part: u32, whole: u32) -> Self {
        let mix = |a: u8, b: u8| {
            ((u32::from(a) * (whole - part) + u32::from(b) * part + whole / 2) / whole) as u8
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl FromStr for Colour {
    type Err = ChallengeError;

    /// Reads `#rrggbb` or `#rgb`.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Option`] for anything else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ChallengeError::option("colour", "#rrggbb or #rgb, in hexadecimal digits");
        let digits = text
            .strip_prefix('#')
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or_else(wrong)?;
        let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        match digits.len() {
            6 => Ok(Self::rgb(number)),
            // Why 0x11: it writes a digit twice, as CSS does.
            3 => Ok(Self {
                red: 0x11 * (number >> 8) as u8,
                green: 0x11 * (number >> 4 & 0xf) as u8,
                blue: 0x11 * (number & 0xf) as u8,
            }),
            _ => Err(wrong()),
        }
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = ChallengeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// What is behind the letters, written as a colour or as `transparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "String", try_from = "String")
)]
pub enum Background {
    /// One colour.
    Colour(Colour),
    /// Whatever the page has there.
    Transparent,
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Colour(colour) => colour.fmt(f),
            Self::Transparent => f.write_str("transparent"),
        }
    }
}

impl FromStr for Background {
    type Err = ChallengeError;

    /// Reads a colour or `transparent`.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Option`] for anything else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "transparent" {
            return Ok(Self::Transparent);
        }
        text.parse()
            .map(Self::Colour)
            .map_err(|_| ChallengeError::option("background", "#rrggbb, #rgb or transparent"))
    }
}

impl From<Background> for String {
    fn from(background: Background) -> Self {
        background.to_string()
    }
}

impl TryFrom<String> for Background {
    type Error = ChallengeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_they_are_written() {
        assert_eq!("#1af".parse(), Ok(Colour::rgb(0x11_aa_ff)));
        assert_eq!("#0F4c81".parse::<Colour>().unwrap().to_string(), "#0f4c81");
        assert_eq!("transparent".parse(), Ok(Background::Transparent));
        for wrong in [
            "", "#", "#12345", "123456", "#12345g", "#+12345", "red", "#1234567", "#é00",
        ] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
            assert!(wrong.parse::<Background>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let black = Colour::rgb(0);
        assert!((black.contrast(Colour::WHITE) - 21.0).abs() < 0.01);
        assert!((Colour::WHITE.contrast(Colour::rgb(0x76_76_76)) - 4.54).abs() < 0.01);
        assert!((black.contrast(black) - 1.0).abs() < 1e-6);
    }
}
