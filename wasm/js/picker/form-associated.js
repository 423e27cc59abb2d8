/** On a server that renders pages there is no `HTMLElement`; the module must load there too. */
const Element = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/** A form-associated custom element, with the properties that every form control has. */
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
 * Defines properties that reflect attributes of the same name.
 *
 * @param {Function} element the class
 * @param {string[]} strings names of string attributes
 * @param {string[]} booleans names of boolean attributes
 */
export function reflectAttributes(element, strings, booleans) {
  for (const name of strings) define(element, name, stringAccessors(name));
  for (const name of booleans) define(element, name, booleanAccessors(name));
}

/** @param {Function} element @param {string} name @param {PropertyDescriptor & ThisType<HTMLElement>} accessors */
function define(element, name, accessors) {
  Object.defineProperty(element.prototype, name, { configurable: true, enumerable: true, ...accessors });
}

/** @param {string} name @returns {PropertyDescriptor & ThisType<HTMLElement>} */
function stringAccessors(name) {
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
function booleanAccessors(name) {
  return {
    get() {
      return this.hasAttribute(name);
    },
    set(value) {
      this.toggleAttribute(name, !!value);
    },
  };
}
