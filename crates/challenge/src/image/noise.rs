use super::Style;
use super::canvas::Canvas;
use super::dice::Dice;
use super::layout::{Frame, Line};
use super::outline::Point;
use super::style::within;
use super::warp::{cos_turns, sin_turns};
use crate::ChallengeError;

/// Something drawn over the letters, in their inks.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)
)]
pub enum Noise {
    /// Thin parts of large ellipses.
    Arcs {
        /// How many, at most 16.
        count: u8,
    },
    /// Thin straight lines from side to side.
    Lines {
        /// How many, at most 16.
        count: u8,
    },
    /// Curved strokes through the letters, of varying width, about half as thick as a stem.
    Strokes {
        /// How many, at most 16.
        count: u8,
    },
    /// Round dots of different sizes.
    Dots {
        /// How many on 1,000 square pixels, 0 to 20.
        density: f32,
    },
    /// Single pixels.
    Specks {
        /// What part of the pixels, 0 to 30 percent.
        percent: f32,
    },
}

impl Noise {
    /// Whether it is drawn from one place to another (arcs, lines, strokes), rather than in spots (dots, specks).
    pub fn is_drawn_along(self) -> bool {
        matches!(
            self,
            Self::Arcs { .. } | Self::Lines { .. } | Self::Strokes { .. }
        )
    }

    pub(super) fn check(self) -> Result<(), ChallengeError> {
        match self {
            Self::Arcs { count } | Self::Lines { count } | Self::Strokes { count } => {
                within("noise.count", f32::from(count), 0.0..=16.0)
            }
            Self::Dots { density } => within("noise.density", density, 0.0..=20.0),
            Self::Specks { percent } => within("noise.percent", percent, 0.0..=30.0),
        }
    }
}

pub(super) fn draw(
    style: &Style,
    line: &Line,
    frame: &Frame,
    dice: &mut Dice,
    canvas: &mut Canvas,
) {
    let inks: Vec<usize> = line.letter_inks().collect();
    let mut pen = Pen {
        inks: &inks,
        em: frame.em,
        frame,
        dice,
        canvas,
    };
    for noise in &style.noise {
        match *noise {
            Noise::Arcs { count } => (0..count).for_each(|_| pen.arc()),
            Noise::Lines { count } => (0..count).for_each(|_| pen.line()),
            Noise::Strokes { count } => (0..count).for_each(|_| pen.stroke()),
            Noise::Dots { density } => (0..pen.share(density / 1000.0)).for_each(|_| pen.dot()),
            Noise::Specks { percent } => (0..pen.share(percent / 100.0)).for_each(|_| pen.speck()),
        }
    }
}

/// The corners of a regular octagon around the origin, 1 away from it.
const OCTAGON: [(f32, f32); 8] = {
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    [
        (1.0, 0.0),
        (HALF, HALF),
        (0.0, 1.0),
        (-HALF, HALF),
        (-1.0, 0.0),
        (-HALF, -HALF),
        (0.0, -1.0),
        (HALF, -HALF),
    ]
};

/// Draws one thing after the other.
struct Pen<'a> {
    inks: &'a [usize],
    em: f32,
    frame: &'a Frame,
    dice: &'a mut Dice,
    canvas: &'a mut Canvas,
}

impl Pen<'_> {
    fn share(&self, of_pixels: f32) -> u32 {
        ((self.frame.width * self.frame.height) as f32 * of_pixels).round() as u32
    }

    fn ink(&mut self) -> usize {
        self.inks
            .get(self.dice.below(self.inks.len()))
            .copied()
            .unwrap_or(0)
    }

    fn arc(&mut self) {
        let (w, h) = (self.frame.width as f32, self.frame.height as f32);
        let centre = Point {
            x: w * self.dice.between(0.2, 0.8),
            y: h * self.dice.between(-0.1, 1.1),
        };
        let (rx, ry) = (
            w * self.dice.between(0.35, 0.7),
            h * self.dice.between(0.25, 0.6),
        );
        let (from, turn) = (self.dice.unit(), self.dice.between(0.6, 0.85));
        self.ribbon(
            |t| {
                let angle = from + turn * t;
                Point {
                    x: centre.x + rx * cos_turns(angle),
                    y: centre.y + ry * sin_turns(angle),
                }
            },
            |_| 0.5,
        );
    }

    fn line(&mut self) {
        let (w, h) = (self.frame.width as f32, self.frame.height as f32);
        let (from, to) = (h * self.dice.unit(), h * self.dice.unit());
        self.ribbon(
            |t| Point {
                x: w * (1.2 * t - 0.1),
                y: from + (to - from) * t,
            },
            |_| 0.5,
        );
    }

    fn stroke(&mut self) {
        let text = self.frame.text;
        let (w, h) = (text.width(), text.height());
        let middle = text.top + h * self.dice.between(0.38, 0.62);
        let (rise, swing) = (
            h * self.dice.around_zero(0.25),
            h * self.dice.between(0.12, 0.30),
        );
        let (phase, waves) = (self.dice.unit(), self.dice.between(0.7, 1.7));
        let from = text.left + w * self.dice.between(-0.05, 0.2);
        let to = text.right - w * self.dice.between(-0.05, 0.2);
        let (thin, thick) = (
            self.em * self.dice.between(0.010, 0.015),
            self.em * self.dice.between(0.018, 0.027),
        );
        let (swell, swells) = (self.dice.unit(), self.dice.between(0.6, 1.6));
        self.ribbon(
            |t| Point {
                x: from + (to - from) * t,
                y: middle + rise * (t - 0.5) + swing * sin_turns(phase + waves * t),
            },
            |t| thin + (thick - thin) * (0.5 + 0.5 * sin_turns(swell + swells * t)),
        );
    }

    fn dot(&mut self) {
        let (w, h) = (self.frame.width as f32, self.frame.height as f32);
        let centre = Point {
            x: w * self.dice.unit(),
            y: h * self.dice.unit(),
        };
        let radius = self.em * self.dice.between(0.012, 0.034);
        let corners = OCTAGON.map(|(x, y)| Point {
            x: centre.x + radius * x,
            y: centre.y + radius * y,
        });
        let ink = self.ink();
        self.canvas.polygon(ink, &corners);
    }

    fn speck(&mut self) {
        let (x, y) = (
            self.dice.below(self.frame.width as usize),
            self.dice.below(self.frame.height as usize),
        );
        let ink = self.ink();
        self.canvas.speck(ink, x as u32, y as u32);
    }

    /// Draws a band along a path, `half_width` to each side of it.
    fn ribbon(&mut self, path: impl Fn(f32) -> Point, half_width: impl Fn(f32) -> f32) {
        const STEPS: usize = 32;
        let mut outline = [Point::default(); 2 * (STEPS + 1)];
        for step in 0..=STEPS {
            let t = step as f32 / STEPS as f32;
            let (at, before, after) = (path(t), path(t - 0.01), path(t + 0.01));
            let (dx, dy) = (after.x - before.x, after.y - before.y);
            let side = half_width(t) / (dx * dx + dy * dy).sqrt().max(1e-3);
            outline[step] = Point {
                x: at.x + dy * side,
                y: at.y - dx * side,
            };
            outline[2 * STEPS + 1 - step] = Point {
                x: at.x - dy * side,
                y: at.y + dx * side,
            };
        }
        let ink = self.ink();
        self.canvas.polygon(ink, &outline);
    }
}
