// @ts-check
/**
 * Sends files to the files store, and <convoc-documents>, the list of a convocation's documents: several at once, a
 * progress bar each, replace, reorder, remove. The store confirms by itself that a file has arrived: what the browser
 * believes counts for nothing, so the list asks the server until each document is stored or refused.
 *
 * @typedef {{url: string, fields: {name: string, value: string}[]}} Upload
 * @typedef {{id: string, name: string, size: number, kind: string, state: 'pending'|'stored'|'refused', reason: string}} Doc
 * @typedef {{key: string, name: string, size: number, doc: Doc|null, file: File|null, replaces: string,
 *   phase: 'waiting'|'sending'|'checking'|'done'|'failed', done: number, problem: string, abort: (() => void)|null}} Item
 */
import { ApiError, get, post, remove } from './api.js';
import { $, rows } from './stamp.js';
import { announce, busy, openDocument, plural, problem, sentence, size } from './tell.js';

const atOnce = 2;
const askEvery = 1200; // ms
const askAtMost = 50; // times: a minute

/**
 * Posts a file to the store: the fields in their order, the file last.
 * @param {Upload} upload @param {File} file @param {(share: number) => void} progress 0 to 1
 * @returns {{done: Promise<void>, abort: () => void}}
 */
export function sendFile(upload, file, progress) {
  const request = new XMLHttpRequest(); // fetch tells no progress
  const form = new FormData();
  for (const { name, value } of upload.fields) form.append(name, value);
  form.append('file', file);
  const done = /** @type {Promise<void>} */ (new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ message) => reject(new ApiError(request.status, 'upload_failed', message));
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => (request.status < 300 ? resolve() : fail('Le fichier n’a pas été accepté. Ajoutez-le à nouveau.'));
    request.onerror = () => fail('L’envoi du fichier a été interrompu. Vérifiez votre connexion, puis réessayez.');
    request.onabort = () => fail('L’envoi du fichier a été arrêté.');
    request.open('POST', upload.url);
    request.send(form);
  }));
  return { done, abort: () => request.abort() };
}

/** The documents of a draft. Fires « change » when something changed, « draft » with the draft when it was asked again. */
export class ConvocDocuments extends HTMLElement {
  /** @type {Item[]} */
  items = [];
  path = '';
  made = 0;
  asked = 0;
  timer = 0;
  /** @type {string} item to be replaced by the next chosen file */
  replacing = '';
  /** Names the file of all. */
  naming = () => '';

  connectedCallback() {
    const input = $('add-documents');
    input.addEventListener('change', () => this.chosen(input));
    const other = $('replace-document');
    other.addEventListener('change', () => this.chosen(other, this.replacing));
    const all = $('download-all');
    all.addEventListener('click', () => busy(all, () => this.saveAll(all)));
    dropZone(this, (files) => this.add(files));
    this.addEventListener('click', (event) => this.press(event));
  }

  /** Shows the documents of the convocation at that path. @param {string} path @param {Doc[]} docs */
  open(path, docs) {
    this.path = path;
    this.items = docs.map((doc) => itemOf(doc));
    this.show();
    if (this.items.some((item) => item.phase === 'checking')) this.ask();
  }

  /** Those that have arrived. @returns {Doc[]} */
  get stored() {
    return this.items.flatMap((item) => (item.phase === 'done' && item.doc ? [item.doc] : []));
  }

  /** Tells whether leaving the page would stop something. */
  get sending() {
    return this.items.some((item) => item.phase === 'waiting' || item.phase === 'sending');
  }

  /** Errors: what has not arrived. */
  check() {
    const pending = (/** @type {string} */ message) => new ApiError(422, 'document_pending', message, 'documents');
    if (this.sending) throw pending('Des documents sont encore en cours d’envoi. Attendez qu’ils soient arrivés.');
    if (this.items.some((item) => item.phase === 'checking')) throw pending('Des documents sont encore en cours de vérification. Patientez quelques secondes.');
    if (this.items.some((item) => item.phase !== 'done')) throw pending('Un document n’est pas arrivé. Retirez-le ou ajoutez-le à nouveau.');
  }

