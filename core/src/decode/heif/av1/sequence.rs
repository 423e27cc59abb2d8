//! The sequence header (AV1 bitstream specification, 5.5 and 6.4).

use super::super::container::CodePoints;
use super::bits::ObuFields;
use crate::geometry::Size;

/// The part of a sequence header that bounds the cost of its frames, and describes their samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SequenceHeader {
    /// The size of the largest frame.
    pub size: Size,
    /// The bits of a width and of a height in a frame header.
    pub side_bits: [u8; 2],
    /// Whether frame headers lack all that only videos need.
    pub reduced_still: bool,
    pub decoder_model: bool,
    /// The bits of a frame's identifier, or 0.
    pub frame_id_bits: u8,
    /// The side of a superblock: 64 or 128.
    pub superblock: u32,
    /// The bits of a frame's place in the order, or 0.
    pub order_hint_bits: u8,
    pub screen_content_tools: FrameChoice,
    pub integer_vectors: FrameChoice,
    pub super_resolution: bool,
    pub film_grain: bool,
    /// Bits of a sample: 8, 10 or 12.
    pub depth: u8,
    pub chroma: ChromaGrid,
    pub code_points: CodePoints,
}

/// Whether a tool is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameChoice {
    Always(bool),
    /// Each frame header says so.
    PerFrame,
}

impl FrameChoice {
    /// The answer for a frame; reads a bit if the frame header has it.
    pub(super) fn read(self, fields: &mut ObuFields<'_>) -> bool {
        match self {
            Self::Always(answer) => answer,
            Self::PerFrame => fields.flag(),
        }
    }
}

/// The chroma samples of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChromaGrid {
    /// None (4:0:0).
    Monochrome,
    /// One of 2x2 pixels (4:2:0).
    Half,
    /// One of 2x1 pixels (4:2:2).
    HalfWidth,
    /// One of each pixel (4:4:4).
    Full,
}

impl ChromaGrid {
    /// The samples of all planes, for each 2 of luma.
    pub(super) fn samples_per_two(self) -> u64 {
        match self {
            Self::Monochrome => 2,
            Self::Half => 3,
            Self::HalfWidth => 4,
            Self::Full => 6,
        }
    }
}

impl SequenceHeader {
    /// `sequence_header_obu()`. `None` if it is cut or has a profile that does not exist.
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let fields = &mut ObuFields::new(payload);
        let profile = fields.bits(3);
        let _still_picture = fields.flag();
        let reduced_still = fields.flag();
        let decoder_model = match reduced_still {
            true => {
                fields.bits(5);
                false
            }
            false => skip_operating_points(fields),
        };
        let side_bits = [fields.bits(4) as u8 + 1, fields.bits(4) as u8 + 1];
        let [width, height] = side_bits.map(|count| fields.bits(count) + 1);
        let frame_id_bits = match !reduced_still && fields.flag() {
            true => (fields.bits(4) + 2 + fields.bits(3) + 1) as u8,
            false => 0,
        };
        let superblock = if fields.flag() { 128 } else { 64 };
        let _filter_intra_and_intra_edge_filter = fields.bits(2);
        let tools = VideoTools::read(fields, reduced_still);
        let super_resolution = fields.flag();
        let _cdef_and_restoration = fields.bits(2);
        let color = ColorConfig::read(fields, profile)?;
        let film_grain = fields.flag();
        (!fields.overrun()).then_some(Self {
            size: Size::new(width, height),
            side_bits,
            reduced_still,
            decoder_model,
            frame_id_bits,
            superblock,
            order_hint_bits: tools.order_hint_bits,
            screen_content_tools: tools.screen_content_tools,
            integer_vectors: tools.integer_vectors,
            super_resolution,
            film_grain,
            depth: color.depth,
            chroma: color.chroma,
            code_points: color.code_points,
        })
    }
}

