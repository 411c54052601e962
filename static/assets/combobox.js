// @ts-check
/**
 * <convoc-recipients>: one field of recipients. Groups and contacts are found as one types (ARIA combobox with a list);
 * addresses are typed or pasted, separated by commas, semicolons or new lines. What is not understood stays in the
 * field, to be corrected.
 *
 * @typedef {{kind: 'group'|'contact'|'address', id?: string, name?: string, address?: string, count?: number, wrong?: boolean}} Entry
 */
import { ApiError, get } from './api.js';
import { $, rows, stamp } from './stamp.js';
import { announce, later, plural, wrong } from './tell.js';

/**
 * Cuts a pasted list, but not inside quotes or angle brackets: « "Deuf, John" <john@x.fr>; ENN ». Where semicolons or
 * line ends separate, a comma before an address is part of a name: Outlook writes « Deuf, John <john@x.fr>; … ».
 * @param {string} text
 * @returns {string[]}
 */
export function split(text) {
  const parts = text.match(/(?:"[^"\r\n]*"|<[^>\r\n]*>|[^;\r\n\t])+/g) ?? [];
  const listed = /[;\r\n\t]/.test(text);
  const named = /^[^<>@]*<[^<>]*>\s*$/;
  const pieces = parts.flatMap((part) => (listed && named.test(part) ? [part] : part.match(/(?:"[^"]*"|<[^>]*>|[^,])+/g) ?? []));
  return pieces.map((piece) => piece.replace(/[\s\u200b\ufeff]+/g, ' ').trim()).filter(Boolean);
}

/** Tells whether a piece could be an address, with or without a name; the server has the last word. @param {string} piece */
export const isAddress = (piece) => /^[^@]*<\s*[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+\s*>$|^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(piece);

/** The name meant by a piece: « groupe: "ENN" » is ENN. @param {string} piece */
const nameIn = (piece) => piece.replace(/^groupe\s*:\s*/i, '').replace(/^["«\s]+|["»\s]+$/g, '');

/** Two names are the same without case and accents. @param {string} a @param {string} b */
const sameName = (a, b) => a.localeCompare(b, 'fr', { sensitivity: 'base' }) === 0;

/** The address itself, as the server keeps it: « Jean <Jean@x.fr> » and « jean@x.fr » are one. @param {Entry} entry */
export const bare = ({ address = '' }) => (/<([^<>]*)>\s*$/.exec(address)?.[1] ?? address).trim().toLowerCase();

/** An entry as the server takes it. @param {Entry} entry @returns {Entry} */
export function plain({ kind, id, name = '', address = '' }) {
  if (kind === 'group') return { kind, id, name };
  return kind === 'contact' ? { kind, id, name, address } : { kind, name, address };
}

/** @param {Entry} entry */
const identity = (entry) => (entry.kind === 'address' ? `address ${bare(entry)}` : `${entry.kind} ${entry.id}`);

export class ConvocRecipients extends HTMLElement {
  /** @type {Entry[]} */
  list = [];
  /** @type {Entry[]} */
  found = [];
  active = -1;
  /** @type {AbortController | null} */
  asking = null;
  /** Why the server refused the entries that are marked as wrong. */
  refusal = '';
  /** What is wrong with what is typed. */
  complaint = '';
  /** @type {Promise<void>} */
  taking = Promise.resolve();

  // The page's own elements: a module runs once the page is read.
  input = /** @type {HTMLInputElement} */ (this.querySelector('input'));
  pop = /** @type {HTMLElement} */ (this.querySelector('.options'));
  box = /** @type {HTMLElement} */ (this.querySelector('[role="listbox"]'));
  more = /** @type {HTMLElement} */ (this.querySelector('.options p'));
  chips = /** @type {HTMLElement} */ (this.querySelector('.tokens ul'));

  connectedCallback() {
    const suggest = later(150, () => this.suggest());
    this.input.addEventListener('input', () => {
      this.say('');
      if (/[,;]$/.test(this.input.value)) this.take();
      else suggest();
    });
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.input.addEventListener('paste', (event) => this.paste(event));
    this.input.addEventListener('blur', () => {
      this.close();
      if (split(this.input.value).some(isAddress)) this.take();
    });
    // A press in the list must not take the focus from the input, which would close the list before the click.
    this.pop.addEventListener('pointerdown', (event) => event.preventDefault());
    this.box.addEventListener('click', (event) => this.pick(/** @type {HTMLElement} */ (event.target).closest('li')));
    this.addEventListener('click', (event) => this.press(/** @type {HTMLElement} */ (event.target)));
  }

  get name() {
    return this.dataset.name ?? '';
  }

  /** The entries, those refused by the server included. */
  get entries() {
    return this.list;
  }

  set entries(list) {
    this.list = list;
    this.show();
  }

  /** Takes what is still typed; afterwards `rest` is what was not understood. */
  async settle() {
    if (this.input.value.trim()) await this.take();
    await this.taking;
  }

  get rest() {
    return this.input.value.trim();
  }

  /** Errors: what is not understood, what the server refused. */
  check() {
    if (this.list.some((entry) => entry.wrong)) throw new ApiError(422, 'address_invalid', this.refusal, this.name);
    if (this.rest) throw new ApiError(422, 'address_invalid', `«\u00a0${this.rest}\u00a0» n’est pas encore dans la liste. Corrigez ou effacez.`, this.name);
  }

  /**
   * Sets the refused address aside, marked, so that the rest is saved: the one that the message names, or the last typed.
   * @param {string} why @returns {boolean} whether there is one
   */
  setAside(why) {
    const typed = this.list.filter((it) => it.kind === 'address' && !it.wrong);
    const culprit = typed.find((it) => why.includes(it.address ?? '')) ?? typed.at(-1);
    if (!culprit) return false;
    this.entries = this.list.map((it) => (it === culprit ? { ...it, wrong: true } : it));
    this.refusal = why;
    this.showWrong();
    announce(why, true);
    return true;
  }

  /** Says what is wrong with what is typed; empty: nothing. @param {string} message */
  say(message) {
    this.complaint = message;
    this.showWrong();
  }

  /** Shows what is wrong: with what is typed, and with the entries that were set aside. */
  showWrong() {
    wrong(this.input, [this.complaint, this.list.some((entry) => entry.wrong) ? this.refusal : ''].filter(Boolean).join(' '));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const open = !this.pop.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (open) this.activate((this.active + (event.key === 'ArrowDown' ? 1 : -1) + this.found.length) % this.found.length);
      else this.suggest();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (open && this.active >= 0) this.pick(this.box.children[this.active]);
      else this.take();
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      this.close();
    } else if (event.key === 'Backspace' && !this.input.value && this.list.length) {
      event.preventDefault();
      [...this.chips.querySelectorAll('button')].at(-1)?.focus(); // one more press removes it: nothing goes unseen
    }
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const text = event.clipboardData?.getData('text') ?? '';
    if (!/[,;\r\n\t]/.test(text)) return;
    event.preventDefault();
    this.take(`${this.input.value} ${text}`);
  }

  /** Adds what a text names: addresses as they are, names when one contact or group has exactly that name. @param {string} [text] */
  take(text = this.input.value) {
    this.close();
    this.input.value = text.replace(/[\r\n\t]+/g, '; ');
    const typed = this.input.value;
    this.taking = this.taking.then(() => this.sort(text, typed)).catch((error) => this.say(error.message));
    return this.taking;
  }

  /** @param {string} text @param {string} typed what the input held meanwhile */
  async sort(text, typed) {
    /** @type {Entry[]} */
    const entries = [];
    const left = [];
    for (const piece of split(text)) {
      const entry = isAddress(piece) ? /** @type {Entry} */ ({ kind: 'address', address: piece, name: '' }) : await this.named(piece);
      if (entry) entries.push(entry);
      else left.push(piece);
    }
    const since = this.input.value.startsWith(typed) ? this.input.value.slice(typed.length) : '';
    this.input.value = left.join('; ') + since;
    this.say(left.length ? notUnderstood(left) : '');
    this.add(entries);
    if (left.length) announce(this.complaint, true);
  }

  /** @param {string} piece @returns {Promise<Entry | null>} */
  async named(piece) {
    if (piece.includes('@')) return null;
    const name = nameIn(piece);
    const { suggestions } = await get(`/api/recipients?q=${encodeURIComponent(name)}`);
    const same = suggestions.filter((/** @type {Entry} */ it) => sameName(it.name ?? '', name));
    return same.length === 1 ? same[0] : null;
  }

  /** @param {Entry[]} entries */
  add(entries) {
    const known = new Set(this.list.map(identity));
    const fresh = entries.filter((entry) => !known.has(identity(entry)) && known.add(identity(entry)));
    const again = entries.length - fresh.length;
    if (fresh.length) {
      this.list = [...this.list, ...fresh];
      this.changed();
    }
    if (entries.length) {
      announce(`${plural(fresh.length, 'ajout', 'ajouts')}${again ? `, ${plural(again, 'déjà présent', 'déjà présents')}` : ''}.`, !again);
    }
  }

  /** Asks for suggestions for what is typed. */
  async suggest() {
    const typed = split(this.input.value).at(-1) ?? '';
    this.asking?.abort();
    if (!typed) return this.close();
    const asking = new AbortController();
    this.asking = asking;
    const answer = await get(`/api/recipients?q=${encodeURIComponent(nameIn(typed))}`, { signal: asking.signal }).catch((error) => {
      if (error instanceof ApiError) this.say(error.message);
      return null;
    });
    if (answer && !asking.signal.aborted && document.activeElement === this.input) this.offer(answer.suggestions, typed, answer.more);
  }

  /** @param {Entry[]} found @param {string} typed @param {boolean} more others may begin like that */
  offer(found, typed, more) {
    const taken = new Set(this.list.map(identity));
    this.found = found.filter((entry) => !taken.has(identity(entry)));
    if (!this.found.length) return this.close();
    this.box.replaceChildren(...this.found.map((entry, i) => stamp($('option'), { id: `${this.name}-option-${i}`, ...describe(entry) })));
    this.more.hidden = !more;
    this.pop.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.activate(typed.includes('@') ? -1 : 0); // Enter on a whole address adds that address
    announce(plural(this.found.length, 'proposition') + (more ? ', peut-être d’autres\u00a0: continuez à taper.' : '.'), true);
  }

  /** @param {number} index */
  activate(index) {
    this.active = index;
    [...this.box.children].forEach((option, i) => option.setAttribute('aria-selected', String(i === index)));
    const option = this.box.children[index];
    if (option) this.input.setAttribute('aria-activedescendant', option.id);
    else this.input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({ block: 'nearest' });
  }

  close() {
    this.asking?.abort();
    this.pop.hidden = true;
    this.active = -1;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }

  /** @param {Element | null | undefined} option */
  pick(option) {
    const entry = option ? this.found[[...this.box.children].indexOf(option)] : null;
    if (!entry) return;
    const left = split(this.input.value).slice(0, -1);
    this.input.value = left.join('; ');
    this.close();
    this.add([entry]);
    this.input.focus();
  }

  /** @param {HTMLElement} target */
  press(target) {
    const chip = /** @type {HTMLElement | null} */ (target.closest('button')?.closest('li') ?? null);
    if (!chip) {
      if (target.closest('.tokens') && target !== this.input) this.input.focus();
      return;
    }
    const gone = this.list.find((entry) => identity(entry) === chip.dataset.key);
    this.list = this.list.filter((entry) => entry !== gone);
    this.showWrong();
    this.changed();
    if (gone) announce(`${describe(gone).label} est retiré.`, true);
    this.input.focus();
  }

  changed() {
    this.show();
    this.dispatchEvent(new Event('change'));
  }

  show() {
    rows(this.chips, $('chip'), this.list, (entry) => {
      const { label, about } = describe(entry);
      return { key: identity(entry), label, about, remove: `Retirer ${label}`, look: entry.wrong ? 'wrong' : entry.kind, title: entry.address ?? '' };
    });
  }
}

/** @param {Entry} entry */
function describe(entry) {
  if (entry.kind === 'group') return { label: entry.name ?? '', about: plural(entry.count ?? 0, 'personne') };
  if (entry.kind === 'contact') return { label: entry.name || entry.address || '', about: entry.name ? entry.address ?? '' : '' };
  return { label: entry.name || entry.address || '', about: entry.name ? entry.address ?? '' : '' };
}

/** @param {string[]} left */
function notUnderstood(left) {
  const names = left.slice(0, 3).map((piece) => `«\u00a0${piece}\u00a0»`).join(', ');
  const more = left.length > 3 ? ` et ${plural(left.length - 3, 'autre')}` : '';
  return `${names}${more}\u00a0: ce n’est ni une adresse complète, ni un contact, ni un groupe. Corrigez ou effacez.`;
}

customElements.define('convoc-recipients', ConvocRecipients);
