// @ts-check
/**
 * A3, one convocation being written. It saves itself: one save at a time, each with the version it changes. What the
 * server refuses stays on the page, with its reason next to the field, and the rest is saved.
 *
 * @typedef {import('./assets/combobox.js').Entry} Entry
 * @typedef {import('./assets/meeting.js').Meeting} Meeting
 * @typedef {{subject: string, message: string, to: Entry[], cc: Entry[], bcc: Entry[], meeting: Meeting | null,
 *   replies_until: string, link_days: number, remind_days: number, password?: string | null}} Text
 * @typedef {Text & {id: string, version: number, state: string, documents: import('./assets/upload.js').Doc[], head_count: number,
 *   refused: string, has_password: boolean, delay: import('./assets/meeting.js').Delay | null, warnings: {code: string, text: string}[]}} Draft
 */
import './assets/chrome.js';
import { bare, plain } from './assets/combobox.js';
import './assets/meeting.js';
import './assets/upload.js';
import { ApiError, get, post, put, remove, zone } from './assets/api.js';
import { $, rows } from './assets/stamp.js';
import { announce, calm, choose, forgive, later, plural, problem, refuse, refuseQuietly, wrong } from './assets/tell.js';

const id = new URLSearchParams(location.search).get('id') ?? '';
const path = `/api/convocations/${encodeURIComponent(id)}`;
const follow = `/suivi.html?id=${encodeURIComponent(id)}`;
const [retryAfter, lookAgain] = [5000, 60_000]; // ms
const [dialogs, sending] = [() => import('./assets/dialogs.js'), () => import('./assets/send.js')]; // for what comes later than the page

const form = $('draft');
const subject = $('subject');
const message = $('message');
/** @type {(import('./assets/combobox.js').ConvocRecipients)[]} */
const fields = [...form.querySelectorAll('convoc-recipients')];
/** @type {import('./assets/upload.js').ConvocDocuments} */
const documents = $('documents-card');
/** @type {import('./assets/meeting.js').ConvocMeeting} */
const meeting = $('meeting');
/** @type {import('./assets/meeting.js').ConvocOptions} */
const options = $('options');
const send = $('send');

/** @type {Draft} the draft as the server last gave it */
let base; // nothing before the first answer
let saved = ''; // print of the text that the server has
/** @type {Promise<void> | null} */
let running = null;
let timer = 0;
let gone = false; // sent or deleted: nothing more to save
let heard = 0; // when the server last said what it thinks of the delay
/** What the server refused, by field: its print, and why. @type {Map<string, {value: string, error: ApiError}>} */
const aside = new Map();

const soon = later(800, () => flush().catch(() => {})); // the refusal is on the page already

// --- Reading the page ---

/** What is written, without the entries that the server refuses. @returns {Text} */
function written() {
  const of = (/** @type {string} */ name) => fields.find((it) => it.name === name)?.entries.filter((it) => !it.wrong).map(plain) ?? [];
  const mail = { subject: subject.value, message: message.value.replace(/\r\n?/g, '\n'), to: of('to'), cc: of('cc'), bcc: of('bcc') };
  return { ...mail, meeting: meeting.value, ...options.value };
}

/** The object that holds a field: the text itself, or its meeting. @param {any} it @param {string} name */
const holder = (it, name) => (name in it ? it : it.meeting ?? {});

/** The value that the server has of a field. @param {string} name */
const good = (name) => holder(base, name)[name] ?? { agenda: [], password: null }[name] ?? '';

/** The refusals of what is still written so. @param {Text} it */
const standing = (it) => [...aside].filter(([name, { value }]) => JSON.stringify(holder(it, name)[name]) === value);

/** What is to be saved: what is written, and where it was refused what the server has. @returns {Text} */
function text() {
  const it = written();
  for (const [name] of standing(it)) holder(it, name)[name] = good(name);
  return it;
}

/** @param {Text} it */
const print = (it) => JSON.stringify([it.subject, it.message, it.to.map(plain), it.cc.map(plain), it.bcc.map(plain), it.meeting, it.replies_until, it.link_days, it.remind_days, it.password]);

/** Tells whether two texts are one, whatever the server tidied in one of them. @param {Text} a @param {Text} b */
const same = (a, b) => tidy(a) === tidy(b);

