//! LZ4 as Spark writes it: the blocks of lz4-java's `LZ4BlockOutputStream`, which are no frames of LZ4's own format. A
//! block is a mark, how it is packed, two lengths, a checksum of what it holds, and that.

use std::io::{self, Write};

use lz4_flex::block::{compress_into, get_maximum_output_size};
use twox_hash::XxHash32;

/// The lengths that a block may have, as lz4-java's.
pub const LEAST: usize = 64;
/// See `LEAST`.
pub const MOST: usize = 1 << 25;

const MARK: &[u8] = b"LZ4Block";
const AS_IT_IS: u8 = 0x10;
const PACKED: u8 = 0x20;
const SEED: u32 = 0x9747_b28c;

/// Packs what it is given, a block at a time.
pub struct Blocks<W: Write> {
    output: W,
    length: usize,
    waiting: Vec<u8>,
    packed: Vec<u8>,
}

impl<W: Write> Blocks<W> {
    /// Blocks of at most `length` bytes, between `LEAST` and `MOST`.
    pub fn new(output: W, length: usize) -> Self {
        let length = length.clamp(LEAST, MOST);
        let packed = vec![0; get_maximum_output_size(length)];
        Self { output, length, waiting: Vec::with_capacity(length), packed }
    }

    /// Writes what waits and the block that says that no more follow.
    pub fn finish(mut self) -> io::Result<W> {
        self.block()?;
        self.head(AS_IT_IS, 0, 0, 0)?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn block(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let length = self.waiting.len();
        // lz4-java keeps 28 bits.
        let checksum = XxHash32::oneshot(SEED, &self.waiting) & 0x0fff_ffff;
        let packed = compress_into(&self.waiting, &mut self.packed).map_err(io::Error::other)?;
        if packed < length {
            self.head(PACKED, packed, length, checksum)?;
            self.output.write_all(&self.packed[..packed])?;
        } else {
            self.head(AS_IT_IS, length, length, checksum)?;
            self.output.write_all(&self.waiting)?;
        }
        self.waiting.clear();
        Ok(())
    }

    fn head(&mut self, how: u8, stored: usize, length: usize, checksum: u32) -> io::Result<()> {
        // The length of the longest block, as a power of two from 1024 on.
        let level = self.length.next_power_of_two().ilog2().saturating_sub(10) as u8;
        let mut head = MARK.to_vec();
        head.push(how | level);
        for number in [stored as u32, length as u32, checksum] {
            head.extend(number.to_le_bytes());
        }
        self.output.write_all(&head)
    }
}

impl<W: Write> Write for Blocks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.length - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        if self.waiting.len() == self.length {
            self.block()?;
        }
        Ok(taken)
    }

    /// What waits becomes a block, shorter than others: it is there whatever becomes of the program.
    fn flush(&mut self) -> io::Result<()> {
        self.block()?;
        self.output.flush()
    }
}
