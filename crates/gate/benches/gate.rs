//! Issue, open, answer and verify, beside the cipher alone.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has to stop"
)]

use std::hint::black_box;
use std::sync::Arc;

use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, KindOptions};
use cattlegrid::store::SystemClock;
use cattlegrid::store::memory::MemoryStore;
use cattlegrid::{Ask, Attempt, Gate, OsEntropy, Secret, Secrets, Site, Sites};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn gate() -> Gate<MemoryStore> {
    let clock = Arc::new(SystemClock::new());
    let secrets = Secrets::new(vec![Secret::generate(&OsEntropy).unwrap()]).unwrap();
    let (site_key, secret_key) = Site::demo_keys(&secrets).unwrap();
    let generators = Generators::new(&KindOptions::default(), &Fonts::embedded()).unwrap();
    let site = Site::new(
        site_key,
        secret_key,
        Arc::new(generators),
        Arc::new(Style::hard()),
    );
    Gate::new(
        &secrets,
        Sites::new(vec![site]).unwrap(),
        MemoryStore::new(50_000_000, clock.clone()),
        clock,
        Arc::new(OsEntropy),
    )
}

fn engine(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let gate = gate();
    let site = gate.sites().iter().next().unwrap();
    let solve = || {
        let issued = gate.issue(site, Ask::any()).unwrap();
        let answer = gate
            .inspect(&issued.key)
            .unwrap()
            .challenge
            .answer()
            .as_str()
            .to_owned();
        runtime
            .block_on(gate.answer(&issued.key, Attempt::new(&answer)))
            .unwrap()
            .token
    };

    let mut group = c.benchmark_group("gate");
    group.bench_function("seal: the cipher alone, for reference", |b| {
        let cipher = XChaCha20Poly1305::new(&[7; 32].into());
        b.iter(|| {
            let mut content = vec![0; 109];
            cipher
                .encrypt_in_place(&XNonce::from([1; 24]), &[1], &mut content)
                .unwrap();
            black_box(content)
        });
    });
    group.bench_function("issue", |b| {
        b.iter(|| gate.issue(site, Ask::any()).unwrap());
    });
    group.bench_function("open", |b| {
        let key = gate.issue(site, Ask::any()).unwrap().key;
        b.iter(|| black_box(gate.inspect(&key).unwrap()));
    });
    group.bench_function("answer", |b| {
        b.iter_batched(
            || gate.issue(site, Ask::any()).unwrap().key,
            |key| {
                black_box(
                    runtime
                        .block_on(gate.answer(&key, Attempt::new("wrong")))
                        .is_err(),
                )
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("verify", |b| {
        b.iter_batched(
            solve,
            |token| black_box(runtime.block_on(gate.verify(site.secret(), &token, None))),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
