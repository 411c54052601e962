// @ts-check
/** A6, the contacts, by name. Search and group live in the address. @typedef {{id: string, name: string}} Group
 * @typedef {{id: string, version: number, name: string, addresses: string[], groups: Group[]}} Contact
 */
import './assets/chrome.js';
import { get, post, put, session } from './assets/api.js';
import { $, openDialog, rows, stamp } from './assets/stamp.js';
import { announce, busy, calm, choose, forgive, later, onSubmit, plural, problem, range } from './assets/tell.js';

const search = $('search');
const filter = $('group-filter');
const more = $('more');
const all = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('[data-act="select-all"]')]); // one for the table, one for the cards
const dialog = $('contact-dialog');

/** @type {Contact[]} */
let contacts = [];
/** @type {Group[]} */
let groups = [];
/** @type {Set<string>} */
const chosen = new Set();
/** @type {Contact | null} the one in the dialog; null: a new one */
let edited = null;
let total = 0;
let next = '';
let asked = 0;
let mayWrite = false;

const start = () => load(false);

function question() {
  const asks = new URLSearchParams();
  if (search.value.trim()) asks.set('q', search.value.trim());
  if (filter.value) asks.set('group', filter.value);
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
  const turn = ++asked;
  const asks = question();
  asks.set('limit', '100');
  if (further) asks.set('cursor', next);
  try {
    const answer = await get(`/api/contacts?${asks}`);
    if (turn !== asked) return;
    calm();
    contacts = further ? [...contacts, ...answer.contacts] : answer.contacts;
    next = answer.next;
    total = answer.total;
    show();
  } catch (error) {
    problem(error, start);
  }
}

function show() {
  const filtered = [...question()].length > 0;
  rows($('contacts'), $('contact-row'), contacts, view);
  for (const box of $('contacts').querySelectorAll('[data-act="select"]')) {
    box.checked = chosen.has(box.closest('tr').dataset.key);
    box.hidden = !mayWrite;
  }
  $('contacts-table').hidden = contacts.length === 0;
  $('none-yet').hidden = contacts.length > 0 || filtered;
  $('none-found').hidden = contacts.length > 0 || !filtered;
  $('range').textContent = contacts.length || filtered ? range(contacts.length, total) : '';
  more.hidden = !next;
  showChosen();
}

/** @param {Contact} it */
function view(it) {
  const who = it.name || it.addresses[0] || 'ce contact';
  return {
    key: it.id,
    name: it.name || '(sans nom)',
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
  $('join-progress').textContent = '';
  openDialog($('join-dialog'));
});

// One contact after the other, each at the version that is on the screen: what was done stays done, and trying again
// goes on with the others.
onSubmit($('join-form'), async () => {
  const group = groups.find((it) => it.id === $('join-group').value);
  const joining = contacts.filter((it) => chosen.has(it.id) && !it.groups.some((one) => one.id === group?.id));
  if (!group) return;
  try {
    for (const [done, it] of joining.entries()) {
      if (joining.length > 5) $('join-progress').textContent = `${done} sur ${joining.length}…`;
      const { version, name, addresses } = it;
      Object.assign(it, await put(`/api/contacts/${it.id}`, { version, name, addresses, groups: [...it.groups.map((one) => one.id), group.id] }));
    }
  } finally {
    $('join-progress').textContent = '';
    show();
  }
  $('join-dialog').close();
  chosen.clear();
  announce(`${plural(joining.length, 'contact ajouté', 'contacts ajoutés')} à «\u00a0${group.name}\u00a0».`);
  await load(false);
});
$('join-cancel').addEventListener('click', () => $('join-dialog').close());

// --- One contact ---

/** @param {Contact | null} contact */
function edit(contact) {
  edited = contact;
  forgive($('contact-form'));
  $('contact-title').textContent = contact ? 'Modifier le contact' : 'Nouveau contact';
  $('contact-name').value = contact?.name ?? '';
  $('contact-addresses').value = contact?.addresses.join('\n') ?? '';
  $('contact-groups').replaceChildren(...groups.map((group) => {
    const choice = stamp($('group-choice'), group);
    const box = /** @type {HTMLInputElement} */ (choice.querySelector('input'));
    box.checked = contact ? contact.groups.some((it) => it.id === group.id) : group.id === filter.value;
    return choice;
  }));
  $('no-groups').hidden = groups.length > 0;
  openDialog(dialog);
  $('contact-name').focus();
}

onSubmit($('contact-form'), async () => {
  const boxes = /** @type {HTMLInputElement[]} */ ([...$('contact-groups').querySelectorAll('input:checked')]);
  const body = {
    name: $('contact-name').value.trim(),
    addresses: $('contact-addresses').value.split(/[\s,;]+/).filter(Boolean),
    groups: boxes.map((box) => box.value),
  };
  if (edited) await put(`/api/contacts/${edited.id}`, { version: edited.version, ...body });
  else await post('/api/contacts', body);
  dialog.close();
  announce(edited ? 'Contact modifié.' : 'Contact créé.');
  await load(false);
});

$('contact-cancel').addEventListener('click', () => dialog.close());
$('new-contact').addEventListener('click', () => edit(null));
$('contacts').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('[data-act="edit"]');
  const key = button?.closest('tr')?.dataset.key;
  const contact = contacts.find((it) => it.id === key);
  if (contact) edit(contact);
});

// --- Wiring ---

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

async function first() {
  try {
    mayWrite = (await session()).rights.includes('directory.write');
    groups = (await get('/api/groups')).groups;
    const asks = new URLSearchParams(location.search);
    filter.append(...groups.map((group) => new Option(group.name, group.id)));
    search.value = asks.get('q') ?? '';
    filter.value = asks.get('group') ?? '';
    if (filter.selectedIndex < 0) filter.value = '';
    await load(false);
  } catch (error) {
    problem(error, () => location.reload());
  }
}
first();