/// Skips the timing, the decoder model and the operating points. Returns whether there is a decoder
/// model.
fn skip_operating_points(fields: &mut ObuFields<'_>) -> bool {
    let timing = fields.flag();
    if timing {
        fields.bits(32);
        fields.bits(32);
        if fields.flag() {
            fields.skip_uvlc();
        }
    }
    let decoder_model = timing && fields.flag();
    let mut delay_bits = 0;
    if decoder_model {
        delay_bits = fields.bits(5) as u8 + 1;
        fields.bits(32);
        fields.bits(10);
    }
    let initial_display_delay = fields.flag();
    for _ in 0..=fields.bits(5) {
        fields.bits(12);
        if fields.bits(5) > 7 {
            fields.flag();
        }
        if decoder_model && fields.flag() {
            fields.bits(delay_bits);
            fields.bits(delay_bits);
            fields.flag();
        }
        if initial_display_delay && fields.flag() {
            fields.bits(4);
        }
    }
    decoder_model
}

/// The tools that a still picture lacks.
struct VideoTools {
    screen_content_tools: FrameChoice,
    integer_vectors: FrameChoice,
    order_hint_bits: u8,
}

impl VideoTools {
    fn read(fields: &mut ObuFields<'_>, reduced_still: bool) -> Self {
        if reduced_still {
            return Self {
                screen_content_tools: FrameChoice::PerFrame,
                integer_vectors: FrameChoice::PerFrame,
                order_hint_bits: 0,
            };
        }
        let _interintra_masked_warped_dual = fields.bits(4);
        let order_hint = fields.flag();
        if order_hint {
            let _jnt_comp_and_ref_frame_mvs = fields.bits(2);
        }
        let screen_content_tools = choice(fields);
        let integer_vectors = match screen_content_tools {
            FrameChoice::Always(false) => FrameChoice::PerFrame,
            _ => choice(fields),
        };
        Self {
            screen_content_tools,
            integer_vectors,
            order_hint_bits: if order_hint {
                fields.bits(3) as u8 + 1
            } else {
                0
            },
        }
    }
}

fn choice(fields: &mut ObuFields<'_>) -> FrameChoice {
    if fields.flag() {
        FrameChoice::PerFrame
    } else {
        FrameChoice::Always(fields.flag())
    }
}

/// `color_config()`, 5.5.2.
struct ColorConfig {
    depth: u8,
    chroma: ChromaGrid,
    code_points: CodePoints,
}

impl ColorConfig {
    fn read(fields: &mut ObuFields<'_>, profile: u32) -> Option<Self> {
        let high_depth = fields.flag();
        let depth = match (profile, high_depth) {
            (2, true) if fields.flag() => 12,
            (0..=2, true) => 10,
            (0..=2, false) => 8,
            _ => return None,
        };
        let monochrome = profile != 1 && fields.flag();
        // Without a description, all three are unspecified.
        let [primaries, transfer, matrix] = match fields.flag() {
            true => [(); 3].map(|()| fields.bits(8) as u16),
            false => [2; 3],
        };
        let srgb = !monochrome && [primaries, transfer, matrix] == [1, 13, 0];
        let full_range = srgb || fields.flag();
        let chroma = match (profile, depth) {
            _ if monochrome => ChromaGrid::Monochrome,
            _ if srgb => ChromaGrid::Full,
            (0, _) => ChromaGrid::Half,
            (1, _) => ChromaGrid::Full,
            (_, 12) => chroma_of_12_bits(fields),
            _ => ChromaGrid::HalfWidth,
        };
        if chroma == ChromaGrid::Half {
            let _chroma_sample_position = fields.bits(2);
        }
        if !monochrome {
            let _separate_uv_delta_q = fields.flag();
        }
        let code_points = CodePoints {
            primaries,
            transfer,
            matrix,
            full_range,
        };
        Some(Self {
            depth,
            chroma,
            code_points,
        })
    }
}

fn chroma_of_12_bits(fields: &mut ObuFields<'_>) -> ChromaGrid {
    match fields.flag() {
        false => ChromaGrid::Full,
        true if fields.flag() => ChromaGrid::Half,
        true => ChromaGrid::HalfWidth,
    }
}
