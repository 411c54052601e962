// @ts-check
/**
 * A4, what became of a convocation, person by person. While a sending runs the page asks again every few seconds, only
 * when it is looked at; rows are filled in place, so that focus and selection stay. The words are in facts.js;
 * what is about one person in person.js, which comes when it is first asked for.
 *
 * @typedef {{id: string, name: string, address: string, type: 'to'|'cc'|'bcc', state: string, delivered_at: string, auto_replied_at: string, reason: string, first_sent_at: string,
 *   last_sent_at: string, sendings: number, read_at: string, replied_at: string, reply_started: boolean, closed_at: string,
 *   can_resend: boolean, person: string, presence: string, holder: string, holder_person: string, holds: string[], withdrawn: string,
 *   on_behalf: boolean, replies: number, doubted_at: string, on_paper: boolean, substitute_of: string, reached_at: string, in_time: boolean,
 *   address_at: string, locked_until: string, documents: {id: string, at: string}[]}} Recipient
 * @typedef {{recipients: number, transmitted: number, read: number, replied: number, failed: number, review: number,
 *   waiting: number, paper: number, doubted: number, returned: number, delivered: number}} Counts
 * @typedef {{assembly: string, at: string, place: string, agenda: string[], urgent: string, members: number,
 *   councillors: {person: string, name: string, hindered: string}[], offered: string[], in_time: number, heard: boolean, arrived: number,
 *   opened: number, last: string, clear_days: number, article: string, present: number, remote: number, substituted: number,
 *   absent: number, represented: number, undecided: number, silent: number, attending: number, quorum: number,
 *   likely: boolean}} Meeting
 * @typedef {{id: string, subject: string, message: string, state: string, sent_at: string, to: string, cc: string, bcc: string,
 *   documents: import('./assets/upload.js').Doc[], counts: Counts, recipients: Recipient[], meeting: Meeting | null,
 *   replies_until: string, has_password: boolean}} Follow
 */
import './assets/chrome.js';
import { get, post, session, zone } from './assets/api.js';
import { clock, long, seconds } from './assets/dates.js';
import { answer, doubtful, fallen, presenceOf, showMeeting, showPresences, view } from './assets/facts.js';
import { $, rows } from './assets/stamp.js';
import { announce, busy, choose, later, number, openDocument, plural, problem, size } from './assets/tell.js';

const id = new URLSearchParams(location.search).get('id') ?? '';
const path = `/api/convocations/${encodeURIComponent(id)}`;
const often = 3000; // ms, while a sending runs
const seldom = 30_000; // ms, otherwise

/** @type {Follow} */
let now;
let where = '';
let maySend = false;
let timer = 0;
let asked = 0;
let silences = 0; // answers that did not come, one after the other
let answered = ''; // when the last one came, RFC 3339
let filter = 'recipients'; // a key of the counters, or of those of the meeting
/** @type {typeof import('./assets/person.js') | null} */
let person = null;

const manyRecipients = 30; // above, a search helps
const namedReplies = 3; // above, new replies are counted

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
  if (!document.hidden) timer = window.setTimeout(refresh, running() || !now.sent_at ? often : seldom);
}

const running = () => !now || now.state === 'sending' || now.counts.waiting > 0;

document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : refresh()));

// --- Showing ---

/** @param {Follow} fresh */
function show(fresh) {
  const before = now;
  now = fresh;
  document.title = `${now.subject} – Suivi – Convoc`;
  $('heading').textContent = now.subject;
  showState();
  showMeeting(now, where, filter);
  $('follow-table').classList.toggle('met', now.meeting !== null);
  showCounters();
  showRecipients();
  showContent();
  const unread = now.recipients.filter((it) => !it.read_at);
  $('resend-unread').hidden = !unread.some((it) => it.can_resend);
  $('close-unread').hidden = !unread.some(closable);
  $('close-help').hidden = $('close-unread').hidden || !maySend;
  $('replies-zip').hidden = now.counts.replied === 0;
  $('doubted-help').hidden = now.counts.doubted === 0;
  $('figures-at').textContent = `Chiffres du ${seconds(answered, where)}.`;
  $('followed').hidden = false;
  person?.renew(page);
  if (before) tellChange(before, now);
}

/** @param {Recipient} it */
const closable = (it) => !it.closed_at && it.sendings > 0;

