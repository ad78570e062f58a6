//! One part of the store, behind one lock.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::hash::RandomState;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::slab::{END, Entry, Index, Slab};
use crate::SpentId;

/// Below this many places a shard is not worth shrinking.
const SMALL: usize = 1024;

/// Ids, found by a hash table of places in a slab, and chained through the slab by the tick at which they leave.
pub(super) struct Shard {
    slab: Slab,
    /// For each id its latest entry. An older, expired one may still be in the slab until its tick is swept.
    places: HashTable<Index>,
    /// For each tick the first of the entries that leave at it.
    leaving: BTreeMap<u32, Index>,
}

impl Shard {
    pub(super) const fn new() -> Self {
        Self {
            slab: Slab::new(),
            places: HashTable::new(),
            leaving: BTreeMap::new(),
        }
    }

    /// Whether `id`, of this hash, is still remembered at tick `now`.
    pub(super) fn holds(&self, hash: u64, id: SpentId, now: u32) -> bool {
        let slab = &self.slab;
        self.places
            .find(hash, |&place| slab.get(place).id == id)
            .is_some_and(|&place| slab.get(place).leaves > now)
    }

    /// Remembers `id`, of this hash, until tick `leaves`. It must not be held.
    pub(super) fn insert(&mut self, hasher: &RandomState, hash: u64, id: SpentId, leaves: u32) {
        let first = self.leaving.entry(leaves).or_insert(END);
        let place = self.slab.insert(Entry {
            id,
            leaves,
            next: *first,
        });
        *first = place;

        let slab = &self.slab;
        match self.places.entry(
            hash,
            |&other| slab.get(other).id == id,
            |&other| hasher.hash_one(slab.get(other).id),
        ) {
            Slot::Occupied(mut slot) => *slot.get_mut() = place,
            Slot::Vacant(slot) => {
                slot.insert(place);
            }
        }
    }

    /// Forgets at most `at_most` of the ids that have left by tick `now`; returns how many entries that freed.
    pub(super) fn forget(&mut self, hasher: &RandomState, now: u32, at_most: usize) -> usize {
        let mut forgotten = 0;
        while forgotten < at_most
            && let Some(mut bucket) = self.leaving.first_entry()
            && *bucket.key() <= now
        {
            let place = *bucket.get();
            let Entry { id, next, .. } = *self.slab.get(place);
            if next == END {
                bucket.remove();
            } else {
                bucket.insert(next);
            }
            if let Ok(slot) = self
                .places
                .find_entry(hasher.hash_one(id), |&other| other == place)
            {
                slot.remove();
            }
            self.slab.remove(place);
            forgotten += 1;
        }
        if self.slab.capacity() > SMALL && self.slab.len() < self.slab.capacity() / 4 {
            self.shrink(hasher);
        }
        forgotten
    }

    /// Gives back the memory of a crowd that has left. A quarter is moved after three quarters left, so this
    /// costs each id a constant share.
    fn shrink(&mut self, hasher: &RandomState) {
        let old = std::mem::replace(self, Self::new());
        // Why: in the order of ticks, so that an id's latest entry is the one that is found.
        for mut place in old.leaving.into_values() {
            while place != END {
                let entry = old.slab.get(place);
                self.insert(hasher, hasher.hash_one(entry.id), entry.id, entry.leaves);
                place = entry.next;
            }
        }
    }
}
