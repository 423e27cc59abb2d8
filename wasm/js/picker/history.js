/** Steps that can be undone. */
const MAX_STEPS = 50;

/**
 * An undo list: states before and after the present one.
 *
 * @template T
 */
export class History {
  /** @type {T[]} */
  #past = [];
  /** @type {T[]} */
  #future = [];
  /** @type {T} */
  #present;

  /** @param {T} present */
  constructor(present) {
    this.#present = present;
  }

  get present() {
    return this.#present;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Adds a state. States that were undone can no longer be redone. @param {T} state */
  push(state) {
    this.#past = [...this.#past, this.#present].slice(-MAX_STEPS);
    this.#future = [];
    this.#present = state;
  }

  /** Replaces every state. @param {(state: T) => T} change */
  map(change) {
    this.#past = this.#past.map(change);
    this.#future = this.#future.map(change);
    this.#present = change(this.#present);
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.#present);
    this.#present = /** @type {T} */ (this.#past.pop());
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.#present);
    this.#present = /** @type {T} */ (this.#future.pop());
  }
}
