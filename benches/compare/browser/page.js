/** Runs contenders on this page, in turns, and keeps an eye on wasm's memories. */

const memories = new Set();
const watch = (exports) =>
  Object.values(exports).forEach((value) => value instanceof WebAssembly.Memory && memories.add(value));

const { instantiate, instantiateStreaming, Instance, Memory } = WebAssembly;
WebAssembly.instantiate = async (...given) => seen(await instantiate(...given));
WebAssembly.instantiateStreaming = async (...given) => seen(await instantiateStreaming(...given));
WebAssembly.Instance = function (...given) {
  return seen(new Instance(...given));
};
WebAssembly.Instance.prototype = Instance.prototype;
WebAssembly.Memory = function (...given) {
  const memory = new Memory(...given);
  memories.add(memory);
  return memory;
};
WebAssembly.Memory.prototype = Memory.prototype;

function seen(result) {
  watch((result.instance ?? result).exports ?? {});
  return result;
}

const { contenders } = await import("./peers.js");

window.names = Object.keys(contenders);

/** Milliseconds of each round for each name, in turns, after one round to warm up; and the results' sizes. */
window.measure = async (names, photo, rounds) => {
  const blob = await (await fetch(photo)).blob();
  const [run, failed] = [{}, {}];
  for (const name of names) run[name] = await contenders[name]();
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const results = {};
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names.filter((name) => !(name in failed))) {
      const start = performance.now();
      const result = await run[name](blob).catch((error) => (failed[name] = String(error), undefined));
      if (!result) continue;
      if (round >= 0) times[name].push(performance.now() - start);
      const { width, height } = await createImageBitmap(result);
      results[name] = { width, height, bytes: result.size };
    }
  }
  return { times, results, failed };
};

/** Bytes of wasm's memories after one render; those never shrink. roundel's stand in a worker, so it runs here. */
window.peak = async (name, photo) => {
  const blob = await (await fetch(photo)).blob();
  if (name === "roundel") {
    const { probe, renderHere } = await import("roundel");
    const { width, height } = await probe(blob);
    const scale = 512 / Math.max(width, height);
    let most = 0;
    const onProgress = () => (most = Math.max(most, total()));
    await renderHere(blob, { sizes: [[Math.round(width * scale), Math.round(height * scale)]] }, { onProgress });
    return { most, input: blob.size };
  }
  const failed = await (await contenders[name]())(blob).then(() => false, () => true);
  if (failed) return { failed };
  return { most: total(), input: blob.size };
};

const total = () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
