// @ts-check
/** Connexion. Whoever is signed in already goes straight to the convocations. */
import { ApiError, get, maybeSignedIn, signIn } from './assets/api.js';
import { $ } from './assets/stamp.js';
import { announce, onSubmit } from './assets/tell.js';

const home = '/convocations.html';

onSubmit($('sign-in-form'), async () => {
  const password = $('password');
  try {
    const now = await signIn($('login').value.trim(), password.value, $('code').value);
    location.assign(now.collectivity.id ? home : '/collectivites.html');
  } catch (error) {
    const asked = error instanceof ApiError && error.code === 'code_needed';
    if (asked) $('code-field').hidden = false;
    if ($('code-field').hidden) password.select();
    else $('code').select();
    if (asked) return announce(error.message, true);
    throw error;
  }
});

if (maybeSignedIn()) {
  get('/api/session', { anonymous: true }).then(() => location.replace(home), () => $('login').focus());
} else {
  $('login').focus();
}
