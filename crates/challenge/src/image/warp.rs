use super::dice::Dice;
use super::outline::Point;

/// The sine of an angle in turns (1.0 is a full circle), within 0.0012.
///
/// Why not `f32::sin`: it may differ in the last bit from one platform's library to another's, and the same seed must
/// give the same bytes everywhere. This uses multiplications and additions alone, which IEEE 754 fixes to the bit.
pub(super) fn sin_turns(turns: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let t = turns - ((turns + ROUND) - ROUND);
    let parabola = t * (8.0 - 16.0 * t.abs());
    parabola * (0.775 + 0.225 * parabola.abs())
}

/// The cosine of an angle in turns, as [`sin_turns`].
pub(super) fn cos_turns(turns: f32) -> f32 {
    sin_turns(turns + 0.25)
}

/// One wave: how far it pushes, how often it repeats along a pixel, and where it begins.
#[derive(Clone, Copy)]
struct Wave {
    amplitude: f32,
    frequency: f32,
    phase: f32,
}

impl Wave {
    /// A wave that pushes `low` to `high` of `em` either way and repeats every `shortest` to `longest` of `em`.
    fn throw(dice: &mut Dice, em: f32, push: (f32, f32), period: (f32, f32)) -> Self {
        Self {
            amplitude: em * dice.between(push.0, push.1),
            frequency: 1.0 / (em * dice.between(period.0, period.1)),
            phase: dice.unit(),
        }
    }

    fn at(self, distance: f32) -> f32 {
        self.amplitude * sin_turns(distance * self.frequency + self.phase)
    }
}

/// Bends a whole line: up and down in a long and a short wave, sideways along the line (so that letters widen and
/// narrow) and sideways across it (so that stems bend).
#[derive(Clone, Copy)]
pub(super) struct Warp {
    long: Wave,
    short: Wave,
    along: Wave,
    across: Wave,
}

impl Warp {
    /// A warp for letters of the size `em` in pixels; `amount` is 0 to 1.
    pub(super) fn throw(dice: &mut Dice, em: f32, amount: f32) -> Self {
        let scaled = |low: f32, high: f32| (low * amount, high * amount);
        Self {
            long: Wave::throw(dice, em, scaled(0.16, 0.26), (3.2, 5.0)),
            short: Wave::throw(dice, em, scaled(0.04, 0.09), (1.1, 1.9)),
            along: Wave::throw(dice, em, scaled(0.03, 0.08), (0.9, 1.6)),
            across: Wave::throw(dice, em, scaled(0.04, 0.10), (0.9, 1.6)),
        }
    }

    /// Where the point goes.
    pub(super) fn bend(&self, p: Point) -> Point {
        Point {
            x: p.x + self.along.at(p.x) + self.across.at(p.y),
            y: p.y + self.long.at(p.x) + self.short.at(p.x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_a_sine() {
        for step in -4000_i16..4000 {
            let turns = f32::from(step) / 1000.0;
            let exact = (f64::from(turns) * std::f64::consts::TAU).sin() as f32;
            assert!((sin_turns(turns) - exact).abs() < 0.0012, "{turns}");
        }
    }
}
