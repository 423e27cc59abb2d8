//! The meaning of the components, which T.81 leaves to the application.

use super::frame::FrameHeader;

/// The transform from the components to pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorTransform {
    Gray,
    Rgb,
    YCbCr,
    /// 255 means no ink.
    Cmyk,
    /// CMY as YCbCr, and K; 255 means no ink.
    Ycck,
}

impl ColorTransform {
    /// Chooses by the number of components, then JFIF, then the transform of an Adobe segment,
    /// then the component identifiers, as libjpeg does.
    ///
    /// T.81 does not say whether 255 is full ink or none. Adobe's programs write 255 for none, and
    /// so does nearly every other writer, with an Adobe segment or without. libjpeg passes the
    /// samples on; Chromium, Firefox and Pillow read them all as inverted, and so do we.
    pub(crate) fn choose(frame: &FrameHeader, jfif: bool, adobe: Option<u8>) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        match (&ids[..], adobe) {
            ([_], _) => Self::Gray,
            ([_, _, _, _], None | Some(0)) => Self::Cmyk,
            ([_, _, _, _], _) => Self::Ycck,
            _ if jfif => Self::YCbCr,
            (_, Some(0)) | (b"RGB", None) => Self::Rgb,
            _ => Self::YCbCr,
        }
    }
}
