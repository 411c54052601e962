// @ts-check
/**
 * A4, what became of a convocation, person by person. While a sending runs the page asks again every few seconds, only
 * when it is looked at; rows are filled in place, so that focus and selection stay.
 *
 * @typedef {{id: string, name: string, address: string, type: 'to'|'cc'|'bcc', state: string, reason: string, first_sent_at: string,
 *   last_sent_at: string, sendings: number, read_at: string, replied_at: string, reply_started: boolean, closed_at: string,
 *   can_resend: boolean}} Recipient
 * @typedef {{recipients: number, transmitted: number, read: number, replied: number, failed: number, review: number, waiting: number}} Counts
 * @typedef {{id: string, subject: string, message: string, state: string, sent_at: string, to: string, cc: string, bcc: string,
 *   documents: import('./assets/upload.js').Doc[], counts: Counts, recipients: Recipient[]}} Follow
 */
import './assets/chrome.js';
import { get, post, session, zone } from './assets/api.js';
import { clock, long, seconds } from './assets/dates.js';
import { $, openDialog, rows, stamp } from './assets/stamp.js';
import { announce, busy, choose, later, number, openDocument, plural, problem, sentence, size } from './assets/tell.js';

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
let filter = 'recipients'; // a key of the counters

const types = { to: 'Destinataire', cc: 'Copie', bcc: 'Copie cachée' };

const manyRecipients = 30; // above, a search helps

/** Who stands behind each counter. @type {Record<string, (it: Recipient) => boolean>} */
const behind = {
  recipients: () => true,
  transmitted: (it) => it.sendings > 0,
  read: (it) => it.read_at !== '',
  replied: (it) => it.replied_at !== '',
  failed: (it) => it.state === 'failed',
  review: (it) => it.state === 'review',
};

/** Words and look of the states of one sending. @type {Record<string, [string, string]>} */
const states = {
  pending: ['En attente d’envoi', 'wait'],
  calling: ['Envoi en cours', 'wait'],
  sent: ['Accepté par le serveur', 'good'],
  failed: ['Non envoyé', 'bad'],
  retry: ['Nouvel essai prévu', 'wait'],
  unknown: ['Vérification en cours', 'wait'],
  review: ['À vérifier', 'bad'],
};

// --- Asking ---

