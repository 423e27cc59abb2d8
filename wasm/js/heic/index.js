import { fetchAndCompile } from "../compile.js";
import { connect } from "../start-worker.js";
import { createDecoder } from "./decoder.js";

export const heic = createDecoder(
  // Bundlers recognize these exact expressions.
  () => fetchAndCompile(new URL("./wasm/heic.wasm", import.meta.url)),
  (events) => connect(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), events),
);
