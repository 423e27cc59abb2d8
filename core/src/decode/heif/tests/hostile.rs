//! Sizes that lie, tables that lie, files that end early.

use super::writer::{Coded, HeifWriter, Source, be32, full_box, ispe, media_box, single, tiled};
use super::{Size, code, decode, gradient};
use crate::limits::Limits;
use crate::probe;

fn picture() -> Coded {
    Source::color(64, 48, gradient).code()
}

#[test]
fn a_stated_size_may_be_smaller_than_the_coded_one_by_less_than_a_block() {
    let with_size = |width, height| {
        code(&single(
            &Coded {
                size: Size::new(width, height),
                ..picture()
            },
            &[],
        ))
    };
    assert_eq!(with_size(64, 48), "ok");
    assert_eq!(with_size(1, 1), "ok");
    assert_eq!(with_size(65, 48), "malformed");
    assert_eq!(with_size(64, 49), "malformed");
    assert_eq!(with_size(0, 48), "malformed");
    assert_eq!(with_size(100_000, 48), "limit_exceeded");
    let large = Source::color(128, 48, gradient).code();
    let small = Size::new(64, 48);
    assert_eq!(
        code(&single(
            &Coded {
                size: small,
                ..large
            },
            &[]
        )),
        "malformed"
    );
}

#[test]
fn a_grid_whose_tiles_do_not_match_it_is_malformed() {
    let grid = |columns, size, tiles: &[Coded]| {
        let mut writer = HeifWriter::new();
        let tiles: Vec<u16> = tiles.iter().map(|tile| writer.coded(tile)).collect();
        let grid = writer.grid(columns, size, &tiles);
        code(&writer.finish(grid))
    };
    let wide = Source::color(128, 48, gradient).code();
    assert_eq!(grid(2, Size::new(128, 48), &[picture(), picture()]), "ok");
    assert_eq!(grid(2, Size::new(1, 1), &[picture(), picture()]), "ok");
    assert_eq!(
        grid(2, Size::new(129, 48), &[picture(), picture()]),
        "malformed"
    );
    assert_eq!(
        grid(2, Size::new(128, 49), &[picture(), picture()]),
        "malformed"
    );
    assert_eq!(grid(2, Size::new(128, 48), &[picture(), wide]), "malformed");
    assert_eq!(
        grid(2, Size::new(0, 48), &[picture(), picture()]),
        "malformed"
    );
    assert_eq!(
        grid(2, Size::new(65_535, 65_535), &[picture(), picture()]),
        "limit_exceeded"
    );
}

#[test]
fn a_grid_with_too_few_tiles_or_of_itself_is_malformed() {
    let mut writer = HeifWriter::new();
    let tile = writer.coded(&picture());
    let grid = writer.item(b"grid", &[&[0, 0, 0, 1, 0, 64, 0, 48]]);
    writer.refer(b"dimg", grid, &[tile]);
    assert_eq!(code(&writer.finish(grid)), "malformed");
    let mut writer = HeifWriter::new();
    let grid = writer.item(b"grid", &[&[0, 0, 0, 0, 0, 64, 0, 48]]);
    writer.refer(b"dimg", grid, &[grid]);
    assert_eq!(code(&writer.finish(grid)), "unsupported");
}

#[test]
fn a_tile_of_another_form_than_the_first_is_missing() {
    let mut writer = HeifWriter::new();
    let gray = Source::gray(64, 48, gradient).code();
    let tiles = [writer.coded(&picture()), writer.coded(&gray)];
    let grid = writer.grid(2, Size::new(128, 48), &tiles);
    assert_eq!(decode(&writer.finish(grid)).unwrap().missing, 64 * 48);
}

#[test]
fn derived_images_other_than_grids_are_named() {
    for kind in [b"iovl", b"iden", b"jpeg", b"unci"] {
        let mut writer = HeifWriter::new();
        let id = writer.item(kind, &[&[0; 40]]);
        writer.property(id, ispe(Size::new(64, 48)));
        let error = decode(&writer.finish(id)).err().unwrap();
        assert_eq!(error.feature().map(|feature| feature.name()), Some("heif"));
        assert!(
            error
                .to_string()
                .contains(std::str::from_utf8(kind).unwrap())
        );
    }
}

#[test]
fn items_without_data_size_or_configuration_are_malformed() {
    let coded = picture();
    let config = || media_box(b"hvcC", &coded.config);
    let file = |properties: &[Vec<u8>], data: &[&[u8]]| {
        let mut writer = HeifWriter::new();
        let id = writer.item(b"hvc1", data);
        for property in properties {
            writer.property(id, property.clone());
        }
        code(&writer.finish(id))
    };
    let data: &[&[u8]] = &[&coded.data];
    assert_eq!(file(&[config(), ispe(coded.size)], data), "ok");
    assert_eq!(file(&[config()], data), "malformed");
    assert_eq!(file(&[ispe(coded.size)], data), "malformed");
    assert_eq!(file(&[config(), ispe(coded.size)], &[]), "malformed");
    let long = media_box(b"hvcC", &[&coded.config[..], &[0; 9000]].concat());
    assert_eq!(file(&[long, ispe(coded.size)], data), "malformed");
}

