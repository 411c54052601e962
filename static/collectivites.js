// @ts-check
/**
 * Which collectivité one works for, where there are several.
 * @typedef {{id: string, name: string, above: string, role: string}} Choice
 */
import './assets/chrome.js';
import { choose, get, session } from './assets/api.js';
import { roleWord } from './assets/roles.js';
import { $, rows } from './assets/stamp.js';
import { busy, problem } from './assets/tell.js';

const many = 10; // from so many on, one can search

/** @type {Choice[]} */
let all = [];
let current = '';

function show() {
  const wanted = fold($('search').value);
  const found = all.filter((it) => fold(`${it.name} ${it.id}`).includes(wanted));
  rows($('choices'), $('choice-row'), found, (it) => ({
    key: it.id,
    name: it.name,
    detail: [it.above && `rattachée à ${it.above}`, roleWord(it.role)].filter(Boolean).join(', '),
    current: it.id === current && 'true',
  }));
  $('none').hidden = found.length > 0 || all.length === 0;
}

/** Without case and accents. @param {string} text */
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

$('search').addEventListener('input', show);
$('choices').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {HTMLElement} */ (event.target).closest('button[data-act]'));
  const id = button?.closest('li')?.dataset.key;
  if (button && id) {
    busy(button, async () => {
      await choose(id);
      location.assign('/convocations.html');
    });
  }
});

async function start() {
  try {
    const now = await session();
    current = now.collectivity.id;
    $('operator').hidden = !now.rights.includes('installation.manage');
    all = (await get('/api/session/collectivities')).collectivities;
    $('filter').hidden = all.length < many;
    show();
  } catch (error) {
    problem(error, start);
  }
}
start();
