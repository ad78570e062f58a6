//! Where a shard keeps its ids: fixed chunks, so that growing neither copies nor doubles anything.

use crate::SpentId;

/// The place of an entry in a [`Slab`].
pub(super) type Index = u32;

/// The end of a chain of entries.
pub(super) const END: Index = Index::MAX;

const CHUNK: usize = 64;

#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) id: SpentId,
    /// The first tick at which the id is no longer remembered.
    pub(super) leaves: u32,
    /// The next entry of the same chain: those that leave at one tick, or those that are free.
    pub(super) next: Index,
}

/// Entries that keep their place until they are removed.
pub(super) struct Slab {
    chunks: Vec<Box<[Entry]>>,
    free: Index,
    len: usize,
}

impl Slab {
    pub(super) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: END,
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn capacity(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    pub(super) fn get(&self, index: Index) -> &Entry {
        let index = index as usize;
        &self.chunks[index / CHUNK][index % CHUNK]
    }

    fn get_mut(&mut self, index: Index) -> &mut Entry {
        let index = index as usize;
        &mut self.chunks[index / CHUNK][index % CHUNK]
    }

    pub(super) fn insert(&mut self, entry: Entry) -> Index {
        if self.free == END {
            self.grow();
        }
        let index = self.free;
        self.free = self.get(index).next;
        *self.get_mut(index) = entry;
        self.len += 1;
        index
    }

    pub(super) fn remove(&mut self, index: Index) {
        self.get_mut(index).next = self.free;
        self.free = index;
        self.len -= 1;
    }

    fn grow(&mut self) {
        let first = self.capacity();
        let empty = Entry {
            id: SpentId::from_bytes([0; 16]),
            leaves: 0,
            next: END,
        };
        let mut chunk = vec![empty; CHUNK].into_boxed_slice();
        for (entry, following) in chunk[..CHUNK - 1].iter_mut().zip(first + 1..) {
            entry.next = following as Index;
        }
        self.chunks.push(chunk);
        self.free = first as Index;
    }
}
