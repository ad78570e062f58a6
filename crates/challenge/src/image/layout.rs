use super::canvas::Canvas;
use super::dice::Dice;
use super::outline::{Bounds, Outline, Point, contours, edges};
use super::style::Size;
use super::warp::{Warp, cos_turns, sin_turns};
use super::{Colour, Scale, Seed, Style};
use crate::Prompt;

/// A line of letters, each turned, leaned, scaled, moved and inked by itself, then bent as a whole.
///
/// It is [composed](Line::compose): set in pixels around an arbitrary origin, then fitted into a frame.
#[derive(Default)]
pub(super) struct Line {
    letters: Vec<Letter>,
    points: Vec<Point>,
    ends: Vec<u32>,
    inks: Vec<Colour>,
    skyline: Skyline,
}

/// Where a letter's contours end in the line's `ends`, its ink among the line's, and its place in the text.
#[derive(Clone, Copy)]
struct Letter {
    end: usize,
    ink: usize,
    place: usize,
}

/// The picture's size, and the text's place in it, in pixels at scale one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) text: Bounds,
    /// The font size that the letters have in the end.
    pub(super) em: f32,
}

impl Frame {
    /// How many pixels a picture of this frame has.
    pub(super) fn pixels(&self, scale: Scale) -> usize {
        let factor = scale.factor();
        (self.width * factor * self.height * factor) as usize
    }
}

impl Line {
    /// Sets the prompt, fitted into the frame that is returned.
    pub(super) fn compose(&mut self, prompt: &Prompt, style: &Style, seed: &Seed) -> Frame {
        let mut dice = Dice::for_letters(seed);
        self.set(prompt.as_str(), style, &mut dice);
        self.fit(style, &mut dice)
    }

    fn set(&mut self, text: &str, style: &Style, dice: &mut Dice) {
        self.letters.clear();
        self.points.clear();
        self.ends.clear();
        self.skyline.clear(style.font_size);
        let warp = Warp::throw(dice, style.font_size, style.warp);
        if is_right_to_left(text) {
            let last = text.chars().count().saturating_sub(1);
            let text = text.chars().rev().enumerate();
            self.set_letters(text.map(|(n, c)| (last - n, c)), style, dice);
        } else {
            self.set_letters(text.chars().enumerate(), style, dice);
        }
        self.gather_inks(&style.inks.colours);
        for point in &mut self.points {
            *point = warp.bend(*point);
        }
    }

    /// The letters' inks so far are those of the style; from here on they are those of the line, which has no other.
    fn gather_inks(&mut self, colours: &[Colour]) {
        self.inks.clear();
        for (number, &colour) in colours.iter().enumerate() {
            let mut letters = self.letters.iter().map(|letter| letter.ink);
            if letters.any(|ink| ink == number) && !self.inks.contains(&colour) {
                self.inks.push(colour);
            }
        }
        for letter in &mut self.letters {
            let colour = colours[letter.ink];
            letter.ink = self.inks.iter().position(|&ink| ink == colour).unwrap_or(0);
        }
        // Why: noise needs an ink where there is no letter.
        if self.inks.is_empty() {
            self.inks.extend(colours.first());
        }
    }

    fn set_letters(
        &mut self,
        text: impl Iterator<Item = (usize, char)>,
        style: &Style,
        dice: &mut Dice,
    ) {
        for (place, character) in text {
            let Some(glyph) = style.fonts.glyph(character, |fonts| dice.below(fonts)) else {
                continue;
            };
            match glyph.outline {
                Some(outline) => self.set_letter(place, character, &outline, style, dice),
                None => self.skyline.skip(glyph.advance * style.font_size),
            }
        }
    }

    fn set_letter(
        &mut self,
        place: usize,
        character: char,
        outline: &Outline,
        style: &Style,
        dice: &mut Dice,
    ) {
        let begin = self.points.len();
        let pose = Pose::throw(dice, style, swing(character), outline.bounds.centre());
        self.points
            .extend(outline.points.iter().map(|&point| pose.place(point)));
        self.ends
            .extend(outline.ends.iter().map(|&end| begin as u32 + end));
        self.letters.push(Letter {
            end: self.ends.len(),
            ink: style.inks.choose(place, dice),
            place,
        });

        let gap = style.font_size * dice.between(style.gap.0, style.gap.1);
        let moved = self.skyline.add(&self.points[begin..], gap);
        for point in &mut self.points[begin..] {
            point.x += moved;
        }
    }

