/** A server of static files under the policy with which the package promises to work. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob:; style-src 'self'";

/**
 * Serves `folder` on a free port until closed.
 *
 * @param {string} folder
 * @param {{ headers?: Record<string, string> }} [settings]
 */
export async function startServer(folder, { headers = {} } = {}) {
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const path = join(folder, normalize(decodeURIComponent(pathname)));
    try {
      const body = await readFile(pathname.endsWith("/") ? join(path, "index.html") : path);
      const type = TYPES[extname(path)] ?? (pathname.endsWith("/") ? "text/html" : "application/octet-stream");
      response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY, ...headers });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}
