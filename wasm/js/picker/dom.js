const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Creates an element with attributes and children.
 *
 * Elements are never parsed from markup, so a page may require trusted types and forbid inline
 * styles.
 *
 * @param {string} tag
 * @param {Record<string, string | boolean>} [attributes] `true` sets an empty attribute, `false` none
 * @param {...(Node | string)} children
 */
export function h(tag, attributes = {}, ...children) {
  return populate(document.createElement(tag), attributes, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Record<string, string | boolean>} attributes
 * @param {(Node | string)[]} children
 */
function populate(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Creates an icon of 24 units, drawn as lines in the color of the text. @param {string} d the path's data */
export function icon(d) {
  const path = populate(document.createElementNS(SVG_NAMESPACE, "path"), { d }, []);
  return populate(document.createElementNS(SVG_NAMESPACE, "svg"), { viewBox: "0 0 24 24", "aria-hidden": "true" }, [path]);
}

export const ICONS = {
  moveUp: "M6 15l6-6 6 6",
  moveDown: "M6 9l6 6 6-6",
  moveLeft: "M15 6l-6 6 6 6",
  moveRight: "M9 6l6 6-6 6",
  zoomIn: "M12 6v12M6 12h12",
  zoomOut: "M6 12h12",
  undo: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-3",
  redo: "M16 5l4 4-4 4M20 9H10a5.5 5.5 0 0 0 0 11h3",
  recenter: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
};
