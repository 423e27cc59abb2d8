//! Groups of prefix codes, and the blocks of an image that use them (RFC 9649, 3.7.2).
//!
//! A group has five codes: for green, for red, for blue, for alpha, and for distances. A symbol of the
//! green code is a literal's green, the length of a copy, or an index of the color cache. Where a group
//! allows it, a pixel takes fewer than four look-ups ([`Literals`]).

use super::bits::LowBitReader;
use super::block_image::BlockImage;
use super::prefix_code::{CodeReader, PrefixCode, ROOT, alphabets};
use crate::error::Result;
use crate::limits::{Budget, Buffer, Reservation};

/// Codes of a group, in the order in which they are stored.
const CODES: usize = 5;
const GREEN: usize = 0;
const RED: usize = 1;
const BLUE: usize = 2;
const ALPHA: usize = 3;
const DISTANCE: usize = 4;
/// Bits of the longest token that is decoded by one look-up.
const PACKED_BITS: u32 = 9;
const PACKED: usize = 1 << PACKED_BITS;
/// Marks an entry of [`packed_tokens`] whose pixel is a green symbol that is no literal.
const NO_LITERAL: u64 = 1 << 63;
/// Marks an entry of [`packed_tokens`] whose token is longer.
const LONGER: u64 = 1 << 62;

/// How a group codes its literals.
enum Literals {
    /// All pixels are this one, and take no bits.
    One(u32),
    /// Red, blue and alpha take no bits.
    Green(u32),
    /// Most tokens are known from the next bits ([`packed_tokens`]).
    Packed(Buffer<u64>),
    General,
}

/// A decoded green symbol, with the rest of the pixel if it is a literal.
pub(super) enum Token {
    Literal(u32),
    /// A length (from 256 on) or an index of the color cache (from 280 on).
    Symbol(usize),
}

/// Five tables of the first level, and all of the second.
#[derive(Clone, Copy)]
struct GroupTables<'g> {
    roots: &'g [[u16; ROOT]; CODES],
    second: &'g [u16],
}

impl<'g> GroupTables<'g> {
    /// `None` cannot happen: every group has five codes.
    #[inline(always)]
    fn new(tables: &'g [u16]) -> Option<Self> {
        let (roots, second) = tables.split_at_checked(CODES * ROOT)?;
        let roots = roots.as_chunks().0.first_chunk()?;
        Some(Self { roots, second })
    }

    #[inline(always)]
    fn code(self, index: usize) -> PrefixCode<'g> {
        PrefixCode {
            root: &self.roots[index],
            second: self.second,
        }
    }
}

struct CodeGroup {
    /// See [`GroupTables`].
    tables: Buffer<u16>,
    literals: Literals,
}

impl CodeGroup {
    fn new(tables: Buffer<u16>, budget: &Budget) -> Result<Self> {
        let literals = match GroupTables::new(&tables) {
            Some(codes) => Literals::new(codes, budget)?,
            None => Literals::General,
        };
        Ok(Self { tables, literals })
    }
}

impl Literals {
    fn new(codes: GroupTables<'_>, budget: &Budget) -> Result<Self> {
        let only = [RED, BLUE, ALPHA].map(|index| codes.code(index).only_symbol());
        if let [Some(red), Some(blue), Some(alpha)] = only {
            let rest = pixel(alpha, red, 0, blue);
            return Ok(match codes.code(GREEN).only_symbol() {
                Some(green @ 0..256) => Self::One(rest | (green as u32) << 8),
                _ => Self::Green(rest),
            });
        }
        let packed = packed_tokens(codes);
        let known = packed.iter().filter(|entry| **entry & LONGER == 0);
        // The share of tokens that are known is about that of the entries.
        if known.count() < PACKED / 8 * 7 {
            return Ok(Self::General);
        }
        let mut entries = budget.buffer(PACKED)?;
        entries.copy_from_slice(&packed);
        Ok(Self::Packed(entries))
    }
}

