// @ts-check
/**
 * A3, one convocation being written. It saves itself: one save at a time, each with the version it changes. What the
 * server refuses stays on the page, with its reason next to the field.
 *
 * @typedef {import('./assets/combobox.js').Entry} Entry
 * @typedef {{id: string, version: number, state: string, subject: string, message: string, to: Entry[], cc: Entry[], bcc: Entry[],
 *   documents: import('./assets/upload.js').Doc[], head_count: number, refused: string}} Draft
 * @typedef {{subject: string, message: string, to: Entry[], cc: Entry[], bcc: Entry[]}} Text
 */
import './assets/chrome.js';
import { bare } from './assets/combobox.js';
import './assets/upload.js';
import { ApiError, get, post, put, remove, zone } from './assets/api.js';
import { clock } from './assets/dates.js';
import { $ } from './assets/stamp.js';
import { announce, busy, calm, choose, forgive, later, number, plural, problem, refuse, sentence, wrong } from './assets/tell.js';

const id = new URLSearchParams(location.search).get('id') ?? '';
const path = `/api/convocations/${encodeURIComponent(id)}`;
const follow = `/suivi.html?id=${encodeURIComponent(id)}`;
const retryAfter = 5000; // ms

const form = $('draft');
const subject = $('subject');
const message = $('message');
/** @type {(import('./assets/combobox.js').ConvocRecipients)[]} */
const fields = [...form.querySelectorAll('convoc-recipients')];
/** @type {import('./assets/upload.js').ConvocDocuments} */
const documents = $('documents-card');
const send = $('send');

/** @type {Draft} the draft as the server last gave it */
let base; // nothing before the first answer
let saved = ''; // print of the text that the server has
/** @type {Promise<void> | null} */
let running = null;
let timer = 0;
let gone = false; // sent or deleted: nothing more to save

const soon = later(800, () => flush().catch(() => {})); // the refusal is on the page already

// --- Reading the page ---

/** What is written, without the entries that the server refuses. @returns {Text} */
function text() {
  const of = (/** @type {string} */ name) => fields.find((it) => it.name === name)?.entries.filter((it) => !it.wrong).map(plain) ?? [];
  return { subject: subject.value, message: message.value.replace(/\r\n?/g, '\n'), to: of('to'), cc: of('cc'), bcc: of('bcc') };
}

/** An entry as the server takes it. @param {Entry} entry @returns {Entry} */
function plain({ kind, id: of, name = '', address = '' }) {
  if (kind === 'group') return { kind, id: of, name };
  return kind === 'contact' ? { kind, id: of, name, address } : { kind, name, address };
}

/** @param {Text} it */
const print = (it) => JSON.stringify([it.subject, it.message, it.to.map(plain), it.cc.map(plain), it.bcc.map(plain)]);

/** Tells whether two texts are one, whatever the server tidied in one of them. @param {Text} a @param {Text} b */
const same = (a, b) => tidy(a) === tidy(b);

/** @param {Text} it */
function tidy(it) {
  const list = (/** @type {Entry[]} */ entries) => entries.map((entry) => entry.id || bare(entry));
  return JSON.stringify([it.subject.trim(), it.message.trim(), list(it.to), list(it.cc), list(it.bcc)]);
}

const dirty = () => base !== undefined && !gone && print(text()) !== saved;

// --- Showing what the server has ---

/** @param {Draft} draft */
function open(draft) {
  base = draft;
  subject.value = draft.subject;
  message.value = draft.message;
  for (const field of fields) field.entries = draft[/** @type {'to'} */ (field.name)];
  saved = print(text());
  showCount(draft.head_count);
  $('refused').hidden = !draft.refused;
  $('refused').querySelector('p').textContent = draft.refused && `L’envoi n’a pas pu commencer, aucun courriel n’est parti. ${draft.refused}`;
}

/**
 * Takes the server's answer to a save: recipients as it cleaned them, where nothing was typed meanwhile. Subject and
 * message stay as typed: a space taken away under the fingers would be a nuisance.
 * @param {Draft} draft @param {Text} mine
 */
function accept(draft, mine) {
  base = draft;
  const now = { ...mine };
  for (const field of fields) {
    const name = /** @type {'to'} */ (field.name);
    if (JSON.stringify(text()[name]) !== JSON.stringify(mine[name])) continue;
    field.entries = [...draft[name], ...field.entries.filter((it) => it.wrong)];
    now[name] = text()[name];
  }
  saved = print(now);
  showCount(draft.head_count);
}

/** @param {number} n */
function showCount(n) {
  const will = n < 2 ? 'recevra' : 'recevront';
  $('head-count').textContent = n ? `${plural(n, 'personne')} ${will} cette convocation.` : '';
}

/** @param {string} words @param {boolean} [bad] */
function showSaved(words, bad = false) {
  $('saved').textContent = words;
  $('saved').classList.toggle('bad', bad);
}

// --- Saving ---

/** Saves until nothing is left to save. Errors: what the server refused, already shown. */
function flush() {
  clearTimeout(timer);
  running ??= saveAll().finally(() => { running = null; });
  return running;
}

