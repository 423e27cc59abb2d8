import { compile } from "./compile.node.js";
import { start } from "./start-worker.node.js";
import { surface } from "./api.js";

export { RoundelError } from "./error.js";
export const { init, probe, render, renderHere } = surface(compile, start);
