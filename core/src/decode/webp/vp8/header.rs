//! The frame header (RFC 6386, 9 and 19.2).

use super::bool_decoder::BoolDecoder;
use super::tables::{
    AC_QUANT, BandProbabilities, DC_QUANT, DEFAULT_PROBABILITIES, UPDATE_PROBABILITIES,
};
use crate::decode::webp::errors::{damaged, ends_early, unknown_version};
use crate::error::Result;
use crate::geometry::Size;

/// Groups of macroblocks with settings of their own (9.3).
const SEGMENTS: usize = 4;

/// The start of a key frame: 10 bytes in the clear (9.1).
#[derive(Clone, Copy)]
pub(in super::super) struct FrameTag<'a> {
    pub size: Size,
    /// Bytes of the first partition.
    first_partition: usize,
    /// Everything after the tag.
    data: &'a [u8],
}

impl<'a> FrameTag<'a> {
    pub(in super::super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let Some((&tag, data)) = bytes.split_first_chunk::<10>() else {
            return Err(ends_early());
        };
        let [a, b, c, start @ .., w0, w1, h0, h1] = tag;
        let bits = u32::from_le_bytes([a, b, c, 0]);
        let (is_inter, version, is_shown) = (bits & 1, bits >> 1 & 7, bits >> 4 & 1);
        if is_inter == 1 || is_shown == 0 || start != [0x9D, 0x01, 0x2A] {
            return Err(damaged());
        }
        if version > 3 {
            return Err(unknown_version());
        }
        // The two highest bits are a scale for display, which WebP ignores.
        let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
        Ok(Self {
            size: Size::new(side(w0, w1), side(h0, h1)),
            first_partition: (bits >> 5) as usize,
            data,
        })
    }
}

/// The fields of the header that decoding needs, and the partitions.
pub(super) struct KeyFrameHeader<'a> {
    pub segments: SegmentMap,
    pub filter: FilterHeader,
    pub quantizers: [Quantizer; SEGMENTS],
    pub probabilities: CoefficientProbabilities,
    /// The chance that a macroblock has coefficients, if macroblocks without any are marked.
    pub skip_probability: Option<u8>,
    /// The rest of the first partition: the modes of the macroblocks.
    pub modes: BoolDecoder<'a>,
    pub partitions: Partitions<'a>,
}

impl<'a> KeyFrameHeader<'a> {
    pub(super) fn parse(tag: &FrameTag<'a>) -> Result<Self> {
        let available = tag.first_partition.min(tag.data.len());
        let (first, rest) = tag.data.split_at(available);
        let mut bits = BoolDecoder::new(first);
        let (_color_space, _no_clamping) = (bits.flag(), bits.flag());
        let (segments, segment_settings) = SegmentMap::parse(&mut bits);
        let filter = FilterHeader::parse(&mut bits, &segment_settings);
        let partitions = Partitions::parse(1 << bits.number(2), rest);
        let quantizers = Quantizer::parse(&mut bits, &segment_settings);
        // Whether the probabilities are kept for the next frame; there is none.
        bits.flag();
        let probabilities = CoefficientProbabilities::parse(&mut bits);
        let skip_probability = bits.flag().then(|| bits.number(8));
        if bits.is_past_end() {
            return Err(ends_early());
        }
        Ok(Self {
            segments,
            filter,
            quantizers,
            probabilities,
            skip_probability,
            modes: bits,
            partitions,
        })
    }

    /// The largest step of luma's AC coefficients.
    pub(super) fn largest_step(&self) -> i32 {
        let steps = self.quantizers.iter().map(|quantizer| quantizer.luma[1]);
        steps.max().unwrap_or(0)
    }
}

/// How the segment of a macroblock is coded (9.3).
pub(super) struct SegmentMap {
    /// The probabilities of the tree, if segments are coded; otherwise every macroblock is in
    /// segment 0.
    pub tree: Option<[u8; 3]>,
}

/// The settings of segments (9.3).
#[derive(Default)]
struct SegmentSettings {
    /// Whether segments have settings of their own.
    enabled: bool,
    /// Whether the settings replace those of the frame, or are added to them.
    absolute: bool,
    quantizer: [i8; SEGMENTS],
    filter_level: [i8; SEGMENTS],
}

