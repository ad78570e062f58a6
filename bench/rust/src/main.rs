//! One Rust contestant of the drawing race: draws until the time is up, then prints one line of JSON.

mod ours;
mod theirs;

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

const WARM_UP: Duration = Duration::from_millis(300);

/// Draws one picture and says how many bytes it takes, encoded.
type Draw = Box<dyn FnMut() -> usize>;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let seconds = arguments.next().and_then(|text| text.parse().ok());
    let (Some(draw), Some(seconds)) = (contestant(&name), seconds) else {
        eprintln!("usage: draw CONTESTANT SECONDS");
        return ExitCode::FAILURE;
    };
    println!("{}", race(draw, Duration::from_secs_f64(seconds)));
    ExitCode::SUCCESS
}

fn contestant(name: &str) -> Option<Draw> {
    match name {
        "hard" => Some(ours::hard()),
        "classic" => Some(ours::classic()),
        "default" => Some(ours::default()),
        "captcha" => Some(theirs::captcha()),
        "captcha-rs" => Some(theirs::captcha_rs()),
        "captcha-rs-warped" => Some(theirs::captcha_rs_warped()),
        _ => None,
    }
}

fn race(mut draw: Draw, time: Duration) -> String {
    repeat(&mut draw, WARM_UP);
    let (pictures, bytes, elapsed) = repeat(&mut draw, time);
    let seconds = elapsed.as_secs_f64();
    format!(r#"{{"count": {pictures}, "bytes": {bytes}, "seconds": {seconds}}}"#)
}

fn repeat(draw: &mut Draw, time: Duration) -> (u64, usize, Duration) {
    let start = Instant::now();
    let (mut pictures, mut bytes) = (0, 0);
    while start.elapsed() < time {
        bytes += draw();
        pictures += 1;
    }
    (pictures, bytes, start.elapsed())
}
