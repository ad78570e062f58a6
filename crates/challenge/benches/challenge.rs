//! How long it takes to think of a challenge, to draw one, and to judge an answer.

use std::hint::black_box;

use cattlegrid_challenge::image::{Fonts, Preset, Scale, Seed, Size, StyleOptions, draw};
use cattlegrid_challenge::{Answer, Case, Generators, Kind, KindOptions, Prompt};
use chacha20::ChaCha8Rng;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_core::SeedableRng;

fn generate(c: &mut Criterion) {
    let Ok(generators) = Generators::new(&KindOptions::default(), &Fonts::embedded()) else {
        return;
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut group = c.benchmark_group("generate");
    for kind in Kind::GENERATED {
        group.bench_function(BenchmarkId::from_parameter(kind), |b| {
            b.iter(|| generators.generate(kind, &mut rng));
        });
    }
}

/// Six letters, a new picture each time; `hard` at 200×70.
fn render(c: &mut Criterion) {
    let mut group = c.benchmark_group("render");
    group.throughput(Throughput::Elements(1));
    for (preset, size) in [
        (Preset::Hard, Some(Size::Fixed(200, 70))),
        (Preset::Classic, None),
    ] {
        let options = StyleOptions {
            preset,
            size,
            ..StyleOptions::default()
        };
        let Ok(style) = options.resolve(Fonts::embedded()) else {
            return;
        };
        for scale in [Scale::One, Scale::Two] {
            let name = format!("{}@{}", preset.as_str(), scale.factor());
            group.bench_function(name, |b| {
                let pictures = pictures();
                let mut next = pictures.iter().cycle();
                b.iter(|| {
                    next.next()
                        .map(|(prompt, seed)| draw(prompt, black_box(&style), seed, scale))
                });
            });
        }
    }
}

fn judge(c: &mut Criterion) {
    let Ok(answer) = Answer::new("K7MPXA", Case::Fold) else {
        return;
    };
    c.bench_function("judge", |b| b.iter(|| answer.matches(black_box("k7mpxb"))));
}

/// Many prompts, so that no cache or branch predictor knows what comes next.
fn pictures() -> Vec<(Prompt, Seed)> {
    let Ok(generators) = Generators::new(&KindOptions::default(), &Fonts::embedded()) else {
        return Vec::new();
    };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let seeds = (0_u128..1024).map(|number| Seed::from_bytes(number.to_le_bytes()));
    seeds
        .filter_map(|seed| {
            Some((
                generators
                    .generate(Kind::Chars, &mut rng)
                    .ok()?
                    .prompt()
                    .clone(),
                seed,
            ))
        })
        .collect()
}

criterion_group!(benches, generate, render, judge);
criterion_main!(benches);
