// @ts-check
/** One's own access: password, second factor, sessions. */
import './assets/chrome.js';
import { ApiError, forget, get, post, remember, session } from './assets/api.js';
import { $, el } from './assets/stamp.js';
import { announce, busy, onSubmit, problem } from './assets/tell.js';

/** @param {boolean} factor */
const shortest = (factor) => (factor ? 12 : 15);

onSubmit($('password-form'), async () => {
  const password = $('password').value;
  const least = shortest((await session()).factor);
  if ([...password].length < least) {
    throw new ApiError(422, 'password_too_short', `Il faut au moins ${least} caractères.`, 'password');
  }
  if (password !== $('password-again').value) {
    throw new ApiError(422, 'password_differs', 'Les deux mots de passe ne sont pas les mêmes.', 'password_again');
  }
  remember(await post('/api/password', { present: $('present').value, password }));
  $('password-form').reset();
  announce('Votre mot de passe a changé.');
});

onSubmit($('mail-form'), async () => {
  await post('/api/mail', { present: $('mail-present').value, mail: $('mail').value.trim() });
  $('mail-present').value = '';
  announce('Votre adresse a changé.');
});

onSubmit($('factor-form'), async () => {
  const begun = await post('/api/factor', { password: $('factor-password').value, code: '' });
  $('factor-form').reset();
  $('factor-picture').src = begun.picture;
  $('factor-secret').textContent = begun.secret.replace(/(.{4})/g, '$1 ').trim();
  $('recovery').replaceChildren(...begun.recovery.map((/** @type {string} */ code) => el('li', {}, el('code', {}, code))));
  $('factor-off').hidden = true;
  $('factor-begun').hidden = false;
  $('begun-title').focus();
});

onSubmit($('confirm-form'), async () => {
  await post('/api/factor/confirm', { code: $('code').value });
  show(true);
  announce('La double authentification est activée.');
});

onSubmit($('remove-form'), async () => {
  await post('/api/factor/remove', { password: $('remove-password').value, code: $('remove-code').value });
  $('remove-form').reset();
  show(false);
  announce('La double authentification est retirée.');
});

$('everywhere').addEventListener('click', () => busy($('everywhere'), async () => {
  await post('/api/session/everywhere');
  forget();
  location.assign('/');
}));

/** @param {boolean} factor */
function show(factor) {
  $('factor-on').hidden = !factor;
  $('factor-off').hidden = factor;
  $('factor-begun').hidden = true;
}

async function start() {
  try {
    show((await session()).factor);
    $('mail').value = (await get('/api/mail')).mail;
  } catch (error) {
    problem(error, start);
  }
}
start();