impl SegmentSettings {
    /// The setting of segment `index`.
    fn apply(&self, frame: u8, segments: &[i8; SEGMENTS], index: usize) -> i32 {
        let (frame, segment) = (i32::from(frame), i32::from(segments[index]));
        match (self.enabled, self.absolute) {
            (false, _) => frame,
            (true, true) => segment,
            (true, false) => frame + segment,
        }
    }
}

impl SegmentMap {
    fn parse(bits: &mut BoolDecoder<'_>) -> (Self, SegmentSettings) {
        let mut settings = SegmentSettings::default();
        let mut map = Self { tree: None };
        settings.enabled = bits.flag();
        // Without an update, as in libwebp: the RFC leaves it open.
        settings.absolute = true;
        if !settings.enabled {
            return (map, settings);
        }
        let has_map = bits.flag();
        if bits.flag() {
            settings.absolute = bits.flag();
            for value in &mut settings.quantizer {
                *value = bits.optional_signed_number(7).unwrap_or(0);
            }
            for value in &mut settings.filter_level {
                *value = bits.optional_signed_number(6).unwrap_or(0);
            }
        }
        if has_map {
            let mut probability = || if bits.flag() { bits.number(8) } else { 255 };
            map.tree = Some([probability(), probability(), probability()]);
        }
        (map, settings)
    }
}

/// The settings of the loop filter (9.6).
pub(super) struct FilterHeader {
    pub kind: FilterKind,
    /// By segment, then for macroblocks that are predicted whole and by subblocks.
    pub strengths: [[FilterStrength; 2]; SEGMENTS],
}

/// The filter of a frame (15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilterKind {
    None,
    /// Luma only, at most one sample on each side of an edge is changed.
    Simple,
    Normal,
}

/// The strength of the filter at the edges of a macroblock (15.2, 15.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FilterStrength {
    /// The largest step across an inner edge that is filtered. 0: no filter.
    pub edge_limit: u8,
    /// The largest difference between neighbors at each side of the edge.
    pub interior_limit: u8,
    /// A larger difference next to the edge is detail.
    pub detail_threshold: u8,
    /// Whether edges inside the macroblock are filtered.
    pub inner: bool,
}

/// The same at one edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct EdgeLimits {
    /// Of the step across the edge.
    pub edge: u8,
    /// Of the differences on each side.
    pub interior: u8,
    /// Of the differences beside the edge, above which there is detail.
    pub detail: u8,
}

impl FilterHeader {
    fn parse(bits: &mut BoolDecoder<'_>, segments: &SegmentSettings) -> Self {
        let is_simple = bits.flag();
        let level = bits.number(6);
        let sharpness = bits.number(3);
        let [intra_frame, by_subblocks] = parse_filter_deltas(bits);
        let kind = match (level, is_simple) {
            (0, _) => FilterKind::None,
            (_, true) => FilterKind::Simple,
            (_, false) => FilterKind::Normal,
        };
        let strengths = std::array::from_fn(|segment| {
            let level = segments.apply(level, &segments.filter_level, segment) + intra_frame;
            [level, level + by_subblocks].map(|level| FilterStrength::new(level, sharpness))
        });
        Self { kind, strengths }
    }
}

/// Adjustments of the level by reference frame and by mode (9.6). In a key frame, only the first of
/// each is used.
fn parse_filter_deltas(bits: &mut BoolDecoder<'_>) -> [i32; 2] {
    let mut deltas = [[0; 4]; 2];
    let enabled = bits.flag();
    if enabled && bits.flag() {
        for delta in deltas.as_flattened_mut() {
            *delta = bits.optional_signed_number(6).unwrap_or(0);
        }
    }
    deltas.map(|[first, ..]| i32::from(first))
}

impl FilterStrength {
    fn new(level: i32, sharpness: u8) -> Self {
        let level = level.clamp(0, 63) as u8;
        if level == 0 {
            return Self::default();
        }
        let interior = match sharpness {
            0 => level,
            1..=4 => (level >> 1).min(9 - sharpness),
            _ => (level >> 2).min(9 - sharpness),
        };
        let interior_limit = interior.max(1);
        Self {
            edge_limit: 2 * level + interior_limit,
            interior_limit,
            detail_threshold: u8::from(level >= 15) + u8::from(level >= 40),
            inner: false,
        }
    }
}

