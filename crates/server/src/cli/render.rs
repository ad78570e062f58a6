//! `cattlegrid render`

use std::path::{Path, PathBuf};

use cattlegrid::challenge::image::{self, Fonts, Preset, Scale, Seed, Style, StyleOptions};
use cattlegrid::challenge::{ChallengeError, Generators, Kind, KindOptions, Prompt};
use cattlegrid::{Entropy, OsEntropy};
use chacha20::ChaCha20Rng;
use clap::{ArgGroup, Args};
use indicatif::{ProgressBar, ProgressStyle};
use rand_core::{Rng, SeedableRng};

use crate::Error;

/// One picture of a text, or many of random challenges with their answers in `labels.csv`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["text", "count"]))]
pub(super) struct Render {
    /// Draw this text; --out names the picture.
    #[arg(long, value_name = "WORD")]
    text: Option<String>,
    /// Draw this many random challenges; --out names the directory, which is made if need be.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: Option<u32>,
    /// Where to write.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// How the pictures look: hard or classic.
    #[arg(long, value_name = "PRESET", default_value = "hard", value_parser = preset)]
    style: Preset,
    /// The kind of random challenge.
    #[arg(long, default_value_t = Kind::Chars, conflicts_with = "text", value_parser = kind)]
    kind: Kind,
    /// 1, or 2 for twice the size.
    #[arg(long, default_value = "1", value_parser = scale)]
    scale: Scale,
    /// The same number gives the same pictures. Random if absent.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse()
        .ok()
        .filter(|kind| *kind != Kind::Custom)
        .ok_or_else(|| "a kind is chars, math, words or unicode".to_owned())
}

fn preset(text: &str) -> Result<Preset, String> {
    Preset::ALL
        .into_iter()
        .find(|preset| preset.as_str() == text)
        .ok_or_else(|| "a style is hard or classic".to_owned())
}

fn scale(text: &str) -> Result<Scale, String> {
    match text {
        "1" => Ok(Scale::One),
        "2" => Ok(Scale::Two),
        _ => Err("a scale is 1 or 2".to_owned()),
    }
}

impl Render {
    pub(super) fn run(self) -> Result<(), Error> {
        let mut rng = if let Some(seed) = self.seed {
            ChaCha20Rng::seed_from_u64(seed)
        } else {
            let mut seed = [0; 32];
            OsEntropy.fill(&mut seed)?;
            ChaCha20Rng::from_seed(seed)
        };
        let options = StyleOptions {
            preset: self.style,
            ..StyleOptions::default()
        };
        let drawing = Drawing {
            style: options.resolve(self.style.fonts())?,
            scale: self.scale,
        };
        match (self.text, self.count) {
            (Some(text), _) => drawing.one(text, &self.out, &mut rng),
            (None, count) => drawing.many(self.kind, count.unwrap_or(1), &self.out, &mut rng),
        }
    }
}

struct Drawing {
    style: Style,
    scale: Scale,
}

impl Drawing {
    fn one(&self, text: String, out: &Path, rng: &mut ChaCha20Rng) -> Result<(), Error> {
        if let Some(character) = self.style.missing(&text) {
            let field = "--text";
            return Err(ChallengeError::NotCovered { field, character }.into());
        }
        let prompt = Prompt::new(text)?;
        self.draw(&prompt, out, rng)
    }

    fn many(
        &self,
        kind: Kind,
        count: u32,
        directory: &Path,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), Error> {
        let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
        std::fs::create_dir_all(directory).map_err(|source| unwritten(directory, source))?;
        let path = directory.join("labels.csv");
        let broken = |error: csv::Error| unwritten(&path, error.into());
        let mut labels = csv::Writer::from_path(&path).map_err(broken)?;
        labels
            .write_record(["file", "kind", "prompt", "answer"])
            .map_err(broken)?;
        let progress = progress(count);
        for number in 1..=count {
            let challenge = generators.generate(kind, rng)?;
            let file = format!("{number:06}.png");
            self.draw(challenge.prompt(), &directory.join(&file), rng)?;
            let (prompt, answer) = (challenge.prompt().as_str(), challenge.answer().as_str());
            labels
                .write_record([&file, kind.as_str(), prompt, answer])
                .map_err(broken)?;
            progress.inc(1);
        }
        progress.finish();
        labels.flush().map_err(|source| unwritten(&path, source))
    }

    fn draw(&self, prompt: &Prompt, path: &Path, rng: &mut ChaCha20Rng) -> Result<(), Error> {
        let mut seed = [0; 16];
        rng.fill_bytes(&mut seed);
        let image = image::draw(prompt, &self.style, &Seed::from_bytes(seed), self.scale);
        std::fs::write(path, image.png).map_err(|source| unwritten(path, source))
    }
}

fn progress(count: u32) -> ProgressBar {
    let look = ProgressStyle::with_template("{bar:40} {pos}/{len} pictures, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count.into()).with_style(look)
}

fn unwritten(path: &Path, source: std::io::Error) -> Error {
    Error::WriteFile {
        path: path.to_owned(),
        source,
    }
}
