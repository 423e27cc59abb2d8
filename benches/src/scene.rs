//! Draws a picture with the statistics of a photo, from a seed.
//!
//! The model is *dead leaves*: discs of a scale-free range of radii cover each other, as things do in
//! front of a camera. Each has its own color, shading and amount of texture. A lens blurs the picture,
//! and a sensor adds noise. Files of such pictures have about as many bits per pixel as those of phones
//! (`benches/README.md` has the figures), so a decoder has as much work.
//!
//! ```text
//! draw a background, then discs, the farthest first:
//!     radius r, so that the number of discs larger than r falls with 1 / r^2
//!     color = own color + shading across the disc + own weight * texture
//! blur with the kernel 1 2 1 in both directions
//! add noise
//! ```
//!
//! All arithmetic is in integers, so a seed gives the same picture on every machine.

use roundel::Size;

/// 8-bit RGB, rows without padding.
pub struct Picture {
    /// Width and height.
    pub size: Size,
    /// Three bytes per pixel.
    pub samples: Vec<u8>,
}

/// The side of the texture, which repeats. A power of two.
const TEXTURE: usize = 1024;
/// The smallest disc has 1/240 of the picture's shorter side.
const SMALLEST: u32 = 240;
/// The largest has 72 times its radius.
const RANGE: u64 = 72;
const DISCS: usize = 2600;
/// The amplitude of the noise of one sample, in 1/16 levels.
const NOISE: i32 = 26;

/// xorshift64*: the generator of Marsaglia and Vigna.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From `low` to below `high`.
    fn within(&mut self, low: i32, high: i32) -> i32 {
        let range = i64::from(high) - i64::from(low);
        let scaled = ((self.next() >> 32) as i64 * range) >> 32;
        low + scaled as i32
    }
}

/// A picture that looks like a photo to a codec.
pub fn photo(size: Size, seed: u64) -> Picture {
    let mut random = Random::new(seed);
    let texture = texture(&mut random);
    let (width, height) = (size.width as usize, size.height as usize);
    let mut samples = vec![0; width * height * 3];
    let mut canvas = Canvas {
        size,
        samples: &mut samples,
        texture: &texture,
    };
    canvas.draw(&Disc::background(size, &mut random));
    for _ in 0..DISCS {
        canvas.draw(&Disc::random(size, &mut random));
    }
    blur_rows(&mut samples, width);
    blur_columns(&mut samples, width);
    add_noise(&mut samples, &mut random);
    Picture { size, samples }
}

/// The alpha of a cut-out: an ellipse with a soft edge.
pub fn cutout(size: Size) -> Vec<u8> {
    let (width, height) = (i64::from(size.width), i64::from(size.height));
    let alpha = |x: i64, y: i64| {
        let across = (2 * x - width) * 1024 / width;
        let down = (2 * y - height) * 1024 / height;
        let inside = 900 * 900 - across * across - down * down;
        (inside / 64).clamp(0, 255) as u8
    };
    (0..height)
        .flat_map(|y| (0..width).map(move |x| alpha(x, y)))
        .collect()
}

/// Noise whose amplitude is proportional to its wavelength, as the texture of most surfaces. It repeats
/// after `TEXTURE` pixels.
fn texture(random: &mut Random) -> Vec<i16> {
    let mut field = vec![0i16; 4];
    let mut side = 2;
    while side < TEXTURE {
        field = doubled(&field, side);
        side *= 2;
        let amplitude = 60 * 24 / (24 + side as i32) + 11;
        for sample in &mut field {
            *sample += random.within(-amplitude, amplitude) as i16;
        }
    }
    field
}

/// Twice as large, by averaging neighbors.
fn doubled(field: &[i16], side: usize) -> Vec<i16> {
    let at = |x: usize, y: usize| i32::from(field[y % side * side + x % side]);
    let mut larger = Vec::with_capacity(field.len() * 4);
    for y in 0..side * 2 {
        for x in 0..side * 2 {
            let (left, top) = (x / 2, y / 2);
            let (right, bottom) = (left + x % 2, top + y % 2);
            let sum = at(left, top) + at(right, top) + at(left, bottom) + at(right, bottom);
            larger.push((sum / 4) as i16);
        }
    }
    larger
}

struct Disc {
    x: i32,
    y: i32,
    radius: i32,
    /// In 1/16 levels.
    color: [i32; 3],
    /// Levels from the center to the right and the lower edge.
    shading: [i32; 2],
    /// The weight of the texture, in 1/16.
    roughness: i32,
    /// Where it begins in the texture.
    offset: usize,
}

