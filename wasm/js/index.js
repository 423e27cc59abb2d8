import { compile } from "./compile.js";
import { start } from "./start.js";
import { surface } from "./surface.js";

export { RoundelError } from "./error.js";
export const { init, probe, render, renderHere } = surface(compile, start);
