//! What a person, a browser and a decoder see of a picture.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::time::Duration;

use cattlegrid_challenge::image::{
    Animation, Background, Colour, Font, Fonts, Image, Noise, Preset, Scale, Seed, Size, Style,
    StyleOptions, animate, draw, frames,
};
use cattlegrid_challenge::{ChallengeError, Prompt};
use proptest::prelude::*;

fn prompt(text: &str) -> Prompt {
    Prompt::new(text).unwrap()
}

fn seed(number: u64) -> Seed {
    Seed::from_bytes(u128::from(number).to_le_bytes())
}

fn style(options: &StyleOptions) -> Style {
    options.resolve(Fonts::embedded()).unwrap()
}

/// Letters alone.
fn plain() -> StyleOptions {
    StyleOptions {
        noise: Some(Vec::new()),
        foreground: Some(Colour::rgb(0)),
        ..StyleOptions::default()
    }
}

/// A decoded picture.
struct Seen {
    width: usize,
    height: usize,
    rgba: Vec<[u8; 4]>,
}

impl Seen {
    fn of(image: &Image) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&image.png));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        reader.finish().unwrap();
        assert_eq!((info.width, info.height), (image.width, image.height));
        let (pixels, _) = bytes.as_chunks::<4>();
        Self {
            width: info.width as usize,
            height: info.height as usize,
            rgba: pixels.to_vec(),
        }
    }

    /// Darkness from 0 (the background) to 255, for pictures in black on any light ground.
    fn ink(&self, x: usize, y: usize) -> f64 {
        let background = f64::from(self.rgba[0][0]);
        255.0 * (1.0 - f64::from(self.rgba[y * self.width + x][0]) / background)
    }

    fn total_ink(&self) -> f64 {
        (0..self.height)
            .flat_map(|y| (0..self.width).map(move |x| (x, y)))
            .map(|(x, y)| self.ink(x, y))
            .sum::<f64>()
            / 255.0
    }

    /// Left, top, right, bottom of what is dark, in pixels.
    fn ink_bounds(&self) -> [usize; 4] {
        let mut bounds = [usize::MAX, usize::MAX, 0, 0];
        for y in 0..self.height {
            for x in 0..self.width {
                if self.ink(x, y) > 100.0 {
                    bounds = [
                        bounds[0].min(x),
                        bounds[1].min(y),
                        bounds[2].max(x + 1),
                        bounds[3].max(y + 1),
                    ];
                }
            }
        }
        bounds
    }

    fn border_is_clear(&self) -> bool {
        let background = self.rgba[0];
        let (w, h) = (self.width, self.height);
        let rows =
            (0..w).all(|x| self.rgba[x] == background && self.rgba[(h - 1) * w + x] == background);
        rows && (0..h)
            .all(|y| self.rgba[y * w] == background && self.rgba[y * w + w - 1] == background)
    }
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    for style in [Style::hard(), Style::classic()] {
        for scale in [Scale::One, Scale::Two] {
            let first = draw(&prompt("K7PQMX"), &style, &seed(1), scale);
            draw(&prompt("another one between"), &style, &seed(2), Scale::Two);
            assert_eq!(draw(&prompt("K7PQMX"), &style, &seed(1), scale), first);
            let elsewhere = style.clone();
            let there =
                std::thread::spawn(move || draw(&prompt("K7PQMX"), &elsewhere, &seed(1), scale));
            assert_eq!(there.join().unwrap(), first);
        }
    }
}

#[test]
fn the_pictures_are_those_of_every_machine() {
    // If this fails after a change that was meant to change pictures, look at them and write down the new numbers.
    let checksum = |style: &Style, scale| {
        crc32fast::hash(&draw(&prompt("K7PQMX"), style, &seed(7), scale).png)
    };
    let drawn = [
        checksum(&Style::hard(), Scale::One),
        checksum(&Style::hard(), Scale::Two),
        checksum(&Style::classic(), Scale::One),
        checksum(&Style::classic(), Scale::Two),
    ];
    assert_eq!(
        drawn,
        [2_740_380_744, 3_842_781_743, 3_148_166_094, 1_098_571_189]
    );
}

