//! Where pictures are best drawn: in the handler's place, or through [`Drawing`]?
//!
//! Both draw for as many viewers as press at a time, while a probe asks the runtime, over and over, for the little
//! that `/healthz` needs. Prints pictures a second, and how long the probe waited.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cattlegrid::challenge::Prompt;
use cattlegrid::challenge::image::{self, Fonts, Scale, Seed, Size, Style, StyleOptions};
use cattlegrid_server::config::Limits;
use cattlegrid_server::drawing::Drawing;
use tokio::task::{JoinSet, yield_now};

const VIEWERS: usize = 512;
const ROUND: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let largest = StyleOptions {
        size: Some(Size::Fixed(1000, 400)),
        font_size: Some(120.0),
        ..StyleOptions::default()
    };
    let styles = [
        ("hard", Style::hard(), Scale::One),
        ("largest", largest.resolve(Fonts::embedded())?, Scale::Two),
    ];
    let prompt = Prompt::new("k7mwpt")?;
    println!("style    where     pictures/s  refused/s  probe: median    99 %     worst");
    for (name, style, scale) in styles {
        let draw = {
            let (prompt, style) = (prompt.clone(), Arc::new(style));
            move || {
                image::draw(&prompt, &style, &Seed::from_bytes([7; 16]), scale)
                    .png
                    .len()
            }
        };
        let here = draw.clone();
        report(name, "in place", move || {
            let here = here.clone();
            async move { here() > 0 }
        })
        .await;
        let drawing = Arc::new(Drawing::new(&Limits::default()));
        report(name, "pool", move || {
            let (drawing, draw) = (Arc::clone(&drawing), draw.clone());
            async move { drawing.run(draw).await.is_ok() }
        })
        .await;
    }
    Ok(())
}

/// Lets all viewers call `view` for a round, and prints what came of it.
async fn report<F>(style: &str, place: &str, view: impl Fn() -> F + Clone + Send + 'static)
where
    F: Future<Output = bool> + Send,
{
    let over = Arc::new(AtomicBool::new(false));
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let mut viewers = JoinSet::new();
    for _ in 0..VIEWERS {
        let (view, over, counts) = (view.clone(), Arc::clone(&over), Arc::clone(&counts));
        viewers.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let refused = !view().await;
                counts[usize::from(refused)].fetch_add(1, Ordering::Relaxed);
                if refused {
                    // Why: whoever is refused comes again after a while, not at once.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                yield_now().await;
            }
        });
    }
    let mut waits = Vec::new();
    let started = Instant::now();
    while started.elapsed() < ROUND {
        let pause = Duration::from_millis(2);
        let asked = Instant::now() + pause;
        tokio::time::sleep(pause).await;
        let answered = tokio::spawn(async { Instant::now() }).await;
        waits.push(answered.map_or(ROUND, |at| at.saturating_duration_since(asked)));
    }
    over.store(true, Ordering::Relaxed);
    viewers.join_all().await;
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 100];
    let rate = |count: &AtomicU32| f64::from(count.load(Ordering::Relaxed)) / ROUND.as_secs_f64();
    println!(
        "{style:8} {place:8} {:11.0} {:10.0} {:16.2?} {:>9.2?} {:>9.2?}",
        rate(&counts[0]),
        rate(&counts[1]),
        at(50),
        at(99),
        at(100)
    );
}
