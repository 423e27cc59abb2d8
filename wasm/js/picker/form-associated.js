/** Where there is no page, as on a server that renders one, the module can be loaded all the same. */
const Element = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/** An element that a form knows as it knows `<input>`: the properties that all such have. */
export class FormAssociated extends Element {
  static formAssociated = true;

  /** @protected */
  _internals = this.attachInternals();

  get form() {
    return this._internals.form;
  }

  get labels() {
    return this._internals.labels;
  }

  get validity() {
    return this._internals.validity;
  }

  get validationMessage() {
    return this._internals.validationMessage;
  }

  get willValidate() {
    return this._internals.willValidate;
  }

  checkValidity() {
    return this._internals.checkValidity();
  }

  reportValidity() {
    return this._internals.reportValidity();
  }

  get type() {
    return this.localName;
  }
}

/**
 * Gives a class properties that are its attributes.
 *
 * @param {Function} element
 * @param {string[]} texts
 * @param {string[]} flags
 */
export function reflect(element, texts, flags) {
  for (const name of texts) define(element, name, textOf(name));
  for (const name of flags) define(element, name, flagOf(name));
}

/** @param {Function} element @param {string} name @param {PropertyDescriptor & ThisType<HTMLElement>} accessors */
function define(element, name, accessors) {
  Object.defineProperty(element.prototype, name, { configurable: true, enumerable: true, ...accessors });
}

/** @param {string} name @returns {PropertyDescriptor & ThisType<HTMLElement>} */
function textOf(name) {
  return {
    get() {
      return this.getAttribute(name) ?? "";
    },
    set(value) {
      this.setAttribute(name, String(value));
    },
  };
}

/** @param {string} name @returns {PropertyDescriptor & ThisType<HTMLElement>} */
function flagOf(name) {
  return {
    get() {
      return this.hasAttribute(name);
    },
    set(value) {
      this.toggleAttribute(name, !!value);
    },
  };
}
