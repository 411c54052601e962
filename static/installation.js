// @ts-check
/**
 * The opérateur's collectivités.
 * @typedef {{id: string, name: string, parent: string, depth: number, created_at: string, closed_at: string}} Collectivity
 */
import './assets/chrome.js';
import { ApiError, get, post, session } from './assets/api.js';
import { table } from './assets/dates.js';
import { $, el, openDialog, rows } from './assets/stamp.js';
import { announce, busy, choose, forgive, onSubmit, problem } from './assets/tell.js';

const home = 'Europe/Paris';
/** @type {Collectivity[]} */
let all = [];
/** @type {Collectivity | null} the one in the dialog */
let invited = null;

async function load() {
  const now = await session();
  const answer = await get('/api/installation');
  all = answer.collectivities;
  rows($('operators'), $('operator-row'), answer.operators, (/** @type {{login: string, name: string}} */ it) => ({
    key: it.login, name: it.name, login: it.login, other: it.login !== now.user.login, dismissName: `Retirer ${it.name} des opérateurs`,
  }));
  const names = new Map(all.map((it) => [it.id, it.name]));
  all.sort((a, b) => a.name.localeCompare(b.name, 'fr'));
  rows($('collectivities'), $('collectivity-row'), all, (it) => ({
    key: it.id,
    name: it.name,
    siren: it.id,
    parent: names.get(it.parent) ?? 'Aucune',
    created: it.created_at && table(it.created_at, home).split(' ')[0],
    closed: it.closed_at !== '',
    inviteName: `Inviter un administrateur de ${it.name}`,
    closeText: it.closed_at ? 'Rouvrir' : 'Fermer',
    closeName: `${it.closed_at ? 'Rouvrir' : 'Fermer'} ${it.name}`,
  }));
  $('parent').replaceChildren(el('option', { value: '' }, 'Aucune'), ...all.map((it) => el('option', { value: it.id }, it.name)));
  $('collectivities-table').hidden = all.length === 0;
}

$('create').addEventListener('click', () => {
  forgive($('create-form'));
  $('create-form').reset();
  openDialog($('create-dialog'));
  $('name').focus();
});
$('create-cancel').addEventListener('click', () => $('create-dialog').close());
$('invite-cancel').addEventListener('click', () => $('invite-dialog').close());

onSubmit($('create-form'), async () => {
  const body = { siren: $('siren').value.replace(/\s/g, ''), name: $('name').value.trim(), parent: $('parent').value };
  const { id } = await post('/api/installation', body);
  $('create-dialog').close();
  announce(`${body.name} est créée.`);
  await load();
  const made = all.find((it) => it.id === id);
  if (made) invite(made);
});

/** @param {Collectivity} it */
function invite(it) {
  invited = it;
  forgive($('invite-form'));
  $('invite-form').reset();
  $('invite-title').textContent = `Inviter un administrateur de ${it.name}`;
  openDialog($('invite-dialog'));
  $('guest-name').focus();
}

onSubmit($('invite-form'), async () => {
  if (!invited) return;
  const guest = { name: $('guest-name').value.trim(), mail: $('guest-mail').value.trim() };
  try {
    await post(`/api/installation/${invited.id}/invite`, guest);
  } catch (error) {
    if (error instanceof ApiError && error.field) error.field = `guest_${error.field}`;
    throw error;
  }
  $('invite-dialog').close();
  announce(`Invitation envoyée à ${guest.name}.`);
});

/** @param {HTMLButtonElement} button @param {Collectivity} it */
async function close(button, it) {
  const closed = it.closed_at === '';
  if (closed) {
    $('close-title').textContent = `Fermer ${it.name}\u00a0?`;
    if (await choose($('close-dialog')) !== 'close') return;
  }
  await busy(button, async () => {
    await post(`/api/installation/${it.id}/close`, { closed });
    announce(`${it.name} est ${closed ? 'fermée' : 'rouverte'}.`);
    await load();
  });
}

$('collectivities').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const key = button?.closest('tr')?.dataset.key;
  const it = all.find((one) => one.id === key);
  if (!button || !it) return;
  if (button.dataset.act === 'invite') invite(it);
  else close(button, it);
});

onSubmit($('operator-form'), async () => {
  await post('/api/installation/operators', { login: $('login').value.trim(), operator: true });
  $('operator-form').reset();
  announce('Un opérateur de plus.');
  await load();
});

$('operators').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const login = button?.closest('li')?.dataset.key;
  if (!button || !login) return;
  busy(button, async () => {
    await post('/api/installation/operators', { login, operator: false });
    announce('Cette personne n’est plus opérateur.');
    await load();
    $('login').focus();
  });
});

const start = () => load().catch((error) => problem(error, start));
start();