#[test]
fn every_seed_gives_another_picture() {
    let pictures: std::collections::BTreeSet<_> = (0..200)
        .map(|number| draw(&prompt("K7PQMX"), &Style::hard(), &seed(number), Scale::One).png)
        .collect();
    assert_eq!(pictures.len(), 200);
}

#[test]
fn hard_is_small_and_of_sixteen_colours() {
    let mut bytes = 0;
    for number in 0..50 {
        let image = draw(&prompt("AKR9XE"), &Style::hard(), &seed(number), Scale::One);
        assert!(image.width >= 200 && image.height >= 70, "{image:?}");
        assert_eq!(
            image.png[24..26],
            [4, 3],
            "the bits for each pixel, and that they stand for a palette's colours"
        );
        bytes += image.png.len();
    }
    assert!(bytes / 50 < 3000, "{} bytes", bytes / 50);
}

#[test]
fn classic_is_about_the_size_that_it_is_elsewhere() {
    let image = draw(&prompt("AKRX"), &Style::classic(), &seed(1), Scale::One);
    assert!(
        (60..110).contains(&image.width) && (30..45).contains(&image.height),
        "{image:?}"
    );
}

#[test]
fn no_letter_is_lost() {
    let style = style(&plain());
    let alone = |letter: char| {
        Seen::of(&draw(
            &prompt(&letter.to_string()),
            &style,
            &seed(3),
            Scale::One,
        ))
        .total_ink()
    };
    for text in ["ABCDEF", "HKLMNP", "RSTUWX", "YZ3679"] {
        let least: f64 = text.chars().map(alone).sum();
        for number in 0..40 {
            let together =
                Seen::of(&draw(&prompt(text), &style, &seed(number), Scale::One)).total_ink();
            // Letters are drawn in fonts of different weight, and shrink a little when there are many.
            assert!(
                together > 0.35 * least,
                "{text} with seed {number}: {together} of {least}"
            );
        }
    }
}

#[test]
fn transparent_pictures_have_ink_and_nothing_else() {
    let options = StyleOptions {
        background: Some(Background::Transparent),
        ..plain()
    };
    let seen = Seen::of(&draw(
        &prompt("AKRX"),
        &style(&options),
        &seed(1),
        Scale::One,
    ));
    assert_eq!(seen.rgba[0][3], 0);
    assert!(
        seen.rgba
            .iter()
            .any(|&[red, .., alpha]| red == 0 && alpha == 255)
    );
    assert!(
        seen.rgba
            .iter()
            .filter(|pixel| pixel[3] > 0)
            .all(|&[r, g, b, _]| [r, g, b] == [0, 0, 0])
    );
}

#[test]
fn letters_take_the_colours_they_are_given() {
    let colours = [
        0xa0_00_00, 0x00_70_00, 0x00_00_b0, 0x50_50_00, 0x00_50_50, 0x60_00_60,
    ]
    .map(Colour::rgb);
    let options = StyleOptions {
        letter_colours: Some(colours.to_vec()),
        background: Some(Background::Colour(Colour::WHITE)),
        ..StyleOptions::default()
    };
    let style = style(&options);
    let mut met = std::collections::BTreeSet::new();
    for number in 0..20 {
        let seen = Seen::of(&draw(&prompt("HHHHHH"), &style, &seed(number), Scale::One));
        met.extend(seen.rgba.iter().filter_map(|&[red, green, blue, _]| {
            colours
                .iter()
                .position(|colour| *colour == Colour { red, green, blue })
        }));
    }
    assert_eq!(met.len(), colours.len());
}

