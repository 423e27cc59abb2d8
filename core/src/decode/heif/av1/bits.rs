//! Open bitstream units, and the fields of their headers (AV1 bitstream specification, 4.10 and 5.3).
//!
//! Reading is total: fields after the end are zero, and a unit that claims too many bytes is cut. The
//! decoder refuses such files; here they only have to have a cost.

/// An open bitstream unit (OBU).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Obu<'a> {
    /// `obu_type`.
    pub kind: u8,
    pub payload: &'a [u8],
}

impl Obu<'_> {
    pub(super) const SEQUENCE_HEADER: u8 = 1;
    pub(super) const FRAME_HEADER: u8 = 3;
    pub(super) const FRAME: u8 = 6;
    pub(super) const REDUNDANT_FRAME_HEADER: u8 = 7;
}

/// The units in `bytes`, one after the other.
pub(super) fn obus(bytes: &[u8]) -> impl Iterator<Item = Obu<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (unit, behind) = split_obu(rest)?;
        rest = behind;
        Some(unit)
    })
}

/// Splits off the first unit. A unit without a size is the last.
fn split_obu(bytes: &[u8]) -> Option<(Obu<'_>, &[u8])> {
    let (&header, rest) = bytes.split_first()?;
    let (has_extension, has_size) = (header & 4 != 0, header & 2 != 0);
    let rest = rest.get(usize::from(has_extension)..)?;
    let (size, rest) = match has_size {
        true => leb128(rest)?,
        false => (rest.len(), rest),
    };
    let (payload, behind) = rest.split_at(size.min(rest.len()));
    let kind = header >> 3 & 15;
    Some((Obu { kind, payload }, behind))
}

/// A number of 7 bits per byte, the low ones first (4.10.5).
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = 1 + bytes.iter().take(8).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(length);
    let digits = number.iter().rev().map(|byte| u64::from(byte & 0x7F));
    let value = digits.fold(0, |value, digit| value << 7 | digit);
    Some((usize::try_from(value).unwrap_or(usize::MAX), rest))
}

/// Reads fields of bits, the high bit first.
#[derive(Debug)]
pub(super) struct ObuFields<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> ObuFields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Whether more was read than there is.
    pub(super) fn overrun(&self) -> bool {
        self.position > self.bytes.len().saturating_mul(8)
    }

    pub(super) fn flag(&mut self) -> bool {
        let byte = self.bytes.get(self.position / 8).copied().unwrap_or(0);
        let shift = 7 - self.position % 8;
        self.position = self.position.saturating_add(1);
        byte >> shift & 1 != 0
    }

    /// `f(n)`: a number of up to 32 bits.
    pub(super) fn bits(&mut self, count: u8) -> u32 {
        (0..count).fold(0, |value, _| value << 1 | u32::from(self.flag()))
    }

    /// `uvlc()`: zeros, a one, and as many bits (4.10.3). The value is never needed here.
    pub(super) fn skip_uvlc(&mut self) {
        let zeros = (0..32).take_while(|_| !self.flag()).count();
        if zeros < 32 {
            self.bits(zeros as u8);
        }
    }

    /// `ns(n)`: a number below `end`, which is at least 1 (4.10.7).
    pub(super) fn below(&mut self, end: u32) -> u32 {
        let width = (32 - end.leading_zeros()) as u8;
        let short = ((1u64 << width) - u64::from(end)) as u32;
        let value = self.bits(width - 1);
        if value < short {
            value
        } else {
            (value << 1) - short + u32::from(self.flag())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_sizes_of_several_bytes_and_extensions() {
        let mut bytes = vec![0x12, 0, 0x0E, 0x08, 2, 7, 8, 0x32, 0x81, 0x01];
        bytes.extend([9; 129]);
        let found: Vec<_> = obus(&bytes).map(|unit| (unit.kind, unit.payload)).collect();
        assert_eq!(found, [(2, &[][..]), (1, &[7, 8]), (6, &[9; 129])]);
    }

    #[test]
    fn a_unit_without_a_size_or_with_too_large_a_size_reaches_to_the_end() {
        for bytes in [&[0x30, 1, 2][..], &[0x32, 9, 1, 2]] {
            let payloads: Vec<_> = obus(bytes).map(|unit| unit.payload).collect();
            assert_eq!(payloads, [&[1, 2]]);
        }
        assert_eq!(obus(&[0x32, 0xFF, 0xFF, 0xFF]).count(), 0);
    }

    #[test]
    fn fields_are_read_from_the_high_bit_on_and_are_zero_after_the_end() {
        let mut fields = ObuFields::new(&[0b1010_0110, 0xFF]);
        assert!(fields.flag());
        assert_eq!(fields.bits(3), 2);
        assert_eq!((fields.bits(12), fields.overrun()), (0x6FF, false));
        assert_eq!((fields.bits(4), fields.overrun()), (0, true));
    }

    /// The codes of `ns(5)` are 00, 01, 10, 110 and 111.
    #[test]
    fn numbers_below_five_take_two_or_three_bits() {
        let mut fields = ObuFields::new(&[0b0001_1011, 0b0111_0000]);
        let values: Vec<_> = (0..5).map(|_| fields.below(5)).collect();
        assert_eq!(values, [0, 1, 2, 3, 4]);
        assert_eq!(ObuFields::new(&[]).below(1), 0);
        assert_eq!(ObuFields::new(&[0xFF; 8]).below(1 << 31), (1 << 31) - 1);
    }

    #[test]
    fn a_variable_length_number_is_skipped() {
        let mut fields = ObuFields::new(&[0b0010_1111]);
        fields.skip_uvlc();
        assert_eq!(fields.bits(3), 7);
    }
}
