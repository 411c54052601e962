// @ts-check
/**
 * A4, what became of a convocation, person by person. While a sending runs the page asks again every few seconds, only
 * when it is looked at; rows are filled in place, so that focus and selection stay. The words are in facts.js. What comes
 * when it is first asked for: what is under way in running.js, sending again in again.js, one person in person.js.
 *
 * @typedef {import('./assets/follow.types.js').Recipient} Recipient
 * @typedef {import('./assets/follow.types.js').Follow} Follow
 */
import './assets/chrome.js';
import { get, post, serverNow, session, zone } from './assets/api.js';
import { clock, long, seconds } from './assets/dates.js';
import { doubtful, news, presenceOf, showMeeting, showPresences, view } from './assets/facts.js';
import { $, rows } from './assets/stamp.js';
import { announce, busy, later, number, openDocument, plural, problem, size } from './assets/tell.js';

const id = new URLSearchParams(location.search).get('id') ?? '';
const path = `/api/convocations/${encodeURIComponent(id)}`;
const [often, slower, seldom] = [2000, 5000, 30_000]; // ms: while a sending moves, while it does not, otherwise

const settling = 10_000; // ms after an act, in which the page asks often

/** @type {Follow} */
let now;
let where = '';
let maySend = false;
let timer = 0;
let acted = 0; // ms since 1970, the secretary's last act: what comes of it is seen a moment later
let asked = 0;
let silences = 0; // answers that did not come, one after the other
let answered = ''; // when the last one came, RFC 3339
let filter = 'recipients'; // a key of the counters, or of those of the meeting
/** @type {Recipient[]} */
let further = []; // recipients beyond the part that is asked for again and again
let next = ''; // where they go on; empty at the end
let pause = often; // ms, until the next question about a sending
/** @type {Set<string>} */
const chosen = new Set(); // recipients
/** @type {typeof import('./assets/person.js') | null} */
let person = null;
/** @type {typeof import('./assets/running.js') | null} */
let running = null;
const again = () => import('./assets/again.js');

const manyRecipients = 30; // above, a search helps

/** Who stands behind each counter. @type {Record<string, (it: Recipient) => boolean>} */
const behind = {
  recipients: () => true,
  transmitted: (it) => it.reached_at !== '',
  returned: (it) => it.state === 'returned',
  read: (it) => it.read_at !== '',
  doubted: (it) => doubtful(it),
  replied: (it) => it.replied_at !== '',
  failed: (it) => it.state === 'failed',
  review: (it) => it.state === 'review',
  paper: (it) => it.state === 'paper',
};

// --- Asking ---

async function refresh() {
  const turn = ++asked;
  clearTimeout(timer);
  try {
    const fresh = await get(`${path}/follow`);
    if (turn !== asked) return;
    answered = new Date().toISOString();
    silences = 0;
    show(fresh);
  } catch (error) {
    if (/** @type {any} */ (error).code === 'not_sent') return location.replace(`/composer.html?id=${encodeURIComponent(id)}`);
    if (turn !== asked) return;
    if (!now || !(/** @type {any} */ (error).passing)) return problem(error, refresh);
    silences++;
  }
  showSilence();
  plan();
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = window.setTimeout(refresh, moves(now) || Date.now() - acted < settling ? pause : seldom);
}

/** A sending is under way, or about to be. @param {Follow} it */
const moves = (it) => it.state === 'sending' || (!it.sent_at && !it.sending.planned_for && !it.sending.paused_at) || (it.counts.waiting > 0 && !it.sending.paused_at) || (it.sending.planned_for !== '' && Date.parse(it.sending.planned_for) - serverNow() < seldom);

/** Something is to be said of a sending. @param {Follow} it */
const underWay = (it) => moves(it) || it.counts.waiting > 0 || [it.sending.planned_for, it.sending.paused_at, it.sending.cancelled_at].some(Boolean);

document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : refresh()));

// --- Showing ---