function showState() {
  const { recipients, read, paper } = now.counts;
  const [words, look] = {
    sending: ['Envoi en cours', 'wait'],
    sent: ['Transmise', ''],
    opened_partly: [`Ouverte par ${number(read)}/${number(recipients - paper)}`, 'good'],
    opened_all: ['Ouverte par tous', 'good'],
  }[now.state] ?? ['Liens fermés', ''];
  const tag = $('state');
  tag.textContent = words;
  tag.className = `tag ${look}`;
  $('sent-at').textContent = now.sent_at ? `envoyée le ${long(now.sent_at, where)}` : '';
  $('progress').hidden = !running();
  const told = recipients ? `Envoi en cours\u00a0: ${plural(now.counts.waiting, 'personne attend', 'personnes attendent')} encore.` : 'L’envoi se prépare.';
  $('progress').textContent = `${told} Vous pouvez quitter cette page, il continue sans vous.`;
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
  $('show-all').hidden = all || shown.length === 0;
  $('range').textContent = all ? plural(people(shown), 'personne') : `${number(people(shown))} sur ${plural(people(now.recipients), 'personne')}`;
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

/** Says what came in, briefly. @param {Follow} before @param {Follow} after */
function tellChange(before, after) {
  const [old, fresh] = [before.counts, after.counts];
  const news = [];
  if (fresh.transmitted > old.transmitted) news.push(`${plural(fresh.transmitted, 'courriel accepté', 'courriels acceptés')} par le serveur sur ${number(fresh.recipients)}`);
  if (fresh.read > old.read) news.push(plural(fresh.read - old.read, 'nouvelle lecture', 'nouvelles lectures'));
  if (fresh.failed > old.failed) news.push(plural(fresh.failed - old.failed, 'courriel non envoyé', 'courriels non envoyés'));
  const known = new Map(before.recipients.map((it) => [it.id, it]));
  const replied = after.recipients.filter((it) => it.replies > (known.get(it.id)?.replies ?? 0));
  if (replied.length) news.push(newReplies(replied));
  for (const it of after.recipients) {
    if (it.withdrawn && it.replies && !known.get(it.id)?.withdrawn) news.push(`${it.name || it.address}, ${fallen(it)}`);
  }
  if (news.length) announce(`${news.join('. ')}.`);
}

/** « 1 nouvelle réponse : Anne Dupont, pouvoir à Bruno Petit ». @param {Recipient[]} list */
function newReplies(list) {
  const told = plural(list.length, 'nouvelle réponse', 'nouvelles réponses');
  if (list.length > namedReplies) return told;
  const each = list.map((it) => {
    const said = answer(it.presence, it.holder);
    return [it.name || it.address, said && said[0].toLowerCase() + said.slice(1)].filter(Boolean).join(', ');
  });
  return `${told}\u00a0: ${each.join('\u00a0; ')}`;
}

// --- Choosing whom to show ---

/** @param {string} key */
function filterBy(key) {
  filter = key;
  showCounters();
  if (now.meeting) showPresences(now.meeting, filter);
  showRecipients();
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

/** Sends again, and gives what to say of it. @param {object} body @param {number} expected how many were promised */
async function again(body, expected) {
  const { resent } = await post(`${path}/resend`, body);
  const left = expected - resent;
  const told = resent ? `${plural(resent, 'courriel part', 'courriels partent')} à nouveau.` : 'Aucun courriel ne part.';
  await refresh();
  return left > 0 ? `${told} ${leftOut(left)}` : told;
}

/** Why fewer mails leave than were announced. @param {number} n */
function leftOut(n) {
  return n < 2
    ? 'Une personne est laissée de côté\u00a0: un courriel lui est parti il y a moins de 30 secondes, ou elle vient d’ouvrir.'
    : `${number(n)} personnes sont laissées de côté\u00a0: un courriel leur est parti il y a moins de 30 secondes, ou elles viennent d’ouvrir.`;
}

/** Asks, sends again to one person, and gives what to say of it; empty when it was left. @param {Recipient} it */
async function sendAgain(it) {
  $('resend-title').textContent = `Envoyer à nouveau à ${it.name || it.address}\u00a0?`;
  $('resend-text').textContent = it.state === 'review'
    ? 'Le courriel précédent est peut-être parti, sans certitude. Au pire, cette personne le recevra deux fois.'
    : 'Cette personne recevra un nouveau courriel, avec un lien neuf. Les liens déjà reçus ne changent pas.';
  return await choose($('resend-dialog')) === 'resend' ? again({ recipients: [it.id] }, 1) : '';
}

$('resend-unread').addEventListener('click', async () => {
  const n = now.recipients.filter((it) => !it.read_at && it.can_resend).length;
  $('resend-title').textContent = `Envoyer à nouveau à ${plural(n, 'personne')}\u00a0?`;
  $('resend-text').textContent = 'Ces personnes n’ont pas ouvert la convocation. Chacune recevra un nouveau courriel, avec un lien neuf.';
  if (await choose($('resend-dialog')) !== 'resend') return;
  await busy($('resend-unread'), async () => announce(await again({ who: 'unread' }, n)));
});

$('close-unread').addEventListener('click', async () => {
  const n = now.recipients.filter((it) => !it.read_at && closable(it)).length;
  $('close-title').textContent = n < 2 ? 'Fermer le lien de la personne qui n’a pas ouvert\u00a0?' : `Fermer les liens des ${number(n)} personnes qui n’ont pas ouvert\u00a0?`;
  if (await choose($('close-dialog')) !== 'close') return;
  await busy($('close-unread'), async () => {
    const { closed } = await post(`${path}/close-unread`);
    await refresh();
    announce(closed ? `${plural(closed, 'lien fermé', 'liens fermés')}.` : 'Aucun lien à fermer.');
  });
});

$('recipients').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const it = now.recipients.find((one) => one.id === button?.closest('tr')?.dataset.key);
  if (!button || !it) return;
  busy(button, () => act(button.dataset.act ?? '', it));
});

/** @param {string} what @param {Recipient} it */
async function act(what, it) {
  if (what === 'resend') {
    const told = await sendAgain(it);
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
const page = { path, follow: () => now, zone: () => where, maySend: () => maySend, refresh, sendAgain };

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
