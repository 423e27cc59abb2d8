//! Doors into the crate for this repository's own fuzz targets and benchmarks.
//!
//! **Not part of the API**: whatever is here may change or go in any release, without a word in
//! the changelog. It exists only with the feature `internals`.

/// The JPEG decoder, without what a render does around it.
pub mod jpeg {
    use crate::decode::jpeg::{Row, decode as decode_rows, read_header};
    use crate::error::Result;
    use crate::geometry::{Region, Size};
    use crate::limits::{Budget, Limits};
    use crate::plan::{ChromaMode, DecodeRequest};

    /// A part of a decoded image.
    pub struct Image {
        /// Which part, in pixels of the scaled image.
        pub region: Region,
        /// Samples of a pixel: 1, 3 or 4.
        pub channels: usize,
        /// Rows of interleaved samples.
        pub samples: Vec<u8>,
        /// Whether anything needed was not in the file.
        pub missing: bool,
    }

    /// The stored size.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn size(bytes: &[u8], limits: &Limits) -> Result<Size> {
        read_header(bytes, limits).map(|header| header.size)
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
        let header = read_header(bytes, limits)?;
        let mut samples = Vec::new();
        let mut keep = |row: Row<'_>| {
            samples.extend_from_slice(row.samples);
            Ok(())
        };
        let request = DecodeRequest {
            scale,
            chroma: ChromaMode::Full,
            region,
        };
        let report = decode_rows(bytes, &header, &request, &Budget::new(limits), &mut keep)?;
        Ok(Image {
            region,
            channels: samples.len() / region.size().pixels() as usize,
            samples,
            missing: report.missing > 0,
        })
    }

    /// As [`decode`], its rows only looked at: what a benchmark of the decoder alone measures.
    ///
    /// # Errors
    ///
    /// As a render of the same file.
    pub fn decode_only(bytes: &[u8], scale: u8, region: Region, limits: &Limits) -> Result<u64> {
        let header = read_header(bytes, limits)?;
        let mut sum = 0;
        let mut look = |row: Row<'_>| {
            sum += u64::from(row.samples[0]);
            Ok(())
        };
        let request = DecodeRequest {
            scale,
            chroma: ChromaMode::Full,
            region,
        };
        decode_rows(bytes, &header, &request, &Budget::new(limits), &mut look)?;
        Ok(sum)
    }

    /// Single stages, for benchmarks.
    pub mod stages {
        use crate::decode::jpeg::stages;
        use crate::error::Result;

        /// The only scan of a baseline file without restart intervals.
        pub struct Scan<'a>(stages::Scan<'a>);

        impl<'a> Scan<'a> {
            /// # Errors
            ///
            /// As a render of the same file.
            pub fn new(bytes: &'a [u8]) -> Result<Self> {
                stages::Scan::new(bytes).map(Self)
            }

            /// Reads all bits, stuffed bytes left out.
            pub fn unstuff(&self) -> u64 {
                self.0.unstuff()
            }

            /// Reads what `scale`/8 needs of every block.
            ///
            /// # Errors
            ///
            /// As a render of the same file.
            pub fn entropy(&self, scale: u8) -> Result<u64> {
                self.0.entropy(scale)
            }
        }

        /// A row of blocks.
        pub struct Blocks(stages::Blocks);

        impl Blocks {
            /// `count` blocks to be transformed at `scale`/8.
            ///
            /// # Errors
            ///
            /// If memory lacks.
            pub fn new(scale: u8, count: u32) -> Result<Self> {
                stages::Blocks::new(scale, count).map(Self)
            }

            /// The inverse DCT.
            pub fn transform(&mut self) {
                self.0.transform();
            }
        }

        /// A row of YCbCr samples to interleaved RGB.
        pub fn colour(planes: [&[u8]; 3], out: &mut [u8]) {
            stages::colour(planes, out);
        }
    }
}
