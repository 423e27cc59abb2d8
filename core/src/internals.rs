//! Access to parts of the crate for this repository's own fuzz targets and benchmarks.
//!
//! **Not part of the API**: anything here may change or disappear in any release, without an entry in
//! the changelog. It exists only with the feature `internals`.

/// Every format's decoder, through the same interface that a render uses.
pub mod formats {
    use crate::decode::Decoder;
    use crate::error::Result;
    use crate::geometry::{Orientation, Region, Size};
    use crate::limits::{Budget, Limits};
    use crate::photo::{Frame, Photo};
    use crate::pixels::Row;
    use crate::plan::DecodeRequest;

    /// A region of a decoded file.
    pub struct Image {
        /// Bytes per pixel.
        pub channels: usize,
        /// Rows of interleaved samples.
        pub samples: Vec<u8>,
        /// How often each pixel was sent.
        pub counts: Vec<u8>,
        /// Pixels that were damaged or absent and were filled in.
        pub missing: u64,
    }

    impl Image {
        fn write(&mut self, region: Region, row: &Row<'_>) {
            let columns = (row.x..).step_by(row.step as usize);
            for (x, pixel) in columns.zip(row.samples.chunks_exact(self.channels)) {
                if (region.x0..region.x1).contains(&x) && (region.y0..region.y1).contains(&row.y) {
                    let at = (row.y - region.y0) * region.size().width + x - region.x0;
                    let at = at as usize;
                    self.samples[at * self.channels..][..self.channels].copy_from_slice(pixel);
                    self.counts[at] = self.counts[at].saturating_add(1);
                }
            }
        }
    }

    /// The stored size.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn size(file: &[u8], limits: &Limits) -> Result<Size> {
        let budget = Budget::new(limits);
        let decoder = Decoder::open(Photo::File(file), Frame::First, &budget)?;
        Ok(decoder.header().size)
    }

    /// `region` of a frame at full size.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode(file: &[u8], frame: Frame, region: Region, limits: &Limits) -> Result<Image> {
        let budget = Budget::new(limits);
        let mut decoder = Decoder::open(Photo::File(file), frame, &budget)?;
        decode_request(&mut decoder, &DecodeRequest::full_size(region), &budget)
    }

    /// All of a file at full size, without keeping a row: for benchmarks of the decoder alone.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode_only(file: &[u8], limits: &Limits) -> Result<u64> {
        let budget = Budget::new(limits);
        let mut decoder = Decoder::open(Photo::File(file), Frame::First, &budget)?;
        let region = Region::whole(decoder.header().size);
        let mut sum = 0;
        let mut sum_up = |row: Row<'_>| {
            sum += row.samples.first().map_or(0, |&sample| u64::from(sample));
            Ok(())
        };
        decoder.rows(&DecodeRequest::full_size(region), &budget, &mut sum_up)?;
        Ok(sum)
    }

    /// All of a file at half its size. `None` if its decoder cannot average 2 x 2 pixels.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode_halved(file: &[u8], limits: &Limits) -> Result<Option<Image>> {
        let budget = Budget::new(limits);
        let mut decoder = Decoder::open(Photo::File(file), Frame::First, &budget)?;
        let header = decoder.header();
        if !header.halvable {
            return Ok(None);
        }
        let request = DecodeRequest {
            scale: 4,
            ..DecodeRequest::full_size(Region::whole(header.size.scaled(4)))
        };
        decode_request(&mut decoder, &request, &budget).map(Some)
    }

    fn decode_request(
        decoder: &mut Decoder<'_>,
        request: &DecodeRequest,
        budget: &Budget,
    ) -> Result<Image> {
        let (header, region) = (decoder.header(), request.region);
        let channels = header.layout.channels() * header.depth.bytes();
        let pixels = region.size().pixels() as usize;
        let mut image = Image {
            channels,
            samples: vec![0; pixels * channels],
            counts: vec![0; pixels],
            missing: 0,
        };
        let mut sink = |row: Row<'_>| {
            image.write(region, &row);
            Ok(())
        };
        let report = decoder.rows(request, budget, &mut sink)?;
        image.missing = report.missing;
        Ok(image)
    }

    /// The orientation of `bytes` read as an Exif block, an XMP packet, a PNG and a WebP.
    pub fn orientations(bytes: &[u8]) -> [Orientation; 4] {
        crate::decode::orientations(bytes)
    }
}

/// The conversion of colors alone.
pub mod color {
    use crate::color::SourceSpace;
    use crate::error::Result;
    use crate::pixels::{Layout, SampleDepth, StatedColor};

