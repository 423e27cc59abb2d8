/** @import { RoundelError as Declared } from "./index.js" */
/** @import { Limits } from "./options.js" */
/** @typedef {Declared["code"]} Code @typedef {Declared["kind"]} Kind */

/** @type {Record<Code, Kind>} */
const KINDS = {
  malformed: "Malformed",
  unsupported: "Unsupported",
  limit_exceeded: "LimitExceeded",
  invalid_options: "InvalidOptions",
  internal: "Internal",
};

/** Why a photo was refused; see index.d.ts. */
export class RoundelError extends Error {
  /**
   * @param {Code} code
   * @param {string} message
   * @param {{ offset?: number, feature?: string, limit?: keyof Limits, wanted?: number, allowed?: number }} [facts]
   */
  constructor(code, message, facts = {}) {
    super(message);
    this.code = code;
    this.offset = facts.offset ?? undefined;
    this.feature = facts.feature ?? undefined;
    this.limit = facts.limit ?? undefined;
    this.wanted = facts.wanted ?? undefined;
    this.allowed = facts.allowed ?? undefined;
  }

  get name() {
    return "RoundelError";
  }

  get kind() {
    return KINDS[this.code];
  }
}

/** An error as it crosses from wasm: JSON. @param {string} json */
export function fromWasm(json) {
  const { code, message, ...facts } = JSON.parse(json);
  return new RoundelError(code, message, facts);
}

/** What of an error survives the way between threads, in every engine. @param {any} error */
export function toMessage(error) {
  const { name, message, code, offset, feature, limit, wanted, allowed } = error;
  return { name, message, code, facts: { offset, feature, limit, wanted, allowed } };
}

/** @param {ReturnType<typeof toMessage>} error */
export function fromMessage({ name, message, code, facts }) {
  return name === "RoundelError"
    ? new RoundelError(code, message, facts)
    : new DOMException(message, name);
}
