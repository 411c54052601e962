// @ts-check
/**
 * Contacts that may be one person, a stretch of the directory at a time, or those that were chosen in the contacts
 * (« ?fusionner= »). Who is kept, what she takes over and what is lost is shown before anything is written.
 * @typedef {import('./assets/contact.js').Contact} Contact
 * @typedef {{key: string, why: string, contacts: Contact[]}} Alike
 */
import './assets/chrome.js';
import { get, post, session } from './assets/api.js';
import { about, listed } from './assets/contact.js';
import { $, el, openDialog, rows, stamp } from './assets/stamp.js';
import { announce, busy, forgive, onSubmit, plural, problem } from './assets/tell.js';

const maxAddresses = 2;

/** What the merged contact may take over, by its field; the words are those of the dialog. */
const labels = /** @type {const} */ ({
  civility: 'Civilité', first: 'Prénom', last: 'Nom de famille', name: 'Description', function: 'Fonction', phone: 'Téléphone', rank: 'Rang',
});

/** @type {Alike[]} */
let sets = [];
let next = '';
/** @type {{keep: Contact, others: Contact[], fields: Record<string, any>} | null} */
let asked = null;

// --- Finding them ---

/** Looks on until something is found or the end is reached. */
async function search() {
  $('searching').hidden = false;
  try {
    do {
      const answer = await get(`/api/contacts/duplicates?cursor=${encodeURIComponent(next)}`);
      for (const { address, contacts } of answer.found) add(address ? 'Même adresse, noms proches' : 'Même nom', contacts);
      next = answer.next;
    } while (next && sets.length === 0);
  } finally {
    $('searching').hidden = true;
  }
  show();
}

/** @param {string} why @param {Contact[]} contacts */
function add(why, contacts) {
  sets.push({ key: contacts.map((it) => it.id).join(' '), why, contacts });
}

function show() {
  const before = new Map([...$('sets').children].map((node) => [node.dataset.key, node]));
  $('sets').replaceChildren(...sets.map((set) => before.get(set.key) ?? card(set)));
  $('none').hidden = sets.length > 0 || Boolean(next);
  $('more').hidden = !next;
}

/** @param {Alike} set */
function card(set) {
  const names = set.contacts.map((it) => it.name || it.addresses[0]).join(', ');
  const node = stamp($('set'), { why: set.why, mergeName: `Fusionner ${names}` });
  node.dataset.key = set.key;
  const persons = set.contacts.map((it) => stamp($('person'), {
    id: it.id, set: set.key, name: listed(it), inactive: it.inactive, paper: it.paper, about: about(it),
    reach: [...it.addresses, it.phone].filter(Boolean).join(' · ') || 'Pas de courriel',
    groups: it.groups.map((group) => group.name).join(', '),
  }));
  /** @type {HTMLInputElement} */ (persons[0].querySelector('input')).checked = true;
  /** @type {HTMLElement} */ (node.querySelector('.persons')).replaceChildren(...persons);
  return node;
}

// --- Merging ---

/** The same for « MARTIN Jean » and « Jean Martin ». @param {string | number} text */
const words = (text) => String(text).normalize('NFKD').replace(/\p{Mn}/gu, '').toLowerCase().split(/[^\p{L}\p{N}]+/u).sort().join(' ');