#[test]
fn a_letter_takes_the_ink_in_its_turn() {
    let background = Some(Background::Colour(Colour::WHITE));
    let options = StyleOptions {
        background,
        ..plain()
    };
    let style = style(&options);
    // As close to the background as a colour can be, and of all hues.
    let inks: Vec<_> = (0..64)
        .map(|n| Colour::rgb(0xff_ff_fe - 0x03_02_01 * n))
        .collect();
    for count in [1, 2, 3, 4, 8, 9, 17, 18, 64] {
        for letters in [1, count, 64] {
            let style = style.clone().coloured(&inks[..count]);
            let text = "H".repeat(letters);
            let seen = Seen::of(&draw(&prompt(&text), &style, &seed(5), Scale::Two));
            for (number, ink) in inks.iter().enumerate() {
                let met = seen
                    .rgba
                    .iter()
                    .any(|&[red, green, blue, _]| *ink == Colour { red, green, blue });
                assert_eq!(
                    met,
                    number < count.min(letters),
                    "ink {number} of {count} on {letters} letters"
                );
            }
        }
    }
    let mut left_to_right = [usize::MAX; 3];
    let style = style.coloured(&[0xff_00_00, 0x00_ff_00, 0x00_00_ff].map(Colour::rgb));
    let seen = Seen::of(&draw(&prompt("H HH"), &style, &seed(5), Scale::One));
    for (at, &[red, green, blue, _]) in seen.rgba.iter().enumerate() {
        let x = at % seen.width;
        match [red, green, blue] {
            [255, 0, 0] => left_to_right[0] = left_to_right[0].min(x),
            [0, 255, 0] => left_to_right[1] = left_to_right[1].min(x),
            [0, 0, 255] => left_to_right[2] = left_to_right[2].min(x),
            _ => {}
        }
    }
    // The space has the second ink and the last letter the first again, so green is not to be seen.
    assert!(left_to_right[0] < left_to_right[2], "{left_to_right:?}");
    assert_eq!(left_to_right[1], usize::MAX);
}

#[test]
fn letters_that_nobody_can_see_are_drawn_unless_they_have_to_be_legible() {
    let options = StyleOptions {
        foreground: Some(Colour::WHITE),
        ..plain()
    };
    let style = style(&options);
    draw(&prompt("AKRX"), &style, &seed(1), Scale::One);
    assert!(matches!(
        style.legible(),
        Err(ChallengeError::Option {
            field: "foreground",
            ..
        })
    ));
    assert!(Style::hard().legible().is_ok() && Style::classic().legible().is_ok());
}

#[test]
fn frames_have_one_letter_each_and_together_make_the_whole() {
    let style = style(&plain());
    let whole = Seen::of(&draw(&prompt("AK 9X"), &style, &seed(4), Scale::Two));
    let frames: Vec<_> = frames(&prompt("AK 9X"), &style, &seed(4), Scale::Two)
        .iter()
        .map(Seen::of)
        .collect();
    assert_eq!(frames.len(), 4);
    let mut lefts = Vec::new();
    for frame in &frames {
        assert_eq!((frame.width, frame.height), (whole.width, whole.height));
        lefts.push(frame.ink_bounds()[0]);
    }
    assert!(lefts.is_sorted(), "{lefts:?}");
    for y in 0..whole.height {
        for x in 0..whole.width {
            let together = frames
                .iter()
                .map(|frame| frame.ink(x, y))
                .fold(0.0, f64::max);
            let sum: f64 = frames.iter().map(|frame| frame.ink(x, y)).sum();
            assert!((together - 20.0..=sum + 20.0).contains(&whole.ink(x, y)));
        }
    }
}

#[test]
fn frames_are_in_the_order_that_letters_are_read_in() {
    let style = style(&plain());
    let lefts: Vec<_> = frames(&prompt("אבג"), &style, &seed(4), Scale::One)
        .iter()
        .map(|frame| Seen::of(frame).ink_bounds()[0])
        .collect();
    assert!(lefts.iter().rev().is_sorted(), "{lefts:?}");
}

#[test]
fn noise_is_drawn_where_it_is_wanted() {
    let bytes = |style: Style| {
        draw(&prompt("AKRX"), &style, &seed(1), Scale::One)
            .png
            .len()
    };
    let [none, along, spots, all] = [
        bytes(Style::classic().with_noise(|_| false)),
        bytes(Style::classic().with_noise(Noise::is_drawn_along)),
        bytes(Style::classic().with_noise(|noise| !noise.is_drawn_along())),
        bytes(Style::classic()),
    ];
    assert!(
        none < along && along < spots && spots < all,
        "{none} {along} {spots} {all}"
    );
}

