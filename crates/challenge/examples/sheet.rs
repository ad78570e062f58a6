//! Draws many pictures onto one sheet, to be looked at: `cargo run --release --example sheet -- OUT.png [WHAT]`.
//!
//! WHAT is `hard` (the default), `classic`, or `others`: words, sums, Cyrillic, Greek, transparent, dark, fixed sizes.
//! The prompts are printed, in order, so that one can read first and compare then. `SHEET_SEED=N` draws others.

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

use cattlegrid_challenge::image::{
    Background, Colour, Fonts, Preset, Scale, Seed, Size, Style, StyleOptions, draw,
};
use cattlegrid_challenge::{Generators, Kind, KindOptions, Prompt};
use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args()
        .nth(1)
        .ok_or("give the sheet's file: sheet OUT.png [hard|classic|others]")?;
    let what = env::args().nth(2);
    let mut artist = Artist::new()?;
    let pictures = match what.as_deref() {
        None | Some("hard") => artist.preset(&Style::hard())?,
        Some("classic") => artist.preset(&Style::classic())?,
        Some("others") => artist.others()?,
        Some(other) => return Err(format!("{other} is not one of hard, classic and others").into()),
    };
    let sheet = Sheet::of(&pictures);
    sheet.save(&path)?;
    println!("{}", artist.prompts.join("\n"));
    println!(
        "{} pictures, {} bytes on average",
        pictures.len(),
        artist.bytes / pictures.len()
    );
    Ok(())
}

struct Artist {
    generators: Generators,
    rng: ChaCha8Rng,
    bytes: usize,
    prompts: Vec<String>,
}

impl Artist {
    fn new() -> Result<Self, Box<dyn Error>> {
        let seed = env::var("SHEET_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or(1);
        let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
        Ok(Self {
            generators,
            rng: ChaCha8Rng::seed_from_u64(seed),
            bytes: 0,
            prompts: Vec::new(),
        })
    }

    fn preset(&mut self, style: &Style) -> Result<Vec<Picture>, Box<dyn Error>> {
        let mut pictures = Vec::new();
        for _ in 0..50 {
            let challenge = self.generators.generate(Kind::Chars, &mut self.rng)?;
            pictures.push(self.draw(challenge.prompt(), style, Scale::One)?);
        }
        for _ in 0..4 {
            let challenge = self.generators.generate(Kind::Chars, &mut self.rng)?;
            pictures.push(self.draw(challenge.prompt(), style, Scale::Two)?);
        }
        Ok(pictures)
    }

    fn others(&mut self) -> Result<Vec<Picture>, Box<dyn Error>> {
        let mut pictures = Vec::new();
        let styles = [
            StyleOptions::default(),
            StyleOptions {
                preset: Preset::Classic,
                ..StyleOptions::default()
            },
            StyleOptions {
                background: Some(Background::Transparent),
                ..StyleOptions::default()
            },
            StyleOptions {
                background: Some(Background::Colour(Colour::rgb(0x14_18_20))),
                letter_colours: Some(vec![
                    Colour::rgb(0xe8_c5_6b),
                    Colour::rgb(0x8f_d3_c8),
                    Colour::rgb(0xf0_a8_b4),
                ]),
                ..StyleOptions::default()
            },
            StyleOptions {
                size: Some(Size::Fixed(120, 40)),
                ..StyleOptions::default()
            },
            StyleOptions {
                size: Some(Size::Fixed(300, 120)),
                font_size: Some(80.0),
                ..StyleOptions::default()
            },
        ];
        for options in &styles {
            let style = options.resolve(Fonts::embedded())?;
            for kind in [Kind::Words, Kind::Math, Kind::Unicode, Kind::Chars] {
                for _ in 0..3 {
                    let challenge = self.generators.generate(kind, &mut self.rng)?;
                    pictures.push(self.draw(challenge.prompt(), &style, Scale::One)?);
                }
            }
            for text in [
                "Ωμέγα",
                "pygmy jewel",
                "Which is the largest of 3, 11 and 7?",
            ] {
                pictures.push(self.draw(&Prompt::new(text)?, &style, Scale::One)?);
            }
        }
        Ok(pictures)
    }

    fn draw(
        &mut self,
        prompt: &Prompt,
        style: &Style,
        scale: Scale,
    ) -> Result<Picture, Box<dyn Error>> {
        let mut seed = [0; 16];
        self.rng.fill_bytes(&mut seed);
        let image = draw(prompt, style, &Seed::from_bytes(seed), scale);
        self.prompts.push(prompt.as_str().to_owned());
        self.bytes += image.png.len();
        Picture::decode(&image.png)
    }
}

struct Picture {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

impl Picture {
    fn decode(file: &[u8]) -> Result<Self, Box<dyn Error>> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
        let mut reader = decoder.read_info()?;
        let mut rgba = vec![
            0;
            reader
                .output_buffer_size()
                .ok_or("the picture is too large")?
        ];
        let info = reader.next_frame(&mut rgba)?;
        Ok(Self {
            width: info.width as usize,
            height: info.height as usize,
            rgba,
        })
    }
}

struct Sheet {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Sheet {
    const WIDTH: usize = 1080;
    const GAP: usize = 8;

    fn of(pictures: &[Picture]) -> Self {
        let (mut x, mut y, mut row_height) = (Self::GAP, Self::GAP, 0);
        let mut places = Vec::new();
        for picture in pictures {
            if x + picture.width + Self::GAP > Self::WIDTH {
                (x, y, row_height) = (Self::GAP, y + row_height + Self::GAP, 0);
            }
            places.push((x, y));
            x += picture.width + Self::GAP;
            row_height = row_height.max(picture.height);
        }
        let height = y + row_height + Self::GAP;
        let mut sheet = Self {
            width: Self::WIDTH,
            height,
            rgb: vec![0xd8; Self::WIDTH * height * 3],
        };
        for (picture, (x, y)) in pictures.iter().zip(places) {
            sheet.place(picture, x, y);
        }
        sheet
    }

    fn place(&mut self, picture: &Picture, x: usize, y: usize) {
        for (row, pixels) in picture.rgba.chunks_exact(4 * picture.width).enumerate() {
            for (column, pixel) in pixels.chunks_exact(4).enumerate() {
                let at = 3 * ((y + row) * self.width + x + column);
                for (channel, &value) in self.rgb[at..at + 3].iter_mut().zip(pixel) {
                    let alpha = u32::from(pixel[3]);
                    *channel = ((u32::from(value) * alpha + u32::from(*channel) * (255 - alpha))
                        / 255) as u8;
                }
            }
        }
    }

    fn save(&self, path: &str) -> Result<(), Box<dyn Error>> {
        let mut encoder = png::Encoder::new(
            BufWriter::new(File::create(path)?),
            self.width as u32,
            self.height as u32,
        );
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(())
    }
}
