// @ts-check
/**
 * Fills clones of <template> elements. HTML stays in the pages; values arrive as text and attributes only, so no
 * value can become markup.
 *
 *   data-text="name"                the element's text
 *   data-attr="href:link;title:t"   attributes; false, null and undefined remove one
 *   data-if="name"                  hidden unless the value is truthy
 *   data-class="name"               the value, as a class beside those of the template
 *
 * @typedef {Record<string, any>} Values
 */

/**
 * A filled clone of a template's only element.
 * @param {HTMLTemplateElement} template
 * @param {Values} values
 * @returns {HTMLElement}
 */
export function stamp(template, values) {
  const first = template.content.firstElementChild;
  if (!first) throw new Error('empty template');
  return fill(/** @type {HTMLElement} */ (document.importNode(first, true)), values);
}

/**
 * Fills an element in place, touching only what differs: focus and selection survive a refresh.
 * @template {HTMLElement} E
 * @param {E} root
 * @param {Values} values
 * @returns {E}
 */
export function fill(root, values) {
  for (const node of [root, ...root.querySelectorAll('[data-text],[data-attr],[data-if],[data-class]')]) {
    fillOne(/** @type {HTMLElement} */ (node), values);
  }
  return root;
}

/** @param {HTMLElement} node @param {Values} values */
function fillOne(node, values) {
  const { text, attr, if: shown, class: name } = node.dataset;
  if (text !== undefined && text in values) {
    const value = String(values[text] ?? '');
    if (node.textContent !== value) node.textContent = value;
  }
  if (shown !== undefined && shown in values) node.hidden = !values[shown];
  if (name !== undefined && name in values) {
    if (node.dataset.had) node.classList.remove(node.dataset.had);
    node.dataset.had = values[name] || '';
    if (values[name]) node.classList.add(values[name]);
  }
  for (const pair of (attr ?? '').split(';').filter(Boolean)) {
    const [key, from] = pair.split(':');
    if (from in values) setAttribute(node, key, values[from]);
  }
}

/** @param {HTMLElement} node @param {string} key @param {any} value */
function setAttribute(node, key, value) {
  if (value === false || value === null || value === undefined) node.removeAttribute(key);
  else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value === true ? '' : String(value));
}

/**
 * Makes the children of parent those of items, by key: kept ones are filled again in place, the others go.
 * @template T
 * @param {Element} parent
 * @param {HTMLTemplateElement} template
 * @param {T[]} items
 * @param {(item: T) => Values & {key: string}} view
 */
export function rows(parent, template, items, view) {
  const old = new Map([...parent.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const values = view(item);
    const kept = /** @type {HTMLElement | undefined} */ (old.get(values.key));
    old.delete(values.key);
    const node = kept ? fill(kept, values) : stamp(template, values);
    node.dataset.key = values.key;
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of old.values()) gone.remove();
}

/**
 * An element with properties and children, for the few things that no page holds.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties] `data` is the dataset, `for`, `role` and `aria-*` are attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'data') Object.assign(node.dataset, value);
    else if (key === 'for' || key === 'role' || key.startsWith('aria-')) node.setAttribute(key, value);
    else /** @type {any} */ (node)[key] = value;
  }
  node.append(...children);
  return node;
}

/**
 * Opens a dialog. Once it is closed, what had the focus has it again, with its caret: where the pointer closed the
 * dialog, Chromium gives back the focus alone, and what is typed goes nowhere until the next click.
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  if (dialog.open) return;
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  dialog.showModal();
  dialog.addEventListener('close', () => {
    if (!before || before === document.body || document.activeElement !== before) return;
    before.blur();
    before.focus({ preventScroll: true });
  }, { once: true });
}

/**
 * The element of the page with that id; a missing one is a bug.
 * @param {string} id
 * @returns {any}
 */
export function $(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return node;
}
