//! A playground: every kind and style of picture, drawn as one turns the knobs.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cattlegrid::challenge::image::{self, Fonts, Image, Preset, Scale, Seed, StyleOptions};
use cattlegrid::challenge::{
    ChallengeError, CharsOptions, Generators, Kind, KindOptions, MathOptions, Prompt,
    UnicodeOptions, WordsOptions,
};
use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde::Deserialize;

use super::page;
use crate::app::App;
use crate::problem::Problem;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/playground", get(playground))
        .route("/playground/picture", get(picture))
}

#[derive(Template)]
#[template(path = "playground.html")]
struct Playground {
    kinds: &'static [Kind],
    presets: &'static [Preset],
    samples: Vec<Sample>,
}

/// A picture of the wall that shows what there is.
struct Sample {
    kind: Kind,
    preset: Preset,
    sketch: String,
}

impl Sample {
    fn new(kind: Kind, preset: Preset) -> Self {
        let sketch = format!(
            r#"{{"kind":"{kind}","style":{{"preset":"{}"}}}}"#,
            preset.as_str()
        );
        Self {
            kind,
            preset,
            sketch,
        }
    }
}

async fn playground() -> Response {
    let each_kind = |preset| {
        Kind::GENERATED
            .into_iter()
            .map(move |kind| Sample::new(kind, preset))
    };
    let samples = Preset::ALL.into_iter().rev().flat_map(each_kind).collect();
    page(
        StatusCode::OK,
        &Playground {
            kinds: &Kind::GENERATED,
            presets: &Preset::ALL,
            samples,
        },
    )
}

/// What to draw, as the query says it.
#[derive(Deserialize)]
struct Wanted {
    /// A [`Sketch`] as JSON.
    sketch: String,
    /// Pictures of the same sketch and seed are the same.
    seed: u64,
    scale: Option<u8>,
}

/// A site's settings, as far as they are about its pictures, under the names that they have in its configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sketch {
    kind: Kind,
    /// What to show, for the kind `custom`.
    text: Option<String>,
    #[serde(default)]
    chars: CharsOptions,
    #[serde(default)]
    math: MathOptions,
    #[serde(default)]
    words: WordsOptions,
    #[serde(default)]
    unicode: UnicodeOptions,
    #[serde(default)]
    style: StyleOptions,
}

impl Sketch {
    fn draw(self, seed: u64, scale: Scale) -> Result<Image, ChallengeError> {
        let style = self.style.resolve(self.style.preset.fonts())?.legible()?;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let prompt = self.prompt(&mut rng)?;
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Ok(image::draw(
            &prompt,
            &style,
            &Seed::from_bytes(bytes),
            scale,
        ))
    }

    fn prompt(self, rng: &mut ChaCha20Rng) -> Result<Prompt, ChallengeError> {
        let fonts = Fonts::embedded();
        if let Some(text) = self.text {
            return match fonts.missing(&text) {
                Some(character) => Err(ChallengeError::NotCovered {
                    field: "text",
                    character,
                }),
                None => Prompt::new(text),
            };
        }
        let options = KindOptions {
            chars: self.chars,
            math: self.math,
            words: self.words,
            unicode: self.unicode,
        };
        let challenge =
            Generators::for_kinds(&[self.kind], &options, &fonts)?.generate(self.kind, rng)?;
        Ok(challenge.prompt().clone())
    }
}

async fn picture(
    State(app): State<Arc<App>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Wanted {
        sketch,
        seed,
        scale,
    }) = wanted.map_err(|error| Problem::bad_request(error.body_text()))?;
    let sketch: Sketch =
        serde_json::from_str(&sketch).map_err(|error| Problem::bad_request(error.to_string()))?;
    let scale = if scale == Some(2) {
        Scale::Two
    } else {
        Scale::One
    };
    let drawn = app.draw(move || sketch.draw(seed, scale)).await?;
    let image = drawn.map_err(|error| Problem::bad_request(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "private, max-age=600, immutable"),
    ];
    Ok((headers, image.png).into_response())
}
