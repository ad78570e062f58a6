/// Bits to be written together, the first in the lowest bit: at most 32, and none set above them.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) bits: u32,
    pub(super) count: u32,
}

impl Word {
    /// These bits and then those of `next`, together at most 32.
    #[inline]
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            bits: self.bits | next.bits << self.count,
            count: self.count + next.count,
        }
    }
}

/// Puts bits behind each other into bytes, the first in the lowest bit, as DEFLATE does (RFC 1951, section 3.1.1).
#[derive(Default)]
pub(super) struct BitWriter {
    /// What has been written, and room for more.
    bytes: Vec<u8>,
    /// How many bytes are complete.
    complete: usize,
    pending: u64,
    count: u32,
}

impl BitWriter {
    /// Begins anew, with room for so many words.
    pub(super) fn begin(&mut self, words: usize) {
        // Why 8 more: each word is written with all the eight bytes that it might touch.
        self.bytes.resize(4 * words + 8, 0);
        (self.complete, self.pending, self.count) = (0, 0, 0);
    }

    /// Writes the word.
    #[inline]
    pub(super) fn put(&mut self, word: Word) {
        // Why always eight bytes: whether a byte is complete is as good as random, and a wrong guess of the processor
        // costs more than all this.
        self.pending |= u64::from(word.bits) << self.count;
        self.count += word.count;
        if let Some(place) = self
            .bytes
            .get_mut(self.complete..)
            .and_then(|rest| rest.first_chunk_mut::<8>())
        {
            *place = self.pending.to_le_bytes();
        }
        self.complete += (self.count / 8) as usize;
        self.pending >>= self.count & !7;
        self.count &= 7;
    }

    /// All that was written, the last byte filled with zeros.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.complete + self.count.div_ceil(8) as usize]
    }

    /// The bytes that are held.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity()
    }
}