    /// Chooses the picture's size, and shrinks and moves the letters so that all of them are inside.
    fn fit(&mut self, style: &Style, dice: &mut Dice) -> Frame {
        let bounds = match Bounds::of(&self.points) {
            Bounds::EMPTY => Bounds {
                left: 0.0,
                top: 0.0,
                right: style.font_size,
                bottom: style.font_size,
            },
            bounds => bounds,
        };
        let margin = (style.font_size * 0.1).max(2.0);
        let (width, height) = size(style, &bounds, margin);
        let margin = margin.min(0.1 * width.min(height) as f32);
        let room = (width as f32 - 2.0 * margin, height as f32 - 2.0 * margin);
        let shrink = (room.0 / bounds.width())
            .min(room.1 / bounds.height())
            .min(1.0);
        let slack = (
            room.0 - shrink * bounds.width(),
            room.1 - shrink * bounds.height(),
        );
        let (from, to) = (
            bounds.centre(),
            Point {
                x: 0.5 * width as f32 + dice.around_zero(0.4 * slack.0),
                y: 0.5 * height as f32 + dice.around_zero(0.4 * slack.1),
            },
        );
        for point in &mut self.points {
            point.x = to.x + (point.x - from.x) * shrink;
            point.y = to.y + (point.y - from.y) * shrink;
        }
        Frame {
            width,
            height,
            text: Bounds::of(&self.points),
            em: shrink * style.font_size,
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let mut contours = contours(&self.ends);
        let mut drawn = 0;
        for letter in &self.letters {
            for contour in contours.by_ref().take(letter.end - drawn) {
                canvas.polygon(letter.ink, &self.points[contour]);
            }
            drawn = letter.end;
        }
    }

    /// The colours that are used, each once; at least one.
    pub(super) fn inks(&self) -> &[Colour] {
        &self.inks
    }

    /// The inks of the letters, one for each.
    pub(super) fn letter_inks(&self) -> impl Iterator<Item = usize> {
        self.letters.iter().map(|letter| letter.ink)
    }

    /// The letters as lines of one each, in the order that they are read in, where they stand in this line.
    pub(super) fn letters(&self) -> Vec<Self> {
        let mut begin = 0;
        let mut letters: Vec<_> = self
            .letters
            .iter()
            .map(|&letter| {
                (
                    letter.place,
                    self.alone(std::mem::replace(&mut begin, letter.end), letter),
                )
            })
            .collect();
        letters.sort_by_key(|&(place, _)| place);
        letters.into_iter().map(|(_, line)| line).collect()
    }

    /// The letter whose contours begin at `begin`.
    fn alone(&self, begin: usize, letter: Letter) -> Self {
        let contours: Vec<_> = contours(&self.ends).take(letter.end).skip(begin).collect();
        let first = contours.first().map_or(0, |contour| contour.start);
        let end = contours.last().map_or(0, |contour| contour.end);
        Self {
            letters: vec![Letter {
                end: contours.len(),
                ink: 0,
                place: letter.place,
            }],
            points: self.points[first..end].to_vec(),
            ends: contours
                .iter()
                .map(|contour| (contour.end - first) as u32)
                .collect(),
            inks: vec![self.inks[letter.ink]],
            skyline: Skyline::default(),
        }
    }
}

/// The picture's size for text of these bounds.
fn size(style: &Style, text: &Bounds, margin: f32) -> (u32, u32) {
    const LEAST_BEFORE_GROWING: f32 = 0.8;
    const LINE_HEIGHT: f32 = 1.7;
    let around = |width: f32, height: f32| {
        (
            ((width + 2.0 * margin).ceil() as u32)
                .clamp(*Style::WIDTHS.start(), *Style::WIDTHS.end()),
            ((height + 2.0 * margin).ceil() as u32)
                .clamp(*Style::HEIGHTS.start(), *Style::HEIGHTS.end()),
        )
    };
    match style.size {
        Size::Fixed(width, height) => (width, height),
        Size::AtLeast(width, height) => {
            let needed = around(
                LEAST_BEFORE_GROWING * text.width(),
                LEAST_BEFORE_GROWING * text.height(),
            );
            (width.max(needed.0), height.max(needed.1))
        }
        Size::Auto => around(
            text.width(),
            text.height()
                .max(LINE_HEIGHT * style.font_size - 2.0 * margin),
        ),
    }
}

/// How one letter stands: a linear map about its centre, which takes ems to pixels.
struct Pose {
    centre: Point,
    to: Point,
    x: Point,
    y: Point,
}

impl Pose {
    fn throw(dice: &mut Dice, style: &Style, swing: f32, centre: Point) -> Self {
        let turn = swing * dice.between(style.rotation.0, style.rotation.1) / 360.0;
        let (sin, cos) = (sin_turns(turn), cos_turns(turn));
        let size = style.font_size * dice.between(style.letter_scale.0, style.letter_scale.1);
        let lean = swing * dice.around_zero(style.shear);
        let drop = style.font_size * dice.around_zero(style.offset);
        Self {
            centre,
            to: Point {
                x: 0.0,
                y: centre.y * style.font_size + drop,
            },
            x: Point {
                x: size * cos,
                y: size * sin,
            },
            y: Point {
                x: size * (lean * cos - sin),
                y: size * (lean * sin + cos),
            },
        }
    }

