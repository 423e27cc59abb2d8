/** Runs the libraries on this page, interleaved, and records their wasm memories. */

const memories = new Set();
const recordMemories = (exports) =>
  Object.values(exports).forEach((value) => value instanceof WebAssembly.Memory && memories.add(value));

const { instantiate, instantiateStreaming, Instance, Memory } = WebAssembly;
WebAssembly.instantiate = async (...args) => record(await instantiate(...args));
WebAssembly.instantiateStreaming = async (...args) => record(await instantiateStreaming(...args));
WebAssembly.Instance = function (...args) {
  return record(new Instance(...args));
};
WebAssembly.Instance.prototype = Instance.prototype;
WebAssembly.Memory = function (...args) {
  const memory = new Memory(...args);
  memories.add(memory);
  return memory;
};
WebAssembly.Memory.prototype = Memory.prototype;

function record(result) {
  recordMemories((result.instance ?? result).exports ?? {});
  return result;
}

const { peers } = await import("./peers.js");

window.names = Object.keys(peers);

/** Milliseconds of each round for each library, interleaved, after one round to warm up; and the sizes of the results. */
window.measure = async (names, photo, rounds) => {
  const blob = await (await fetch(photo)).blob();
  const [run, failed] = [{}, {}];
  for (const name of names) run[name] = await peers[name]();
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

/**
 * Bytes of all wasm memories after one render. They never shrink, so this is the peak. roundel runs
 * in this thread, because the memory of its worker is not visible here.
 */
window.measureMemory = async (name, photo) => {
  const blob = await (await fetch(photo)).blob();
  if (name === "roundel") {
    const { probe, renderHere } = await import("roundel");
    const { width, height } = await probe(blob);
    const scale = 512 / Math.max(width, height);
    let peak = 0;
    const onProgress = () => (peak = Math.max(peak, totalMemory()));
    await renderHere(blob, { sizes: [[Math.round(width * scale), Math.round(height * scale)]] }, { onProgress });
    return { peak, input: blob.size };
  }
  const failed = await (await peers[name]())(blob).then(() => false, () => true);
  if (failed) return { failed };
  return { peak: totalMemory(), input: blob.size };
};

const totalMemory = () => [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