/** @param {Follow} fresh */
function show(fresh) {
  const before = now;
  now = fresh;
  if (further.length) {
    const known = new Set(fresh.recipients.map((it) => it.id));
    now.recipients = [...fresh.recipients, ...further.filter((it) => !known.has(it.id))];
  } else next = fresh.next;
  $('more').hidden = !next;
  pause = before?.counts.waiting === now.counts.waiting ? Math.min(pause * 1.5, slower) : often;
  document.title = `${now.subject} – Suivi – Convoc`;
  $('heading').textContent = now.subject;
  showState();
  showMeeting(now, where, filter);
  $('follow-table').classList.toggle('met', now.meeting !== null);
  showCounters();
  showRecipients();
  showContent();
  showUnderWay();
  showChosen();
  const unread = now.recipients.filter((it) => !it.read_at);
  $('left').hidden = now.sending.planned_for !== '';
  $('remind').hidden = !now.recipients.some((it) => it.type === 'to' && !it.replies && it.reached_at);
  $('reminds').hidden = !now.sending.reminds_at;
  $('reminds').textContent = now.sending.reminds_at && `Rappel prévu à qui n’aura pas répondu\u00a0: ${long(now.sending.reminds_at, where)}.`;
  $('resend-unread').hidden = !unread.some((it) => it.can_resend);
  $('close-unread').hidden = !unread.some((it) => !it.closed_at && it.sendings > 0);
  $('close-help').hidden = $('close-unread').hidden || !maySend;
  $('replies-zip').hidden = now.counts.replied === 0;
  $('doubted-help').hidden = now.counts.doubted === 0;
  $('counted').hidden = !next && !further.length;
  if (!$('counted').hidden) $('counted').textContent = `Les totaux sont ceux de ${clock(now.counted_at, where)}\u00a0: pour tant de destinataires, ils sont comptés une fois par minute. Les listes et la recherche portent sur ceux qui sont affichés.`;
  $('figures-at').textContent = `Chiffres du ${seconds(answered, where)}.`;
  $('followed').hidden = false;
  person?.renew(page);
  const told = before ? news(before, now) : '';
  if (told) announce(told);
}

/** What is under way, once its words are here: without them the page says the rest. */
async function showUnderWay() {
  if (!running && !underWay(now)) return;
  running ??= await import('./assets/running.js').catch(() => null);
  running?.show(page);
}

function showState() {
  const { recipients, read, paper } = now.counts;
  const partly = now.sending.cancelled_at && now.counts.failed > 0 ? ['Envoi annulé', 'bad'] : ['Transmise', ''];
  const [words, look] = {
    planned: [Date.parse(now.sending.planned_for) - serverNow() < 2 * seldom ? 'Envoi imminent' : 'Programmée', 'wait'],
    sending: [now.sending.paused_at ? 'Envoi suspendu' : 'Envoi en cours', 'wait'],
    sent: partly,
    opened_partly: [`Ouverte par ${number(read)}/${number(recipients - paper)}`, 'good'],
    opened_all: ['Ouverte par tous', 'good'],
  }[now.state] ?? ['Liens fermés', ''];
  const tag = $('state');
  tag.textContent = words;
  tag.className = `tag ${look}`;
  $('sent-at').textContent = now.sent_at ? `envoyée le ${long(now.sent_at, where)}` : '';
}

function showCounters() {
  const { recipients, transmitted, returned, read, doubted, replied, failed, review, paper } = now.counts;
  const all = [
    ['recipients', recipients, 'Destinataire', 'Destinataires', ''],
    ['transmitted', transmitted, 'Transmis', 'Transmis', ''],
    ['read', read, 'Ouvert', 'Ouverts', ''],
    ['doubted', doubted, 'Ouverture à vérifier', 'Ouvertures à vérifier', 'seldom'],
    ['replied', replied, 'Répondu', 'Répondus', ''],
    ['returned', returned, 'Revenu', 'Revenus', returned ? 'alert' : 'seldom'],
    ['failed', failed, 'Non envoyé', 'Non envoyés', failed ? 'alert' : ''],
    ['review', review, 'À vérifier', 'À vérifier', review ? 'alert' : ''],
    ['paper', paper, 'Par courrier', 'Par courrier', 'seldom'],
  ];
  const shown = all.filter(([key, n, , , look]) => look !== 'seldom' || n || key === filter);
  rows($('counters'), $('counter'), shown, ([key, n, one, many, look]) => ({
    key: String(key), count: number(Number(n)), label: Number(n) < 2 ? one : many, look, pressed: String(key === filter),
  }));
}

