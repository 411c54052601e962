// @ts-check
/** First start: the invitation printed by the server, in the fragment of the address, makes the first access. */
import { ApiError, call, remember } from './assets/api.js';
import { $ } from './assets/stamp.js';
import { onSubmit, problem } from './assets/tell.js';

const shortest = 15; // characters of a password without a second factor
const token = location.hash.slice(1);

if (token) look();
else $('no-invitation').hidden = false;

/** Asks whether the invitation can still be used, before somebody fills in the form for nothing. */
async function look() {
  try {
    await call('POST', '/api/invitation/check', { token }, { anonymous: true });
    $('invitation-form').hidden = false;
  } catch (error) {
    if (error instanceof ApiError && !error.passing) {
      $('used-text').textContent = error.message;
      $('used').hidden = false;
      $('welcome').hidden = true;
    } else problem(error, look);
  }
}

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
