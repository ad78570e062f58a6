//! Which of several servers an id lives on.

use crate::servers::Host;

/// Chooses by the highest random weight (Thaler and Ravishankar, *Using name-based mappings to increase hit rates*, 1998):
/// every node that knows the same hosts chooses alike, in whatever order it was given them, and a host more takes over
/// its own share of the ids and moves no other.
pub(super) struct Rendezvous(Vec<u64>);

impl Rendezvous {
    /// A choice of these hosts, known by name and port as they are written.
    pub(super) fn new(hosts: &[Host]) -> Self {
        Self(hosts.iter().map(|host| digest(&host.to_string())).collect())
    }

    /// The place of the host that `id` lives on. Zero if there are none.
    pub(super) fn choose(&self, id: &[u8; 16]) -> usize {
        let id = u128::from_be_bytes(*id);
        let folded = mixed((id >> 64) as u64 ^ mixed(id as u64));
        let weights = self.0.iter().map(|host| mixed(host ^ folded));
        weights
            .enumerate()
            .max_by_key(|&(_, weight)| weight)
            .map_or(0, |(place, _)| place)
    }
}

/// FNV-1a, 64 bits. Why this and not the standard library's hash: nodes of different releases must choose alike.
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The finalizer of `SplitMix64` (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hosts(count: u16) -> Vec<Host> {
        (0..count)
            .map(|n| Host {
                name: format!("cache-{n}.example"),
                port: 11211,
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_order_of_hosts_does_not_matter(
            hosts in Just(hosts(7)).prop_shuffle(),
            ids in prop::collection::vec(any::<[u8; 16]>(), 100),
        ) {
            let sorted = self::hosts(7);
            let (here, there) = (Rendezvous::new(&hosts), Rendezvous::new(&sorted));
            for id in ids {
                prop_assert_eq!(&hosts[here.choose(&id)], &sorted[there.choose(&id)]);
            }
        }

        #[test]
        fn a_host_more_moves_no_id_but_to_itself(
            count in 1_u16..20,
            ids in prop::collection::vec(any::<[u8; 16]>(), 100),
        ) {
            let (before, after) = (hosts(count), hosts(count + 1));
            let (before, after) = (Rendezvous::new(&before), Rendezvous::new(&after));
            for id in ids {
                let place = after.choose(&id);
                prop_assert!(place == before.choose(&id) || place == usize::from(count));
            }
        }
    }

    #[test]
    fn ids_are_spread_evenly_and_as_they_always_were() {
        let choice = Rendezvous::new(&hosts(4));
        let mut counts = [0; 4];
        for n in 0..40_000_u128 {
            counts[choice.choose(&n.to_be_bytes())] += 1;
        }
        assert!(
            counts.iter().all(|&count| (9_500..10_500).contains(&count)),
            "{counts:?}"
        );
        // Why: a release that chose otherwise would find none of the ids that are spent.
        let chosen: Vec<_> = (0..12_u128)
            .map(|n| choice.choose(&n.to_be_bytes()))
            .collect();
        assert_eq!(chosen, [0, 0, 0, 0, 0, 1, 3, 2, 2, 2, 2, 1]);
    }
}