async function refresh() {
  const turn = ++asked;
  clearTimeout(timer);
  try {
    const answer = await get(`${path}/follow`);
    if (turn !== asked) return;
    answered = new Date().toISOString();
    silences = 0;
    show(answer);
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
  showCounters();
  showRecipients();
  showContent();
  const unread = now.recipients.filter((it) => !it.read_at);
  $('resend-unread').hidden = !unread.some((it) => it.can_resend);
  $('close-unread').hidden = !unread.some((it) => !it.closed_at && it.sendings > 0);
  $('close-help').hidden = $('close-unread').hidden || !maySend;
  $('followed').hidden = false;
  if (before) tellChange(before.counts, now.counts);
}

function showState() {
  const { recipients, read } = now.counts;
  const [words, look] = {
    sending: ['Envoi en cours', 'wait'],
    sent: ['Transmise', ''],
    opened_partly: [`Ouverte par ${number(read)}/${number(recipients)}`, 'good'],
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
  const { recipients, transmitted, read, replied, failed, review } = now.counts;
  const all = [
    ['recipients', recipients, 'Destinataire', 'Destinataires', ''],
    ['transmitted', transmitted, 'Transmis', 'Transmis', ''],
    ['read', read, 'Ouvert', 'Ouverts', ''],
    ['replied', replied, 'Répondu', 'Répondus', ''],
    ['failed', failed, 'Non envoyé', 'Non envoyés', failed ? 'alert' : ''],
    ['review', review, 'À vérifier', 'À vérifier', review ? 'alert' : ''],
  ];
  rows($('counters'), $('counter'), all, ([key, n, one, many, look]) => ({
    key: String(key), count: number(Number(n)), label: Number(n) < 2 ? one : many, look, pressed: String(key === filter),
  }));
}

/** The rows behind the counter that is pressed, and of them those that are searched. */
function showRecipients() {
  $('filters').hidden = now.recipients.length <= manyRecipients;
  const words = folded($('search').value).split(/\s+/);
  const shown = now.recipients.filter((it) => behind[filter](it) && words.every((word) => folded(`${it.name} ${it.address}`).includes(word)));
  rows($('recipients'), $('recipient-row'), shown, view);
  $('follow-table').hidden = shown.length === 0;
  $('none-found').hidden = shown.length > 0 || now.recipients.length === 0;
  const all = shown.length === now.recipients.length;
  $('range').textContent = all ? plural(shown.length, 'personne') : `${number(shown.length)} sur ${plural(now.recipients.length, 'personne')}`;
}

/** Without case and accents. @param {string} text */
const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

/** Says that what is shown grows old; one missing answer says nothing yet. */
function showSilence() {
  $('stale').hidden = silences < 2;
  const words = `Le serveur ne répond pas\u00a0; chiffres de ${answered ? clock(answered, where) : ''}. Cette page réessaie d’elle-même.`;
  if (!$('stale').hidden && $('stale').textContent !== words) $('stale').textContent = words; // said once
}

/** @param {Recipient} it */
function view(it) {
  const [state, look] = states[it.state] ?? [it.state, ''];
  const who = it.name || it.address;
  return {
    key: it.id,
    name: who,
    local: it.name ? it.address.replace(/@.*/, '') : '',
    domain: it.name ? it.address.replace(/^[^@]*/, '') : '',
    state,
    look,
    reason: it.reason,
    type: types[it.type],
    ...moment('first', it.first_sent_at, '—'),
    ...moment('last', it.last_sent_at, '—'),
    sendings: number(it.sendings),
    ...moment('read', it.read_at, it.closed_at ? `Non, lien fermé le ${seconds(it.closed_at, where)}` : 'Non'),
    ...moment('replied', it.replied_at, it.reply_started ? 'Commencée, pas encore envoyée' : it.type === 'to' ? 'Non' : '—'),
    hasReply: it.replied_at !== '',
    seeName: `Voir la réponse de ${who}`,
    canResend: it.can_resend && maySend,
    resendName: `Envoyer à nouveau à ${who}`,
  };
}

/** A time in two parts, so that a narrow column breaks between them. @param {string} name @param {string} utc @param {string} without */
function moment(name, utc, without) {
  const [day, hour] = utc ? seconds(utc, where).split(' à ') : [without, ''];
  return { [`${name}Day`]: day, [`${name}Hour`]: hour && `à ${hour}` };
}

function showContent() {
  $('shown-to').textContent = now.to;
  $('shown-subject').textContent = now.subject;
  $('shown-message').textContent = now.message;
  for (const name of /** @type {const} */ (['cc', 'bcc'])) {
    $(`shown-${name}`).textContent = now[name];
    for (const node of $('content').querySelectorAll(`[data-if="${name}"]`)) node.hidden = !now[name];
  }
  rows($('documents'), $('document-row'), now.documents, (doc) => ({
    key: doc.id, name: doc.name, about: [doc.kind, size(doc.size)].filter(Boolean).join(' · '),
  }));
  if (!now.documents.length) $('documents').textContent = 'Aucun';
  $('download-all').hidden = now.documents.length < 2;
}

/** Says what came in, briefly. @param {Counts} before @param {Counts} after */
function tellChange(before, after) {
  const news = [];
  if (after.transmitted > before.transmitted) news.push(`${plural(after.transmitted, 'courriel accepté', 'courriels acceptés')} par le serveur sur ${number(after.recipients)}`);
  if (after.read > before.read) news.push(plural(after.read - before.read, 'nouvelle lecture', 'nouvelles lectures'));
  if (after.replied > before.replied) news.push(plural(after.replied - before.replied, 'nouvelle réponse', 'nouvelles réponses'));
  if (after.failed > before.failed) news.push(plural(after.failed - before.failed, 'courriel non envoyé', 'courriels non envoyés'));
  if (news.length) announce(`${news.join(', ')}.`);
}

// --- Choosing whom to show ---

/** @param {string} key */
function filterBy(key) {
  filter = key;
  showCounters();
  showRecipients();
  announce($('range').textContent, true);
}

$('counters').addEventListener('click', (/** @type {Event} */ event) => {
  const key = /** @type {HTMLElement} */ (event.target).closest('li')?.dataset.key;
  if (key) filterBy(key === filter ? 'recipients' : key);
});
$('search').addEventListener('input', later(200, () => filterBy(filter)));
$('filters').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
$('clear-filters').addEventListener('click', () => {
  $('search').value = '';
  filterBy('recipients');
  $('heading').focus();
});

// --- Acting ---

/** @param {HTMLButtonElement} button @param {object} body @param {number} expected how many were promised */
function resend(button, body, expected) {
  return busy(button, async () => {
    const { resent } = await post(`${path}/resend`, body);
    const left = expected - resent;
    const told = resent ? `${plural(resent, 'courriel part', 'courriels partent')} à nouveau.` : 'Aucun courriel ne part.';
    announce(left > 0 ? `${told} ${leftOut(left)}` : told);
    await refresh();
  });
}

/** Why fewer mails leave than were announced. @param {number} n */
function leftOut(n) {
  return n < 2
    ? 'Une personne est laissée de côté\u00a0: un courriel lui est parti il y a moins de 30 secondes, ou elle vient d’ouvrir.'
    : `${number(n)} personnes sont laissées de côté\u00a0: un courriel leur est parti il y a moins de 30 secondes, ou elles viennent d’ouvrir.`;
}

/** @param {HTMLButtonElement} button @param {Recipient} it */
async function resendOne(button, it) {
  $('resend-title').textContent = `Envoyer à nouveau à ${it.name || it.address}\u00a0?`;
  $('resend-text').textContent = it.state === 'review'
    ? 'Le courriel précédent est peut-être parti, sans certitude. Au pire, cette personne le recevra deux fois.'
    : 'Cette personne recevra un nouveau courriel, avec un lien neuf. Les liens déjà reçus ne changent pas.';
  if (await choose($('resend-dialog')) === 'resend') await resend(button, { recipients: [it.id] }, 1);
}

$('resend-unread').addEventListener('click', async () => {
  const n = now.recipients.filter((it) => !it.read_at && it.can_resend).length;
  $('resend-title').textContent = `Envoyer à nouveau à ${plural(n, 'personne')}\u00a0?`;
  $('resend-text').textContent = 'Ces personnes n’ont pas ouvert la convocation. Chacune recevra un nouveau courriel, avec un lien neuf.';
  if (await choose($('resend-dialog')) === 'resend') await resend($('resend-unread'), { who: 'unread' }, n);
});

$('close-unread').addEventListener('click', async () => {
  const n = now.recipients.filter((it) => !it.read_at && !it.closed_at).length;
  $('close-title').textContent = n < 2 ? 'Fermer le lien de la personne qui n’a pas ouvert\u00a0?' : `Fermer les liens des ${number(n)} personnes qui n’ont pas ouvert\u00a0?`;
  if (await choose($('close-dialog')) !== 'close') return;
  await busy($('close-unread'), async () => {
    const { closed } = await post(`${path}/close-unread`);
    announce(closed ? `${plural(closed, 'lien fermé', 'liens fermés')}.` : 'Aucun lien à fermer.');
    await refresh();
  });
});

$('recipients').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const it = now.recipients.find((one) => one.id === button?.closest('tr')?.dataset.key);
  if (!button || !it) return;
  if (button.dataset.act === 'reply') busy(button, () => showReply(it));
  else resendOne(button, it);
});

