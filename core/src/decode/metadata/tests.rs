//! The orientation is found in every place and form that files in circulation have.

use super::*;

/// A TIFF file with one entry: an orientation of `count` values of a type of `length` bytes.
pub(in crate::decode) fn tiff(
    big_endian: bool,
    kind: u16,
    length: usize,
    count: u32,
    value: u32,
) -> Vec<u8> {
    let number = |value: u32, length: usize| {
        let mut bytes = value.to_be_bytes()[4 - length.min(4)..].to_vec();
        if !big_endian {
            bytes.reverse();
        }
        bytes
    };
    let mut values = number(value, length);
    values.resize(length * count.max(1) as usize, 0);
    let mut tiff = if big_endian { b"MM\0*" } else { b"II*\0" }.to_vec();
    tiff.extend(number(8, 4));
    tiff.extend(number(1, 2));
    tiff.extend(number(0x112, 2));
    tiff.extend(number(kind.into(), 2));
    tiff.extend(number(count, 4));
    let inline = values.len() <= 4;
    if inline {
        values.resize(4, 0);
        tiff.extend(&values);
    } else {
        tiff.extend(number(26, 4));
    }
    tiff.extend([0; 4]); // no further directory
    if !inline {
        tiff.extend(&values);
    }
    tiff
}

fn short(value: u32) -> Vec<u8> {
    tiff(false, 3, 2, 1, value)
}

/// A block without an orientation.
fn resolution_unit() -> Vec<u8> {
    let mut block = short(2);
    block[10] = 0x28;
    block
}

fn packet(value: u32) -> Vec<u8> {
    format!("<x:xmpmeta><rdf:Description tiff:Orientation=\"{value}\"/></x:xmpmeta>").into_bytes()
}

fn exif_segment(block: Vec<u8>) -> Vec<u8> {
    [&b"Exif\0\0"[..], &block].concat()
}

fn xmp_segment(value: u32) -> Vec<u8> {
    [xmp::SIGNATURE, &packet(value)].concat()
}

fn png(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    for (kind, data) in chunks {
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(*kind);
        file.extend(data);
        file.extend([0; 4]); // the checksum, which is not read
    }
    file
}

fn webp(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    for (kind, data) in chunks {
        file.extend(*kind);
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        file.resize(file.len() + data.len() % 2, 0);
    }
    file
}

/// The text of a raw profile.
fn hex_text(name: &str, profile: &[u8]) -> Vec<u8> {
    let mut text = format!("\n{name}\n{:8}\n", profile.len());
    for (i, byte) in profile.iter().enumerate() {
        if i > 0 && i % 36 == 0 {
            text.push('\n');
        }
        text += &format!("{byte:02x}");
    }
    (text + "\n").into_bytes()
}

/// A zlib stream of one stored block.
fn zlib(data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    let header = [[0x78, 0x01, 0x01].as_slice(), &length.to_le_bytes()].concat();
    [&header[..], &(!length).to_le_bytes(), data].concat()
}

#[test]
fn of_several_exif_blocks_the_first_with_an_orientation_counts() {
    let [without, six, three] = [resolution_unit(), short(6), short(3)];
    let stated = |blocks: [&[u8]; 2]| orientation(blocks, None);
    assert_eq!(stated([&without, &six]), Orientation::Rotate90);
    assert_eq!(stated([&six, &three]), Orientation::Rotate90);
    assert_eq!(stated([&without, &without]), Orientation::Normal);
}

#[test]
fn xmp_counts_where_exif_states_nothing_and_exif_wins() {
    let [without, six] = [resolution_unit(), short(6)];
    let stated = |exif: &[u8], xmp: u32| orientation([exif], [&packet(xmp)[..]]);
    assert_eq!(stated(&without, 6), Orientation::Rotate90);
    assert_eq!(stated(&six, 3), Orientation::Rotate90);
}

