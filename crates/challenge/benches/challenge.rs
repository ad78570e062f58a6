//! How long it takes to think of a challenge, to draw one, and to judge an answer or a solution.

use std::hint::black_box;
use std::sync::Arc;

use cattlegrid_challenge::image::{Fonts, Preset, Scale, Seed, Size, StyleOptions, draw};
use cattlegrid_challenge::work::{
    Algorithm, Derivation, Puzzle, Residue, Solution, Task, TimeLock, TimeLockKey, Work, WorkSeed,
};
use cattlegrid_challenge::{Answer, Case, Generators, Kind, KindOptions, Prompt};
use chacha20::ChaCha8Rng;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crypto_bigint::{NonZero, U2048};
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

fn time_lock(c: &mut Criterion) {
    c.bench_function("time-lock/key", |b| {
        let mut seeds = 0_u8..;
        b.iter(|| TimeLockKey::from_seed([seeds.next().unwrap_or(0); 32]));
    });
    let key = Arc::new(TimeLockKey::from_seed([1; 32]));
    // Why: one squaring is judged as many are.
    let lock = TimeLock::new(key, 1).and_then(|lock| Work::new(vec![Task::TimeLock(lock)]));
    let Ok(work) = lock else {
        return;
    };
    let seed = WorkSeed::from_bytes([2; 32]);
    c.bench_function("time-lock/puzzle", |b| {
        b.iter(|| work.puzzles(black_box(&seed)));
    });
    let solutions: Vec<_> = work.puzzles(&seed).iter().filter_map(square).collect();
    c.bench_function("time-lock/judge", |b| {
        b.iter(|| work.is_done(&seed, black_box(&solutions)));
    });
}

/// The solution of a time lock of one squaring.
fn square(puzzle: &Puzzle) -> Option<Solution> {
    let Puzzle::TimeLock(puzzle) = puzzle else {
        return None;
    };
    let modulus = NonZero::new(U2048::from_be_hex(&puzzle.modulus())).into_option()?;
    let squared = U2048::from_be_hex(&puzzle.base()).square_mod(&modulus);
    Residue::from_hex(&format!("{squared:x}")).map(Solution::Residue)
}

/// What it costs to judge one solution, at ALTCHA's usual cost.
fn derive(c: &mut Criterion) {
    let mut group = c.benchmark_group("derive");
    for algorithm in Algorithm::ALL {
        let Ok(work) = Derivation::new(algorithm, 5000, 6)
            .and_then(|derivation| Work::new(vec![Task::Derivation(derivation)]))
        else {
            return;
        };
        let seed = WorkSeed::from_bytes([1; 32]);
        let solution = Solution::Key {
            counter: 0,
            key: vec![0; algorithm.key_bytes()],
        };
        group.bench_function(BenchmarkId::from_parameter(algorithm.as_str()), |b| {
            b.iter(|| work.is_done(black_box(&seed), std::slice::from_ref(&solution)));
        });
    }
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

criterion_group!(benches, generate, render, judge, derive, time_lock);
criterion_main!(benches);