/// The token that each value of the next bits begins with: marks and its length in the high half,
/// then its pixel.
fn packed_tokens(codes: GroupTables<'_>) -> [u64; PACKED] {
    std::array::from_fn(|number| {
        let start = LowBitReader::of_number(number as u64);
        let mut bits = start;
        let entry = match general_token(&mut bits, codes, None) {
            Token::Literal(pixel) => u64::from(pixel),
            Token::Symbol(symbol) => NO_LITERAL | symbol as u64,
        };
        match bits.consumed_since(&start) {
            length @ ..=PACKED_BITS => entry | u64::from(length) << 32,
            _ => LONGER,
        }
    })
}

#[inline(always)]
fn pixel(alpha: usize, red: usize, green: usize, blue: usize) -> u32 {
    (alpha << 24 | red << 16 | green << 8 | blue) as u32
}

/// A token by up to four look-ups. Less if all pixels have the same `alpha`, in bits 24 to 31.
#[inline(always)]
fn general_token(bits: &mut LowBitReader<'_>, codes: GroupTables<'_>, alpha: Option<u32>) -> Token {
    let green = codes.code(GREEN).symbol(bits);
    if green >= 256 {
        return Token::Symbol(green);
    }
    let red = codes.code(RED).symbol(bits);
    let blue = codes.code(BLUE).symbol(bits);
    let color = pixel(0, red, green, blue);
    Token::Literal(match alpha {
        Some(alpha) => alpha | color,
        None => {
            // Three codes took up to 45 bits of 56.
            bits.refill();
            (codes.code(ALPHA).symbol(bits) as u32) << 24 | color
        }
    })
}

/// A group in use.
#[derive(Clone, Copy)]
pub(super) struct ActiveGroup<'g> {
    tables: GroupTables<'g>,
    /// The alpha of all literals.
    alpha: Option<u32>,
    literals: ActiveLiterals<'g>,
}

#[derive(Clone, Copy)]
enum ActiveLiterals<'g> {
    One(u32),
    Green(u32),
    Packed(&'g [u64; PACKED]),
    General,
}

impl ActiveGroup<'_> {
    /// The pixel of which everything consists.
    #[inline(always)]
    pub(super) fn only_pixel(&self) -> Option<u32> {
        match self.literals {
            ActiveLiterals::One(pixel) => Some(pixel),
            _ => None,
        }
    }

    /// Decodes the next token.
    #[inline(always)]
    pub(super) fn token(&self, bits: &mut LowBitReader<'_>) -> Token {
        bits.refill();
        match self.literals {
            ActiveLiterals::General => general_token(bits, self.tables, self.alpha),
            ActiveLiterals::Green(rest) | ActiveLiterals::One(rest) => {
                match self.tables.code(GREEN).symbol(bits) {
                    green @ 0..256 => Token::Literal(rest | (green as u32) << 8),
                    symbol => Token::Symbol(symbol),
                }
            }
            ActiveLiterals::Packed(entries) => {
                let entry = entries[bits.window() as usize % PACKED];
                if entry & LONGER != 0 {
                    return general_token(bits, self.tables, self.alpha);
                }
                bits.consume((entry >> 32) as u32 & 63);
                if entry & NO_LITERAL == 0 {
                    Token::Literal(entry as u32)
                } else {
                    Token::Symbol(entry as u32 as usize)
                }
            }
        }
    }

    /// Decodes the symbol of a distance.
    #[inline(always)]
    pub(super) fn distance_symbol(&self, bits: &mut LowBitReader<'_>) -> usize {
        self.tables.code(DISTANCE).symbol(bits)
    }
}

/// The groups of an image.
pub(super) struct CodeGroups {
    groups: Vec<CodeGroup>,
    /// The number of a group, by block.
    map: Option<BlockImage<u16>>,
    _memory: Reservation,
}