#[test]
fn png_states_it_in_exif_xmp_and_raw_profiles() {
    let keyword = |keyword: &str, rest: Vec<u8>| [keyword.as_bytes(), &[0], &rest].concat();
    let exif_text = hex_text("exif", &exif_segment(short(6)));
    let app1_text = hex_text("APP1", &xmp_segment(6));
    let itxt = |flag: u8, text: Vec<u8>| [[flag, 0, 0, 0].as_slice(), &text].concat();
    let chunks: [(&[u8; 4], Vec<u8>); 9] = [
        (b"eXIf", short(6)),
        (b"eXIf", exif_segment(short(6))),
        (b"tEXt", keyword("Raw profile type exif", exif_text.clone())),
        (b"tEXt", keyword("Raw profile type APP1", exif_text.clone())),
        (b"tEXt", keyword("Raw profile type APP1", app1_text)),
        (
            b"zTXt",
            keyword(
                "Raw profile type exif",
                [&[0][..], &zlib(&exif_text)].concat(),
            ),
        ),
        (
            b"iTXt",
            keyword("Raw profile type exif", itxt(0, exif_text.clone())),
        ),
        (
            b"iTXt",
            keyword("Raw profile type exif", itxt(1, zlib(&exif_text))),
        ),
        (b"iTXt", keyword("XML:com.adobe.xmp", itxt(0, packet(6)))),
    ];
    for (i, (kind, data)) in chunks.into_iter().enumerate() {
        let file = png(&[
            (b"IDAT", vec![1, 2, 3]),
            (kind, data),
            (b"IEND", Vec::new()),
        ]);
        assert_eq!(png_orientation(&file), Orientation::Rotate90, "{i}");
    }
}

#[test]
fn a_raw_profile_that_inflates_to_much_is_read_from_its_start_only() {
    let digits = "00".repeat(1 << 20);
    let text = format!("\nexif\n 1\n{digits}");
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    let stream = encoder.finish().unwrap();
    let inflated = inflate(&stream).unwrap();
    assert_eq!(inflated.bytes().len(), 5 * PROFILE / 2);
    assert_eq!(raw_profile(inflated.bytes()).len(), PROFILE);
}

#[test]
fn webp_states_it_in_exif_with_or_without_signature_and_in_xmp() {
    let chunks: [(&[u8; 4], Vec<u8>); 4] = [
        (b"EXIF", short(6)),
        (b"EXIF", tiff(true, 4, 4, 1, 6)),
        (b"EXIF", exif_segment(short(6))),
        (b"XMP ", packet(6)),
    ];
    for (kind, data) in chunks {
        let file = webp(&[(b"VP8 ", vec![1, 2, 3]), (kind, data)]);
        assert_eq!(webp_orientation(&file), Orientation::Rotate90, "{kind:?}");
    }
}

#[test]
fn files_cut_anywhere_state_the_normal_orientation_or_the_right_one() {
    let block = exif_segment(short(6));
    let files = [png(&[(b"eXIf", block.clone())]), webp(&[(b"EXIF", block)])];
    let functions = [png_orientation, webp_orientation];
    for (file, function) in files.iter().zip(functions) {
        for length in 0..file.len() {
            let found = function(&file[..length]);
            assert!(matches!(found, Orientation::Normal | Orientation::Rotate90));
        }
        assert_eq!(function(file), Orientation::Rotate90);
    }
}

#[test]
fn only_the_first_16_texts_with_metadata_are_read() {
    let xmp = |orientation: u32| {
        let prefix = b"XML:com.adobe.xmp\0\0\0\0\0";
        (b"iTXt", [&prefix[..], &packet(orientation)].concat())
    };
    let mut chunks = vec![xmp(0); 16];
    chunks.push(xmp(6));
    assert_eq!(png_orientation(&png(&chunks)), Orientation::Normal);
    chunks.remove(0);
    assert_eq!(png_orientation(&png(&chunks)), Orientation::Rotate90);
}
