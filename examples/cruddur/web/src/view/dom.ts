/** Elements, built so that a policy without inline style or script has nothing against them. */

type Child = Node | string | null | undefined | false;

type Attributes = Record<string, string | number | boolean | null | undefined>;

/** An element with attributes (`true` is an empty one, `false` none) and children; texts stay texts. */
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

/** Changes a text; the same text again is not spoken again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function titled(title: string): void {
  document.title = `${title} · Cruddur`;
}
