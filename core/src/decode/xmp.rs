//! The orientation in an XMP packet (ISO 16684-1; property `Orientation` of the TIFF namespace).
//!
//! XMP is RDF in XML. We do not parse XML: we look for the property by the prefix that the packet
//! declares for the namespace, in both forms that RDF allows:
//!
//! ```text
//! xmlns:tiff="http://ns.adobe.com/tiff/1.0/"       the first declaration; tiff, if there is none
//! <rdf:Description tiff:Orientation="6" ...>       an attribute
//! <tiff:Orientation>6</tiff:Orientation>           an element; it may have attributes, and its value
//!                                                  may be in elements within it (rdf:value)
//! ```
//!
//! The first place with a number from 1 to 8 counts. The search is linear, because prefixes and tags
//! are read up to [`MAX_TAG`] bytes, and allocates nothing. Only the first [`MAX_PACKET`] bytes are read.

use super::find::find;
use crate::geometry::Orientation;

/// In JPEG this signature precedes the packet.
pub(super) const SIGNATURE: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

const NAMESPACE: &[u8] = b"http://ns.adobe.com/tiff/1.0/";

const PROPERTY: &[u8] = b"Orientation";

/// Bytes after the name of the property in which its value is looked for, and the longest prefix.
const MAX_TAG: usize = 512;

/// A packet of a JPEG has at most 64 KiB. Elsewhere one may be as long as the file.
const MAX_PACKET: usize = 1 << 20;

/// The orientation that a packet states, if any.
pub(super) fn orientation(packet: &[u8]) -> Option<Orientation> {
    let packet = &packet[..packet.len().min(MAX_PACKET)];
    let prefix = declared_prefix(packet).unwrap_or(b"tiff");
    let mut end = 0;
    let mut places = std::iter::from_fn(|| {
        let place = end + find(&packet[end..], PROPERTY)?;
        end = place + PROPERTY.len();
        Some(place)
    });
    places.find_map(|place| {
        let (before, text) = (&packet[..place], &packet[place + PROPERTY.len()..]);
        let text = &text[..text.len().min(MAX_TAG)];
        let before = match prefix {
            [] => before,
            _ => before.strip_suffix(b":")?.strip_suffix(prefix)?,
        };
        match before.last()? {
            b'<' => element(text),
            // A name without a prefix is in no namespace, if it is an attribute's.
            byte if byte.is_ascii_whitespace() && !prefix.is_empty() => attribute(text),
            _ => None,
        }
    })
}

/// The prefix that a packet declares for the namespace; empty for the default namespace.
fn declared_prefix(packet: &[u8]) -> Option<&[u8]> {
    let before = &packet[..find(packet, NAMESPACE)?];
    let name = before.strip_suffix(b"\"").or(before.strip_suffix(b"'"))?;
    let name = name.trim_ascii_end().strip_suffix(b"=")?.trim_ascii_end();
    let start = name.iter().rposition(u8::is_ascii_whitespace)? + 1;
    let prefix = match name[start..].strip_prefix(b"xmlns")? {
        [] => &[][..],
        named => named.strip_prefix(b":")?,
    };
    (prefix.len() < MAX_TAG).then_some(prefix)
}

/// The value of an attribute, from the text after its name.
fn attribute(text: &[u8]) -> Option<Orientation> {
    let quoted = text.trim_ascii_start().strip_prefix(b"=")?;
    match quoted.trim_ascii_start().split_first()? {
        (b'"' | b'\'', text) => number(text),
        _ => None,
    }
}

/// The value of an element, from the text after its name.
fn element(text: &[u8]) -> Option<Orientation> {
    if !matches!(text.first()?, b'>' | b' ' | b'\t' | b'\r' | b'\n') {
        return None; // another name
    }
    let mut text = text;
    loop {
        let end = memchr::memchr(b'>', text)?;
        // An empty element has no value.
        if text[..end].ends_with(b"/") {
            return None;
        }
        text = text[end + 1..].trim_ascii_start();
        match text {
            [b'<', b'/', ..] => return None,
            [b'<', ..] => {}
            _ => return number(text),
        }
    }
}

fn number(text: &[u8]) -> Option<Orientation> {
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
            "<tiff:Orientation rdf:datatype=\"integer\">6</tiff:Orientation>",
            "<tiff:Orientation><rdf:value>6</rdf:value></tiff:Orientation>",
        ];
        for packet in packets {
            let found = orientation(packet.as_bytes());
            assert_eq!(found, Some(Orientation::Rotate90), "{packet}");
        }
    }

    #[test]
    fn the_prefix_is_that_of_the_namespace() {
        const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
        let packets = [
            format!("<d xmlns:ns1=\"{TIFF}\" ns1:Orientation=\"6\"/>"),
            format!("<d ns1:Orientation='6'\txmlns:ns1 = '{TIFF}'/>"),
            format!("<d xmlns:ns1=\"{TIFF}\"><ns1:Orientation>6</ns1:Orientation></d>"),
            format!("<tiff:Orientation xmlns:tiff=\"{TIFF}\">6</tiff:Orientation>"),
            format!("<Orientation xmlns=\"{TIFF}\">6</Orientation>"),
            format!("<d xmlns:t=\"{TIFF}\" x:t=\"\" tt:Orientation=\"3\" t:Orientation=\"6\"/>"),
        ];
        for packet in packets {
            let found = orientation(packet.as_bytes());
            assert_eq!(found, Some(Orientation::Rotate90), "{packet}");
        }
        for packet in [
            format!("<d xmlns:ns1=\"{TIFF}\" tiff:Orientation=\"6\"/>"),
            format!("<d xmlns=\"{TIFF}\" Orientation=\"6\"/>"),
        ] {
            assert_eq!(orientation(packet.as_bytes()), None, "{packet}");
        }
    }

    #[test]
    fn a_packet_cut_anywhere_states_nothing_or_the_right_value() {
        let packet =
            "<d xmlns:a=\"http://ns.adobe.com/tiff/1.0/\"><a:Orientation>6</a:Orientation>";
        for length in 0..packet.len() {
            let found = orientation(&packet.as_bytes()[..length]);
            assert!(
                matches!(found, None | Some(Orientation::Rotate90)),
                "{length}"
            );
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
