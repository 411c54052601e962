// @ts-check
/** A6, the contacts. Search, group, state and order live in the address.
 * @typedef {import('./assets/contact.js').Contact} Contact @typedef {import('./assets/contact.js').Group} Group
 */
import './assets/chrome.js';
import { get, post, session } from './assets/api.js';
import { editing, listed, about } from './assets/contact.js';
import { $, openDialog, rows } from './assets/stamp.js';
import { announce, busy, calm, choose, forgive, later, number, onSubmit, plural, problem, range } from './assets/tell.js';

const search = $('search');
const filter = $('group-filter');
const more = $('more');
const all = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('[data-act="select-all"]')]); // one for the table, one for the cards
const most = 20; // contacts that become one

/** What narrows and sorts the list, by their names in the address. @type {Record<string, HTMLInputElement | HTMLSelectElement>} */
const asked = { q: search, group: filter, state: $('state-filter'), sort: $('sort') };

/** @type {Contact[]} */
let contacts = [];
/** @type {Group[]} */
let groups = [];
/** @type {Set<string>} */
const chosen = new Set();
let total = 0;
let atLeast = false;
let next = '';
let turn = 0;
let mayWrite = false;

const start = () => load(false);

function question() {
  const asks = new URLSearchParams();
  for (const [name, field] of Object.entries(asked)) if (field.value.trim()) asks.set(name, field.value.trim());
  return asks;
}

async function changed() {
  const asks = question().toString();
  history.replaceState(null, '', asks ? `?${asks}` : location.pathname);
  chosen.clear();
  await load(false);
  announce($('range').textContent, true);
}

/** @param {boolean} further adds the next page to what is shown */
async function load(further) {
  const mine = ++turn;
  const asks = question();
  asks.set('limit', '100');
  if (further) asks.set('cursor', next);
  try {
    const answer = await get(`/api/contacts?${asks}`);
    if (mine !== turn) return;
    calm();
    contacts = further ? [...contacts, ...answer.contacts] : answer.contacts;
    next = answer.next;
    total = answer.total;
    atLeast = answer.at_least;
    show();
    if (contacts.length === 0 && next) await load(true); // a stretch of a large directory in which nobody is
  } catch (error) {
    problem(error, start);
  }
}

function show() {
  const asks = question();
  $('export').href = `/api/contacts/export?${asks}`;
  $('export-xlsx').href = `/api/contacts/export?format=xlsx&${asks}`;
  asks.delete('sort');
  const filtered = asks.size > 0;
  rows($('contacts'), $('contact-row'), contacts, view);
  for (const box of $('contacts').querySelectorAll('[data-act="select"]')) {
    box.checked = chosen.has(box.closest('tr').dataset.key);
    box.hidden = !mayWrite;
  }
  $('contacts-table').hidden = contacts.length === 0;
  $('none-yet').hidden = contacts.length > 0 || filtered;
  $('none-found').hidden = contacts.length > 0 || !filtered || Boolean(next);
  $('export').hidden = $('export-xlsx').hidden = contacts.length === 0;
  $('range').textContent = atLeast ? `1 à ${number(contacts.length)} sur plus de ${number(total)}`
    : contacts.length || filtered ? range(contacts.length, total) : '';
  more.hidden = !next;
  showChosen();
}

/** @param {Contact} it */
function view(it) {
  const who = it.name || it.addresses[0] || 'ce contact';
  return {
    key: it.id,
    name: listed(it),
    about: about(it),
    inactive: it.inactive,
    paper: it.paper,
    phone: it.phone,
    addresses: it.addresses.join('\n') || 'Pas de courriel',
    groups: it.groups.map((group) => group.name).join(', '),
    selectName: `Sélectionner ${who}`,
    editName: `Modifier ${who}`,
  };
}

function showChosen() {
  for (const box of all) {
    box.checked = contacts.length > 0 && chosen.size === contacts.length;
    box.indeterminate = chosen.size > 0 && !box.checked;
    box.hidden = !mayWrite;
  }
  $('select-all-line').hidden = !mayWrite || contacts.length === 0;
  $('selection').hidden = chosen.size === 0;
  $('selected').textContent = plural(chosen.size, 'contact sélectionné', 'contacts sélectionnés');
  $('join-selection').hidden = groups.length === 0;
  $('merge-selection').hidden = chosen.size < 2 || chosen.size > most;
}

// --- Selection ---

for (const box of all) {
  box.addEventListener('change', () => {
    chosen.clear();
    if (box.checked) for (const it of contacts) chosen.add(it.id);
    show();
    announce($('selected').textContent, true);
  });
}

$('contacts').addEventListener('change', (/** @type {Event} */ event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  const key = box.closest('tr')?.dataset.key ?? '';
  if (box.checked) chosen.add(key);
  else chosen.delete(key);
  showChosen();
});

$('delete-selection').addEventListener('click', async () => {
  $('delete-title').textContent = `Supprimer ${plural(chosen.size, 'contact')}\u00a0?`;
  if (await choose($('delete-dialog')) !== 'delete') return;
  await busy($('delete-selection'), async () => {
    const { deleted } = await post('/api/contacts/delete', { contacts: [...chosen] });
    chosen.clear();
    announce(`${plural(deleted, 'contact supprimé', 'contacts supprimés')}.`);
    await load(false);
    search.focus();
  });
});

$('join-selection').addEventListener('click', () => {
  forgive($('join-form'));
  $('join-title').textContent = `Ajouter ${plural(chosen.size, 'contact')} à un groupe`;
  $('join-group').replaceChildren(...groups.map((group) => new Option(group.name, group.id)));
  openDialog($('join-dialog'));
});

// What was done before an error stays done, and trying again goes on with the others.
onSubmit($('join-form'), async () => {
  const group = groups.find((it) => it.id === $('join-group').value);
  if (!group) return;
  const { joined } = await post(`/api/groups/${group.id}/members`, { contacts: [...chosen] });
  $('join-dialog').close();
  chosen.clear();
  announce(`${plural(joined, 'contact ajouté', 'contacts ajoutés')} à «\u00a0${group.name}\u00a0».`);
  await load(false);
});
$('join-cancel').addEventListener('click', () => $('join-dialog').close());

$('merge-selection').addEventListener('click', () => location.assign(`/doublons.html?fusionner=${[...chosen].join(',')}`));

// --- One contact ---

const edit = editing(() => load(false));

$('new-contact').addEventListener('click', () => edit(null, groups, filter.value));
$('contacts').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('[data-act="edit"]');
  const key = button?.closest('tr')?.dataset.key;
  const contact = contacts.find((it) => it.id === key);
  if (contact) edit(contact, groups);
});

// --- Wiring ---

search.addEventListener('input', later(250, changed));
for (const field of [filter, asked.state, asked.sort]) field.addEventListener('change', changed);
$('filters').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
$('clear-filters').addEventListener('click', () => {
  search.value = filter.value = asked.state.value = '';
  changed();
  search.focus();
});
more.addEventListener('click', () => busy(more, () => load(true)));

async function first() {
  try {
    mayWrite = (await session()).rights.includes('directory.write');
    groups = (await get('/api/groups')).groups;
    const asks = new URLSearchParams(location.search);
    filter.append(...groups.map((group) => new Option(group.name, group.id)));
    for (const [name, field] of Object.entries(asked)) {
      field.value = asks.get(name) ?? '';
      if (field instanceof HTMLSelectElement && field.selectedIndex < 0) field.value = '';
    }
    await load(false);
  } catch (error) {
    problem(error, () => location.reload());
  }
}
first();
