// @ts-check
/**
 * The dialog that creates, changes or deletes an assembly. Loaded when it is opened.
 *
 * @typedef {import('./meeting.js').Assembly} Assembly
 * @typedef {import('./meeting.js').Body} Body
 */
import { ApiError, get, post, put, remove } from './api.js';
import { $, openDialog, rows } from './stamp.js';
import { announce, choose, forgive, onSubmit, plural, refuse } from './tell.js';

/** The fields of text and number, by what the server calls them. */
const fields = {
  name: 'assembly-name', members: 'assembly-members', place: 'assembly-place', signatory: 'assembly-signatory',
  clear_days: 'assembly-days', proxies_per_holder: 'assembly-proxies',
};

/** @type {Assembly | null} the one in the dialog; null: a new one */
let edited = null;
/** @type {Body[]} */
let bodies = [];
/** @type {Map<string, number>} how many members of a group are in office */
let offices = new Map();
/** @type {{saved?: Assembly, deleted?: boolean} | null} what came of it */
let outcome = null;
let kept = false; // a new one was left unsaved: what was typed is still there

/**
 * Opens the dialog. Gives null when it was left.
 * @param {Assembly | null} assembly null: a new one @param {Body[]} kinds
 */
export async function editAssembly(assembly, kinds) {
  const { groups } = await get('/api/groups');
  offices = new Map(groups.map((/** @type {{id: string, in_office: number}} */ it) => [it.id, it.in_office]));
  const again = kept && !assembly;
  [edited, bodies, outcome, kept] = [assembly, kinds, null, !assembly];
  forgive($('assembly-form'));
  $('assembly-title').textContent = assembly ? 'Modifier l’assemblée' : 'Nouvelle assemblée';
  $('assembly-delete').hidden = !assembly;
  const body = again ? $('assembly-body').value : assembly?.body ?? '';
  const group = again ? $('assembly-group').value : assembly?.group ?? '';
  list($('assembly-body'), kinds.map((it) => ({ value: it.body, label: it.label })), body, 'Choisissez');
  list($('assembly-group'), groups.map((/** @type {any} */ it) => ({ value: it.id, label: `${it.name} (${it.members})` })), group, 'Tous les destinataires');
  if (!again) for (const [name, id] of Object.entries(fields)) $(id).value = assembly?.[/** @type {'name'} */ (name)] || '';
  about();
  openDialog($('assembly-dialog'));
  $('assembly-name').focus();
  return new Promise((resolve) => {
    $('assembly-dialog').addEventListener('close', () => resolve(outcome), { once: true });
  });
}

/** @param {HTMLSelectElement} select @param {{value: string, label: string}[]} options @param {string} chosen @param {string} none */
function list(select, options, chosen, none) {
  rows(select, $('choice'), [{ value: '', label: none }, ...options], (it) => ({ key: it.value, ...it }));
  select.value = options.some((it) => it.value === chosen) ? chosen : '';
}

/** What the law says of the kind that is chosen. */
function about() {
  const body = bodies.find((it) => it.body === $('assembly-body').value);
  const days = body?.clear_days ? `${plural(body.clear_days, 'jour franc', 'jours francs')} au moins entre l’envoi et la séance (art.\u00a0${body.article}).` : 'Aucun délai légal\u00a0: indiquez plus bas celui de vos statuts.';
  $('assembly-body-about').textContent = body ? days : '';
}

/** A whole number; empty is 0, anything else is left for the server to refuse. @param {HTMLInputElement} field */
function whole(field) {
  const n = Number(field.value);
  return field.validity.badInput || !Number.isInteger(n) ? -1 : n;
}

/** @param {HTMLInputElement} field */
const written = (field) => (field.type === 'number' ? whole(field) : field.value.trim());

/** @param {{saved?: Assembly, deleted?: boolean}} what @param {string} words */
function done(what, words) {
  outcome = what;
  kept = false;
  $('assembly-dialog').close();
  announce(words);
}

onSubmit($('assembly-form'), async () => {
  const texts = Object.fromEntries(Object.entries(fields).map(([name, id]) => [name, written($(id))]));
  const body = { ...texts, body: $('assembly-body').value, group: $('assembly-group').value };
  const saved = await (edited ? put(`/api/assemblies/${edited.id}`, { version: edited.version, ...body }) : post('/api/assemblies', body)).catch(retell);
  done({ saved }, `Assemblée «\u00a0${saved.name}\u00a0» enregistrée.`);
});

/** Here there is no page to reload: the dialog reads the assembly anew each time it opens. @param {any} error @returns {never} */
function retell(error) {
  if (error.code !== 'changed_meanwhile') throw error;
  throw new ApiError(error.status, error.code, 'Cette assemblée vient d’être modifiée ailleurs. Annulez, puis rouvrez cette fenêtre pour voir la dernière version.');
}

$('assembly-body').addEventListener('change', about);
$('assembly-group').addEventListener('change', () => {
  if (!$('assembly-members').value) $('assembly-members').value = offices.get($('assembly-group').value) || '';
});
$('assembly-cancel').addEventListener('click', () => $('assembly-dialog').close());
$('assembly-delete').addEventListener('click', async () => {
  const gone = edited;
  if (!gone) return;
  $('forget-title').textContent = `Supprimer l’assemblée «\u00a0${gone.name}\u00a0»\u00a0?`;
  if (await choose($('forget-dialog')) !== 'delete') return;
  try {
    await remove(`/api/assemblies/${gone.id}`);
    done({ deleted: true }, `Assemblée «\u00a0${gone.name}\u00a0» supprimée.`);
  } catch (error) {
    refuse($('assembly-form'), error);
  }
});
