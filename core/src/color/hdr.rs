//! High dynamic range to the range of sRGB.
//!
//! Samples of PQ and HLG describe light up to fifty times as bright as diffuse white. Diffuse white
//! is 203 cd/m2 in both (ITU-R BT.2408-7, 2.1), and becomes the unit here. An avatar has no room
//! above its white, so brighter light is compressed:
//!
//! ```text
//! light    PQ:  EOTF(sample) / 203                                         (BT.2100-2, table 4)
//!          HLG: inverse OETF, then the OOTF of a display of 1,000 cd/m2:
//!               E Y^0.2 * 1000 / 203, Y = 0.2627 R + 0.6780 G + 0.0593 B   (BT.2100-2, table 5)
//! m      = max(R, G, B)
//! tone(m) = m                                      up to the knee k = 0.9
//!           k + (1 - k) t (1 + c) / (t + c)        above, t = (m - k) / (p - k)
//!           1                                      from the peak p = 1000 / 203
//!           with c = (1 - k) / (p - 1), so that the slope is 1 at the knee
//! RGB   *= tone(m) / m                             so that the hue is kept
//! ```
//!
//! Faces, and everything else up to 0.9 of diffuse white, keep their exact tone. Diffuse white
//! becomes 0.95, which is 249 of 255 in sRGB; the rest is left to highlights. The metadata of a
//! mastering display (mDCV, cLLI) are not read, so the result never depends on them.
//!
//! The tone is applied per pixel and before the primaries are converted, because it is not linear:
//! it cannot wait until the avatar is averaged, as the matrix does.

use super::transfer::TransferFunction;

/// Diffuse white, in cd/m2.
const REFERENCE_WHITE: f64 = 203.0;
/// The light that highlights are compressed from, in cd/m2.
const PEAK: f64 = 1000.0;
/// Where compression begins, in units of diffuse white.
const KNEE: f32 = 0.9;

/// Values of a function from 0 to 1 at equal steps. Adjacent values of PQ differ by about 6 %, so
/// that linear interpolation between them is right within 0.05 %.
type LightTable = Box<[f32; 256]>;

/// Maps a pixel of high dynamic range to linear light in 16 bits.
pub(super) struct ToneMapper {
    /// The light of a sample: for PQ in units of diffuse white, for HLG of the scene's maximum.
    light: LightTable,
    /// The factor by the square root of the scene's luminance; HLG only.
    gain: Option<LightTable>,
}

impl ToneMapper {
    /// `None` unless `transfer` is PQ or HLG. `level` is applied to samples first.
    pub(super) fn new(transfer: TransferFunction, level: impl Fn(f64) -> f64) -> Option<Self> {
        let scale = match transfer {
            TransferFunction::Pq => 10_000.0 / REFERENCE_WHITE,
            TransferFunction::Hlg => 1.0,
            _ => return None,
        };
        // Y^0.2 as a function of the root, so that interpolation is good near black too.
        let gain = |root: f64| libm::pow(root, 0.4) * PEAK / REFERENCE_WHITE;
        Some(Self {
            light: tabulate(|v| transfer.linear(level(v)) * scale),
            gain: (transfer == TransferFunction::Hlg).then(|| tabulate(gain)),
        })
    }

    /// The linear light of an RGB pixel of 16-bit samples.
    pub(super) fn map(&self, rgb: [u16; 3]) -> [u16; 3] {
        let mut light = rgb.map(|v| interpolate(&self.light, f32::from(v) / 65_535.0));
        if let Some(gain) = &self.gain {
            let [r, g, b] = light;
            let luminance = 0.2627 * r + 0.6780 * g + 0.0593 * b;
            let gain = interpolate(gain, luminance.sqrt());
            light = light.map(|v| v * gain);
        }
        let brightest = light[0].max(light[1]).max(light[2]);
        let scale = if brightest > KNEE {
            tone(brightest) / brightest
        } else {
            1.0
        };
        // The cast saturates.
        light.map(|v| (v * scale * 65_535.0 + 0.5) as u16)
    }
}

/// The curve above the knee.
fn tone(m: f32) -> f32 {
    const P: f32 = (PEAK / REFERENCE_WHITE) as f32;
    const C: f32 = (1.0 - KNEE) / (P - 1.0);
    let t = ((m - KNEE) / (P - KNEE)).min(1.0);
    KNEE + (1.0 - KNEE) * (t * (1.0 + C) / (t + C))
}

fn tabulate(function: impl Fn(f64) -> f64) -> LightTable {
    Box::new(std::array::from_fn(|i| function(i as f64 / 255.0) as f32))
}

/// Linear between the two nearest values; `v` is 0 to 1.
fn interpolate(table: &LightTable, v: f32) -> f32 {
    let position = v * 255.0;
    let index = (position as usize).min(254);
    let (a, b) = (table[index], table[index + 1]);
    a + (b - a) * (position - index as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(mapper: &ToneMapper, signal: f64) -> f64 {
        let v = (signal * 65_535.0).round() as u16;
        f64::from(mapper.map([v; 3])[0]) / 65_535.0
    }

    fn mapper(transfer: TransferFunction) -> ToneMapper {
        ToneMapper::new(transfer, |v| v).unwrap()
    }

    #[test]
    fn diffuse_white_of_pq_and_hlg_is_the_same_tone() {
        // BT.2408-7, table 1: 203 cd/m2 is 58 % PQ and 75 % HLG.
        let pq = gray(&mapper(TransferFunction::Pq), 0.580_69);
        let hlg = gray(&mapper(TransferFunction::Hlg), 0.75);
        assert!((pq - 0.951).abs() < 0.002, "{pq}");
        assert!((hlg - 0.951).abs() < 0.002, "{hlg}");
    }

    #[test]
    fn tones_below_the_knee_are_exact() {
        // BT.2100-2, tables 4 and 5, computed in f64 from the definitions.
        let pq = mapper(TransferFunction::Pq);
        for (signal, nits) in [(0.1, 0.32457), (0.3, 10.0382), (0.5, 92.2457)] {
            let found = gray(&pq, signal) * 203.0;
            assert!((found / nits - 1.0).abs() < 0.002 + 0.01 / nits, "{found}");
        }
        let hlg = mapper(TransferFunction::Hlg);
        for (signal, nits) in [(0.1, 1.06526), (0.3, 14.8780), (0.5, 50.6970)] {
            let found = gray(&hlg, signal) * 203.0;
            assert!((found / nits - 1.0).abs() < 0.003, "{found} {nits}");
        }
    }

    #[test]
    fn the_tone_rises_to_white_at_the_peak() {
        for transfer in [TransferFunction::Pq, TransferFunction::Hlg] {
            let mapper = mapper(transfer);
            let tones: Vec<u16> = (0..=65_535).map(|v| mapper.map([v; 3])[0]).collect();
            assert!(tones.is_sorted());
            assert_eq!((tones[0], tones[65_535]), (0, 65_535));
        }
        // 1,000 cd/m2.
        assert!(gray(&mapper(TransferFunction::Pq), 0.751_83) > 0.9999);
    }

    #[test]
    fn highlights_keep_their_hue() {
        let mapper = mapper(TransferFunction::Pq);
        let [r, g, b] = mapper.map([50_000, 40_000, 30_000]);
        let light = |v: u16| TransferFunction::Pq.linear(f64::from(v) / 65_535.0);
        let expected = light(40_000) / light(50_000);
        assert!((f64::from(g) / f64::from(r) - expected).abs() < 0.001);
        assert!(r > 60_000 && b < g);
    }
}
