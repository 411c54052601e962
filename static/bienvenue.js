// @ts-check
/**
 * An invitation, in the fragment of the address: the first, printed by the server, names the collectivité and makes the
 * first access; one that came by mail makes an access to a collectivité, or adds the collectivité to an access.
 */
import { ApiError, call, remember } from './assets/api.js';
import { roleWord } from './assets/roles.js';
import { $ } from './assets/stamp.js';
import { onSubmit, problem } from './assets/tell.js';

const shortest = 15; // characters of a password without a second factor
const token = location.hash.slice(1);

if (token) look();
else $('no-invitation').hidden = false;

/** Asks whether the invitation can still be used, before somebody fills in the form for nothing. */
async function look() {
  try {
    const to = await call('POST', '/api/invitation/check', { token }, { anonymous: true });
    $('invitation-form').hidden = !to.first;
    if (!to.first) welcome(to);
  } catch (error) {
    if (error instanceof ApiError && !error.passing) {
      $('used-text').textContent = error.message;
      $('used').hidden = false;
      $('welcome').hidden = true;
    } else problem(error, look);
  }
}

/** @param {{collectivity_name: string, name: string, role: string}} to */
function welcome(to) {
  $('welcome').hidden = true;
  $('join-collectivity').textContent = to.collectivity_name;
  $('join-role').textContent = roleWord(to.role);
  $('join-name').value = to.name;
  $('join-form').hidden = false;
  sort();
}

/** Shows what the one or the other has to give. */
function sort() {
  const existing = $('join-existing').checked;
  for (const [id, wanted] of Object.entries({ 'join-name': !existing, 'join-again': !existing, 'join-code': existing })) {
    const field = $(id).closest('.field');
    field.hidden = !wanted;
    $(id).required = wanted && id !== 'join-code';
  }
  $('join-password-hint').hidden = existing;
  $('join-password').autocomplete = existing ? 'current-password' : 'new-password';
}
$('join-new').addEventListener('change', sort);
$('join-existing').addEventListener('change', sort);

onSubmit($('join-form'), async () => {
  const password = $('join-password').value;
  const existing = $('join-existing').checked;
  if (!existing && [...password].length < shortest) {
    throw new ApiError(422, 'password_too_short', `Il faut au moins ${shortest} caractères.`, 'password');
  }
  if (!existing && password !== $('join-again').value) {
    throw new ApiError(422, 'password_differs', 'Les deux mots de passe ne sont pas les mêmes.', 'password_again');
  }
  remember(await call('POST', '/api/invitation/join', {
    token, existing, name: text('join-name'), login: text('join-login'), password, code: existing ? text('join-code') : '',
  }, { anonymous: true }));
  location.replace('/convocations.html'); // the used invitation does not stay in the history
});

onSubmit($('invitation-form'), async () => {
  const password = $('password').value;
  if ([...password].length < shortest) {
    throw new ApiError(422, 'password_too_short', `Il faut au moins ${shortest} caractères.`, 'password');
  }
  if (password !== $('password-again').value) {
    throw new ApiError(422, 'password_differs', 'Les deux mots de passe ne sont pas les mêmes.', 'password_again');
  }
  remember(await call('POST', '/api/invitation', {
    token,
    collectivity_name: text('collectivity-name'),
    siren: text('siren').replace(/\s/g, ''),
    name: text('name'),
    login: text('login'),
    mail: text('mail'),
    phone: text('phone'),
    password,
  }, { anonymous: true }));
  location.replace('/convocations.html'); // the used invitation does not stay in the history
});

/** @param {string} id */
const text = (id) => $(id).value.trim();
