use std::ops::RangeInclusive;

use super::dice::Dice;
use super::{Background, Colour, Fonts, Noise};
use crate::ChallengeError;

/// A style to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Preset {
    /// What django-simple-captcha draws by default: dark green 22-pixel letters, each turned by itself and set apart,
    /// under three arcs and a rain of specks, a little blurred. Easy for people and easy for machines.
    Classic,
    /// The default: larger letters of different fonts that are bent, touch each other, and are crossed by strokes and
    /// dots of the same inks.
    #[default]
    Hard,
}

impl Preset {
    /// Both presets.
    pub const ALL: [Self; 2] = [Self::Classic, Self::Hard];

    /// The preset's name, as configuration writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Hard => "hard",
        }
    }

    /// The fonts that the preset draws with where nothing else is said: one for classic, four for hard.
    pub fn fonts(self) -> Fonts {
        match self {
            Self::Classic => Fonts::plain(),
            Self::Hard => Fonts::embedded(),
        }
    }
}

/// How large a picture is, in pixels at [`Scale::One`](super::Scale::One): width, then height.
///
/// A width is 16 to 1000, a height 16 to 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Size {
    /// As the text needs.
    Auto,
    /// This, or larger where the text would have to shrink by more than a fifth.
    AtLeast(u32, u32),
    /// This; text that is too large for it shrinks.
    Fixed(u32, u32),
}

/// How pictures look: a preset, and what is to be different from it.
///
/// Lengths are in pixels at [`Scale::One`](super::Scale::One) or in ems, the em being the font size.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct StyleOptions {
    /// What to start from.
    pub preset: Preset,
    /// How large the picture is.
    pub size: Option<Size>,
    /// The font size in pixels, 8 to 120.
    pub font_size: Option<f32>,
    /// How far each letter may turn clockwise, in degrees: from, to, within -180 to 180.
    pub rotation: Option<(f32, f32)>,
    /// How large each letter may be, as a part of the font size: from, to, within 0.5 to 1.5.
    pub letter_scale: Option<(f32, f32)>,
    /// How far each letter may lean either way, as the tangent of its angle: 0 to 0.5.
    pub shear: Option<f32>,
    /// How far each letter may be moved up or down, in ems: 0 to 0.4.
    pub offset: Option<f32>,
    /// How far each letter may stay from the one before, in ems: from, to, within -0.15 (overlapping) to 1.
    pub gap: Option<(f32, f32)>,
    /// How much the whole line is bent: 0 (not at all) to 1.
    pub warp: Option<f32>,
    /// The ink of letters and noise.
    pub foreground: Option<Colour>,
    /// Inks to choose from for each letter, at most 64, in place of the foreground; noise takes those of the letters.
    pub letter_colours: Option<Vec<Colour>>,
    /// What is behind the letters.
    pub background: Option<Background>,
    /// What is drawn over the letters, at most 8 entries.
    pub noise: Option<Vec<Noise>>,
    /// Whether the finished drawing is a little blurred.
    pub smoothing: Option<bool>,
}

