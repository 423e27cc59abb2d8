/** A server of the form page, the package and the test photos. */
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

/** Further folders, by the name under which they are served. */
const mounts = {};

/** Serves `folder` as `/name/`. */
export function mount(name, folder) {
  mounts[name] = folder;
}

/** The bodies of all POST requests. @type {string[]} */
export const postedBodies = [];

/** Starts a server on a free port. @returns {Promise<{ address: string, close(): void }>} */
export async function startServer() {
  const server = createServer(handleRequest);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  return { address, close: () => server.closeAllConnections() ?? server.close() };
}

async function handleRequest(request, response) {
  const { pathname } = new URL(request.url, "http://server");
  if (request.method === "POST") return response.end(String(postedBodies.push(await text(request))));
  if (pathname === "/favicon.ico") return response.writeHead(204).end();
  try {
    const [, folder, ...path] = decodeURIComponent(pathname).split("/");
    const body = await readResource(folder, path.join("/"));
    const type = TYPES[extname(pathname)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

function readResource(folder, path) {
  if (folder === "cases") return Buffer.from(cases.inputs[path].base64, "base64");
  const root = mounts[folder] ?? fileURLToPath(FOLDERS[folder]);
  return readFile(new URL(path, `file://${root.replace(/\/?$/, "/")}`));
}
