// @ts-check
/**
 * <convoc-chrome>: the head of each page. Its links are in the page and work without this script, which adds the
 * collectivité's name, who is signed in, « Se déconnecter », and keeps the session while the page is in use.
 * With data-session="optional" (the help), nobody is asked to sign in; with data-collectivity="none", the page is one
 * for those too who have not said for which collectivité they work.
 */
import { maybeSignedIn, post, session, signOut } from './api.js';
import { problem } from './tell.js';

const touchEvery = 5 * 60 * 1000; // ms

class ConvocChrome extends HTMLElement {
  connectedCallback() {
    this.querySelector('#sign-out')?.addEventListener('click', () => this.leave());
    if (this.dataset.session === 'optional' && !maybeSignedIn()) return;
    this.meet();
  }

  meet() {
    session().then((now) => this.welcome(now), (error) => problem(error, () => this.meet()));
  }

  /** @param {import('./api.js').Session} now */
  welcome(now) {
    if (!now.collectivity.id && !this.dataset.collectivity && !this.dataset.session) {
      location.replace('/collectivites.html'); // nothing of this page is for nobody in particular
      return;
    }
    for (const node of this.querySelectorAll('[data-several]')) /** @type {HTMLElement} */ (node).hidden = !now.several;
    for (const node of document.querySelectorAll('[data-needs]')) {
      const it = /** @type {HTMLElement} */ (node);
      it.hidden = !now.rights.includes(it.dataset.needs ?? '');
    }
    for (const [name, text] of [['collectivity', now.collectivity.name], ['user', now.user.name]]) {
      const node = this.querySelector(`[data-${name}]`);
      if (node) node.textContent = text;
    }
    for (const node of this.querySelectorAll('.who')) /** @type {HTMLElement} */ (node).hidden = false;
    for (const node of document.querySelectorAll('[data-right]')) {
      const it = /** @type {HTMLElement} */ (node);
      if (!now.rights.includes(it.dataset.right ?? '')) it.hidden = true;
    }
    keepAwake();
  }

  async leave() {
    try {
      await signOut();
      location.assign('/');
    } catch (error) {
      problem(error);
    }
  }
}

/** Keeps the session open while somebody types or points, not while the page lies forgotten in a tab. */
function keepAwake() {
  let touched = Date.now();
  const touch = () => {
    if (Date.now() - touched < touchEvery) return;
    touched = Date.now();
    post('/api/session/touch').catch(() => {}); // the next request that matters says what is wrong
  };
  for (const name of ['pointerdown', 'keydown', 'scroll']) addEventListener(name, touch, { passive: true });
}

customElements.define('convoc-chrome', ConvocChrome);