/// The steps of DC and AC coefficients (14.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantizer {
    pub luma: [i32; 2],
    /// The second-order luma block, Y2.
    pub luma_dc: [i32; 2],
    pub chroma: [i32; 2],
}

impl Quantizer {
    fn parse(bits: &mut BoolDecoder<'_>, segments: &SegmentSettings) -> [Self; SEGMENTS] {
        let base = bits.number(7);
        let deltas: [i32; 5] =
            std::array::from_fn(|_| bits.optional_signed_number(4).unwrap_or(0).into());
        std::array::from_fn(|segment| {
            Self::new(segments.apply(base, &segments.quantizer, segment), deltas)
        })
    }

    fn new(base: i32, [y1_dc, y2_dc, y2_ac, uv_dc, uv_ac]: [i32; 5]) -> Self {
        let dc = |delta: i32, max| i32::from(DC_QUANT[(base + delta).clamp(0, max) as usize]);
        let ac = |delta: i32| i32::from(AC_QUANT[(base + delta).clamp(0, 127) as usize]);
        Self {
            luma: [dc(y1_dc, 127), ac(0)],
            luma_dc: [2 * dc(y2_dc, 127), (ac(y2_ac) * 155 / 100).max(8)],
            chroma: [dc(uv_dc, 117), ac(uv_ac)],
        }
    }
}

/// The probabilities of one kind of block: by position in zigzag order, by context, by node. The last
/// position is past the end of a block: it is looked up, but not used. Sizes are powers of two, so
/// that a place is found by shifts.
pub(super) type PositionProbabilities = [[[u8; 16]; 4]; 17];

/// The probabilities of tokens, by kind of block (13.3).
pub(super) struct CoefficientProbabilities(pub [PositionProbabilities; 4]);

impl CoefficientProbabilities {
    fn parse(bits: &mut BoolDecoder<'_>) -> Self {
        let mut bands = DEFAULT_PROBABILITIES;
        let defaults = flatten(&mut bands);
        let mut updates = UPDATE_PROBABILITIES;
        for (value, &mut update) in defaults.iter_mut().zip(flatten(&mut updates)) {
            if bits.read_bit(update) {
                *value = bits.number(8);
            }
        }
        const BANDS: [usize; 17] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7];
        Self(bands.map(|bands| BANDS.map(|band| pad(bands[band].map(pad)))))
    }
}

fn pad<T: Copy + Default, const N: usize, const PADDED: usize>(values: [T; N]) -> [T; PADDED] {
    std::array::from_fn(|i| values.get(i).copied().unwrap_or_default())
}

fn flatten(tables: &mut [BandProbabilities; 4]) -> &mut [u8] {
    let contexts = tables.as_flattened_mut().as_flattened_mut();
    contexts.as_flattened_mut()
}

/// The partitions with the coefficients (9.5). Row `y` of macroblocks is in partition `y` modulo
/// their number.
pub(super) struct Partitions<'a> {
    decoders: [BoolDecoder<'a>; 8],
    count: usize,
}

impl<'a> Partitions<'a> {
    /// Partitions that the file cuts off are shorter, or empty.
    fn parse(count: usize, bytes: &'a [u8]) -> Self {
        let (sizes, mut rest) = bytes.split_at((3 * (count - 1)).min(bytes.len()));
        let mut decoders = [BoolDecoder::new(&[]); 8];
        let (sizes, _) = sizes.as_chunks::<3>();
        let sizes = sizes
            .iter()
            .map(|&[a, b, c]| u32::from_le_bytes([a, b, c, 0]) as usize);
        // The last one takes the rest.
        let sizes = sizes.chain([usize::MAX]);
        for (decoder, size) in decoders[..count].iter_mut().zip(sizes) {
            let (data, after) = rest.split_at(size.min(rest.len()));
            *decoder = BoolDecoder::new(data);
            rest = after;
        }
        Self { decoders, count }
    }

    pub(super) fn of_row(&mut self, y: u32) -> &mut BoolDecoder<'a> {
        &mut self.decoders[y as usize & (self.count - 1)]
    }
}