impl Disc {
    /// Covers the picture.
    fn background(size: Size, random: &mut Random) -> Self {
        let (x, y) = (size.width as i32 / 2, size.height as i32 / 2);
        Self {
            x,
            y,
            radius: x + y,
            ..Self::random(size, random)
        }
    }

    fn random(size: Size, random: &mut Random) -> Self {
        let smallest = u64::from(size.width.min(size.height) / SMALLEST).max(2);
        // The inverse of the distribution: r = smallest / sqrt(u), for u down to 1 / RANGE^2.
        let share = (random.next() >> 40).max((1 << 24) / (RANGE * RANGE));
        let radius = smallest * (1 << 12) / share.isqrt().max(1);
        let light = random.within(20, 225);
        let mut tint = || random.within(-30, 30);
        let color = [tint(), tint() / 2, tint()].map(|tint| 16 * (light + tint));
        Self {
            x: random.within(0, size.width as i32),
            y: random.within(0, size.height as i32),
            radius: radius as i32,
            color,
            shading: [random.within(-40, 40), random.within(-40, 40)],
            // A third is smooth.
            roughness: random.within(-8, 16).max(1),
            offset: (random.next() as usize) % (TEXTURE * TEXTURE),
        }
    }
}

struct Canvas<'a> {
    size: Size,
    samples: &'a mut [u8],
    texture: &'a [i16],
}

impl Canvas<'_> {
    fn draw(&mut self, disc: &Disc) {
        let top = (disc.y - disc.radius).max(0);
        let bottom = (disc.y + disc.radius).min(self.size.height as i32 - 1);
        for y in top..=bottom {
            let down = i64::from(y - disc.y);
            let radius = i64::from(disc.radius);
            let half = (radius * radius - down * down).max(0).isqrt() as i32;
            let left = (disc.x - half).max(0);
            let right = (disc.x + half).min(self.size.width as i32);
            if left < right {
                self.draw_span(disc, y, left as usize..right as usize);
            }
        }
    }

    fn draw_span(&mut self, disc: &Disc, y: i32, span: std::ops::Range<usize>) {
        let row = y as usize * self.size.width as usize;
        let texture = disc.offset.wrapping_add(y as usize * TEXTURE);
        let shade = |step: i32, distance: i32| 16 * step * distance / disc.radius.max(1);
        let down = shade(disc.shading[1], y - disc.y);
        let pixels = &mut self.samples[3 * (row + span.start)..3 * (row + span.end)];
        for (x, pixel) in span.zip(pixels.chunks_exact_mut(3)) {
            let grain = i32::from(self.texture[(texture + x) % (TEXTURE * TEXTURE)]);
            let light = down + shade(disc.shading[0], x as i32 - disc.x) + grain * disc.roughness;
            for (sample, color) in pixel.iter_mut().zip(disc.color) {
                *sample = ((color + light) >> 4).clamp(0, 255) as u8;
            }
        }
    }
}

fn blur_rows(samples: &mut [u8], width: usize) {
    for row in samples.chunks_exact_mut(width * 3) {
        let mut left: [u8; 3] = [row[0], row[1], row[2]];
        for at in 0..row.len() - 3 {
            let center = row[at];
            let sum = u16::from(left[at % 3]) + 2 * u16::from(center) + u16::from(row[at + 3]);
            row[at] = ((sum + 2) / 4) as u8;
            left[at % 3] = center;
        }
    }
}

fn blur_columns(samples: &mut [u8], width: usize) {
    let stride = width * 3;
    let mut above = samples[..stride].to_vec();
    for start in (0..samples.len() - stride).step_by(stride) {
        let (row, below) = samples[start..start + 2 * stride].split_at_mut(stride);
        for ((sample, above), below) in row.iter_mut().zip(&mut above).zip(below) {
            let sum = u16::from(*above) + 2 * u16::from(*sample) + u16::from(*below);
            *above = *sample;
            *sample = ((sum + 2) / 4) as u8;
        }
    }
}

/// The sum of two uniform numbers for each sample.
fn add_noise(samples: &mut [u8], random: &mut Random) {
    for chunk in samples.chunks_mut(4) {
        let bits = random.next();
        for (at, sample) in chunk.iter_mut().enumerate() {
            let [one, two] = [bits >> (16 * at) & 255, bits >> (16 * at + 8) & 255];
            let noise = (one as i32 + two as i32 - 255) * NOISE / 16;
            let raised = (i32::from(*sample) * 128 + noise + 64) / 128;
            *sample = raised.clamp(0, 255) as u8;
        }
    }
}
