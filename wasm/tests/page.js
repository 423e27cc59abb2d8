/** The page that tests are done on: nothing but the package, and an eye on its workers. */

window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  window.violations.push(`${violatedDirective}: ${blockedURI}`),
);

// Before the package is loaded.
if (location.search === "?plain") WebAssembly.validate = () => false;

window.workers = { started: 0, stopped: 0 };
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    window.workers.started += 1;
  }
  terminate() {
    window.workers.stopped += 1;
    super.terminate();
  }
};

window.loaded = [];
const { fetch } = window;
window.fetch = (url, ...rest) => {
  window.loaded.push(new URL(url, location.href).pathname.split("/").at(-1));
  return fetch(url, ...rest);
};

window.bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());

window.caught = async (promise) => {
  try {
    await promise;
  } catch (error) {
    const { name, code, kind, message, offset, limit, wanted, allowed } = error;
    return { name, code, kind, message, offset, limit, wanted, allowed };
  }
};

window.roundel = await import("../js/index.js");
