//! The crates `captcha` and `captcha-rs`, each with the only encoder it offers.

use captcha::Difficulty;
use captcha_rs::CaptchaBuilder;

use crate::Draw;

/// Its `Medium` picture: 220 by 120, four to six letters.
pub fn captcha() -> Draw {
    Box::new(|| {
        captcha::generate(Difficulty::Medium)
            .as_png()
            .map_or(0, |png| png.len())
    })
}

/// Its default picture: 130 by 40, five letters, neither warped nor noisy.
pub fn captcha_rs() -> Draw {
    Box::new(|| jpeg_bytes(&CaptchaBuilder::new().build().to_base64()))
}

/// Six letters at 200 by 70, warped and noisy: the one of its pictures to compare with ours.
pub fn captcha_rs_warped() -> Draw {
    Box::new(|| {
        let captcha = CaptchaBuilder::new()
            .length(6)
            .width(200)
            .height(70)
            .distortion(5)
            .complexity(5)
            .build();
        jpeg_bytes(&captcha.to_base64())
    })
}

/// The size of the JPEG in a `data:` URL: three bytes for every four characters, less the padding.
fn jpeg_bytes(url: &str) -> usize {
    let text = url.rsplit(',').next().unwrap_or_default();
    text.trim_end_matches('=').len() * 3 / 4
}
