//! Fresh ids in a store, each for an hour: what the store has grown by then is what live ids take.

use std::{fs, sync::Arc, time::Duration};

use cattlegrid::{
    Entropy, OsEntropy,
    store::{AnyStore, Claim, SpentId, Store, StoreUrl, SystemClock},
};
use tokio::task::JoinSet;

use crate::Error;

/// Claims at the same time, which a store on a server may put together.
const AT_A_TIME: usize = 200;
const TTL: Duration = Duration::from_secs(3600);

/// Claims `count` ids, and prints how many bytes this process has grown by: what they take in a memory store.
pub(crate) async fn run(url: &str, count: usize) -> Result<(), Error> {
    let url: StoreUrl = url.parse()?;
    let store = Arc::new(AnyStore::open(&url, Arc::new(SystemClock::new()))?);
    let each = count / AT_A_TIME;
    let before = resident()?;
    let mut claims: JoinSet<_> = (0..AT_A_TIME)
        .map(|_| claim(Arc::clone(&store), each))
        .collect();
    while let Some(claimed) = claims.join_next().await {
        claimed??;
    }
    println!("{}", resident()?.saturating_sub(before));
    Ok(())
}

async fn claim(store: Arc<AnyStore>, count: usize) -> Result<(), Error> {
    for _ in 0..count {
        let mut id = [0; 16];
        OsEntropy.fill(&mut id)?;
        if store.claim(SpentId::from_bytes(id), TTL).await? != Claim::First {
            return Err("a fresh id was spent".into());
        }
    }
    Ok(())
}

/// Bytes of this process that are in memory.
fn resident() -> Result<u64, Error> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.ok_or("the kernel does not say")?.parse()?;
    Ok(kibibytes * 1024)
}
