/** States that can be taken back: an undo list with a present, at most 50 deep. */
export class History {
  #past = [];
  #future = [];
  #present;

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

  /** A new present; what was undone before can no longer be redone. */
  push(state) {
    this.#past = [...this.#past, this.#present].slice(-50);
    this.#future = [];
    this.#present = state;
  }

  /** Changes every state, the present one too. */
  map(change) {
    this.#past = this.#past.map(change);
    this.#future = this.#future.map(change);
    this.#present = change(this.#present);
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.#present);
    this.#present = this.#past.pop();
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.#present);
    this.#present = this.#future.pop();
  }
}
