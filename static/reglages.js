// @ts-check
/**
 * A11: the collectivité's settings, its users and their roles.
 * @typedef {{login: string, name: string, mail: string, role: string, disabled: boolean, factor: boolean}} User
 * @typedef {{id: string, name: string, mail: string, role: string, until: string}} Invitation
 */
import './assets/chrome.js';
import { ApiError, get, post, put, session } from './assets/api.js';
import { long, table } from './assets/dates.js';
import { roleTitle } from './assets/roles.js';
import { $, openDialog, rows } from './assets/stamp.js';
import { announce, busy, choose, forgive, onSubmit, problem } from './assets/tell.js';

const texts = { name: 'name', sender: 'sender', mail: 'mail', phone: 'phone', kind: 'kind', population: 'population', time_zone: 'time-zone' };

let version = 0;
/** @type {User[]} */
let users = [];
/** @type {Invitation[]} */
let invitations = [];
/** @type {User | null} the one in the dialog */
let edited = null;

/** @param {any} it */
function fillSettings(it) {
  version = it.version;
  for (const [field, id] of Object.entries(texts)) $(id).value = it[field];
  $('retention').value = String(it.retention);
  $('siren').textContent = it.id;
}

onSubmit($('settings-form'), async () => {
  /** @type {Record<string, any>} */
  const body = { version, id: '', created_at: '', retention: Number($('retention').value) };
  for (const [field, id] of Object.entries(texts)) body[field] = $(id).value.trim();
  fillSettings(await put('/api/settings', body));
  announce('Réglages enregistrés.');
});

async function load() {
  const now = await session();
  ({ users, invitations } = await get('/api/users'));
  rows($('users'), $('user-row'), users, (it) => ({
    key: it.login,
    name: it.name,
    login: it.login,
    role: roleTitle(it.role),
    factor: it.factor ? 'Activée' : 'Non',
    disabled: it.disabled,
    other: it.login !== now.user.login,
    roleName: `Changer le rôle de ${it.name}`,
    disableText: it.disabled ? 'Réactiver' : 'Désactiver',
    disableName: `${it.disabled ? 'Réactiver' : 'Désactiver'} ${it.name}`,
    removeName: `Retirer ${it.name}`,
  }));
  rows($('invitations'), $('invitation-row'), invitations, (it) => ({
    key: it.id,
    name: it.name,
    mail: it.mail,
    role: roleTitle(it.role),
    until: table(it.until, now.collectivity.time_zone),
    againName: `Envoyer à nouveau l’invitation de ${it.name}`,
    withdrawName: `Annuler l’invitation de ${it.name}`,
  }));
  $('waiting').hidden = invitations.length === 0;
  $('users-section').hidden = false;
}

$('invite').addEventListener('click', () => {
  forgive($('invite-form'));
  $('invite-form').reset();
  openDialog($('invite-dialog'));
  $('guest-name').focus();
});
$('invite-cancel').addEventListener('click', () => $('invite-dialog').close());
$('role-cancel').addEventListener('click', () => $('role-dialog').close());

onSubmit($('invite-form'), async () => {
  await invite({ name: $('guest-name').value.trim(), mail: $('guest-mail').value.trim(), role: $('guest-role').value });
  $('invite-dialog').close();
});

/** @param {{name: string, mail: string, role: string}} guest */
async function invite({ name, mail, role }) {
  try {
    await post('/api/users/invite', { name, mail, role });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'mail_unsent') await load(); // it waits, and can be sent again
    if (error instanceof ApiError && (error.field === 'name' || error.field === 'mail')) error.field = `guest_${error.field}`;
    throw error;
  }
  announce(`Invitation envoyée à ${name}.`);
  await load();
}

onSubmit($('role-form'), async () => {
  if (!edited) return;
  await post('/api/users/role', { login: edited.login, role: $('user-role').value, disabled: edited.disabled });
  $('role-dialog').close();
  announce(`Le rôle de ${edited.name} a changé.`);
  await load();
});

/** @param {User} user */
function changeRole(user) {
  edited = user;
  forgive($('role-form'));
  $('role-title').textContent = `Rôle de ${user.name}`;
  $('user-role').value = user.role;
  openDialog($('role-dialog'));
  $('user-role').focus();
}

/** @param {HTMLButtonElement} button @param {User} user */
function disable(button, user) {
  busy(button, async () => {
    await post('/api/users/role', { login: user.login, role: user.role, disabled: !user.disabled });
    announce(user.disabled ? `${user.name} peut de nouveau se connecter.` : `L’accès de ${user.name} est désactivé.`);
    await load();
  });
}

/** @param {HTMLButtonElement} button @param {User} user */
async function remove(button, user) {
  $('remove-title').textContent = `Retirer l’accès de ${user.name}\u00a0?`;
  if (await choose($('remove-dialog')) !== 'remove') return;
  await busy(button, async () => {
    await post('/api/users/role', { login: user.login, role: '', disabled: false });
    announce(`${user.name} n’a plus accès à la collectivité.`);
    await load();
    $('invite').focus();
  });
}

/** @param {string} list @param {(act: string, button: HTMLButtonElement, key: string) => void} act */
function onAct(list, act) {
  $(list).addEventListener('click', (/** @type {Event} */ event) => {
    const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
    if (button) act(button.dataset.act ?? '', button, button.closest('tr')?.dataset.key ?? '');
  });
}

onAct('users', (act, button, login) => {
  const user = users.find((it) => it.login === login);
  if (!user) return;
  if (act === 'role') changeRole(user);
  else if (act === 'disable') disable(button, user);
  else remove(button, user);
});

onAct('invitations', (act, button, id) => {
  const it = invitations.find((one) => one.id === id);
  if (!it) return;
  if (act === 'again') busy(button, () => invite(it));
  else {
    busy(button, async () => {
      await post('/api/users/withdraw', { id });
      announce(`L’invitation de ${it.name} est annulée.`);
      await load();
      $('invite').focus();
    });
  }
});

async function start() {
  try {
    const it = await get('/api/settings');
    fillSettings(it);
    $('created').textContent = `créée le ${long(it.created_at, it.time_zone)}`;
    $('settings-form').hidden = false;
    await load();
  } catch (error) {
    problem(error, start);
  }
}
start();
