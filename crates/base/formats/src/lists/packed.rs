//! The bytes of a list as they come: unpacked where they are packed, cut into lines of bounded length.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::MAX_LINE;

/// What a file begins with that was packed with gzip (RFC 1952 section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// What a file begins with that was packed with zstd (RFC 8878 section 3.1.1).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Unpacks what is packed, which its first bytes tell; `most` bytes of that are given, and an error for more.
///
/// # Errors
/// The bytes cannot be read.
pub fn unpacked(mut plain: impl Read + 'static, most: u64) -> io::Result<Box<dyn BufRead>> {
    // A pipe may give fewer bytes than it is asked for.
    let mut head = Vec::new();
    plain.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(GZIP), head.starts_with(ZSTD));
    let whole = BufReader::new(Cursor::new(head).chain(plain));
    let unpacked: Box<dyn Read> = if is_gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else if is_zstd {
        Box::new(zstd::stream::read::Decoder::with_buffer(whole)?)
    } else {
        return Ok(Box::new(whole));
    };
    Ok(Box::new(BufReader::new(AtMost { unpacked, left: most })))
}

/// Gives so many bytes, and an error where there are more.
struct AtMost {
    unpacked: Box<dyn Read>,
    left: u64,
}

impl Read for AtMost {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.unpacked.read(buffer)?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                "it unpacks to more than any list is long",
            )
        })?;
        Ok(read)
    }
}

/// Reads the next line; false at the end. Of a line that is too long just so much is kept that it is seen to be.
///
/// # Errors
/// The bytes cannot be read, or are not what the packer made.
pub fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let longest = (MAX_LINE as u64).saturating_add(2);
    let read = input.take(longest).read_until(b'\n', line)?;
    if read as u64 == longest && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &str = "192.0.2.1\n192.0.2.2\n";

    /// Gives a byte at a time, as a slow pipe does.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        zstd::encode_all(text.as_bytes(), 0).unwrap()
    }

    fn read(bytes: Vec<u8>, most: u64) -> io::Result<String> {
        let mut text = String::new();
        unpacked(Slow(Cursor::new(bytes)), most)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_is_packed_is_unpacked_whole() {
        for pack in [gzip, zstd, |text: &str| text.as_bytes().to_vec()] {
            assert_eq!(read(pack(TEXT), 20).unwrap(), TEXT);
            // Packers append: two packed files in a row are one.
            let twice = [pack(TEXT), pack(TEXT)].concat();
            assert_eq!(read(twice, 40).unwrap(), TEXT.repeat(2));
        }
        assert_eq!(read(b"1".to_vec(), 1).unwrap(), "1");
        assert_eq!(read(Vec::new(), 1).unwrap(), "");
    }

    #[test]
    fn what_is_cut_spoiled_or_a_bomb_is_an_error() {
        for pack in [gzip, zstd] {
            let whole = pack(&TEXT.repeat(999));
            assert!(read(whole[..whole.len() - 5].to_vec(), u64::MAX).is_err());
            let mut spoiled = whole.clone();
            let middle = whole.len() / 2;
            spoiled[middle] ^= 0x55;
            assert_ne!(read(spoiled, u64::MAX).ok(), Some(TEXT.repeat(999)));
            let bomb = read(whole, 999).unwrap_err();
            assert_eq!(bomb.kind(), io::ErrorKind::FileTooLarge);
        }
    }

    #[test]
    fn long_lines_are_cut_and_the_next_begins_where_it_should() {
        let text = format!("one\n{}\ntwo", "x".repeat(MAX_LINE * 3));
        let (mut input, mut line) = (text.as_bytes(), Vec::new());
        let mut lengths = Vec::new();
        while next_line(&mut input, &mut line).unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [4, MAX_LINE + 2, 3]);
    }
}
