import { fetched } from "../compile.js";
import { listen } from "../start-worker.js";
import { decoder } from "./decoder.js";

export const heic = decoder(
  () => fetched(new URL("./wasm/heic.wasm", import.meta.url)),
  (listener) => listen(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }), listener),
);
