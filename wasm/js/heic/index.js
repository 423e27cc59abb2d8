import { fetchAndCompile } from "../compile.js";
import { connect } from "../start-worker.js";
import { heicBuild } from "./build.js";

export const heic = heicBuild(
  // Bundlers recognize these exact expressions.
  () => fetchAndCompile(new URL("./wasm/heic.wasm", import.meta.url)),
  (events) => connect(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), events),
);