    /// Converts two pixels of every layout and depth by the ICC profile `icc`.
    ///
    /// # Errors
    ///
    /// As a render of a file with this profile.
    pub fn convert(icc: &[u8]) -> Result<()> {
        use Layout::{Cmyk, Gray, GrayAlpha, Rgb, Rgba};
        for layout in [Gray, GrayAlpha, Rgb, Rgba, Cmyk] {
            for depth in [SampleDepth::Eight, SampleDepth::Sixteen] {
                let stated = StatedColor::default();
                let space = SourceSpace::new(layout, depth, Some(icc), &stated)?;
                let samples = vec![77; 2 * layout.channels() * depth.bytes()];
                let mut scratch = vec![0; space.scratch(2)];
                let mut linear = vec![0; 2 * layout.linear_channels()];
                space.linearize(&samples, &mut scratch, &mut linear)?;
            }
        }
        Ok(())
    }

    /// A row of pixels to convert, for benchmarks.
    pub struct Conversion {
        space: SourceSpace,
        samples: Vec<u8>,
        scratch: Vec<u8>,
        linear: Vec<u16>,
    }

    impl Conversion {
        /// `pixels` of 1, 3 or 4 channels, with this profile, else in sRGB.
        ///
        /// # Errors
        ///
        /// If the profile is not supported.
        pub fn new(channels: usize, icc: Option<&[u8]>, pixels: usize) -> Result<Self> {
            let layout = match channels {
                1 => Layout::Gray,
                4 => Layout::Rgba,
                _ => Layout::Rgb,
            };
            let space = SourceSpace::new(layout, SampleDepth::Eight, icc, &StatedColor::default())?;
            let samples = (0..pixels * layout.channels()).map(|at| (at * 37 % 251) as u8);
            Ok(Self {
                samples: samples.collect(),
                scratch: vec![0; space.scratch(pixels)],
                linear: vec![0; pixels * layout.linear_channels()],
                space,
            })
        }

        /// Converts the row, and returns its first sample.
        ///
        /// # Errors
        ///
        /// As a render of a file with this profile.
        pub fn linearize(&mut self) -> Result<u16> {
            self.space
                .linearize(&self.samples, &mut self.scratch, &mut self.linear)?;
            Ok(self.linear[0])
        }
    }
}

/// The JPEG decoder alone.
pub mod jpeg {
    use crate::decode::jpeg::{EntropyPath, JpegDecoder};
    use crate::error::Result;
    use crate::geometry::{Region, Size};
    use crate::limits::{Budget, Limits};
    use crate::pixels::{Row, RowSink};
    use crate::plan::{ChromaMode, DecodeRequest};

    /// A part of a decoded image.
    pub struct Image {
        /// The part, in pixels of the scaled image.
        pub region: Region,
        /// Samples per pixel: 1, 3 or 4.
        pub channels: usize,
        /// Rows of interleaved samples.
        pub samples: Vec<u8>,
        /// Pixels that were damaged or absent and were filled in.
        pub missing: u64,
    }