async function saveAll() {
  if (!dirty()) return;
  while (dirty()) {
    showSaved('Enregistrement…');
    const mine = text();
    try {
      accept(await put(path, { version: base.version, ...mine }), mine);
    } catch (error) {
      await refused(error, mine);
    }
  }
  showSaved(`Enregistré à ${clock(new Date().toISOString(), await zone())}`);
  calm();
}

/** Handles a refused save: returns when saving again makes sense, throws when it does not. @param {any} error @param {Text} mine */
async function refused(error, mine) {
  if (error.code === 'changed_meanwhile') return settle(mine);
  if (error.code === 'already_sent') return leave(follow);
  const field = fields.find((it) => it.name === error.field);
  if (field && setAside(field, error.message)) return undefined;
  if (error.passing) {
    timer = window.setTimeout(() => flush().catch(() => {}), retryAfter);
    showSaved('Pas encore enregistré. Nouvel essai dans quelques secondes…', true);
  } else {
    showSaved('Pas enregistré', true);
    refuseQuietly(error);
  }
  throw error;
}

/** Shows a refusal without taking the focus from who is typing. @param {any} error */
function refuseQuietly(error) {
  const active = /** @type {HTMLElement | null} */ (document.activeElement);
  refuse(form, error);
  if (active && active !== document.body) active.focus();
  announce(sentence(error), true);
}

/**
 * Sets the refused address aside, marked, so that the rest is saved: the one that the message names, or the last typed.
 * @param {import('./assets/combobox.js').ConvocRecipients} field @param {string} why @returns {boolean}
 */
function setAside(field, why) {
  const typed = field.entries.filter((it) => it.kind === 'address' && !it.wrong);
  const culprit = typed.find((it) => why.includes(it.address ?? '')) ?? typed.at(-1);
  if (!culprit) return false;
  field.entries = field.entries.map((it) => (it === culprit ? { ...it, wrong: true } : it));
  field.refusal = why;
  field.showWrong();
  announce(why, true);
  return true;
}

/**
 * Finds out what changed meanwhile: nothing (the answer to our own save was lost, or only documents came), or a text
 * that somebody must choose. @param {Text} mine
 */
async function settle(mine) {
  const theirs = /** @type {Draft} */ (await get(path));
  if (theirs.state !== 'draft') return leave(follow);
  if (same(theirs, mine)) saved = print(mine);
  if (same(theirs, mine) || same(theirs, base)) {
    base = theirs;
    return undefined;
  }
  $('conflict-mine').textContent = inWords(mine);
  $('conflict-theirs').textContent = inWords(theirs);
  for (const button of copiers) button.textContent = 'Copier ce texte';
  switch (await choose($('conflict-dialog'))) {
    case 'mine':
      base = theirs;
      saved = ''; // to be saved over theirs
      return undefined;
    case 'theirs':
      open(theirs);
      documents.open(path, theirs.documents);
      return announce('L’autre version est affichée.');
    default:
      showSaved('Pas enregistré\u00a0: modifié ailleurs', true);
      throw new ApiError(409, 'changed_meanwhile', 'Ce brouillon a été modifié ailleurs. Appuyez de nouveau pour choisir la version à garder.');
  }
}

const copiers = /** @type {HTMLButtonElement[]} */ ([...$('conflict-dialog').querySelectorAll('[data-copies]')]);

for (const button of copiers) {
  button.hidden = !navigator.clipboard; // without a secure address there is none: the text can be selected
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText($(button.dataset.copies ?? '').textContent);
    button.textContent = 'Copié';
  });
}

/** A version as somebody may keep it elsewhere. @param {Text} it */
function inWords(it) {
  const lines = [['Objet', it.subject], ['À', names(it.to)], ['Copie à', names(it.cc)], ['Copie cachée à', names(it.bcc)]];
  return [...lines.filter(([, what]) => what).map(([which, what]) => `${which}\u00a0: ${what}`), '', it.message].join('\n').trim();
}

/** « ENN ; Deuf, John », or « ENN (4) ; Deuf, John ». @param {Entry[]} entries @param {boolean} [counted] */
function names(entries, counted = false) {
  const count = (/** @type {Entry} */ it) => (counted && it.kind === 'group' ? `\u00a0(${number(it.count ?? 0)})` : '');
  return entries.map((it) => (it.name || it.address) + count(it)).join('\u00a0; ');
}

/** @param {string} to */
function leave(to) {
  gone = true;
  location.replace(to);
}

// --- Sending ---

let opening = false;

async function ask() {
  if (opening || gone) return;
  opening = true;
  send.setAttribute('aria-busy', 'true');
  try {
    calm();
    forgive(form);
    for (const field of fields) await field.settle();
    await flush();
    check();
    await settle(text()); // what is confirmed is what the server has
    await flush();
    if (!gone) await confirm();
  } catch (error) {
    refuse(form, error);
  } finally {
    opening = false;
    send.removeAttribute('aria-busy');
  }
}

