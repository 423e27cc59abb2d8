//! The meaning of the components, which T.81 leaves to the application.

use super::frame::FrameHeader;

/// The transform from the components to pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorTransform {
    Gray,
    Rgb,
    YCbCr,
    /// `inverted`: 255 means no ink, as Adobe's programs write it.
    Cmyk {
        inverted: bool,
    },
    /// CMY as YCbCr, and K.
    Ycck {
        inverted: bool,
    },
}

impl ColorTransform {
    /// Chooses by the number of components, then JFIF, then the transform of an Adobe segment,
    /// then the component identifiers, as libjpeg does.
    pub(crate) fn choose(frame: &FrameHeader, jfif: bool, adobe: Option<u8>) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        let inverted = adobe.is_some();
        match (&ids[..], adobe) {
            ([_], _) => Self::Gray,
            ([_, _, _, _], Some(2)) => Self::Ycck { inverted },
            ([_, _, _, _], _) => Self::Cmyk { inverted },
            _ if jfif => Self::YCbCr,
            (_, Some(0)) | (b"RGB", None) => Self::Rgb,
            _ => Self::YCbCr,
        }
    }
}