#[test]
fn every_frame_has_noise_of_its_own() {
    let frames = frames(&prompt("||||"), &Style::classic(), &seed(1), Scale::One);
    let distinct: std::collections::BTreeSet<_> = frames.iter().map(|frame| &frame.png).collect();
    assert_eq!(distinct.len(), 4);
    let blank = Prompt::lossy("  ");
    assert_eq!(
        cattlegrid_challenge::image::frames(&blank, &Style::classic(), &seed(1), Scale::One).len(),
        1
    );
}

/// The pictures of an animation, in red, green, blue and opacity, and how long each is shown in hundredths of seconds.
fn shown(animation: &Animation) -> Vec<(Vec<u8>, u16)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(&*animation.gif).unwrap();
    assert_eq!(
        (u32::from(decoder.width()), u32::from(decoder.height())),
        (animation.width, animation.height)
    );
    assert_eq!(decoder.repeat(), gif::Repeat::Infinite);
    let mut shown = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        shown.push((frame.buffer.to_vec(), frame.delay));
    }
    shown
}

#[test]
fn an_animation_shows_the_frames() {
    let inks = [0xff_00_00, 0x00_80_00].map(Colour::rgb);
    for style in [
        Style::hard(),
        Style::classic(),
        Style::classic().coloured(&inks),
    ] {
        for scale in [Scale::One, Scale::Two] {
            let each = Duration::from_millis(500);
            let animation = animate(&prompt("AKRX"), &style, &seed(1), scale, each);
            let stills = frames(&prompt("AKRX"), &style, &seed(1), scale);
            let shown = shown(&animation);
            assert_eq!(shown.len(), stills.len());
            for ((pixels, delay), still) in shown.iter().zip(&stills) {
                assert_eq!(*delay, 50);
                assert!(
                    *pixels == Seen::of(still).rgba.concat(),
                    "another picture came back"
                );
            }
        }
    }
}

#[test]
fn an_animation_may_be_transparent() {
    let options = StyleOptions {
        background: Some(Background::Transparent),
        ..plain()
    };
    let each = Duration::from_secs(100);
    let animation = animate(&prompt("AK"), &style(&options), &seed(1), Scale::One, each);
    for (pixels, delay) in shown(&animation) {
        assert_eq!(delay, 1000);
        let (pixels, _) = pixels.as_chunks::<4>();
        assert_eq!(pixels[0][3], 0);
        let letter = pixels.iter().filter(|pixel| pixel[3] > 0);
        assert!(letter.clone().count() > 100);
        assert!(letter.into_iter().all(|pixel| *pixel == [0, 0, 0, 255]));
    }
}

#[test]
fn a_postscript_font_draws_as_well_as_a_truetype_one() {
    let font = Font::parse(font_test_data::NOTO_SANS_JP_CFF).unwrap();
    let letter = ('\u{21}'..'\u{ffff}').find(|&c| font.covers(c)).unwrap();
    let fonts = Fonts::new(vec![font]).unwrap();
    let style = plain().resolve(fonts).unwrap();
    assert_eq!(style.missing(&letter.to_string()), None);
    let seen = Seen::of(&draw(
        &prompt(&letter.to_string()),
        &style,
        &seed(1),
        Scale::One,
    ));
    assert!(seen.total_ink() > 50.0);
}

#[test]
fn what_is_no_font_is_refused() {
    for bytes in [
        &b""[..],
        b"not a font",
        &[0; 4096],
        &dejavu::serif::bold()[..300],
    ] {
        assert!(matches!(
            Font::parse(bytes),
            Err(ChallengeError::Font { .. })
        ));
    }
    assert_eq!(
        Fonts::new(Vec::new()).err(),
        Some(ChallengeError::FontCount)
    );
}