$('documents').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button'));
  const doc = button?.closest('li')?.dataset.key;
  if (button && doc) busy(button, () => openDocument(() => post(`${path}/documents/${doc}/download`)));
});

$('download-all').addEventListener('click', () => busy($('download-all'), async () => {
  const { url } = await post(`${path}/zip`);
  location.assign(url); // served as a file to keep: the page stays
}));

// --- The reply ---

/** @param {Recipient} it */
async function showReply(it) {
  const base = `${path}/recipients/${it.id}`;
  const { name, address, versions } = await get(`${base}/reply`);
  $('reply-title').textContent = `Réponse de ${name || address}`;
  $('reply-address').textContent = name ? address : '';
  $('reply-error').hidden = true;
  $('versions').replaceChildren(...versions.map((/** @type {any} */ version, /** @type {number} */ i) => versionOf(version, i, base)));
  openDialog($('reply-dialog'));
}

/** @param {any} version @param {number} i 0 is the newest @param {string} base */
function versionOf(version, i, base) {
  const title = `${i === 0 ? 'Envoyée' : 'Version précédente, envoyée'} le ${seconds(version.at, where)}`;
  const section = stamp($('version'), { title, text: version.text });
  const list = /** @type {HTMLElement} */ (section.querySelector('ul'));
  list.hidden = !version.documents.length;
  rows(list, $('reply-document'), version.documents, (/** @type {any} */ doc) => ({
    key: doc.id,
    name: doc.name,
    about: [doc.kind, size(doc.size), doc.scan === 'not_scanned' ? 'non analysé' : ''].filter(Boolean).join(' · '),
    downloadName: `Télécharger ${doc.name}`,
  }));
  list.addEventListener('click', (event) => download(event, base));
  return section;
}

/** @param {Event} event @param {string} base */
async function download(event, base) {
  const button = /** @type {HTMLElement} */ (event.target).closest('button');
  const doc = /** @type {HTMLElement | null | undefined} */ (button?.closest('li'))?.dataset.key;
  if (!button || !doc) return;
  $('reply-error').hidden = true;
  try {
    await openDocument(() => post(`${base}/documents/${doc}/download`));
  } catch (error) {
    $('reply-error').textContent = sentence(error);
    $('reply-error').hidden = false;
  }
}

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