/** What becomes of them, and what of the others is not kept. @param {Contact} keep @param {Contact[]} others */
function merged(keep, others) {
  /** @type {Record<string, any>} */
  const fields = {};
  /** @type {string[]} */
  const lost = [];
  for (const [name, label] of Object.entries(labels)) {
    const field = /** @type {keyof typeof labels} */ (name);
    const all = [keep, ...others].map((it) => it[field]).filter(Boolean);
    fields[name] = all[0] ?? keep[field];
    const gone = [...new Set(all.filter((it) => words(it) !== words(fields[name])))];
    if (gone.length > 0 && name !== 'civility') lost.push(`${label}\u00a0: ${gone.join(', ')}`);
  }
  const addresses = [...new Set([keep, ...others].flatMap((it) => it.addresses))];
  fields.addresses = addresses.slice(0, maxAddresses);
  if (addresses.length > maxAddresses) lost.push(`Courriel\u00a0: ${addresses.slice(maxAddresses).join(', ')}`);
  const groups = new Map([keep, ...others].flatMap((it) => it.groups).map((it) => [it.id, it.name]));
  fields.inactive = keep.inactive;
  fields.paper = [keep, ...others].some((it) => it.paper);
  const titular = [keep, ...others].map((it) => it.substitute_of).find((it) => it && ![keep, ...others].some((one) => one.id === it.id));
  fields.substitute_of = titular?.id ?? '';
  fields.groups = [...groups.keys()];
  const told = [
    ...Object.entries(labels).map(([name, label]) => [label, fields[name]]),
    ['Courriel', fields.addresses.join(', ') || 'Aucun'], ['Convocation', convened(fields)],
    ['Suppléant de', titular?.name], ['Groupes', [...groups.values()].join(', ')],
  ];
  return { fields, lost, told: told.filter(([, what]) => what) };
}

/** @param {Record<string, any>} fields */
function convened(fields) {
  if (fields.inactive) return 'Plus en fonction';
  return fields.paper || fields.addresses.length === 0 ? 'Par courrier' : 'Par courriel';
}

/** @param {Alike} set @param {string} id of the one who is kept */
function ask(set, id) {
  const keep = /** @type {Contact} */ (set.contacts.find((it) => it.id === id));
  const others = set.contacts.filter((it) => it.id !== id);
  const { fields, lost, told } = merged(keep, others);
  asked = { keep, others, fields };
  forgive($('merge-form'));
  $('merge-title').textContent = `Fusionner ${plural(set.contacts.length, 'contact')} en un seul\u00a0?`;
  $('merge-facts').replaceChildren(...told.flatMap(([label, what]) => [el('dt', {}, String(label)), el('dd', {}, String(what))]));
  rows($('merge-lost'), $('lost'), lost, (text) => ({ key: text, text: `Ne sera pas gardé. ${text}` }));
  $('merge-gone').textContent = `${others.length < 2 ? 'Disparaît' : 'Disparaissent'} des contacts\u00a0: ${others.map(listed).join(', ')}.`;
  openDialog($('merge-dialog'));
}

onSubmit($('merge-form'), async () => {
  if (!asked) return;
  const { keep, others, fields } = asked;
  const seen = (/** @type {Contact} */ it) => ({ id: it.id, version: it.version });
  await post('/api/contacts/merge', { keep: seen(keep), others: others.map(seen), fields });
  $('merge-dialog').close();
  const gone = new Set(others.map((it) => it.id));
  sets = sets.filter((set) => !set.contacts.some((it) => gone.has(it.id) || it.id === keep.id));
  announce(`${plural(others.length + 1, 'contact')} fusionnés\u00a0: ${listed(keep)} est gardé.`);
  show();
  $('title').focus();
});
$('merge-cancel').addEventListener('click', () => $('merge-dialog').close());
$('sets').addEventListener('click', (/** @type {Event} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('[data-act="merge"]');
  const node = /** @type {HTMLElement | null} */ (button?.closest('section') ?? null);
  const set = sets.find((it) => it.key === node?.dataset.key);
  const kept = /** @type {HTMLInputElement | null} */ (node?.querySelector('input:checked') ?? null);
  if (set && kept) ask(set, kept.value);
});
$('more').addEventListener('click', () => busy($('more'), search));

// --- Start ---

async function start() {
  try {
    await session();
    const chosen = new URLSearchParams(location.search).get('fusionner')?.split(',') ?? [];
    sets = [];
    next = '';
    if (chosen.length < 2) return await search();
    $('title').textContent = 'Fusionner des contacts';
    $('explained').hidden = true;
    add('Contacts choisis', await Promise.all(chosen.map((id) => get(`/api/contacts/${encodeURIComponent(id)}`))));
    show();
  } catch (error) {
    problem(error, start);
  }
}
start();