#[test]
fn fonts_say_what_they_lack() {
    let fonts = Fonts::embedded();
    assert_eq!(fonts.missing("Straße − Ω Ж × 12 ="), None);
    assert_eq!(fonts.missing("ab字c"), Some('字'));
    // It is drawn as a box all the same.
    draw(&prompt("字"), &Style::hard(), &seed(1), Scale::One);
}

#[test]
fn options_out_of_bounds_are_refused_by_name() {
    type Change = fn(&mut StyleOptions);
    let cases: [(&str, Change); 16] = [
        ("size", |o| o.size = Some(Size::Fixed(0, 70))),
        ("size", |o| o.size = Some(Size::AtLeast(200, 401))),
        ("font_size", |o| o.font_size = Some(7.9)),
        ("font_size", |o| o.font_size = Some(f32::NAN)),
        ("rotation", |o| o.rotation = Some((20.0, -20.0))),
        ("rotation", |o| o.rotation = Some((-f32::INFINITY, 0.0))),
        ("letter_scale", |o| o.letter_scale = Some((0.1, 1.0))),
        ("shear", |o| o.shear = Some(0.6)),
        ("offset", |o| o.offset = Some(-0.1)),
        ("gap", |o| o.gap = Some((-0.5, 0.0))),
        ("warp", |o| o.warp = Some(1.1)),
        ("letter_colours", |o| {
            o.letter_colours = Some(vec![Colour::rgb(0); 65]);
        }),
        ("noise", |o| {
            o.noise = Some(vec![Noise::Lines { count: 1 }; 9]);
        }),
        ("noise.count", |o| {
            o.noise = Some(vec![Noise::Strokes { count: 17 }]);
        }),
        ("noise.density", |o| {
            o.noise = Some(vec![Noise::Dots { density: 21.0 }]);
        }),
        ("noise.percent", |o| {
            o.noise = Some(vec![Noise::Specks { percent: f32::NAN }]);
        }),
    ];
    for (name, change) in cases {
        let mut options = StyleOptions::default();
        change(&mut options);
        let error = options.resolve(Fonts::embedded()).unwrap_err();
        let ChallengeError::Option { field, allowed } = error else {
            panic!("{name}: {error}")
        };
        assert!(
            field == name && !allowed.is_empty(),
            "{name}: {field} must be {allowed}"
        );
    }
}

#[cfg(feature = "serde")]
#[test]
fn options_are_read_as_they_are_written() {
    let text = r##"{
        "preset": "classic", "size": {"at-least": [120, 50]}, "font_size": 30.0, "rotation": [-10.0, 20.0],
        "letter_colours": ["#123456", "#abc"], "background": "transparent",
        "noise": [{"kind": "strokes", "count": 2}, {"kind": "dots", "density": 1.5}], "smoothing": false
    }"##;
    let options: StyleOptions = serde_json::from_str(text).unwrap();
    assert_eq!(options.preset, Preset::Classic);
    assert_eq!(options.size, Some(Size::AtLeast(120, 50)));
    assert_eq!(options.background, Some(Background::Transparent));
    let again = serde_json::from_str(&serde_json::to_string(&options).unwrap()).unwrap();
    assert_eq!(options, again);
    assert_eq!(
        serde_json::from_str::<StyleOptions>("{}").unwrap(),
        StyleOptions::default()
    );
    for wrong in [
        r#"{"colour": "red"}"#,
        r#"{"background": "red"}"#,
        r#"{"noise": [{"kind": "fog"}]}"#,
    ] {
        assert!(
            serde_json::from_str::<StyleOptions>(wrong).is_err(),
            "{wrong}"
        );
    }
}

prop_compose! {
    fn any_noise()(kind in 0..5, count in 0_u8..=16, part in 0.0_f32..=1.0) -> Noise {
        match kind {
            0 => Noise::Arcs { count },
            1 => Noise::Lines { count },
            2 => Noise::Strokes { count },
            3 => Noise::Dots { density: 20.0 * part },
            _ => Noise::Specks { percent: 30.0 * part },
        }
    }
}