    fn place(&self, p: Point) -> Point {
        let (x, y) = (p.x - self.centre.x, p.y - self.centre.y);
        Point {
            x: self.to.x + x * self.x.x + y * self.y.x,
            y: self.to.y + x * self.x.y + y * self.y.y,
        }
    }
}

/// How far to the right the letters so far reach, in horizontal bands, so that the next one can be set as close to
/// their shape as it should be, rather than to their box.
#[derive(Default)]
struct Skyline {
    bands: [f32; Self::BANDS],
    band_height: f32,
    right: f32,
    middle: f32,
    skipped: f32,
}

impl Skyline {
    const BANDS: usize = 32;

    fn clear(&mut self, em: f32) {
        *self = Self {
            bands: [f32::NEG_INFINITY; Self::BANDS],
            band_height: em / 16.0,
            right: 0.0,
            middle: f32::NEG_INFINITY,
            skipped: 0.0,
        };
    }

    /// Leaves room, as for a space.
    fn skip(&mut self, distance: f32) {
        self.skipped += distance;
    }

    /// Sets a letter `gap` to the right of what there is, and says by how much it has to be moved for that.
    fn add(&mut self, points: &[Point], gap: f32) -> f32 {
        let (mut lefts, mut rights) = (
            [f32::INFINITY; Self::BANDS],
            [f32::NEG_INFINITY; Self::BANDS],
        );
        for (p, q) in edges(points) {
            let (a, b) = (self.band(p.y), self.band(q.y));
            for band in a.min(b)..=a.max(b) {
                lefts[band] = lefts[band].min(p.x.min(q.x));
                rights[band] = rights[band].max(p.x.max(q.x));
            }
        }
        let bounds = Bounds::of(points);
        let touching = self
            .bands
            .iter()
            .zip(&lefts)
            .map(|(right, left)| right - left)
            .fold(f32::NEG_INFINITY, f32::max);
        let touching = if touching.is_finite() {
            touching
        } else {
            self.right - bounds.left
        };
        // Why: letters such as L and T would slide into each other until nobody knows which comes first.
        let least = self.middle + 0.55 * (self.right - self.middle) + 0.55 * 0.5 * bounds.width();
        let moved = (touching + gap).max(least) + self.skipped;
        for (band, right) in self.bands.iter_mut().zip(rights) {
            *band = band.max(right + moved);
        }
        self.middle = bounds.centre().x + moved;
        self.right = bounds.right + moved;
        self.skipped = 0.0;
        moved
    }

