/** The page on which the tests run: only the package, and records of its workers and requests. */

window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective}: ${blockedURI}`),
);

// Before the package is loaded: it must find no simd128.
if (location.search === "?plain") WebAssembly.validate = () => false;

window.workers = { started: 0, stopped: 0 };
window.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    window.workers.started += 1;
  }
  terminate() {
    window.workers.stopped += 1;
    super.terminate();
  }
};

/** Names of the files that were fetched. */
window.loaded = [];
const { fetch } = window;
window.fetch = (url, ...rest) => {
  window.loaded.push(new URL(url, location.href).pathname.split("/").at(-1));
  return fetch(url, ...rest);
};

window.fetchBytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());

/** The properties of the error that rejects `promise`; the error itself cannot be sent to the test. */
window.catchError = async (promise) => {
  try {
    await promise;
  } catch (error) {
    const { name, code, kind, message, feature, offset, limit, wanted, allowed } = error;
    return { name, code, kind, message, feature, offset, limit, wanted, allowed };
  }
};

window.roundel = await import("../js/index.js");
