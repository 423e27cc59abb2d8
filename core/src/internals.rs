//! Doors into the crate for this repository's own fuzz targets and benchmarks.
//!
//! **Not part of the API**: whatever is here may change or go in any release, without a word in
//! the changelog. It exists only with the feature `internals`.

/// The JPEG decoder, without what a render does around it.
pub mod jpeg {
    use crate::decode::jpeg::{Request, Row, decode as decode_rows, read_header};
    use crate::error::Result;
    use crate::geometry::{Region, Size};
    use crate::limits::{Budget, Limits};

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
        let request = Request { scale, region };
        let report = decode_rows(bytes, &header, &request, &Budget::new(limits), &mut keep)?;
        Ok(Image {
            region,
            channels: samples.len() / region.size().pixels() as usize,
            samples,
            missing: report.missing,
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
        let request = Request { scale, region };
        decode_rows(bytes, &header, &request, &Budget::new(limits), &mut look)?;
        Ok(sum)
    }
}