/** @param {Text} it */
function tidy(it) {
  const list = (/** @type {Entry[]} */ entries) => entries.map((entry) => entry.id || bare(entry));
  const trim = (/** @type {string} */ line) => line.trim().replace(/\s+/g, ' ');
  const m = it.meeting;
  const met = m && [m.assembly, m.occasion, m.at, m.remote, m.substitutes, [m.place, m.signatory, m.urgent, ...m.agenda].map(trim)];
  return JSON.stringify([trim(it.subject), it.message.trim(), list(it.to), list(it.cc), list(it.bcc), met, it.replies_until, it.link_days, it.remind_days]);
}

const dirty = () => base !== undefined && !gone && print(text()) !== saved;

/** Something on the page is not saved and cannot be yet. */
const unsaved = () => !gone && base !== undefined && (meeting.half || options.half || standing(written()).length > 0 ||
  fields.some((field) => field.rest || field.entries.some((it) => it.wrong)));

// --- Showing what the server has ---

/** @param {Draft} draft */
function open(draft) {
  base = draft;
  subject.value = draft.subject;
  message.value = draft.message;
  for (const field of fields) field.entries = draft[/** @type {'to'} */ (field.name)];
  meeting.value = draft.meeting;
  options.value = draft;
  aside.clear();
  forgive(form);
  saved = print(text());
  tell(draft);
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
  const now = { ...mine, password: null };
  options.accept(mine.password ?? null);
  if (mine.meeting && draft.meeting) {
    meeting.accept(mine.meeting, draft.meeting);
    now.meeting = { ...mine.meeting, remote: draft.meeting.remote, substitutes: draft.meeting.substitutes };
  }
  for (const field of fields) {
    const name = /** @type {'to'} */ (field.name);
    if (JSON.stringify(text()[name]) !== JSON.stringify(mine[name])) continue;
    field.entries = [...draft[name], ...field.entries.filter((it) => it.wrong)];
    now[name] = text()[name];
  }
  saved = print(now);
  tell(draft);
}

/** Shows what the server makes of the draft. @param {Draft} draft */
function tell(draft) {
  const n = draft.head_count;
  $('head-count').textContent = n ? `${plural(n, 'personne')} ${n < 2 ? 'recevra' : 'recevront'} cette convocation.` : '';
  rows($('warnings'), $('warning'), draft.warnings, ({ code, text: words }) => ({ key: code, text: words }));
  options.know(draft);
  meeting.judge(draft);
  heard = Date.now();
  propose();
  tellReminder(draft);
}

/** Says when the reminder leaves that the server has. @param {Draft} draft */
async function tellReminder(draft) {
  const words = draft.remind_days ? await dialogs().catch(() => null) : null; // the words may be missing, the reminder is not
  $('remind-when').textContent = words?.remindWords(draft, await zone()) ?? '';
}

/** Proposes a subject as long as there is none; hers is never replaced. */
async function propose() {
  const wanted = () => !subject.value.trim() && meeting.value?.at;
  const words = wanted() ? await dialogs().catch(() => null) : null; // what is only offered may be missing
  $('suggestion').hidden = !words || !wanted();
  if ($('suggestion').hidden) return;
  $('take-subject').value = words?.subjectOf(meeting.assemblyName, meeting.at);
  $('take-subject').textContent = `Écrire «\u00a0${$('take-subject').value}\u00a0»`;
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
  const clock = new Intl.DateTimeFormat('fr-FR', { timeZone: await zone(), timeStyle: 'short' });
  showSaved(`Enregistré à ${clock.format()}${standing(written()).length ? ', sauf ce qui est signalé' : ''}`);
  calm();
}

/** Handles a refused save: returns when saving again makes sense, throws when it does not. @param {any} error @param {Text} mine */
async function refused(error, mine) {
  if (error.code === 'changed_meanwhile') return settle(mine);
  if (error.code === 'already_sent') return leave(follow);
  const field = fields.find((it) => it.name === error.field);
  if (field ? field.setAside(error.message) : putAside(error, mine)) return undefined;
  if (error.passing) {
    timer = window.setTimeout(() => flush().catch(() => {}), retryAfter);
    showSaved('Pas encore enregistré. Nouvel essai dans quelques secondes…', true);
  } else {
    showSaved('Pas enregistré', true);
    refuseQuietly(form, error);
  }
  throw error;
}

/**
 * Sets a refused value aside, so that the rest is saved. False when that would change nothing, or when the value is what
 * all the rest hangs on.
 * @param {any} error @param {Text} mine
 */
