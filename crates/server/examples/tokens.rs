//! Earns response tokens of a server's first site, one on each line: what siteverify is measured with.
//!
//! `tokens DIR COUNT`, where `DIR` is the server's data directory, in the environment that configures the server.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use cattlegrid::store::{AnyStore, Clock, StoreUrl, SystemClock};
use cattlegrid::{Ask, Attempt};
use cattlegrid_server::app::App;
use cattlegrid_server::config::Config;
use cattlegrid_server::data_dir;
use cattlegrid_server::standing::Standing;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, directory, count] = arguments.as_slice() else {
        return Err("usage: tokens DIR COUNT".into());
    };
    let directory = std::path::absolute(Path::new(directory))?;
    let flags = [("data", directory.display().to_string())];
    let config = Config::load(None, std::env::vars(), flags)?;
    let secrets = data_dir::secrets(&config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let store = AnyStore::open(&StoreUrl::memory(), Arc::clone(&clock))?;
    let standing = Standing::new(&config.limits, store, clock, config.listen);
    let app = App::new(&config, &secrets, Arc::new(standing))?;
    let site = app.gate().sites().iter().next().ok_or("there is no site")?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for _ in 0..count.parse::<u32>()? {
        let issued = app.gate().issue(site, Ask::any())?;
        let inside = app.gate().inspect(&issued.key)?;
        let answer = inside.challenge.answer().as_str();
        let solved = app.gate().answer(&issued.key, Attempt::new(answer)).await?;
        writeln!(out, "{}", solved.token)?;
    }
    Ok(out.flush()?)
}
