// @ts-check
/** Connexion. Whoever is signed in already goes straight to the convocations. */
import { get, maybeSignedIn, signIn } from './assets/api.js';
import { $ } from './assets/stamp.js';
import { onSubmit } from './assets/tell.js';

const home = '/convocations.html';

onSubmit($('sign-in-form'), async () => {
  const password = $('password');
  try {
    await signIn($('login').value.trim(), password.value);
  } catch (error) {
    password.select();
    throw error;
  }
  location.assign(home);
});

if (maybeSignedIn()) {
  get('/api/session', { anonymous: true }).then(() => location.replace(home), () => $('login').focus());
} else {
  $('login').focus();
}