function putAside(error, mine) {
  const name = error.field;
  const value = JSON.stringify(name && holder(mine, name)[name]);
  if (value === undefined || name === 'assembly' || value === JSON.stringify(good(name))) return false;
  aside.set(name, { value, error });
  refuseQuietly(form, error);
  return true;
}

/**
 * Finds out what changed meanwhile: nothing (the answer to our own save was lost, or only documents came), or a text
 * that somebody must choose. @param {Text} mine
 */
async function settle(mine) {
  const theirs = /** @type {Draft} */ (await get(path));
  if (theirs.state !== 'draft') return leave(follow);
  if (same(theirs, mine) && !mine.password) saved = print(mine); // of a password nobody can tell: it is saved again
  if (same(theirs, mine) || same(theirs, base)) {
    base = theirs;
    return tell(theirs);
  }
  switch (await (await dialogs()).chooseVersion(mine, meeting.assemblyName, theirs)) {
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
    await check();
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
async function check() {
  (await sending()).checkMeeting(meeting);
  for (const field of fields) field.check();
  const { to, cc, bcc } = text();
  if (!to.length && !cc.length && !bcc.length) throw new ApiError(422, 'no_recipient', 'Choisissez au moins un destinataire.', 'to');
  if (!subject.value.trim()) throw new ApiError(422, 'subject_empty', 'Écrivez un objet.', 'subject');
  for (const [, refused] of standing(written())) throw refused.error;
  documents.check();
  options.check();
}

async function confirm() {
  const { confirmSending, mend } = await sending();
  try {
    const outcome = await confirmSending(path, base, documents.items.map((it) => it.name).join(', '), meeting);
    if (outcome === 'sent') leave(follow);
    if (outcome === 'mend') mend(meeting);
  } catch (/** @type {any} */ error) {
    if (error.code !== 'changed_meanwhile') throw error;
    setTimeout(ask); // settles, then asks again
  }
}

// --- Wiring ---

form.addEventListener('input', (/** @type {Event} */ event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  if (field.dataset.field && !field.closest('convoc-recipients')) wrong(field, '');
  if (field === subject) propose();
  soon();
});
for (const field of [...fields, meeting, options]) field.addEventListener('change', soon);
meeting.addEventListener('assembly', () => { // the draft takes its new copy
  saved = '';
  soon();
});
$('take-subject').addEventListener('click', () => {
  subject.value = $('take-subject').value;
  wrong(subject, '');
  propose();
  subject.focus();
  soon();
});
documents.naming = () => subject.value.trim();
documents.addEventListener('draft', (event) => learn(/** @type {CustomEvent<Draft>} */ (event).detail));
form.addEventListener('submit', (/** @type {Event} */ event) => {
  event.preventDefault();
  ask();
});
// Enter in a field of one line must not send a convocation.
form.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (event.key === 'Enter' && field.matches('input:not([type="file"])')) event.preventDefault();
});
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
  if (dirty() || unsaved() || (!gone && documents.sending)) event.preventDefault();
});
addEventListener('visibilitychange', () => {
  if (document.hidden && dirty()) flush().catch(() => {});
  if (!document.hidden) reconsider();
});
setInterval(reconsider, lookAgain);

/** Takes a draft that was read in passing. Its version may have grown by documents. @param {Draft} draft */
function learn(draft) {
  if (draft.version < base.version || !same(draft, base)) return;
  base = draft;
  tell(draft);
}

/** Asks what the law says by now, once the day has changed or the last moment has passed. Nobody is asked to sign in for that. */
async function reconsider() {
  const delay = base?.delay;
  if (!delay || gone || running || dirty()) return;
  const date = new Intl.DateTimeFormat('fr-FR', { timeZone: await zone(), dateStyle: 'short' });
  const passed = delay.level !== 'red' && Date.now() > Date.parse(delay.last);
  if (!passed && date.format(heard) === date.format()) return;
  const draft = await get(path, { anonymous: true }).catch(() => null);
  if (draft && !running && !gone) learn(draft);
}

async function start() {
  try {
    const draft = /** @type {Draft} */ (await get(path));
    if (draft.state !== 'draft') return leave(follow);
    open(draft);
    documents.open(path, draft.documents);
    form.hidden = false;
    if (location.hash === '#repris') (await sending()).tellRecalled();
    if (!draft.to.length && !draft.subject) form.querySelector('[name="kind"]:checked')?.focus();
  } catch (error) {
    problem(error, start);
  }
}
start();
