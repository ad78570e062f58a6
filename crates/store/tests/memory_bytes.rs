//! What an id costs in memory, counted by the allocator.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{Claim, ManualClock, SpentId, Store, Timestamp};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The bound that the store promises.
const BYTES_PER_ID: usize = 64;

/// Well spread ids, as the real ones are; multiplying by an odd number never gives one twice.
fn id(n: u32) -> SpentId {
    let spread = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    SpentId::from_bytes(spread.to_be_bytes())
}

#[tokio::test]
async fn an_id_takes_at_most_64_bytes_at_every_size_and_leaves_none_behind() {
    let profiler = dhat::Profiler::builder().testing().build();
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
    let store = MemoryStore::new(1_000_000, clock.clone());
    let before = dhat::HeapStats::get().curr_bytes;

    let mut worst = 0_f64;
    for n in 0..600_000 {
        // Why a clock that moves: each second of expiry has a cost of its own.
        if n % 1000 == 0 {
            clock.advance(Duration::from_millis(250));
        }
        let claim = store.claim(id(n), Duration::from_secs(300)).await.unwrap();
        assert_eq!(claim, Claim::First);
        // Why from here on: below, what the store takes when it is empty outweighs the ids.
        if n >= 50_000 && n % 100 == 0 {
            let bytes = dhat::HeapStats::get().max_bytes - before;
            worst = worst.max(bytes as f64 / f64::from(n));
        }
    }
    let settled = (dhat::HeapStats::get().curr_bytes - before) as f64 / 600_000.0;
    println!("bytes for each live id: {settled:.1} settled, {worst:.1} at worst while growing");
    assert!(worst <= BYTES_PER_ID as f64, "{worst} bytes for each id");

    clock.advance(Duration::from_secs(3600));
    for n in 0..1000 {
        // Why many: each claim clears away a few of the expired ids of its own shard.
        for m in 0..100 {
            let late = 10_000_000 + n * 100 + m;
            let claim = store.claim(id(late), Duration::ZERO).await.unwrap();
            assert_eq!(claim, Claim::First);
        }
        clock.advance(Duration::from_secs(2));
    }
    let left = dhat::HeapStats::get().curr_bytes - before;
    println!("bytes left after all have expired: {left}");
    assert!(
        left < 1_000_000,
        "{left} bytes are left of a crowd that has gone"
    );
    drop(profiler);
}
