//! Frames of animations are those that Pillow shows.
//!
//! The files are other people's images and are not part of this repository. They are looked for
//! beside the checkout, in `../shared`, or where `ROUNDEL_CORPUS` says; where they are absent, this
//! test says so and passes.
//!
//! The hashes are FNV-1a over the RGBA samples of `Image.convert("RGBA")` after `Image.seek(n)`, with
//! Pillow 13.0.0, where the color of transparent pixels was set to 0. Frames that do not cover the
//! canvas of a GIF are left out: Pillow paints the background color, which browsers ignore. So is one
//! frame of a PNG after a frame that is disposed of by Previous: Pillow does not dispose of it.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "internals")]

use std::path::{Path, PathBuf};

use roundel::internals::formats;
use roundel::{Frame, Limits, Region};

/// A file, and number and hash of some of its frames.
type Case = (&'static str, &'static [(u32, u64)]);

const CASES: &[Case] = &[
    (
        "gif/image-gif__anim-gr.gif",
        &[(0, 0x2eb8_0a21_6a6f_7b65), (1, 0xa4e3_4aee_97d5_6a15)],
    ),
    (
        "gif/image-gif__beacon.gif",
        &[(0, 0xbc4c_4a0a_fefb_feb5), (1, 0x15de_c5f1_a7a1_0abd)],
    ),
    (
        "gif/image-gif__moon_impact.gif",
        &[
            (0, 0x74e4_d490_0718_f347),
            (1, 0x74e4_d490_0718_f347),
            (7, 0x41e8_a9a2_a009_6063),
            (13, 0x0ae3_e274_76a0_eecf),
        ],
    ),
    (
        "gif/image__any-disposal.gif",
        &[
            (0, 0x7b2f_d399_0e87_6911),
            (1, 0xd4c8_21e6_1ba5_e57d),
            (2, 0x3efc_2c01_c934_17d4),
            (4, 0xd9a2_a878_815d_3b88),
        ],
    ),
    (
        "gif/image__mixed-disposal.gif",
        &[
            (0, 0x7b2f_d399_0e87_6911),
            (1, 0xd4c8_21e6_1ba5_e57d),
            (2, 0x0e64_0563_50cb_766d),
            (4, 0x4ce6_6272_6e61_f31d),
        ],
    ),
    (
        "gif/pygif__animation-multi-image.gif",
        &[
            (0, 0x0997_7833_125b_269c),
            (1, 0x3cf9_1347_71a2_3e4f),
            (3, 0x8ffa_caee_cdf0_cf9e),
            (6, 0xd660_7508_f5a1_e855),
        ],
    ),
    (
        "gif/pygif__animation.gif",
        &[
            (0, 0x0997_7833_125b_269c),
            (1, 0xf2b5_55fe_b2b0_eb64),
            (2, 0x1eb2_18d8_24d2_aae4),
            (3, 0xb1cc_5560_6815_cb1c),
        ],
    ),
    (
        "gif/pygif__dispose-keep.gif",
        &[
            (0, 0x0997_7833_125b_269c),
            (1, 0x2d4b_2522_3f04_428d),
            (2, 0x5188_77f3_331e_7e1c),
            (3, 0xd660_7508_f5a1_e855),
        ],
    ),
    (
        "gif/pygif__dispose-none.gif",
        &[
            (0, 0x0997_7833_125b_269c),
            (1, 0x2d4b_2522_3f04_428d),
            (2, 0x5188_77f3_331e_7e1c),
            (3, 0xd660_7508_f5a1_e855),
        ],
    ),
    (
        "gif/pygif__dispose-restore-previous.gif",
        &[
            (0, 0x642a_ea11_b708_57c5),
            (1, 0x0997_7833_125b_269c),
            (2, 0xf2b5_55fe_b2b0_eb64),
            (4, 0xb1cc_5560_6815_cb1c),
        ],
    ),
    ("gif/pygif__high-color.gif", &[(3, 0x43d4_943e_4209_9f25)]),
    (
        "gif/pygif__images-overlap.gif",
        &[(0, 0x6960_db64_91cb_fed3), (1, 0x994f_7665_3e2a_3951)],
    ),
    (
        "gif/sharp__rotating-squares.gif",
        &[
            (0, 0x30d4_e051_67fb_89eb),
            (1, 0x30d4_e051_67fb_89eb),
            (15, 0x578d_cb38_dc97_e609),
            (29, 0x30d4_e051_67fb_89eb),
        ],
    ),
    (
        "png/image-png__basic_f20.png",
        &[
            (0, 0xdc7c_d771_6a19_d4c8),
            (1, 0x6d6f_ad97_5c8c_2cef),
            (10, 0x00ed_e254_4a02_8da1),
            (19, 0x6d89_d6b8_8102_ca8f),
        ],
    ),
    (
        "png/image__dispose-background-blend-source.png",
        &[
            (0, 0x3f83_4a25_3cb6_21cf),
            (1, 0x0a6f_27df_a108_8567),
            (2, 0x7f68_2652_c26b_1bf1),
        ],
    ),
    (
        "png/image__dispose-previous-blend-source.png",
        &[
            (0, 0x3f83_4a25_3cb6_21cf),
            (1, 0x0a6f_27df_a108_8567),
            (2, 0x9b6a_0d25_6fcf_a24d),
        ],
    ),
    (
        "png/image__fcTL-dispose-in-region-previous.png",
        &[
            (0, 0x25d5_bb8a_9cd2_6325),
            (1, 0xe57c_250b_acdb_2325),
            (2, 0x82af_eadc_8a18_f325),
        ],
    ),
    (
        "png/image__rgba16.png",
        &[
            // Not frame 0: the photo itself keeps its 16 bits, and Pillow reads 8.
            (1, 0x9f55_6aa4_9fad_b1a5),
            (2, 0x6c0f_2367_ab0c_0f85),
        ],
    ),
    (
        "webp/Pillow__iss634.webp",
        &[
            (0, 0xab19_420b_0de7_fc32),
            (1, 0xe2c3_2201_3c81_2dd7),
            (21, 0x8056_a7e3_979a_1715),
            (41, 0x2508_ba69_c662_5812),
        ],
    ),
    (
        "webp/image-webp__random_lossless.webp",
        &[
            (0, 0xd7c1_d854_9508_0f4b),
            (1, 0x7a87_264c_cee7_e030),
            (2, 0x724b_3e36_203b_42f0),
        ],
    ),
    (
        "webp/sharp__big-height.webp",
        &[
            (0, 0x68ea_f49d_616e_4a41),
            (1, 0x68ea_f49d_616e_4a41),
            (48, 0x68ea_f49d_616e_4a41),
            (96, 0x68ea_f49d_616e_4a41),
        ],
    ),
    (
        "webp/sharp__rotating-squares.webp",
        &[
            (0, 0x94a1_c670_e012_fc28),
            (1, 0xaf69_638e_541f_0d0f),
            (4, 0xc921_841d_cb7c_eaa6),
            (8, 0xd423_8b90_35f9_f8ce),
        ],
    ),
];

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let folder = std::env::var_os("ROUNDEL_CORPUS").map_or(beside, PathBuf::from);
    folder.join("manifest.tsv").exists().then_some(folder)
}

fn hash_of_frame(file: &[u8], number: u32) -> u64 {
    let limits = Limits::default();
    let region = Region::whole(formats::size(file, &limits).unwrap());
    let image = formats::decode(file, Frame::Number(number), region, &limits).unwrap();
    let rgba = image
        .samples
        .chunks(image.channels)
        .flat_map(|pixel| match *pixel {
            [gray] => [gray, gray, gray, 255],
            [_, 0] | [_, _, _, 0] => [0; 4],
            [gray, alpha] => [gray, gray, gray, alpha],
            [red, green, blue] => [red, green, blue, 255],
            _ => [pixel[0], pixel[1], pixel[2], pixel[3]],
        });
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    rgba.fold(0xcbf2_9ce4_8422_2325, fnv)
}

#[test]
fn frames_of_other_programs_are_as_pillow_shows_them() {
    let Some(folder) = folder() else {
        println!("skipped: no corpus beside this checkout");
        return;
    };
    let mut wrong = Vec::new();
    for (name, frames) in CASES {
        let file = std::fs::read(folder.join(name)).unwrap();
        for &(number, hash) in *frames {
            let got = hash_of_frame(&file, number);
            if got != hash {
                wrong.push(format!("{name}, frame {number}: {got:#x}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
