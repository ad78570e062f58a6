/// Puts bits behind each other into bytes, the first in the lowest bit, as DEFLATE does (RFC 1951, section 3.1.1).
pub(super) struct BitWriter<'a> {
    bytes: &'a mut Vec<u8>,
    pending: u64,
    count: u32,
}

/// Bits to be written together, the first in the lowest bit: at most 32, and none set above them.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) bits: u32,
    pub(super) count: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self {
            bytes,
            pending: 0,
            count: 0,
        }
    }

    /// Writes the lowest `count` bits, at most 32; higher ones must be zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.pending |= u64::from(bits) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.bytes
                .extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    #[inline]
    pub(super) fn put_word(&mut self, word: Word) {
        self.put(word.bits, word.count);
    }

    /// Fills the last byte with zeros.
    pub(super) fn finish(self) {
        let bytes = self.count.div_ceil(8) as usize;
        self.bytes
            .extend_from_slice(&self.pending.to_le_bytes()[..bytes]);
    }
}