    fn band(&self, y: f32) -> usize {
        // Why 20: letters stand on y = 0 and reach higher above it than below.
        (y / self.band_height + 20.0).clamp(0.0, Self::BANDS as f32 - 1.0) as usize
    }
}

/// How much of its turn and lean a character takes. A sign takes less than a letter: a times sign that turns by 45
/// degrees is a plus sign.
fn swing(character: char) -> f32 {
    if character.is_alphanumeric() {
        1.0
    } else {
        0.35
    }
}

/// Whether the text is of a script that is written from right to left, so that its first letter stands rightmost.
fn is_right_to_left(text: &str) -> bool {
    let right_to_left = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    text.chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(right_to_left)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Fonts, StyleOptions};
    use super::*;

    fn set(text: &str, style: &Style, seed: u64) -> (Vec<Bounds>, Frame) {
        let mut dice = Dice::for_letters(&Seed::from_bytes(u128::from(seed).to_le_bytes()));
        let mut line = Line::default();
        line.set(text, style, &mut dice);
        let frame = line.fit(style, &mut dice);
        let contours: Vec<_> = contours(&line.ends).collect();
        let mut begin = 0;
        let letters = line.letters.iter().map(|letter| {
            let points = contours[begin].start..contours[letter.end - 1].end;
            begin = letter.end;
            Bounds::of(&line.points[points])
        });
        (letters.collect(), frame)
    }

    proptest! {
        #[test]
        fn letters_stand_side_by_side_in_order_inside_the_frame(seed: u64, text in "[A-Z0-9a-z]{1,12}") {
            let (letters, frame) = set(&text, &Style::hard(), seed);
            prop_assert_eq!(letters.len(), text.len());
            for letter in &letters {
                prop_assert!(letter.left > 1.0 && letter.top > 1.0);
                prop_assert!(letter.right < frame.width as f32 - 1.0 && letter.bottom < frame.height as f32 - 1.0);
            }
            for pair in letters.windows(2) {
                let overlap = pair[0].right - pair[1].left;
                prop_assert!(pair[0].centre().x < pair[1].centre().x);
                prop_assert!(overlap < 0.75 * pair[0].width().max(pair[1].width()), "{pair:?}");
            }
        }

        #[test]
        fn six_letters_are_nearly_as_large_as_the_style_says(seed: u64) {
            let (_, frame) = set("AKR9XE", &Style::hard(), seed);
            prop_assert!(frame.em > 0.7 * Style::hard().font_size, "{frame:?}");
            prop_assert!(frame.width < 260 && frame.height < 90, "{frame:?}");
        }

        #[test]
        fn what_cannot_grow_shrinks(seed: u64, width in 16_u32..200, height in 16_u32..80) {
            let size = Some(Size::Fixed(width, height));
            let style = StyleOptions { size, font_size: Some(120.0), ..StyleOptions::default() };
            let (letters, frame) = set("MWMWMW", &style.resolve(Fonts::embedded()).unwrap(), seed);
            prop_assert_eq!((frame.width, frame.height), (width, height));
            for letter in letters {
                prop_assert!(letter.left > 0.0 && letter.right < width as f32);
                prop_assert!(letter.top > 0.0 && letter.bottom < height as f32);
            }
        }
    }

    #[test]
    fn a_space_parts_words() {
        let style = StyleOptions {
            gap: Some((0.0, 0.0)),
            ..StyleOptions::default()
        };
        let style = style.resolve(Fonts::embedded()).unwrap();
        let gap = |text| {
            let (letters, frame) = set(text, &style, 3);
            (letters[1].left - letters[0].right) / frame.em
        };
        assert!(gap("H H") > gap("HH") + 0.2);
    }

    #[test]
    fn scripts_that_are_read_from_the_right_are_set_from_the_right() {
        assert!(is_right_to_left("שלום"));
        assert!(is_right_to_left("12 سلام"));
        assert!(!is_right_to_left("Straße 12"));
        assert!(!is_right_to_left("12 − 5 ="));
    }

    #[test]
    fn a_times_sign_never_turns_into_a_plus_sign() {
        assert!(swing('×') * Style::hard().rotation.1 < 10.0);
    }
}
