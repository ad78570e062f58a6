use rand_core::Rng;

/// A number in `0..bound`, each equally likely; 0 if the bound is 0.
///
/// Lemire, "Fast Random Integer Generation in an Interval" (2019): the high half of a product, where the few draws that
/// would favour some numbers are drawn again.
pub(crate) fn below(rng: &mut (impl Rng + ?Sized), bound: u32) -> u32 {
    let mut product = u64::from(rng.next_u32()) * u64::from(bound);
    if (product as u32) < bound {
        let unfair = bound.wrapping_neg() % bound;
        while (product as u32) < unfair {
            product = u64::from(rng.next_u32()) * u64::from(bound);
        }
    }
    (product >> 32) as u32
}

/// One item, each equally likely; none if there is none.
pub(crate) fn pick<'a, T>(rng: &mut (impl Rng + ?Sized), items: &'a [T]) -> Option<&'a T> {
    items.get(below(rng, items.len() as u32) as usize)
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha8Rng;
    use proptest::prelude::*;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn every_number_comes_about_equally_often() {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let mut seen = [0_u32; 7];
        for _ in 0..70_000 {
            seen[below(&mut rng, 7) as usize] += 1;
        }
        for count in seen {
            assert!((9_500..10_500).contains(&count), "{seen:?}");
        }
    }

    proptest! {
        #[test]
        fn stays_below_its_bound(seed: u64, bound in 1_u32..) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            prop_assert!(below(&mut rng, bound) < bound);
        }
    }

    #[test]
    fn nothing_is_picked_from_nothing() {
        assert_eq!(pick::<u8>(&mut ChaCha8Rng::from_seed([0; 32]), &[]), None);
    }
}
