// @ts-check
/**
 * One contact: how it stands in a list, and the dialog that changes it.
 *
 * @typedef {{id: string, name: string}} Group
 * @typedef {{id: string, version: number, name: string, civility: string, first: string, last: string, function: string,
 *   phone: string, addresses: string[], inactive: boolean, paper: boolean, rank: number, substitute_of: Group | null,
 *   groups: Group[]}} Contact
 */
import { ApiError, get, post, put } from './api.js';
import { $, openDialog, stamp } from './stamp.js';
import { announce, forgive, later, onSubmit } from './tell.js';

/** As lists sort: « MARTIN Claire »; what she is called where no last name is known. @param {Contact} it */
export const listed = (it) => (it.last ? `${it.last.toLocaleUpperCase('fr')} ${it.first}`.trim() : it.name || '(sans nom)');

/** What stands below the name. @param {Contact} it */
export function about(it) {
  const called = it.last && it.name !== `${it.first} ${it.last}`.trim() ? it.name : '';
  const rank = it.rank ? `n°\u00a0${it.rank} du tableau` : '';
  const titular = it.substitute_of ? `suppléant de ${it.substitute_of.name}` : '';
  return [called, it.function, rank, titular].filter(Boolean).join(' · ');
}

/** The fields that are texts, by their names for the server. */
const texts = /** @type {const} */ (['name', 'civility', 'first', 'last', 'function', 'phone']);

/** Contacts that were proposed, by what stands in the list of proposals. @type {Map<string, string>} */
const proposed = new Map();

/** @param {{name?: string, address?: string}} it */
const proposal = (it) => (it.name && it.address ? `${it.name} (${it.address})` : it.name || it.address || '');

/**
 * Prepares the dialog, and gives what opens it: with a contact, or null for a new one.
 * @param {() => Promise<void>} saved
 * @returns {(contact: Contact | null, groups: Group[], group?: string) => void}
 */
export function editing(saved) {
  /** @type {Contact | null} */
  let edited = null;
  onSubmit($('contact-form'), async () => {
    const body = { ...read(), groups: checked() };
    if (edited) await put(`/api/contacts/${edited.id}`, { version: edited.version, ...body });
    else await post('/api/contacts', body);
    $('contact-dialog').close();
    announce(edited ? 'Contact modifié.' : 'Contact créé.');
    await saved();
  });
  $('contact-cancel').addEventListener('click', () => $('contact-dialog').close());
  $('contact-titular').addEventListener('input', later(200, propose));
  return (contact, groups, group = '') => {
    edited = contact;
    forgive($('contact-form'));
    $('contact-title').textContent = contact ? 'Modifier le contact' : 'Nouveau contact';
    fillIn(contact);
    $('contact-groups').replaceChildren(...groups.map((one) => {
      const choice = stamp($('group-choice'), one);
      const box = /** @type {HTMLInputElement} */ (choice.querySelector('input'));
      box.checked = contact ? contact.groups.some((it) => it.id === one.id) : one.id === group;
      return choice;
    }));
    $('no-groups').hidden = groups.length > 0;
    openDialog($('contact-dialog'));
    $(contact && !contact.last ? 'contact-name' : 'contact-first').focus();
    if (contact) substitutes(contact, () => edited === contact);
  };
}

/** @param {Contact | null} it */
function fillIn(it) {
  for (const name of texts) $(`contact-${name}`).value = it?.[name] ?? '';
  if (it?.last && it.name === `${it.first} ${it.last}`.trim()) $('contact-name').value = '';
  $('contact-addresses').value = it?.addresses.join('\n') ?? '';
  $('contact-active').checked = !it?.inactive;
  $('contact-paper').checked = Boolean(it?.paper);
  $('contact-rank').value = it?.rank || '';
  const titular = it?.substitute_of;
  proposed.clear();
  if (titular) proposed.set(titular.name, titular.id);
  $('contact-titular').value = titular?.name ?? '';
  $('contact-substitutes').hidden = true;
  $('contact-council').open = Boolean(it?.rank || titular);
}

/** Whose suppléants she has, asked when one contact is looked at. @param {Contact} it @param {() => boolean} still */
async function substitutes(it, still) {
  const answer = await get(`/api/contacts/${it.id}`).catch(() => null); // one may edit without
  if (!answer?.substitutes.length || !still()) return;
  const names = answer.substitutes.map((/** @type {Group} */ one) => one.name).join(', ');
  $('contact-substitutes').textContent = `${answer.substitutes.length < 2 ? 'Suppléant' : 'Suppléants'}\u00a0: ${names}`;
  $('contact-substitutes').hidden = false;
  $('contact-council').open = true;
}

function read() {
  const typed = $('contact-rank').value.trim();
  const rank = Number(typed);
  if (typed && !Number.isInteger(rank)) throw new ApiError(422, 'rank_invalid', 'Le rang est un nombre. Laissez vide s’il n’y en a pas.', 'rank');
  const body = Object.fromEntries(texts.map((name) => [name, $(`contact-${name}`).value.trim()]));
  return {
    ...body,
    addresses: $('contact-addresses').value.split(/[\s,;]+/).filter(Boolean),
    inactive: !$('contact-active').checked,
    paper: $('contact-paper').checked,
    rank,
    substitute_of: titularID(),
  };
}

function titularID() {
  const typed = $('contact-titular').value.trim();
  if (!typed) return '';
  const id = proposed.get(typed);
  if (!id) throw new ApiError(422, 'substitute_invalid', `Choisissez «\u00a0${typed}\u00a0» dans la liste des contacts, ou effacez.`, 'substitute_of');
  return id;
}

const checked = () => [.../** @type {NodeListOf<HTMLInputElement>} */ ($('contact-groups').querySelectorAll('input:checked'))].map((box) => box.value);

/** Proposes contacts for whom one stands in. */
async function propose() {
  const typed = $('contact-titular').value.trim();
  if (!typed || proposed.has(typed)) return;
  const { suggestions } = await get(`/api/recipients?q=${encodeURIComponent(typed)}`).catch(() => ({ suggestions: [] }));
  const persons = suggestions.filter((/** @type {{kind: string}} */ it) => it.kind === 'contact');
  for (const it of persons) proposed.set(proposal(it), it.id);
  $('titulars').replaceChildren(...persons.map((/** @type {Group} */ it) => new Option('', proposal(it))));
}
