//! Writes random VP8L data that are valid.

/// A generator of pseudorandom numbers.
pub(crate) struct Random(pub u32);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % bound
    }
}

/// Packs bits from the lowest up.
#[derive(Clone, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    bits: usize,
}

impl BitWriter {
    pub(crate) fn put(&mut self, value: usize, count: usize) {
        for bit in 0..count {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> bit & 1) as u8) << (self.bits % 8);
            self.bits += 1;
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// The header of a VP8L chunk, with alpha.
    pub(crate) fn header(width: usize, height: usize) -> Self {
        let mut writer = Self::default();
        writer.put(0x2F, 8);
        writer.put(width - 1, 14);
        writer.put(height - 1, 14);
        writer.put(1, 4);
        writer
    }
}

/// A canonical prefix code.
pub(crate) struct Code {
    lengths: Vec<usize>,
}

impl Code {
    /// A complete code of the given symbols, with lengths up to 15.
    fn random(alphabet: usize, symbols: &[usize], random: &mut Random) -> Self {
        let mut leaves = vec![0];
        while leaves.len() < symbols.len() {
            let leaf = random.below(leaves.len());
            if leaves[leaf] < 15 {
                leaves[leaf] += 1;
                leaves.push(leaves[leaf]);
            }
        }
        let mut lengths = vec![0; alphabet];
        for (&symbol, length) in symbols.iter().zip(leaves) {
            lengths[symbol] = length.max(1);
        }
        Self { lengths }
    }

    /// The code for lengths: 19 symbols of 4 or 5 bits.
    fn of_lengths() -> Self {
        let lengths = (0..19)
            .map(|symbol| if symbol < 13 { 4 } else { 5 })
            .collect();
        Self { lengths }
    }

    fn symbols(&self) -> Vec<usize> {
        let coded = self
            .lengths
            .iter()
            .enumerate()
            .filter(|(_, length)| **length > 0);
        coded.map(|(symbol, _)| symbol).collect()
    }

    fn put(&self, symbol: usize, writer: &mut BitWriter) {
        if self.symbols().len() == 1 {
            return;
        }
        let length = self.lengths[symbol];
        let place = |symbol: usize| (self.lengths[symbol], symbol);
        let before = self
            .symbols()
            .into_iter()
            .filter(|&other| place(other) < place(symbol));
        let code: usize = before.map(|other| 1 << (15 - self.lengths[other])).sum();
        for bit in 0..length {
            writer.put(code >> (14 - bit) & 1, 1);
        }
    }

    fn write(&self, writer: &mut BitWriter) {
        let symbols = self.symbols();
        match symbols[..] {
            [only @ 0..256] => {
                writer.put(0b001 | usize::from(only > 1) << 2, 3);
                writer.put(only, if only > 1 { 8 } else { 1 });
            }
            [first @ 0..256, second @ 0..256] => {
                writer.put(0b111, 3);
                writer.put(first, 8);
                writer.put(second, 8);
            }
            _ => self.write_lengths(writer),
        }
    }

    fn write_lengths(&self, writer: &mut BitWriter) {
        let code = Self::of_lengths();
        writer.put(0, 1);
        writer.put(15, 4);
        for symbol in [
            17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        ] {
            writer.put(code.lengths[symbol], 3);
        }
        writer.put(0, 1);
        let (mut place, mut previous) = (0, 8);
        while place < self.lengths.len() {
            let length = self.lengths[place];
            let same = self.lengths[place..]
                .iter()
                .take_while(|other| **other == length);
            let count = same.count();
            let (symbol, bits, least, most) = match (length, count) {
                (0, 11..) => (18, 7, 11, 138),
                (0, 3..) => (17, 3, 3, 10),
                (_, 3..) if length == previous => (16, 2, 3, 6),
                _ => (length, 0, 1, 1),
            };
            let count = count.min(most);
            code.put(symbol, writer);
            writer.put(count - least, bits);
            place += count;
            if length > 0 {
                previous = length;
            }
        }
    }
}

