/** @import { ErrorDetails, RoundelError as RoundelErrorType } from "./index.js" */
/** @import { Limits } from "./options.js" */
/** @typedef {RoundelErrorType["code"]} ErrorCode */
/** @typedef {RoundelErrorType["kind"]} ErrorKind */

/** @type {Record<ErrorCode, ErrorKind>} */
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
   * @param {ErrorCode} code
   * @param {string} message
   * @param {ErrorDetails} [details]
   */
  constructor(code, message, details = {}) {
    super(message);
    this.code = code;
    // JSON from wasm has null where there is no value.
    this.feature = details.feature ?? undefined;
    this.offset = details.offset ?? undefined;
    this.limit = details.limit ?? undefined;
    this.wanted = details.wanted ?? undefined;
    this.allowed = details.allowed ?? undefined;
  }

  get name() {
    return "RoundelError";
  }

  get kind() {
    return KINDS[this.code];
  }
}

/** Parses the JSON with which wasm reports an error. @param {string} json */
export function errorFromJson(json) {
  const { code, message, ...details } = JSON.parse(json);
  return new RoundelError(code, message, details);
}

/**
 * Converts an error to a plain object. Structured cloning between threads keeps neither the class
 * nor, in every engine, the additional properties of an error.
 *
 * @param {any} error
 */
export function serializeError(error) {
  const { name, message, code, feature, offset, limit, wanted, allowed } = error;
  return { name, message, code, details: { feature, offset, limit, wanted, allowed } };
}

/** @param {ReturnType<typeof serializeError>} error */
export function deserializeError({ name, message, code, details }) {
  return name === "RoundelError"
    ? new RoundelError(code, message, details)
    : new DOMException(message, name);
}

/**
 * The error that core gives for a limit, for photos that core does not decode.
 *
 * @param {keyof Limits} limit
 * @param {number} wanted
 * @param {number} allowed
 */
export function limitExceeded(limit, wanted, allowed) {
  const message = `the limit \`${limit}\` is ${allowed}, and this render needs ${wanted}`;
  return new RoundelError("limit_exceeded", message, { limit, wanted, allowed });
}
