// @ts-check
/** A7, the groups. @typedef {{id: string, name: string, members: number, heads: string[], shared: boolean, in_office: number, at_least: boolean}} Group */
import './assets/chrome.js';
import { get, post, put, remove, session } from './assets/api.js';
import { $, openDialog, rows } from './assets/stamp.js';
import { announce, busy, choose, forgive, number, onSubmit, plural, problem } from './assets/tell.js';

const dialog = $('group-dialog');

/** @type {Group[]} */
let groups = [];
/** @type {Group | null} the one in the dialog; null: a new one */
let edited = null;
let mayWrite = false;

async function load() {
  groups = (await get('/api/groups')).groups;
  rows($('groups'), $('group-row'), groups, view);
  for (const button of $('groups').querySelectorAll('button')) {
    if (button.dataset.act === 'share') button.disabled = !mayWrite;
    else button.hidden = !mayWrite;
  }
  $('groups-table').hidden = groups.length === 0;
  $('none-yet').hidden = groups.length > 0;
}

/** @param {Group} it */
function view(it) {
  const others = it.members - it.heads.length;
  const heads = it.heads.join(', ');
  return {
    key: it.id,
    link: `/contacts.html?group=${encodeURIComponent(it.id)}`,
    name: it.name,
    members: `${it.at_least ? 'plus de\u00a0' : ''}${number(it.members)}`,
    office: it.in_office === it.members ? '' : `dont ${number(it.in_office)} en exercice`,
    contacts: it.members === 0 ? 'Ce groupe est vide' : others > 0 ? `${heads} et ${plural(others, 'autre')}` : heads,
    look: it.members === 0 ? 'soft' : '',
    shared: it.shared ? 'OUI' : 'NON',
    isShared: String(it.shared),
    shareName: `Partagé\u00a0: ${it.name}`,
    renameName: `Renommer ${it.name}`,
    deleteName: `Supprimer ${it.name}`,
  };
}

/** @param {Group | null} group */
function edit(group) {
  edited = group;
  forgive($('group-form'));
  $('group-title').textContent = group ? 'Renommer le groupe' : 'Nouveau groupe';
  $('group-name').value = group?.name ?? '';
  openDialog(dialog);
  $('group-name').select();
}

onSubmit($('group-form'), async () => {
  const body = { name: $('group-name').value.trim() };
  if (edited) await put(`/api/groups/${edited.id}`, body);
  else await post('/api/groups', body);
  dialog.close();
  announce(edited ? `Groupe renommé en «\u00a0${body.name}\u00a0».` : `Groupe «\u00a0${body.name}\u00a0» créé.`);
  await load();
});

/** @param {HTMLButtonElement} button @param {Group} group */
async function drop(button, group) {
  $('delete-title').textContent = `Supprimer le groupe «\u00a0${group.name}\u00a0»\u00a0?`;
  if (await choose($('delete-dialog')) !== 'delete') return;
  await busy(button, async () => {
    await remove(`/api/groups/${group.id}`);
    announce(`Groupe «\u00a0${group.name}\u00a0» supprimé.`);
    await load();
    $('new-group').focus();
  });
}

/** @param {HTMLButtonElement} button @param {Group} group */
const share = (button, group) => busy(button, async () => {
  const { shared } = await put(`/api/groups/${group.id}/shared`, { shared: !group.shared });
  announce(`Le groupe «\u00a0${group.name}\u00a0» ${shared ? 'est partagé' : 'n’est plus partagé'}.`);
  await load();
});

$('group-cancel').addEventListener('click', () => dialog.close());
$('new-group').addEventListener('click', () => edit(null));
$('groups').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const key = button?.closest('tr')?.dataset.key;
  const group = groups.find((it) => it.id === key);
  if (!button || !group) return;
  if (button.dataset.act === 'rename') edit(group);
  else if (button.dataset.act === 'share') share(button, group);
  else drop(button, group);
});

async function start() {
  try {
    mayWrite = (await session()).rights.includes('directory.write');
    await load();
  } catch (error) {
    problem(error, start);
  }
}
start();