/** The rows behind the counter that is pressed, and of them those that are searched. */
function showRecipients() {
  $('filters').hidden = now.recipients.length <= manyRecipients;
  const words = folded($('search').value).split(/\s+/);
  const wanted = behind[filter] ?? ((/** @type {Recipient} */ it) => presenceOf(now, it) === filter);
  const shown = now.recipients.filter((it) => wanted(it) && words.every((word) => folded(`${it.name} ${it.address}`).includes(word)));
  rows($('recipients'), $('recipient-row'), shown, (it) => view(now, it, where, maySend));
  $('follow-table').hidden = shown.length === 0;
  $('none-found').hidden = shown.length > 0 || now.recipients.length === 0;
  const all = shown.length === now.recipients.length;
  const of = next ? now.counts.recipients : people(now.recipients);
  $('show-all').hidden = all || shown.length === 0;
  $('range').textContent = all && !next ? plural(of, 'personne') : `${number(people(shown))} sur ${plural(of, 'personne')}`;
}

/** Persons, who may have several addresses. @param {Recipient[]} list */
const people = (list) => new Set(list.map((it) => it.person)).size;

/** Without case and accents. @param {string} text */
const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

/** Says that what is shown grows old; one missing answer says nothing yet. */
function showSilence() {
  $('stale').hidden = silences < 2;
  const words = `Le serveur ne répond pas\u00a0; chiffres de ${answered ? clock(answered, where) : ''}. Cette page réessaie d’elle-même.`;
  if (!$('stale').hidden && $('stale').textContent !== words) $('stale').textContent = words; // said once
}

function showContent() {
  /** @type {[string, string][]} */
  const optional = [
    ['cc', now.cc], ['bcc', now.bcc], ['until', now.replies_until && `jusqu’au ${long(now.replies_until, where)}`],
    ['password', now.has_password ? 'demandé à l’ouverture' : ''],
  ];
  $('shown-to').textContent = now.to;
  $('shown-subject').textContent = now.subject;
  $('shown-message').textContent = now.message;
  for (const [name, text] of optional) {
    $(`shown-${name}`).textContent = text;
    for (const node of $('content').querySelectorAll(`[data-if="${name}"]`)) node.hidden = !text;
  }
  rows($('documents'), $('document-row'), now.documents, (doc) => ({
    key: doc.id, name: doc.name, about: [doc.kind, size(doc.size)].filter(Boolean).join(' · '),
  }));
  $('documents').hidden = !now.documents.length;
  $('no-documents').hidden = now.documents.length > 0;
  $('download-all').hidden = now.documents.length < 2;
}

// --- Choosing whom to show ---

/** @param {string} key */
function filterBy(key) {
  filter = key;
  showCounters();
  if (now.meeting) showPresences(now.meeting, filter);
  showRecipients();
  showChosen();
  // Where the table is further down, a press would seem to do nothing.
  const seen = $('range').getBoundingClientRect().bottom < window.innerHeight;
  announce(seen ? $('range').textContent : `${$('range').textContent}, plus bas`, seen);
}

for (const name of ['counters', 'presences']) {
  $(name).addEventListener('click', (/** @type {Event} */ event) => {
    const key = /** @type {HTMLElement} */ (event.target).closest('li')?.dataset.key;
    if (key) filterBy(key === filter ? 'recipients' : key);
  });
}
$('more').addEventListener('click', () => busy($('more'), async () => {
  const part = await get(`${path}/follow?cursor=${encodeURIComponent(next)}`);
  further.push(...part.recipients);
  next = part.next;
  await refresh();
  announce($('range').textContent, true);
}));
$('search').addEventListener('input', later(200, () => filterBy(filter)));
$('filters').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
for (const name of ['clear-filters', 'show-all']) {
  $(name).addEventListener('click', () => {
    $('search').value = '';
    filterBy('recipients');
    $('list-heading').focus();
  });
}

// --- Acting ---