/// What an entropy-coded image consists of.
#[derive(Clone, Copy)]
pub(crate) struct ImageSpec {
    pub width: usize,
    pub height: usize,
    /// Green of literals is below this.
    pub greens: usize,
    /// Red, blue and alpha of literals are below this.
    pub others: usize,
    pub cache_bits: usize,
    pub groups: usize,
    /// Of 16 tokens, those that are copies; if there are any.
    pub copies: usize,
}

impl ImageSpec {
    /// Writes the image with random tokens.
    pub(crate) fn write(&self, is_main: bool, random: &mut Random, writer: &mut BitWriter) {
        writer.put(usize::from(self.cache_bits > 0), 1);
        if self.cache_bits > 0 {
            writer.put(self.cache_bits, 4);
        }
        let (block_bits, map) = self.write_map(is_main, random, writer);
        let groups: Vec<_> = (0..self.groups)
            .map(|_| self.write_group(random, writer))
            .collect();
        let columns = self.width.div_ceil(1 << block_bits);
        let (mut position, mut cached) = (0, Vec::new());
        while position < self.width * self.height {
            let (x, y) = (position % self.width, position / self.width);
            let group = &groups[map[(y >> block_bits) * columns + (x >> block_bits)]];
            position += self.write_token(group, position, &mut cached, random, writer);
        }
    }

    /// The group of each block, written as literals.
    fn write_map(
        &self,
        is_main: bool,
        random: &mut Random,
        writer: &mut BitWriter,
    ) -> (usize, Vec<usize>) {
        if is_main {
            writer.put(usize::from(self.groups > 1), 1);
        }
        if self.groups == 1 {
            return (14, vec![0]);
        }
        let block_bits = 2 + random.below(3);
        writer.put(block_bits - 2, 3);
        let blocks = self.width.div_ceil(1 << block_bits) * self.height.div_ceil(1 << block_bits);
        let mut map: Vec<_> = (0..blocks).map(|_| random.below(self.groups)).collect();
        // So that there are as many groups.
        map[0] = self.groups - 1;
        writer.put(0, 1);
        let symbols: Vec<_> = (0..self.groups).collect();
        let green = Code::random(280, &symbols, random);
        green.write(writer);
        for alphabet in [256, 256, 256, 40] {
            Code::random(alphabet, &[0], random).write(writer);
        }
        map.iter().for_each(|&group| green.put(group, writer));
        (block_bits, map)
    }

    fn write_group(&self, random: &mut Random, writer: &mut BitWriter) -> Vec<Code> {
        let cache_size = if self.cache_bits > 0 {
            1 << self.cache_bits
        } else {
            0
        };
        let mut greens: Vec<_> = (0..self.greens).collect();
        if self.copies > 0 {
            greens.extend(256..280);
        }
        greens.extend(280..280 + cache_size);
        let alphabets = [280 + cache_size, 256, 256, 256, 40];
        let codes = alphabets.iter().enumerate().map(|(index, &alphabet)| {
            let mut symbols: Vec<_> = match index {
                0 => greens.clone(),
                4 => (0..40).collect(),
                _ => (0..1 + random.below(self.others)).collect(),
            };
            // So that it is not always the first symbols that have short codes.
            let middle = random.below(symbols.len());
            symbols.rotate_left(middle);
            Code::random(alphabet, &symbols, random)
        });
        let codes: Vec<_> = codes.collect();
        codes.iter().for_each(|code| code.write(writer));
        codes
    }

