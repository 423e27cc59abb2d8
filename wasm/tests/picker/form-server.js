import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
/** The strictest policy under which the package promises to work. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
const FOLDERS = {
  js: new URL("../../js/", import.meta.url),
  pages: new URL("pages/", import.meta.url),
  photos: new URL("../../../examples/photos/", import.meta.url),
};

export const cases = JSON.parse(await readFile(new URL("../../../core/cases.json", import.meta.url), "utf8"));

/** Folders outside of the project that a test serves for a while, by name. */
const lent = {};

/** Serves `folder` as `/name/`. */
export function lend(name, folder) {
  lent[name] = folder;
}

/** The bodies of what was posted. @type {string[]} */
export const posts = [];

/** Serves package, pages and photos on a port of its own. @returns {Promise<{ address: string, close(): void }>} */
export async function serve() {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  return { address, close: () => server.closeAllConnections() ?? server.close() };
}

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://server");
  if (request.method === "POST") return response.end(String(posts.push(await text(request))));
  if (pathname === "/favicon.ico") return response.writeHead(204).end();
  try {
    const [, folder, ...path] = decodeURIComponent(pathname).split("/");
    const body = await find(folder, path.join("/"));
    const type = TYPES[extname(pathname)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

function find(folder, path) {
  if (folder === "cases") return Buffer.from(cases.inputs[path].base64, "base64");
  const within = lent[folder] ?? fileURLToPath(FOLDERS[folder]);
  return readFile(new URL(path, `file://${within.replace(/\/?$/, "/")}`));
}