/** Acts that come with their module: each gives what to say. @type {Record<string, () => Promise<string>>} */
const acts = {
  remind: async () => (await again()).remind(page),
  'resend-unread': async () => (await again()).resendUnread(page),
  'close-unread': async () => (await again()).closeUnread(page),
  'remind-selection': async () => (await again()).remindChosen(page, selected()),
  'resend-selection': async () => (await again()).resendChosen(page, selected()),
};
for (const [name, what] of Object.entries(acts)) {
  $(name).addEventListener('click', () => busy($(name), async () => {
    const told = await what();
    if (!told) return;
    announce(told);
    if (name.endsWith('selection')) clearSelection();
  }));
}

const selected = () => now.recipients.filter((it) => chosen.has(it.id));
/** @type {HTMLInputElement[]} */
const all = [...document.querySelectorAll('[data-act="select-all"]')];

/** Ticks those who are chosen, and shows what can be done for them. */
function showChosen() {
  const boxes = /** @type {HTMLInputElement[]} */ ([...$('recipients').querySelectorAll('[data-act="select"]')]);
  for (const box of boxes) box.checked = chosen.has(box.closest('tr')?.dataset.key ?? '');
  const ticked = boxes.filter((box) => box.checked).length;
  for (const box of all) {
    box.checked = boxes.length > 0 && ticked === boxes.length;
    box.indeterminate = ticked > 0 && !box.checked;
  }
  $('follow-table').classList.toggle('ticks', maySend);
  $('select-all-line').hidden = !maySend || !boxes.length;
  $('selection').hidden = !chosen.size;
  $('selected').textContent = plural(chosen.size, 'destinataire sélectionné', 'destinataires sélectionnés');
}

function clearSelection() {
  chosen.clear();
  showChosen();
  $('list-heading').focus();
}

for (const box of all) {
  box.addEventListener('change', () => {
    for (const row of $('recipients').children) {
      if (box.checked) chosen.add(row.dataset.key);
      else chosen.delete(row.dataset.key);
    }
    showChosen();
    announce($('selected').textContent, true);
  });
}
$('recipients').addEventListener('change', (/** @type {Event} */ event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  const key = box.closest('tr')?.dataset.key ?? '';
  if (box.checked) chosen.add(key);
  else chosen.delete(key);
  showChosen();
});
$('clear-selection').addEventListener('click', clearSelection);

$('recipients').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const it = now.recipients.find((one) => one.id === button?.closest('tr')?.dataset.key);
  if (!button || !it) return;
  busy(button, () => act(button.dataset.act ?? '', it));
});

/** @param {string} what @param {Recipient} it */
async function act(what, it) {
  if (what === 'resend') {
    const told = await page.sendAgain(it);
    if (told) announce(told);
    return;
  }
  person ??= await import('./assets/person.js');
  await (what === 'reply' ? person.showReply(page, it) : person.showPerson(page, it));
}

$('documents').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button'));
  const doc = button?.closest('li')?.dataset.key;
  if (button && doc) busy(button, () => openDocument(() => post(`${path}/documents/${doc}/download`)));
});

$('download-all').addEventListener('click', () => busy($('download-all'), async () => {
  const { url } = await post(`${path}/zip`);
  location.assign(url); // served as a file to keep: the page stays
}));

// An address that is followed cannot ask to sign in again: the session is looked at first.
$('replies-csv').addEventListener('click', () => busy($('replies-csv'), async () => {
  await get('/api/session');
  location.assign(`${path}/replies.csv`);
}));

$('replies-zip').addEventListener('click', () => busy($('replies-zip'), async () => {
  const { url } = await post(`${path}/replies/zip`);
  location.assign(url);
}));

$('print').addEventListener('click', () => window.print());

/** What the panel of a person needs of this page. */
const page = {
  path, follow: () => now, zone: () => where, maySend: () => maySend,
  refresh: () => {
    acted = Date.now();
    return refresh();
  },
  sendAgain: async (/** @type {Recipient} */ it) => (await again()).sendAgain(page, it),
  sendTo: async (/** @type {Recipient[]} */ list) => (await again()).resendChosen(page, list),
  remind: async (/** @type {Recipient} */ it) => (await again()).remindChosen(page, [it]),
  whole: () => !next,
};

async function start() {
  try {
    where = await zone();
    maySend = (await session()).rights.includes('convocation.send');
    await refresh();
  } catch (error) {
    problem(error, start);
  }
}
start();
