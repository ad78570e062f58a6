//! Prints as many response tokens of a server's demo site as asked for, given the server's secret: a load that no one
//! could type.

use std::{
    env,
    error::Error,
    io::{self, BufWriter, Write},
    sync::Arc,
};

use cattlegrid::{
    Ask, Gate, OsEntropy, Secrets, Site, Sites,
    challenge::{
        Generators, KindOptions,
        image::{Fonts, Style},
    },
    store::{SystemClock, memory::MemoryStore},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = env::args().nth(1).ok_or("usage: tokens COUNT")?.parse()?;
    let secrets = Secrets::parse(&env::var("CATTLEGRID_SECRET")?)?;
    let (site_key, secret_key) =
        Site::demo_keys(&secrets).ok_or("no key follows from this secret")?;
    let generators = Arc::new(Generators::new(
        &KindOptions::default(),
        &Fonts::embedded(),
    )?);
    let site = Site::new(
        site_key.clone(),
        secret_key,
        generators,
        Arc::new(Style::hard()),
    );
    let clock = Arc::new(SystemClock::new());
    let store = MemoryStore::new(count, clock.clone());
    let gate = Gate::new(
        &secrets,
        Sites::new(vec![site])?,
        store,
        clock,
        Arc::new(OsEntropy),
    );
    let site = gate
        .sites()
        .get(site_key.as_str())
        .ok_or("the demo site is gone")?;

    let mut out = BufWriter::new(io::stdout().lock());
    for _ in 0..count {
        let issued = gate.issue(site, Ask::any())?;
        let inspected = gate.inspect(&issued.key)?;
        let solved = gate
            .answer(&issued.key, inspected.challenge.answer().as_str(), None)
            .await?;
        writeln!(out, "{}", solved.token)?;
    }
    Ok(out.flush()?)
}
