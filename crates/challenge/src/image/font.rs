use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, RwLock};

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::DrawSettings;
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::outline::{Flattener, Outline};
use crate::ChallengeError;

/// A TrueType or OpenType font, whose outlines are flattened when they are first drawn and then kept.
pub struct Font {
    data: Cow<'static, [u8]>,
    units_per_em: f32,
    glyphs: RwLock<HashMap<char, Glyph>>,
}

/// How a font draws a character.
#[derive(Clone)]
pub(super) struct Glyph {
    /// None for a space.
    pub(super) outline: Option<Arc<Outline>>,
    /// How far the pen moves, in ems.
    pub(super) advance: f32,
}

impl Font {
    /// Reads a font file: TrueType (`.ttf`) or OpenType with TrueType or PostScript outlines (`.ttf`, `.otf`).
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Font`] if the bytes are not such a font, or one that maps no character to an outline.
    pub fn parse(data: impl Into<Cow<'static, [u8]>>) -> Result<Self, ChallengeError> {
        let data = data.into();
        let broken = |reason: &str| ChallengeError::Font {
            reason: reason.to_owned(),
        };
        let font = FontRef::new(&data).map_err(|error| broken(&error.to_string()))?;
        let units_per_em = f32::from(
            font.metrics(Size::unscaled(), LocationRef::default())
                .units_per_em,
        );
        if !(16.0..=16_384.0).contains(&units_per_em) {
            return Err(broken("its units to the em are not 16 to 16384"));
        }
        if !font.charmap().has_map() {
            return Err(broken("it maps no characters"));
        }
        if font.outline_glyphs().format().is_none() {
            return Err(broken("it has no outlines"));
        }
        Ok(Self {
            data,
            units_per_em,
            glyphs: RwLock::default(),
        })
    }

    /// Whether the font draws the character; for a space, whether it says how wide it is.
    pub fn covers(&self, character: char) -> bool {
        self.glyph(character)
            .is_some_and(|glyph| glyph.outline.is_some() || character.is_whitespace())
    }

    /// How the font draws the character, or none if it does not have it.
    fn glyph(&self, character: char) -> Option<Glyph> {
        // Why never to wait: in a process that was forked while another thread had the lock, nobody would ever give it back.
        let kept = self
            .glyphs
            .try_read()
            .ok()
            .and_then(|glyphs| glyphs.get(&character).cloned());
        if kept.is_some() {
            return kept;
        }
        let font = FontRef::new(&self.data).ok()?;
        let glyph = self.flatten(&font, font.charmap().map(character)?);
        if let Ok(mut glyphs) = self.glyphs.try_write() {
            glyphs.insert(character, glyph.clone());
        }
        Some(glyph)
    }

    /// The box that the font draws for what it does not have.
    fn notdef(&self) -> Option<Glyph> {
        FontRef::new(&self.data)
            .ok()
            .map(|font| self.flatten(&font, GlyphId::NOTDEF))
    }

    fn flatten(&self, font: &FontRef<'_>, id: GlyphId) -> Glyph {
        let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
        let mut flattener = Flattener::new(self.units_per_em);
        let drawn = font
            .outline_glyphs()
            .get(id)
            .and_then(|glyph| glyph.draw(settings, &mut flattener).ok());
        let advance = font
            .glyph_metrics(Size::unscaled(), LocationRef::default())
            .advance_width(id);
        Glyph {
            outline: drawn.and_then(|_| flattener.finish()).map(Arc::new),
            advance: advance.map_or(0.5, |advance| (advance / self.units_per_em).clamp(0.0, 4.0)),
        }
    }
}

impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Font")
            .field("bytes", &self.data.len())
            .finish_non_exhaustive()
    }
}

/// The fonts that a style draws with, each letter in one of them by the seed. A clone shares them.
#[derive(Debug, Clone)]
pub struct Fonts(Arc<[Font]>);

impl Fonts {
    /// The most fonts that a list has.
    pub const MAX: usize = 32;

    /// A list of 1 to [`Fonts::MAX`] fonts.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::FontCount`] for a list that is empty or too long.
    pub fn new(fonts: Vec<Font>) -> Result<Self, ChallengeError> {
        if (1..=Self::MAX).contains(&fonts.len()) {
            Ok(Self(fonts.into()))
        } else {
            Err(ChallengeError::FontCount)
        }
    }

    /// Four fonts of different build that come with the crate, in the program's own read-only memory: a heavy sans
    /// serif, a narrow bold serif italic, a slanted typewriter face and a bold serif.
    ///
    /// They are `DejaVu` 2.37 as the crate `dejavu` publishes them, under the Bitstream Vera and Arev licences: free to
    /// use, embed and pass on, as long as they are not sold by themselves. Together they take 1.7 MB.
    pub fn embedded() -> Self {
        static EMBEDDED: LazyLock<Fonts> = LazyLock::new(|| {
            Fonts::of(&[
                dejavu::sans::bold(),
                dejavu::serif_condensed::bold_italic(),
                dejavu::sans_mono::bold_oblique(),
                dejavu::serif::bold(),
            ])
        });
        EMBEDDED.clone()
    }

    /// One plain sans serif that comes with the crate as well, `DejaVu` Sans of 0.8 MB: its ancestor, Bitstream Vera, is
    /// what django-simple-captcha draws with.
    pub fn plain() -> Self {
        static PLAIN: LazyLock<Fonts> = LazyLock::new(|| Fonts::of(&[dejavu::sans::regular()]));
        PLAIN.clone()
    }

    /// Fonts that are known to be fonts.
    fn of(files: &[&'static [u8]]) -> Self {
        Self(
            files
                .iter()
                .filter_map(|&file| Font::parse(file).ok())
                .collect(),
        )
    }

    /// The first character of the text that none of the fonts can draw.
    pub fn missing(&self, text: &str) -> Option<char> {
        text.chars()
            .find(|&character| !self.0.iter().any(|font| font.covers(character)))
    }

    /// The character in one of the fonts that have it, as `choose` picks from their number; else a font's box for it.
    pub(super) fn glyph(
        &self,
        character: char,
        choose: impl FnOnce(usize) -> usize,
    ) -> Option<Glyph> {
        let having = || self.0.iter().filter(|font| font.covers(character));
        let chosen = having().nth(choose(having().count()));
        chosen
            .and_then(|font| font.glyph(character))
            .or_else(|| self.0.first().and_then(Font::notdef))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_font_draws_what_is_asked_by_default() {
        let Fonts(fonts) = Fonts::embedded();
        assert_eq!(fonts.len(), 4);
        for font in &*fonts {
            let asked = ('0'..='9')
                .chain('A'..='Z')
                .chain('a'..='z')
                .chain("+−×= БГДЖИЛПФЦЧШЭЮЯ".chars());
            assert_eq!(
                asked.into_iter().find(|&character| !font.covers(character)),
                None,
                "{font:?}"
            );
        }
    }

    #[test]
    fn outer_contours_turn_the_same_way_in_fonts_of_both_kinds() {
        let area = |font: &Font, character| {
            let outline = font
                .glyph(character)
                .and_then(|glyph| glyph.outline)
                .unwrap();
            let polygons = super::super::outline::contours(&outline.ends)
                .map(|contour| &outline.points[contour]);
            polygons
                .flat_map(super::super::outline::edges)
                .map(|(p, q)| p.x * q.y - q.x * p.y)
                .sum::<f32>()
        };
        let postscript = Font::parse(font_test_data::NOTO_SANS_JP_CFF).unwrap();
        let covered = ('!'..='\u{ffff}')
            .find(|&character| postscript.covers(character))
            .unwrap();
        assert!(area(&postscript, covered) > 0.0);
        assert!(area(&Font::parse(dejavu::sans::bold()).unwrap(), 'O') > 0.0);
    }
}