fn ordered(range: std::ops::Range<f32>) -> impl Strategy<Value = (f32, f32)> {
    (range.clone(), range).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn any_size() -> impl Strategy<Value = Size> {
    (0..3, 16_u32..300, 16_u32..150).prop_map(|(kind, width, height)| match kind {
        0 => Size::Auto,
        1 => Size::AtLeast(width, height),
        _ => Size::Fixed(width, height),
    })
}

prop_compose! {
    fn any_options()(
        size in prop::option::of(any_size()),
        font_size in prop::option::of(8.0_f32..=120.0),
        rotation in prop::option::of(ordered(-180.0..180.0)),
        letter_scale in prop::option::of(ordered(0.5..1.5)),
        (shear, offset) in (prop::option::of(0.0_f32..0.5), prop::option::of(0.0_f32..0.4)),
        gap in prop::option::of(ordered(-0.15..1.0)),
        warp in prop::option::of(0.0_f32..=1.0),
        inks in prop::option::of(prop::collection::vec(0_u32..=0xff_ff_ff, 0..=64)),
        transparent: bool,
        noise in prop::option::of(prop::collection::vec(any_noise(), 0..=8)),
        (classic, smoothing) in (any::<bool>(), any::<Option<bool>>()),
    ) -> StyleOptions {
        StyleOptions {
            preset: if classic { Preset::Classic } else { Preset::Hard },
            size, font_size, rotation, letter_scale, shear, offset, gap, warp,
            foreground: None,
            letter_colours: inks.map(|inks| inks.into_iter().map(Colour::rgb).collect()),
            background: transparent.then_some(Background::Transparent),
            noise, smoothing,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_style_draws_any_prompt(options in any_options(), text in "\\PC{1,64}", number: u64, double: bool) {
        if let Ok(prompt) = Prompt::new(text) {
            let scale = if double { Scale::Two } else { Scale::One };
            let image = draw(&prompt, &style(&options), &seed(number), scale);
            Seen::of(&image);
            if let Some(Size::Fixed(width, height)) = options.size {
                prop_assert_eq!((image.width, image.height), (width * scale.factor(), height * scale.factor()));
            }
        }
    }

    #[test]
    fn any_style_animates_any_prompt(options in any_options(), text in "\\PC{1,6}", number: u64) {
        let prompt = Prompt::lossy(&text);
        let each = Duration::from_millis(number % 1000);
        let shown = shown(&animate(&prompt, &style(&options), &seed(number), Scale::One, each));
        // Why of the prompt: normal forms take some characters apart.
        prop_assert!((1..=prompt.as_str().chars().count()).contains(&shown.len()));
    }

    #[test]
    fn letters_are_never_clipped(options in any_options(), text in "[A-Za-z0-9]{1,20}", number: u64) {
        let options = StyleOptions { noise: Some(Vec::new()), smoothing: Some(false), ..options };
        for scale in [Scale::One, Scale::Two] {
            let seen = Seen::of(&draw(&prompt(&text), &style(&options), &seed(number), scale));
            prop_assert!(seen.border_is_clear());
        }
    }

    #[test]
    fn scale_two_is_the_same_drawing(text in "[A-Z0-9]{1,8}", number: u64) {
        let style = style(&plain());
        let small = Seen::of(&draw(&prompt(&text), &style, &seed(number), Scale::One));
        let large = Seen::of(&draw(&prompt(&text), &style, &seed(number), Scale::Two));
        prop_assert_eq!((large.width, large.height), (2 * small.width, 2 * small.height));
        for (one, two) in small.ink_bounds().into_iter().zip(large.ink_bounds()) {
            prop_assert!((2 * one).abs_diff(two) <= 3, "{one} and {two}");
        }
        let mut difference = 0.0;
        for y in 0..small.height {
            for x in 0..small.width {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| large.ink(2 * x + dx, 2 * y + dy));
                difference += (small.ink(x, y) - four.iter().sum::<f64>() / 4.0).abs();
            }
        }
        prop_assert!(difference / ((small.width * small.height) as f64) < 3.0);
    }
}