    /// The stored size.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn size(bytes: &[u8], limits: &Limits) -> Result<Size> {
        JpegDecoder::open(bytes, limits).map(|(_, header)| header.size)
    }

    /// The size of an image of `size` at `scale`/8.
    pub fn scaled(size: Size, scale: u8) -> Size {
        size.scaled(scale)
    }

    /// `region` of the image at `scale`/8.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode(bytes: &[u8], scale: u8, region: Region, limits: &Limits) -> Result<Image> {
        decode_by(Path::ByFacts, bytes, scale, region, limits)
    }

    /// As [`decode`], but keeps no row: for benchmarks of the decoder alone.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode_only(bytes: &[u8], scale: u8, region: Region, limits: &Limits) -> Result<u64> {
        sum_rows(Path::ByFacts, bytes, request(scale, region), limits)
    }

    /// The usual bytes of a subsequence.
    pub const SUBSEQUENCE: usize = crate::decode::jpeg::SUBSEQUENCE;

    /// A way through the entropy-coded data of a single baseline scan.
    #[derive(Clone, Copy, Debug)]
    pub enum Path {
        /// As the facts of the scan suggest.
        ByFacts,
        /// Code by code.
        Plain,
        /// The starts of blocks first, with subsequences of so many bytes.
        Speculative(usize),
        /// As `Speculative`, and other threads help.
        Parallel(usize),
    }

    impl From<Path> for EntropyPath {
        fn from(path: Path) -> Self {
            match path {
                Path::ByFacts => Self::ByFacts,
                Path::Plain => Self::Plain,
                Path::Speculative(subsequence) | Path::Parallel(subsequence) => {
                    Self::Speculative { subsequence }
                }
            }
        }
    }

    /// As [`decode`], by this path through a single baseline scan.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode_by(
        path: Path,
        bytes: &[u8],
        scale: u8,
        region: Region,
        limits: &Limits,
    ) -> Result<Image> {
        let mut samples = Vec::new();
        let mut keep = |row: Row<'_>| {
            samples.extend_from_slice(row.samples);
            Ok(())
        };
        let missing = send_rows(path, bytes, request(scale, region), limits, &mut keep)?;
        Ok(Image {
            region,
            channels: samples.len() / region.size().pixels() as usize,
            samples,
            missing,
        })
    }

    /// As [`decode_only`], by this path through a single baseline scan, and with chroma no finer than
    /// stored: as for an image that is averaged.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode_only_by(
        path: Path,
        bytes: &[u8],
        scale: u8,
        region: Region,
        limits: &Limits,
    ) -> Result<u64> {
        let request = DecodeRequest {
            chroma: ChromaMode::AsStored,
            ..request(scale, region)
        };
        sum_rows(path, bytes, request, limits)
    }

    fn sum_rows(path: Path, bytes: &[u8], request: DecodeRequest, limits: &Limits) -> Result<u64> {
        let mut sum = 0;
        let mut sum_up = |row: Row<'_>| {
            sum += u64::from(row.samples[0]);
            Ok(())
        };
        send_rows(path, bytes, request, limits, &mut sum_up)?;
        Ok(sum)
    }

    fn request(scale: u8, region: Region) -> DecodeRequest {
        DecodeRequest {
            scale,
            shrink: 1,
            chroma: ChromaMode::Full,
            region,
        }
    }

    /// Returns the missing pixels.
    fn send_rows(
        path: Path,
        bytes: &[u8],
        request: DecodeRequest,
        limits: &Limits,
        sink: &mut RowSink<'_>,
    ) -> Result<u64> {
        let (mut decoder, _) = JpegDecoder::open(bytes, limits)?;
        decoder.force_path(path.into());
        decoder.set_parallel(matches!(path, Path::Parallel(_)));
        let report = decoder.rows(&request, &Budget::new(limits), sink)?;
        Ok(report.missing)
    }

    /// Single stages, for benchmarks.
    pub mod stages {
        use crate::decode::jpeg::stages;
        use crate::error::Result;

        /// The only scan of a baseline file without restart intervals.
        pub struct WholeScan<'a>(stages::WholeScan<'a>);

        impl<'a> WholeScan<'a> {
            /// Reads the segments before the scan.
            ///
            /// # Errors
            ///
            /// As a render of the same file.
            pub fn open(bytes: &'a [u8]) -> Result<Self> {
                stages::WholeScan::open(bytes).map(Self)
            }

            /// Reads all bits without the stuffed zeros. Returns the number of reads.
            pub fn read_bits(&self) -> u64 {
                self.0.read_bits()
            }

            /// Decodes the coefficients of every block that `scale`/8 keeps.
            ///
            /// # Errors
            ///
            /// As a render of the same file.
            pub fn decode_blocks(&self, scale: u8) -> Result<u64> {
                self.0.decode_blocks(scale)
            }
        }

        /// A row of blocks.
        pub struct BlockRow(stages::BlockRow);

        impl BlockRow {
            /// `count` blocks to be transformed at `scale`/8.
            ///
            /// # Errors
            ///
            /// If memory is short.
            pub fn new(scale: u8, count: u32) -> Result<Self> {
                stages::BlockRow::new(scale, count).map(Self)
            }

            /// The inverse DCT.
            pub fn transform(&mut self) {
                self.0.transform();
            }
        }

        /// A row of YCbCr samples to interleaved RGB.
        pub fn convert_ycbcr(components: [&[u8]; 3], out: &mut [u8]) {
            stages::convert_ycbcr(components, out);
        }
    }
}

/// The resizer, without the other stages of a render.
pub mod resize {
    use crate::error::Result;
    use crate::geometry::{Rect, Size};
    use crate::limits::{Budget, Limits};
    use crate::options::ResizeFilter;
    use crate::pixels::LinearImage;
    use crate::plan::ResizeRule;
    use crate::resize::resize;

    /// Opaque random pixels in linear light.
    pub struct Noise {
        image: LinearImage,
        budget: Budget,
    }

    impl Noise {
        /// With 3 or 4 channels.
        ///
        /// # Errors
        ///
        /// If the image exceeds the default limits.
        pub fn new(size: Size, channels: usize) -> Result<Self> {
            let budget = Budget::new(&Limits::default());
            let mut image = LinearImage::new(size, channels, &budget)?;
            let mut seed = 7u32;
            for pixel in image.samples.chunks_exact_mut(channels) {
                pixel.fill(u16::MAX);
                for sample in &mut pixel[..3] {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *sample = (seed >> 16) as u16;
                }
            }
            Ok(Self { image, budget })
        }

        /// The samples.
        pub fn samples(&self) -> &[u16] {
            &self.image.samples
        }

        /// Resizes all of it, and returns a sample of the result.
        ///
        /// # Errors
        ///
        /// If the result exceeds the default limits.
        pub fn resize(&self, size: Size, filter: ResizeFilter) -> Result<u16> {
            let crop = Rect::whole(self.image.size);
            let shrink = crop.width / f64::from(size.width);
            let rule = ResizeRule::new(shrink, filter);
            let resized = resize(&self.image, crop, size, rule, false, &self.budget)?;
            Ok(resized.samples[0])
        }
    }
}