impl StyleOptions {
    /// The style of these options, drawn with these fonts.
    ///
    /// It may have letters that nobody can tell from the background: see [`Style::legible`].
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Option`] for the first option that is out of its bounds.
    pub fn resolve(&self, fonts: Fonts) -> Result<Style, ChallengeError> {
        let base = Style::preset(self.preset, fonts);
        let inks = match (&self.letter_colours, self.foreground) {
            (Some(colours), _) if !colours.is_empty() => colours.clone(),
            (_, Some(foreground)) => vec![foreground],
            (Some(_), None) => base.inks.colours.into_iter().take(1).collect(),
            (None, None) => base.inks.colours,
        };
        let style = Style {
            size: self.size.unwrap_or(base.size),
            font_size: self.font_size.unwrap_or(base.font_size),
            rotation: self.rotation.unwrap_or(base.rotation),
            letter_scale: self.letter_scale.unwrap_or(base.letter_scale),
            shear: self.shear.unwrap_or(base.shear),
            offset: self.offset.unwrap_or(base.offset),
            gap: self.gap.unwrap_or(base.gap),
            warp: self.warp.unwrap_or(base.warp),
            inks: Inks {
                colours: inks,
                order: Order::Any,
            },
            background: self.background.unwrap_or(base.background),
            noise: self.noise.clone().unwrap_or(base.noise),
            smoothing: self.smoothing.unwrap_or(base.smoothing),
            fonts: base.fonts,
        };
        style.check()?;
        Ok(style)
    }
}

/// The inks of the letters; there is at least one.
#[derive(Debug, Clone)]
pub(super) struct Inks {
    pub(super) colours: Vec<Colour>,
    pub(super) order: Order,
}

impl Inks {
    /// The ink of the letter at this place of the text, as its number in `colours`.
    pub(super) fn choose(&self, place: usize, dice: &mut Dice) -> usize {
        match self.order {
            Order::Any => dice.below(self.colours.len()),
            Order::InTurn => place % self.colours.len().max(1),
        }
    }
}

/// Which letter takes which ink.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// Any, by the seed.
    Any,
    /// The first letter the first, and so on; after the last ink the first again.
    InTurn,
}

/// How pictures look, checked.
#[derive(Debug, Clone)]
pub struct Style {
    pub(super) size: Size,
    pub(super) font_size: f32,
    pub(super) rotation: (f32, f32),
    pub(super) letter_scale: (f32, f32),
    pub(super) shear: f32,
    pub(super) offset: f32,
    pub(super) gap: (f32, f32),
    pub(super) warp: f32,
    pub(super) inks: Inks,
    pub(super) background: Background,
    pub(super) noise: Vec<Noise>,
    pub(super) smoothing: bool,
    pub(super) fonts: Fonts,
}

impl Style {
    pub(super) const WIDTHS: RangeInclusive<u32> = 16..=1000;
    pub(super) const HEIGHTS: RangeInclusive<u32> = 16..=400;
    const MAX_INKS: usize = 64;
    const MAX_NOISE: usize = 8;

    /// [`Preset::Hard`] with its own fonts.
    pub fn hard() -> Self {
        Self::preset(Preset::Hard, Preset::Hard.fonts())
    }

    /// [`Preset::Classic`] with its own font.
    pub fn classic() -> Self {
        Self::preset(Preset::Classic, Preset::Classic.fonts())
    }

    /// What the letters are drawn with.
    pub fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// The first character of the text that none of the style's fonts can draw.
    pub fn missing(&self, text: &str) -> Option<char> {
        self.fonts.missing(text)
    }

    /// The style with an ink for each letter: the first letter takes the first, and after the last comes the first again.
    ///
    /// Characters are counted as the prompt has them, spaces too. Of more than 64 colours the first 64 are used; with none
    /// the style stays as it is.
    #[must_use]
    pub fn coloured(mut self, colours: &[Colour]) -> Self {
        if !colours.is_empty() {
            self.inks = Inks {
                colours: colours.iter().copied().take(Self::MAX_INKS).collect(),
                order: Order::InTurn,
            };
        }
        self
    }

    /// The style without the noise that is not `wanted`.
    #[must_use]
    pub fn with_noise(mut self, wanted: impl Fn(Noise) -> bool) -> Self {
        self.noise.retain(|&noise| wanted(noise));
        self
    }

    /// The style, unless nobody could tell a letter from the background, which in a configuration is a mistake.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Option`] if an ink has a contrast below 1.5 to the background.
    pub fn legible(self) -> Result<Self, ChallengeError> {
        const LEAST_CONTRAST: f32 = 1.5;
        let inks = &self.inks.colours;
        if let Background::Colour(background) = self.background
            && inks
                .iter()
                .any(|ink| ink.contrast(background) < LEAST_CONTRAST)
        {
            let field = if inks.len() == 1 {
                "foreground"
            } else {
                "letter_colours"
            };
            let allowed = format!(
                "of a contrast of at least {LEAST_CONTRAST} to the background, {background}"
            );
            return Err(ChallengeError::option(field, allowed));
        }
        Ok(self)
    }

    fn preset(preset: Preset, fonts: Fonts) -> Self {
        match preset {
            Preset::Classic => Self {
                size: Size::Auto,
                font_size: 22.0,
                rotation: (-35.0, 35.0),
                letter_scale: (1.0, 1.0),
                shear: 0.0,
                offset: 0.05,
                gap: (0.09, 0.09),
                warp: 0.0,
                inks: Inks {
                    colours: vec![Colour::rgb(0x00_11_00)],
                    order: Order::Any,
                },
                background: Background::Colour(Colour::WHITE),
                noise: vec![
                    Noise::Arcs { count: 1 },
                    Noise::Lines { count: 2 },
                    Noise::Specks { percent: 10.0 },
                ],
                smoothing: true,
                fonts,
            },
            Preset::Hard => Self {
                size: Size::AtLeast(200, 70),
                font_size: 54.0,
                rotation: (-20.0, 20.0),
                letter_scale: (0.86, 1.1),
                shear: 0.12,
                offset: 0.08,
                gap: (-0.045, 0.045),
                warp: 0.7,
                inks: Inks {
                    colours: vec![
                        Colour::rgb(0x1b_3a_6b),
                        Colour::rgb(0x5c_1f_56),
                        Colour::rgb(0x0f_4d_46),
                    ],
                    order: Order::Any,
                },
                background: Background::Colour(Colour::rgb(0xf7_f6_f2)),
                noise: vec![Noise::Strokes { count: 2 }, Noise::Dots { density: 2.0 }],
                smoothing: false,
                fonts,
            },
        }
    }

    fn check(&self) -> Result<(), ChallengeError> {
        if let Size::AtLeast(width, height) | Size::Fixed(width, height) = self.size
            && !(Self::WIDTHS.contains(&width) && Self::HEIGHTS.contains(&height))
        {
            let allowed = "a width of 16 to 1000 and a height of 16 to 400 pixels, or automatic";
            return Err(ChallengeError::option("size", allowed));
        }
        within("font_size", self.font_size, 8.0..=120.0)?;
        ordered_within("rotation", self.rotation, -180.0..=180.0)?;
        ordered_within("letter_scale", self.letter_scale, 0.5..=1.5)?;
        within("shear", self.shear, 0.0..=0.5)?;
        within("offset", self.offset, 0.0..=0.4)?;
        ordered_within("gap", self.gap, -0.15..=1.0)?;
        within("warp", self.warp, 0.0..=1.0)?;
        if self.inks.colours.len() > Self::MAX_INKS {
            return Err(ChallengeError::option(
                "letter_colours",
                format!("a list of at most {}", Self::MAX_INKS),
            ));
        }
        if self.noise.len() > Self::MAX_NOISE {
            return Err(ChallengeError::option(
                "noise",
                format!("a list of at most {}", Self::MAX_NOISE),
            ));
        }
        self.noise.iter().copied().try_for_each(Noise::check)
    }
}

/// Refuses a number outside the range, and what is not a number.
pub(super) fn within(
    field: &'static str,
    value: f32,
    range: RangeInclusive<f32>,
) -> Result<(), ChallengeError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(ChallengeError::option(
        field,
        format!("{} to {}", range.start(), range.end()),
    ))
}

fn ordered_within(
    field: &'static str,
    (from, to): (f32, f32),
    range: RangeInclusive<f32>,
) -> Result<(), ChallengeError> {
    if range.contains(&from) && range.contains(&to) && from <= to {
        return Ok(());
    }
    let allowed = format!(
        "two numbers, the smaller first, within {} to {}",
        range.start(),
        range.end()
    );
    Err(ChallengeError::option(field, allowed))
}
