//! The orientation in an XMP packet (ISO 16684-1; property `Orientation` of the TIFF namespace).
//!
//! XMP is RDF in XML. We do not parse XML: we look for the property by the prefix that every known
//! writer uses, in both forms that RDF allows:
//!
//! ```text
//! <rdf:Description tiff:Orientation="6" ...>       an attribute
//! <tiff:Orientation>6</tiff:Orientation>           an element
//! ```
//!
//! The first place with a number from 1 to 8 counts. The search is linear and allocates nothing.

use crate::geometry::Orientation;

/// In JPEG this signature precedes the packet.
pub(super) const SIGNATURE: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

const PROPERTY: &[u8] = b"tiff:Orientation";

/// The orientation that a packet states, if any.
pub(super) fn orientation(packet: &[u8]) -> Option<Orientation> {
    let mut places = memchr::memmem::find_iter(packet, PROPERTY);
    places.find_map(|place| value(packet.get(place + PROPERTY.len()..)?))
}

/// The value in the text that follows the name of the property.
fn value(text: &[u8]) -> Option<Orientation> {
    let text = text.trim_ascii_start();
    let text = match text.split_first()? {
        (b'=', text) => {
            let (quote, text) = text.trim_ascii_start().split_first()?;
            matches!(quote, b'"' | b'\'').then_some(text)?
        }
        (b'>', text) => text,
        _ => return None,
    };
    match *text.trim_ascii_start() {
        // One digit, and not the first of several.
        [digit @ b'1'..=b'8', end, ..] if !end.is_ascii_alphanumeric() => {
            Orientation::from_exif((digit - b'0').into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_and_an_element_count() {
        let packets = [
            "<rdf:Description tiff:Orientation=\"6\"/>",
            "<rdf:Description tiff:Orientation = '6' tiff:Make='X'/>",
            "<tiff:Orientation>6</tiff:Orientation>",
            "<tiff:Orientation>\n  6\n</tiff:Orientation>",
            "<tiff:OrientationHint>3</tiff:OrientationHint><tiff:Orientation>6</tiff:Orientation>",
        ];
        for packet in packets {
            let found = orientation(packet.as_bytes());
            assert_eq!(found, Some(Orientation::Rotate90), "{packet}");
        }
    }

    #[test]
    fn a_value_other_than_1_to_8_states_nothing() {
        let packets = [
            "",
            "tiff:Orientation",
            "tiff:Orientation=\"",
            "tiff:Orientation=\"6",
            "tiff:Orientation=6 ",
            "tiff:Orientation=\"0\"",
            "tiff:Orientation=\"61\"",
            "<tiff:Orientation/>6<",
            "<exif:Orientation>6</exif:Orientation>",
        ];
        for packet in packets {
            assert_eq!(orientation(packet.as_bytes()), None, "{packet}");
        }
    }
}
