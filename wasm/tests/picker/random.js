/** Seeds for property tests: the same in every run, so that a failure can be reproduced. */
export function* seeds(count) {
  for (let seed = 1; seed <= count; seed++) yield seed;
}

/** A generator of numbers from 0 to 1, by mulberry32. @param {number} seed */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
