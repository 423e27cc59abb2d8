//! Substring search.

/// Where `part` begins first in `bytes`.
///
/// Linear, because parts are short: their first byte is looked for, and the rest compared there. The search
/// of `memchr::memmem` would take 2 kB of the wasm.
pub(super) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let &first = part.first()?;
    let mut places = memchr::memchr_iter(first, bytes);
    places.find(|&place| bytes[place..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_first_place_is_found() {
        assert_eq!(find(b"ababc abc", b"abc"), Some(2));
        assert_eq!(find(b"abab", b"abc"), None);
        assert_eq!(find(b"ab", b""), None);
    }
}
