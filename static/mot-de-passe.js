// @ts-check
/** « Réinitialiser mon mot de passe »: asks for a link; with the link's token in the fragment, takes the new password. */
import { ApiError, call } from './assets/api.js';
import { $ } from './assets/stamp.js';
import { onSubmit, problem } from './assets/tell.js';

const token = location.hash.slice(1);
let shortest = 15; // characters; the server says how many where there is a second factor

if (token) look();
else {
  $('ask-form').hidden = false;
  $('login').focus();
}

/** Asks whether the link can still be used, before somebody thinks of a password for nothing. */
async function look() {
  try {
    ({ shortest } = await call('POST', '/api/reset/check', { token }, { anonymous: true }));
    $('reset-form').hidden = false;
    $('password').focus();
  } catch (error) {
    if (error instanceof ApiError && !error.passing) over(error);
    else problem(error, look);
  }
}

/** @param {Error} error */
function over(error) {
  $('over-text').textContent = error.message;
  $('over').hidden = false;
  $('reset-form').hidden = true;
}

onSubmit($('ask-form'), async () => {
  await call('POST', '/api/reset', { login: $('login').value.trim() }, { anonymous: true });
  $('ask-form').hidden = true;
  $('asked').hidden = false;
  $('asked-title').focus();
});

onSubmit($('reset-form'), async () => {
  const password = $('password').value;
  if ([...password].length < shortest) {
    throw new ApiError(422, 'password_too_short', `Il faut au moins ${shortest} caractères.`, 'password');
  }
  if (password !== $('password-again').value) {
    throw new ApiError(422, 'password_differs', 'Les deux mots de passe ne sont pas les mêmes.', 'password_again');
  }
  try {
    await call('POST', '/api/reset/finish', { token, password }, { anonymous: true });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'reset_over') return over(error);
    throw error;
  }
  history.replaceState(null, '', location.pathname); // the used link does not stay in the history
  $('reset-form').hidden = true;
  $('done').hidden = false;
  $('done-title').focus();
});

// The link from here to here changes the fragment alone: the page begins anew.
addEventListener('hashchange', () => location.reload());