impl CodeGroups {
    /// Reads the groups. Those that no block uses are checked, but not kept.
    pub(super) fn read(
        bits: &mut LowBitReader<'_>,
        cache_size: usize,
        mut map: Option<BlockImage<u16>>,
        budget: &Budget,
    ) -> Result<Self> {
        let numbers = match &mut map {
            Some(map) => renumber(&mut map.values, budget)?,
            None => budget.buffer::<u32>(1)?,
        };
        let used = numbers.iter().filter(|number| **number != UNUSED).count();
        let (mut groups, memory) = budget.room(used)?;
        let mut reader = GroupReader::new(cache_size);
        for &number in numbers.iter() {
            budget.work(reader.work())?;
            reader.read(bits)?;
            if number != UNUSED {
                groups.push(CodeGroup::new(reader.tables(budget)?, budget)?);
            }
        }
        Ok(Self {
            groups,
            map,
            _memory: memory,
        })
    }

    /// The group at column `x` of row `y`, and the column at which the next block starts.
    #[inline(always)]
    pub(super) fn at(&self, x: usize, y: u32) -> Option<(ActiveGroup<'_>, usize)> {
        let (number, end) = match &self.map {
            Some(map) => {
                let column = x >> map.block_bits;
                let number = map.row(y).get(column)?;
                (usize::from(*number), (column + 1) << map.block_bits)
            }
            None => (0, usize::MAX),
        };
        let group = self.groups.get(number)?;
        let literals = match &group.literals {
            Literals::One(pixel) => ActiveLiterals::One(*pixel),
            Literals::Green(rest) => ActiveLiterals::Green(*rest),
            Literals::Packed(entries) => ActiveLiterals::Packed(entries.first_chunk()?),
            Literals::General => ActiveLiterals::General,
        };
        let tables = GroupTables::new(&group.tables)?;
        let alpha = tables.code(ALPHA).only_symbol();
        let active = ActiveGroup {
            tables,
            alpha: alpha.map(|alpha| (alpha as u32) << 24),
            literals,
        };
        Some((active, end))
    }
}

/// The new number of a group that is not used.
const UNUSED: u32 = u32::MAX;

/// Numbers the groups that are used from 0 up, in `map` too. Returns the new numbers of all groups.
fn renumber(map: &mut [u16], budget: &Budget) -> Result<Buffer<u32>> {
    let largest = map.iter().copied().max().unwrap_or(0);
    let mut numbers = budget.buffer::<u32>(usize::from(largest) + 1)?;
    numbers.fill(UNUSED);
    map.iter()
        .for_each(|&group| numbers[usize::from(group)] = 0);
    let used = numbers.iter_mut().filter(|number| **number != UNUSED);
    (0..).zip(used).for_each(|(new, number)| *number = new);
    map.iter_mut()
        .for_each(|group| *group = numbers[usize::from(*group)] as u16);
    Ok(numbers)
}

/// Reads one group after the other into the same tables.
struct GroupReader {
    code: CodeReader,
    alphabets: [usize; CODES],
    roots: [[u16; ROOT]; CODES],
    second: Vec<u16>,
}

impl GroupReader {
    fn new(cache_size: usize) -> Self {
        Self {
            code: CodeReader::new(),
            alphabets: alphabets(cache_size),
            roots: [[0; ROOT]; CODES],
            second: Vec::new(),
        }
    }

    /// Reads the codes of a group.
    fn read(&mut self, bits: &mut LowBitReader<'_>) -> Result<()> {
        self.second.clear();
        for (&alphabet, root) in self.alphabets.iter().zip(&mut self.roots) {
            self.code.read(bits, alphabet, root, &mut self.second)?;
        }
        Ok(())
    }

    /// A copy of the tables.
    fn tables(&self, budget: &Budget) -> Result<Buffer<u16>> {
        let roots = self.roots.as_flattened();
        let mut tables = budget.buffer(roots.len() + self.second.len())?;
        tables[..roots.len()].copy_from_slice(roots);
        tables[roots.len()..].copy_from_slice(&self.second);
        Ok(tables)
    }

    /// Table entries and symbols of a group.
    fn work(&self) -> u64 {
        (CODES * ROOT + PACKED + self.alphabets.iter().sum::<usize>()) as u64
    }
}