#[test]
fn extents_that_overlap_do_not_multiply_the_data() {
    let coded = picture();
    let mut writer = HeifWriter::new();
    let id = writer.item(b"hvc1", &[&coded.data[..], &[]]);
    writer.property(id, media_box(b"hvcC", &coded.config));
    writer.property(id, ispe(coded.size));
    // The second extent has a length of 0: the rest of the file from its start on.
    let file = writer.finish(id);
    let at = file.windows(4).position(|kind| kind == b"iloc").unwrap() + 4;
    let mut file = file;
    // Both begin at 0 and take the whole file.
    file[at + 16..at + 32].fill(0);
    assert_eq!(code(&file), "malformed");
}

#[test]
fn more_units_than_a_picture_may_have_are_refused_before_they_are_listed() {
    let mut coded = picture();
    let unit = [0, 0, 0, 2, 0x4E, 1];
    coded.data.extend(unit.repeat(2000));
    assert_eq!(code(&single(&coded, &[])), "malformed");
}

#[test]
fn the_size_of_a_picture_is_checked_before_it_is_allocated() {
    // The sequence parameter set says 64 x 48; the limit is below.
    let file = single(&picture(), &[]);
    let limits = Limits {
        memory: 10_000,
        ..Limits::default()
    };
    let options = crate::Options {
        limits,
        ..crate::Options::default()
    };
    let error = crate::render(&file, &options).unwrap_err();
    assert_eq!(error.code(), "limit_exceeded");
    let work = Limits {
        work: 64 * 48 * 3 - 1,
        ..Limits::default()
    };
    let options = crate::Options {
        limits: work,
        ..crate::Options::default()
    };
    assert_eq!(
        crate::render(&file, &options).unwrap_err().code(),
        "limit_exceeded"
    );
}

#[test]
fn a_file_that_ends_early_is_an_error_and_no_panic() {
    let (mut writer, grid) = tiled(Source::color(70, 20, gradient));
    writer.idat = true;
    let file = writer.finish(grid);
    for length in 0..file.len() {
        let error = decode(&file[..length]).err();
        assert!(
            error.is_none_or(|error| error.code() != "internal"),
            "{length}"
        );
    }
}

#[test]
fn any_changed_byte_of_the_tables_is_an_error_or_a_picture() {
    let (writer, grid) = tiled(Source::color(70, 20, gradient));
    let file = writer.finish(grid);
    let meta = file.windows(4).position(|kind| kind == b"meta").unwrap();
    for at in meta..file.len() {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut changed = file.clone();
            changed[at] = value;
            let error = decode(&changed).err();
            assert!(
                error.is_none_or(|error| error.code() != "internal"),
                "{at} {value}"
            );
        }
    }
}

#[test]
fn a_file_without_an_image_is_malformed() {
    let only_brands = media_box(b"ftyp", b"heic\0\0\0\0mif1heic");
    assert_eq!(
        probe(&only_brands, &Limits::default()).unwrap_err().code(),
        "malformed"
    );
    let empty = [only_brands, full_box(b"meta", &[])].concat();
    assert_eq!(code(&empty), "malformed");
}

/// A file with one track of one picture.
pub(super) fn sequence(coded: &Coded) -> Vec<u8> {
    let ftyp = media_box(b"ftyp", b"hevc\0\0\0\0msf1hevc");
    let start = ftyp.len() as u32 + 8;
    let mdat = media_box(b"mdat", &coded.data);
    let sides = [coded.size.width, coded.size.height].map(|side| (side as u16).to_be_bytes());
    let config = media_box(b"hvcC", &coded.config);
    let entry = [&[0; 24], &sides.concat()[..], &[0; 50], &config].concat();
    let table = [
        full_box(b"stsd", &[be32(&[1]), media_box(b"hvc1", &entry)].concat()),
        full_box(b"stsz", &be32(&[0, 1, coded.data.len() as u32])),
        full_box(b"stco", &be32(&[1, start])),
    ];
    let minf = media_box(b"minf", &media_box(b"stbl", &table.concat()));
    let hdlr = full_box(b"hdlr", b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let mdia = media_box(b"mdia", &[hdlr, minf].concat());
    let moov = media_box(b"moov", &media_box(b"trak", &mdia));
    [ftyp, mdat, moov].concat()
}

#[test]
fn a_sequence_with_broken_tables_is_malformed() {
    let file = sequence(&picture());
    assert_eq!(code(&file), "ok");
    for kind in [
        b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stsz", b"stco", b"hvcC",
    ] {
        let at = file.windows(4).position(|found| found == kind).unwrap();
        let mut changed = file.clone();
        changed[at] = b'x';
        assert_eq!(code(&changed), "malformed", "{kind:?}");
    }
}