/** What is missing, in the order of the page. */
function check() {
  for (const field of fields) {
    if (field.entries.some((it) => it.wrong)) throw new ApiError(422, 'address_invalid', field.refusal, field.name);
    if (field.rest) throw new ApiError(422, 'address_invalid', `«\u00a0${field.rest}\u00a0» n’est pas encore dans la liste. Corrigez ou effacez.`, field.name);
  }
  const { to, cc, bcc } = text();
  if (!to.length && !cc.length && !bcc.length) throw new ApiError(422, 'no_recipient', 'Choisissez au moins un destinataire.', 'to');
  if (!subject.value.trim()) throw new ApiError(422, 'subject_empty', 'Écrivez un objet.', 'subject');
  if (documents.sending) throw new ApiError(422, 'document_pending', 'Des documents sont encore en cours d’envoi. Attendez qu’ils soient arrivés.', 'documents');
  if (documents.checking) throw new ApiError(422, 'document_pending', 'Des documents sont encore en cours de vérification. Patientez quelques secondes.', 'documents');
  if (documents.pending) throw new ApiError(422, 'document_pending', 'Un document n’est pas arrivé. Retirez-le ou ajoutez-le à nouveau.', 'documents');
}

async function confirm() {
  const n = base.head_count;
  $('send-title').textContent = n ? `Envoyer à ${plural(n, 'personne')}\u00a0?` : 'Envoyer la convocation\u00a0?';
  $('send-subject').textContent = subject.value;
  for (const field of fields) {
    const told = $(`send-${field.name}`);
    told.textContent = names(base[/** @type {'to'} */ (field.name)], true);
    told.hidden = told.previousElementSibling.hidden = !told.textContent;
  }
  $('send-documents').textContent = documents.items.map((it) => it.name).join(', ') || 'Aucun';
  $('send-error').hidden = true;
  await choose($('send-dialog'));
}

async function launch() {
  const button = $('send-confirm');
  if (button.getAttribute('aria-busy') || gone) return;
  button.setAttribute('aria-busy', 'true');
  try {
    await post(`${path}/send`, { version: base.version });
    leave(follow);
  } catch (error) {
    notLaunched(error);
  } finally {
    button.removeAttribute('aria-busy');
  }
}

/** @param {any} error */
function notLaunched(error) {
  const dialog = $('send-dialog');
  if (error.passing) { // it may have been heard: asking again is harmless
    $('send-error').textContent = `${error.message} Appuyez de nouveau sur «\u00a0Envoyer\u00a0»\u00a0: personne ne recevra deux courriels.`;
    $('send-error').hidden = false;
    return;
  }
  dialog.close();
  if (error.code === 'changed_meanwhile') setTimeout(ask); // once the dialog is gone: settles, then asks again
  else refuse(form, error);
}

// --- Wiring ---

form.addEventListener('input', (/** @type {Event} */ event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  if (field === subject || field === message) wrong(field, '');
  soon();
});
for (const field of fields) field.addEventListener('change', soon);
documents.addEventListener('draft', (event) => { // documents that arrived may count as a change of the draft
  const draft = /** @type {CustomEvent<Draft>} */ (event).detail;
  if (draft.version > base.version && same(draft, base)) base = draft;
});
documents.addEventListener('change', () => { $('download-all').hidden = documents.stored.length < 2; });
$('download-all').addEventListener('click', () => busy($('download-all'), async () => {
  const button = $('download-all');
  const all = documents.stored.map((doc) => ({ name: doc.name, address: () => post(`${path}/documents/${doc.id}/download`) }));
  try {
    const { saveZip } = await import('./assets/zip.js'); // few need it: not with the page
    await saveZip(`${subject.value.trim() || 'Documents'}.zip`, all, (done) => { button.textContent = `Préparation\u00a0: ${done} sur ${all.length}…`; });
  } finally {
    button.textContent = 'Tout télécharger';
  }
}));
form.addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  ask();
});
// Enter in a field of one line must not send a convocation.
subject.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && event.preventDefault());
$('send-confirm').addEventListener('click', launch);
$('preview').href = `${path}/preview`;
$('preview').addEventListener('click', (/** @type {Event} */ event) => {
  if (!dirty()) return;
  event.preventDefault();
  const tab = window.open('', '_blank'); // with the click: later the browser would take it for an unwanted window
  flush().then(() => { if (tab) tab.location.href = `${path}/preview`; }, () => tab?.close());
});
$('delete-draft').addEventListener('click', async () => {
  if (await choose($('delete-dialog')) !== 'delete') return;
  clearTimeout(timer);
  await running?.catch(() => {});
  try {
    await remove(path);
    leave('/convocations.html');
  } catch (error) {
    problem(error);
  }
});
addEventListener('beforeunload', (event) => {
  if (dirty() || (!gone && documents.sending)) event.preventDefault();
});
addEventListener('visibilitychange', () => {
  if (document.hidden && base && dirty()) flush().catch(() => {});
});

async function start() {
  try {
    const draft = /** @type {Draft} */ (await get(path));
    if (draft.state !== 'draft') return leave(follow);
    open(draft);
    documents.open(path, draft.documents);
    form.hidden = false;
    if (!draft.to.length && !draft.subject) fields[0].input.focus();
  } catch (error) {
    problem(error, start);
  }
}
start();
