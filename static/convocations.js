// @ts-check
/** Home: the convocations, the last changed first; search and filter live in the address, so that « back » finds them. */
import './assets/chrome.js';
import { get, post, remove, session, zone } from './assets/api.js';
import { table } from './assets/dates.js';
import { $, rows } from './assets/stamp.js';
import { announce, busy, calm, choose, later, number, problem, range } from './assets/tell.js';

/** @typedef {{id: string, subject: string, state: string, changed_at: string, recipients: number, read: number, replied: number, planned_for: string}} Line */

const search = $('search');
const filter = $('state-filter');
const more = $('more');

/** @type {Line[]} */
let lines = [];
let next = '';
let asked = 0; // a late answer to an older question is dropped
let [mayWrite, maySend] = [false, false];

readAddress();
const start = () => load(false);
search.addEventListener('input', later(250, changed));
filter.addEventListener('change', changed);
$('filters').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
$('clear-filters').addEventListener('click', () => {
  search.value = '';
  filter.value = '';
  changed();
  search.focus();
});
more.addEventListener('click', () => busy(more, () => load(true)));
addEventListener('popstate', () => {
  readAddress();
  start();
});
$('new-convocation').addEventListener('click', () => busy($('new-convocation'), async () => {
  const draft = await post('/api/convocations');
  location.assign(`/composer.html?id=${encodeURIComponent(draft.id)}`);
}));
$('convocations').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const line = lines.find((it) => it.id === button?.closest('tr')?.dataset.key);
  if (button && line) (button.dataset.act === 'recall' ? recall : drop)(button, line);
});
addEventListener('pageshow', (event) => event.persisted && start());
start();

function readAddress() {
  const address = new URLSearchParams(location.search);
  search.value = address.get('q') ?? '';
  filter.value = address.get('state') ?? '';
  if (filter.selectedIndex < 0) filter.value = '';
}

/** The question as the address and the server take it. */
function question() {
  const asks = new URLSearchParams();
  if (search.value.trim()) asks.set('q', search.value.trim());
  if (filter.value) asks.set('state', filter.value);
  return asks;
}

async function changed() {
  const asks = question().toString();
  history.replaceState(null, '', asks ? `?${asks}` : location.pathname);
  await load(false);
  announce($('range').textContent, true);
}

/** @param {boolean} further adds the next page to what is shown */
async function load(further) {
  const turn = ++asked;
  const asks = question();
  if (further) asks.set('cursor', next);
  try {
    const [answer, where, now] = await Promise.all([get(`/api/convocations?${asks}`), zone(), session()]);
    if (turn !== asked) return;
    mayWrite = now.rights.includes('convocation.write');
    maySend = now.rights.includes('convocation.send');
    calm();
    lines = further ? [...lines, ...answer.convocations] : answer.convocations;
    next = answer.next;
    show(answer.total, where);
  } catch (error) {
    problem(error, start);
  }
}

/** @param {number} total @param {string} where */
function show(total, where) {
  const filtered = [...question()].length > 0;
  rows($('convocations'), $('convocation-row'), lines, (line) => view(line, where));
  $('convocations-table').hidden = lines.length === 0;
  $('none-yet').hidden = lines.length > 0 || filtered;
  $('none-found').hidden = lines.length > 0 || !filtered;
  $('range').textContent = lines.length || filtered ? range(lines.length, total) : '';
  more.hidden = !next;
}

/** @param {Line} line @param {string} where */
function view(line, where) {
  const draft = line.state === 'draft';
  const planned = line.planned_for !== '';
  const id = encodeURIComponent(line.id);
  const [day, hour] = table(line.changed_at, where).split(' à ');
  return {
    key: line.id,
    kind: draft || planned ? 'unsent' : '',
    link: draft ? `/composer.html?id=${id}` : `/suivi.html?id=${id}`,
    title: line.subject || '(sans objet)',
    state: stateName(line),
    look: { draft: 'draft', planned: 'wait', sending: 'wait', opened_all: 'good', opened_partly: 'good' }[line.state] ?? '',
    changed: line.changed_at,
    day,
    hour: `à ${hour}`,
    recipients: number(line.recipients),
    planned: planned && `pour le ${table(line.planned_for, where)}`,
    read: draft || planned ? '' : number(line.read),
    replied: draft || planned ? '' : number(line.replied),
    sent: !draft && !planned,
    of: Math.max(1, line.recipients),
    readValue: line.read,
    repliedValue: line.replied,
    removable: draft && mayWrite,
    recallable: planned && maySend,
    recallName: `Annuler l’envoi programmé de ${line.subject}`,
    deleteName: `Supprimer le brouillon ${line.subject || '(sans objet)'}`,
  };
}

/** @param {HTMLButtonElement} button @param {Line} line */
async function drop(button, line) {
  $('delete-subject').textContent = `«\u00a0${line.subject || '(sans objet)'}\u00a0»`;
  if (await choose($('delete-dialog')) !== 'delete') return;
  await busy(button, async () => {
    await remove(`/api/convocations/${encodeURIComponent(line.id)}`);
    announce('Brouillon supprimé.');
    await load(false);
    $('new-convocation').focus();
  });
}

/** Takes back a sending that is planned: it is a draft again. @param {HTMLButtonElement} button @param {Line} line */
function recall(button, line) {
  return busy(button, async () => {
    await post(`/api/convocations/${encodeURIComponent(line.id)}/recall`);
    announce('L’envoi programmé est annulé\u00a0: la convocation est de nouveau un brouillon.');
    await load(false);
    $('new-convocation').focus();
  });
}

/** @param {Line} line */
function stateName(line) {
  switch (line.state) {
    case 'draft': return 'Brouillon';
    case 'planned': return 'Programmée';
    case 'sending': return 'Envoi en cours';
    case 'sent': return 'Transmise';
    case 'opened_partly': return `Ouverte par ${number(line.read)}/${number(line.recipients)}`;
    case 'opened_all': return 'Ouverte par tous';
    default: return 'Liens fermés';
  }
}
