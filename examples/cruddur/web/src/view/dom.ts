/** Builds DOM elements without inline styles and scripts, which the content security policy forbids. */

type Child = Node | string | null | undefined | false;

type Attributes = Record<string, string | number | boolean | null | undefined>;

/**
 * Creates an element. The attribute value `true` becomes an empty attribute, `false` none. Strings become text
 * nodes, never HTML.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

export function button(text: string, kind: string, act: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', class: kind }, text);
  element.addEventListener('click', act);
  return element;
}

/** Sets the text if it differs, so that screen readers do not repeat an unchanged text. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setTitle(title: string): void {
  document.title = `${title} · Cruddur`;
}