    /// Returns the number of its pixels. `cached` are the places in the color cache that have a
    /// color: a place without one is transparent black, which image-webp does not insert again.
    fn write_token(
        &self,
        codes: &[Code],
        position: usize,
        cached: &mut Vec<usize>,
        random: &mut Random,
        writer: &mut BitWriter,
    ) -> usize {
        let left = self.width * self.height - position;
        match random.below(16) {
            kind if kind < self.copies && position > 0 => {
                let most = if random.below(8) == 0 { 4096 } else { 20 };
                let length = 1 + random.below(left.min(most));
                let (symbol, extra, bits) = prefix_of(length);
                codes[0].put(256 + symbol, writer);
                writer.put(extra, bits);
                let nearby = position > 7 * self.width + 8 && random.below(2) == 0;
                let reach = position.min((1 << 20) - 120);
                let (symbol, extra, bits) = prefix_of(match random.below(4) {
                    _ if nearby => 1 + random.below(120),
                    0 => 120 + reach,
                    _ => 121 + random.below(reach),
                });
                codes[4].put(symbol, writer);
                writer.put(extra, bits);
                length
            }
            15 if !cached.is_empty() => {
                codes[0].put(280 + cached[random.below(cached.len())], writer);
                1
            }
            _ => {
                let mut symbol = |code: &Code, symbols: &[usize]| {
                    let symbol = symbols[random.below(symbols.len())];
                    code.put(symbol, writer);
                    symbol as u32
                };
                let greens: Vec<_> = (0..self.greens).collect();
                let green = symbol(&codes[0], &greens);
                let mut other = |index: usize| symbol(&codes[index], &codes[index].symbols());
                let (red, blue, alpha) = (other(1), other(2), other(3));
                if self.cache_bits > 0 {
                    let pixel = alpha << 24 | red << 16 | green << 8 | blue;
                    let place = pixel.wrapping_mul(0x1E35_A7BD) >> (32 - self.cache_bits);
                    cached.push(place as usize);
                }
                1
            }
        }
    }
}

/// The symbol, and the extra bits, of a length or a distance code.
fn prefix_of(value: usize) -> (usize, usize, usize) {
    let value = value - 1;
    if value < 4 {
        return (value, 0, 0);
    }
    let bits = value.ilog2() as usize - 1;
    let symbol = 2 * bits + 2 + (value >> bits & 1);
    (symbol, value & ((1 << bits) - 1), bits)
}

/// A random image with random transforms, without its header.
pub(crate) fn random_image(
    width: usize,
    height: usize,
    random: &mut Random,
    writer: &mut BitWriter,
) {
    let mut coded = width;
    let mut kinds = vec![0, 1, 2, 3];
    for _ in 0..random.below(5) {
        let kind = kinds.remove(random.below(kinds.len()));
        writer.put(1, 1);
        writer.put(kind, 2);
        match kind {
            0 | 1 => {
                let bits = random.below(8);
                writer.put(bits, 3);
                let blocks = |side: usize| side.div_ceil(4 << bits);
                let mut spec = data(blocks(coded), blocks(height), random);
                if kind == 0 {
                    // image-webp predicts nothing in the undefined modes 14 and 15.
                    spec.greens = 14;
                }
                spec.write(false, random, writer);
            }
            3 => {
                let most = [2, 4, 16, 256][random.below(4)];
                let count = 1 + random.below(most);
                writer.put(count - 1, 8);
                data(count, 1, random).write(false, random, writer);
                let packed = [(2, 8), (4, 4), (16, 2), (256, 1)];
                let (_, per_pixel) = packed.into_iter().find(|(most, _)| count <= *most).unwrap();
                coded = coded.div_ceil(per_pixel);
            }
            _ => {}
        }
    }
    writer.put(0, 1);
    let image = ImageSpec {
        width: coded,
        height,
        greens: [1, 2, 256][random.below(3)],
        others: [1, 3, 256][random.below(3)],
        cache_bits: [0, 1, 4, 11][random.below(4)],
        groups: [1, 1, 3][random.below(3)],
        copies: [0, 3, 8][random.below(3)],
    };
    image.write(true, random, writer);
}

fn data(width: usize, height: usize, random: &mut Random) -> ImageSpec {
    ImageSpec {
        width,
        height,
        greens: 256,
        others: [1, 256][random.below(2)],
        cache_bits: [0, 3][random.below(2)],
        groups: 1,
        copies: [0, 4][random.below(2)],
    }
}
