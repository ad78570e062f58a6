//! This project: a fresh prompt and a fresh seed for every picture.

use cattlegrid_challenge::{
    Generators, Kind, KindOptions,
    image::{Fonts, Preset, Scale, Seed, Size, Style, StyleOptions, draw},
};
use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::Draw;

pub fn hard() -> Draw {
    drawing(six_letters(Preset::Hard))
}

pub fn classic() -> Draw {
    drawing(six_letters(Preset::Classic))
}

/// What a site gets that configures nothing.
pub fn default() -> Draw {
    drawing(Style::hard())
}

fn six_letters(preset: Preset) -> Style {
    let options = StyleOptions {
        preset,
        size: Some(Size::Fixed(200, 70)),
        ..StyleOptions::default()
    };
    options
        .resolve(preset.fonts())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn drawing(style: Style) -> Draw {
    let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())
        .unwrap_or_else(|error| panic!("{error}"));
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    Box::new(move || {
        let challenge = generators
            .generate(Kind::Chars, &mut rng)
            .unwrap_or_else(|error| panic!("{error}"));
        let mut seed = [0; 16];
        rng.fill_bytes(&mut seed);
        draw(
            challenge.prompt(),
            &style,
            &Seed::from_bytes(seed),
            Scale::One,
        )
        .png
        .len()
    })
}