  /** @param {HTMLInputElement} input @param {string} [replaces] */
  chosen(input, replaces) {
    this.add([...input.files ?? []], replaces);
    input.value = ''; // the same file may be chosen again
  }

  /** @param {File[]} files @param {string} [replaces] */
  add(files, replaces = '') {
    const at = this.items.findIndex((item) => item.key === replaces);
    const added = files.map((file) => /** @type {Item} */ ({
      key: `new-${++this.made}`, name: file.name, size: file.size, doc: null, file, replaces, phase: 'waiting', done: 0, problem: '', abort: null,
    }));
    this.items.splice(at < 0 ? this.items.length : at + 1, 0, ...added);
    if (added.length) announce(`${plural(added.length, 'document ajouté', 'documents ajoutés')}, envoi en cours.`, true);
    this.next();
  }

  /** Starts what waits, a few at once. */
  next() {
    const running = this.items.filter((item) => item.phase === 'sending').length;
    for (const item of this.items.filter((it) => it.phase === 'waiting').slice(0, Math.max(0, atOnce - running))) {
      item.phase = 'sending';
      this.send(item).catch((error) => {
        Object.assign(item, { phase: 'failed', problem: sentence(error), abort: null });
        announce(`${item.name}\u00a0: ${item.problem}`, true);
      }).finally(() => this.next());
    }
    this.show();
  }

  /** @param {Item} item */
  async send(item) {
    const file = /** @type {File} */ (item.file);
    const asked = await post(`${this.path}/documents`, { name: file.name, size: file.size });
    item.doc = asked.document;
    item.name = asked.document.name;
    if (!this.items.includes(item)) return void remove(`${this.path}/documents/${asked.document.id}`);
    const sending = sendFile(asked.upload, file, (share) => {
      item.done = share;
      this.show();
    });
    item.abort = sending.abort;
    await sending.done;
    Object.assign(item, { phase: 'checking', abort: null, done: 1 });
    this.asked = 0;
    this.ask();
  }

  /** Asks the server what has arrived, until all is known. */
  ask() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(async () => {
      const draft = await get(this.path).catch(() => null);
      for (const item of draft ? this.items : []) this.learn(item, draft.documents);
      if (draft) this.dispatchEvent(new CustomEvent('draft', { detail: draft }));
      this.show();
      if (this.items.some((item) => item.phase === 'checking') && this.asked++ < askAtMost) this.ask();
    }, askEvery);
  }

  /** @param {Item} item @param {Doc[]} docs */
  learn(item, docs) {
    const now = docs.find((doc) => doc.id === item.doc?.id);
    if (!now || item.phase !== 'checking') return;
    item.doc = now;
    item.phase = phaseOf(now);
    item.problem = now.reason;
    if (item.phase === 'done') this.arrived(item).catch(problem);
    if (item.phase === 'failed') announce(`${item.name}\u00a0: ${item.problem}`, true);
  }

  /** @param {Item} item */
  async arrived(item) {
    announce(`${item.name} est enregistré.`, true);
    const old = this.items.find((it) => it.key === item.replaces);
    item.replaces = '';
    if (old) await this.drop(old);
    if (old || this.items.at(-1) !== item) await this.saveOrder();
  }

  /** Puts all that have arrived into one file. @param {HTMLButtonElement} button */
  async saveAll(button) {
    const all = this.stored.map((doc) => ({ name: doc.name, address: () => post(`${this.path}/documents/${doc.id}/download`) }));
    try {
      const { saveZip } = await import('./zip.js'); // few need it: not with the page
      await saveZip(`${this.naming() || 'Documents'}.zip`, all, (done) => { button.textContent = `Préparation\u00a0: ${done} sur ${all.length}…`; });
    } finally {
      button.textContent = 'Tout télécharger';
    }
  }

  /** @param {Item} item */
  async drop(item) {
    if (item.doc) await remove(`${this.path}/documents/${item.doc.id}`);
    this.items = this.items.filter((it) => it !== item);
    item.abort?.();
    this.show();
  }

  saveOrder() {
    return post(`${this.path}/documents/order`, { documents: this.items.flatMap((item) => (item.doc ? [item.doc.id] : [])) });
  }

  /** @param {Event} event */
  press(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest('button[data-act]');
    const row = /** @type {HTMLElement | null} */ (button?.closest('li') ?? null);
    const item = this.items.find((it) => it.key === row?.dataset.key);
    if (!item) return;
    const act = /** @type {HTMLElement} */ (button).dataset.act;
    this.act(act ?? '', item).catch(problem);
  }

  /** @param {string} act @param {Item} item */
  async act(act, item) {
    if (act === 'open') await openDocument(() => post(`${this.path}/documents/${item.doc?.id}/download`));
    if (act === 'replace') {
      this.replacing = item.key;
      $('replace-document').click();
    }
    if (act === 'again') {
      await this.drop(item);
      this.add([/** @type {File} */ (item.file)]);
    }
    if (act === 'remove') {
      await this.drop(item);
      announce(`${item.name} est retiré.`);
      $('add-documents').focus();
    }
    if (act === 'up' || act === 'down') await this.move(item, act === 'up' ? -1 : 1);
  }

  /** @param {Item} item @param {number} by */
  async move(item, by) {
    const to = this.items.indexOf(item) + by;
    if (to < 0 || to >= this.items.length) return;
    this.items.splice(to - by, 1);
    this.items.splice(to, 0, item);
    this.show();
    const buttons = [...this.querySelectorAll(`[data-key="${CSS.escape(item.key)}"] button:not([hidden])`)];
    const same = buttons.find((it) => /** @type {HTMLElement} */ (it).dataset.act === (by < 0 ? 'up' : 'down'));
    /** @type {HTMLElement} */ (same ?? buttons[0])?.focus(); // the row moved, its focus with it
    announce(`${item.name} est en position ${to + 1}.`, true);
    await this.saveOrder();
  }

  show() {
    const last = this.items.length - 1;
    $('download-all').hidden = this.stored.length < 2;
    rows($('documents'), $('document-row'), this.items, (item) => ({ ...view(item), up: this.items[0] !== item, down: this.items[last] !== item }));
    this.dispatchEvent(new Event('change'));
  }
}

