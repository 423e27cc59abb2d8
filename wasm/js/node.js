import { compile } from "./compile.node.js";
import { start } from "./start.node.js";
import { surface } from "./surface.js";

export { RoundelError } from "./error.js";
export const { init, probe, render, renderHere } = surface(compile, start);
