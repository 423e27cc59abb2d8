import { compile } from "./compile.js";
import { start } from "./start-worker.js";
import { surface } from "./api.js";

export { RoundelError } from "./error.js";
export const { init, probe, render, renderHere } = surface(compile, start);