/** @param {Doc} doc @returns {Item} */
function itemOf(doc) {
  return { key: doc.id, name: doc.name, size: doc.size, doc, file: null, replaces: '', phase: phaseOf(doc), done: 1, problem: doc.reason, abort: null };
}

/** @param {Doc} doc @returns {Item['phase']} */
const phaseOf = (doc) => (doc.state === 'stored' ? 'done' : doc.state === 'refused' ? 'failed' : 'checking');

const states = { waiting: 'En attente', sending: 'Envoi', checking: 'Vérification…', done: '', failed: '' };

/** @param {Item} item */
function view(item) {
  const percent = Math.round(item.done * 100);
  const state = item.phase === 'sending' ? `Envoi\u00a0: ${percent}\u00a0%` : states[item.phase];
  return {
    key: item.key,
    name: item.name,
    about: [item.doc?.kind, size(item.size), state].filter(Boolean).join(' · '),
    percent,
    moving: item.phase === 'sending' || item.phase === 'waiting',
    progressName: `Envoi de ${item.name}`,
    problem: item.problem,
    failed: item.phase === 'failed',
    stored: item.phase === 'done',
    loose: item.phase !== 'done',
    again: item.phase === 'failed' && item.file !== null,
    openName: `Ouvrir ${item.name}`,
    upName: `Monter ${item.name}`,
    downName: `Descendre ${item.name}`,
    replaceName: `Remplacer ${item.name}`,
    removeName: `Retirer ${item.name}`,
    againName: `Réessayer avec ${item.name}`,
  };
}

/**
 * Lets files be dropped on an element.
 * @param {HTMLElement} zone @param {(files: File[]) => void} take
 */
export function dropZone(zone, take) {
  const over = (/** @type {DragEvent} */ event, /** @type {boolean} */ is) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    zone.querySelector('.drop')?.classList.toggle('over', is);
  };
  zone.addEventListener('dragover', (event) => over(event, true));
  zone.addEventListener('dragleave', (event) => over(event, false));
  zone.addEventListener('drop', (event) => {
    over(event, false);
    take([...event.dataTransfer?.files ?? []]);
  });
}

customElements.define('convoc-documents', ConvocDocuments);
