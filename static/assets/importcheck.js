// @ts-check
/**
 * A8, second step: what an import would do, how the file is read, and all that can be changed of it. Each choice is kept by
 * the server with the import, which answers with what it would do now.
 *
 * @typedef {{line: number, cells: string[], out: boolean, decision: string}} Line
 * @typedef {{encoding: string, separator: string, sheet: string, header: string, columns: string[], without_address: boolean,
 *   replace: boolean, refused: string[], lines: Line[]}} Choices
 * @typedef {{line: number, code: string, message: string, column: number, suggestion: string, cells: string[]}} Fault
 * @typedef {{line: number, address: string, name: string, groups: string[], state: string,
 *   changes: {field: string, before: string, after: string}[]}} Shown
 * @typedef {{name: string, encoding: string, separator: string, sheets: string[], sheet: string, header: boolean,
 *   columns: {title: string, role: string, sample: string[]}[], warnings: string[], chosen: Choices,
 *   corrected: {line: number, cells: string[], out: boolean}[], counts: Record<string, number>,
 *   groups_created: {name: string, refused: boolean}[], contacts: Shown[], errors: Fault[],
 *   confirm: {line: number, address: string, name: string, other: string, decision: string}[],
 *   doubts: {line: number, address: string, name: string, better: string, column: number, cells: string[]}[]}} Preview
 */
import { post } from './api.js';
import { $, el, openDialog, rows } from './stamp.js';
import { announce, busy, calm, number, onSubmit, plural, problem } from './tell.js';

let id = '';
/** @type {Preview} */
let preview;
/** @type {Promise<unknown>} */
let turn = Promise.resolve();

const names = { 'utf-8': 'UTF-8', 'utf-16': 'UTF-16', 'windows-1252': 'Windows-1252', 'iso-8859-15': 'ISO-8859-15', cp850: 'CP850', macintosh: 'Mac Roman' };
const separators = { ';': 'point-virgule', ',': 'virgule', '\t': 'tabulation', '|': 'barre verticale' };
const roles = [
  ['ignored', 'Ne pas importer'], ['address', 'Adresse de courriel'], ['name', 'Description (nom affiché)'], ['civility', 'Civilité'],
  ['first_name', 'Prénom'], ['last_name', 'Nom'], ['function', 'Fonction'], ['phone', 'Téléphone'], ['active', 'Actif (oui ou non)'],
  ['paper', 'Par courrier (oui ou non)'], ['rank', 'Ordre du tableau'], ['substitute_of', 'Suppléant de'], ['group', 'Groupe'],
];
const fields = /** @type {Record<string, string>} */ ({
  name: 'Description', civility: 'Civilité', first: 'Prénom', last: 'Nom', function: 'Fonction', phone: 'Téléphone', addresses: 'Courriels',
  inactive: 'Inactif', paper: 'Par courrier', rank: 'Ordre du tableau', substitute_of: 'Suppléant de', groups: 'Groupes',
});
const shownErrors = 50;

/** Shows what an import would do. @param {string} of @param {Preview} what */
export function show(of, what) {
  id = of;
  preview = what;
  showReading();
  showCounters();
  showGroups();
  ask();
  showDoubts();
  showErrors();
  showCorrected();
  showContacts();
  const n = preview.counts.contacts;
  $('import-apply').textContent = `Importer ${plural(n, 'contact')}`;
  $('import-apply').hidden = n === 0;
  announce(`${plural(n, 'contact lu', 'contacts lus')}, ${plural(preview.counts.errors, 'ligne en erreur', 'lignes en erreur')}.`, true);
}

/** Keeps choices, one after the other, and shows what they change. @param {Partial<Choices>} some */
function keep(some) {
  const next = turn.catch(() => {}).then(async () => {
    const answer = await post(`/api/imports/${id}/choices`, { ...preview.chosen, lines: [], ...some });
    calm();
    show(id, answer);
  });
  turn = next;
  return next;
}

/** keep, with refusals told for the page; what was chosen on the screen goes back. @param {Partial<Choices>} some */
async function change(some) {
  try {
    await keep(some);
  } catch (error) {
    show(id, preview);
    problem(error);
  }
}

/** Waits for what is being kept. */
export const kept = () => turn;

/** The first question without an answer has the focus. @returns {boolean} whether there is one */
export function unanswered() {
  const open = [...$('questions').children].find((question) => !question.querySelector('input:checked'));
  open?.querySelector('input')?.focus();
  return Boolean(open);
}

// --- How the file is read ---

function showReading() {
  const { sheets, sheet, encoding, separator, header, chosen } = preview;
  $('read-as').textContent = `${preview.name}\u00a0: ${[
    sheet && `feuille «\u00a0${sheet}\u00a0»`,
    encoding && `texte ${names[/** @type {'cp850'} */ (encoding)] ?? encoding}`,
    separator && `séparateur ${separators[/** @type {';'} */ (separator)] ?? separator}`,
    header ? 'première ligne\u00a0: des titres' : 'pas de ligne de titres',
  ].filter(Boolean).join(', ')}.`;
  rows($('warnings'), $('file-warning'), preview.warnings, (text) => ({ key: text, text }));
  $('warnings').hidden = preview.warnings.length === 0;
  $('sheet-choice').hidden = sheets.length < 2;
  $('sheet').replaceChildren(...sheets.map((it) => el('option', { value: it }, it)));
  $('sheet').value = sheet;
  $('encoding-choice').hidden = !encoding;
  $('encoding').value = encoding;
  $('separator-choice').hidden = !separator;
  $('separator').value = separator;
  $('header').checked = header;
  $('without-address').checked = chosen.without_address;
  for (const radio of document.querySelectorAll('input[name="replace"]')) {
    const input = /** @type {HTMLInputElement} */ (radio);
    input.checked = (input.value === 'yes') === chosen.replace;
  }
  rows($('columns'), $('import-column'), [...preview.columns.entries()], ([i, { title, sample }]) => ({
    key: String(i), title: title || `Colonne ${i + 1}`, sample: sample.join(' · '), label: `Contenu de la colonne ${title || i + 1}`,
  }));
  [...$('columns').children].forEach((item, i) => {
    const select = item.querySelector('select');
    if (!select.options.length) select.append(...roles.map(([value, text]) => el('option', { value }, text)));
    select.value = preview.columns[i].role;
  });
}

// What is found depends on these: columns that were chosen for another reading are none of this one.
$('sheet').addEventListener('change', () => change({ sheet: $('sheet').value, columns: [] }));
$('encoding').addEventListener('change', () => change({ encoding: $('encoding').value, columns: [] }));
$('separator').addEventListener('change', () => change({ separator: $('separator').value, columns: [] }));
$('header').addEventListener('change', () => change({ header: $('header').checked ? 'yes' : 'no', columns: [] }));
$('without-address').addEventListener('change', () => change({ without_address: $('without-address').checked }));
$('columns').addEventListener('change', () => change({ columns: [...$('columns').querySelectorAll('select')].map((it) => it.value) }));
for (const radio of document.querySelectorAll('input[name="replace"]')) {
  radio.addEventListener('change', () => change({ replace: /** @type {HTMLInputElement} */ (radio).value === 'yes' }));
}

// --- What it would do ---

function showCounters() {
  const all = [
    ['contacts', 'Contact', 'Contacts', ''],
    ['new', 'Nouveau', 'Nouveaux', ''],
    ['changed', 'Modifié', 'Modifiés', ''],
    ['unchanged', 'Inchangé', 'Inchangés', ''],
    ['merged', 'Ligne réunie à une autre', 'Lignes réunies à une autre', ''],
    ['paper', 'Convoqué par courrier', 'Convoqués par courrier', ''],
    ['out', 'Ligne laissée de côté', 'Lignes laissées de côté', ''],
    ['confirm', 'Question', 'Questions', ''],
    ['errors', 'Ligne à corriger', 'Lignes à corriger', 'alert'],
  ];
  const { counts } = preview;
  const shown = all.filter(([key]) => key === 'contacts' || key === 'new' || counts[key] > 0);
  rows($('import-counters'), $('counter'), shown, ([key, one, many, look]) => ({
    key, count: number(counts[key]), label: counts[key] < 2 ? one : many, look,
  }));
}

function showGroups() {
  const made = [...preview.groups_created].sort((a, b) => a.name.localeCompare(b.name, 'fr', { numeric: true }));
  $('no-groups').hidden = made.length > 0;
  $('new-groups').hidden = made.length === 0;
  $('new-groups-title').textContent = made.length < 2 ? 'Groupe à créer' : 'Groupes à créer';
  rows($('groups'), $('new-group'), made, ({ name }) => ({ key: name, name }));
  [...$('groups').children].forEach((item, i) => { item.querySelector('input').checked = !made[i].refused; });
}

$('groups').addEventListener('change', () => {
  const refused = [...$('groups').children].filter((it) => !it.querySelector('input').checked).map((it) => it.dataset.key);
  change({ refused });
});

/** @type {Record<string, [string, string]>} */
const effects = { new: ['Nouveau', 'good'], changed: ['Modifié', 'wait'], unchanged: ['Inchangé', ''], ask: ['Question', 'wait'] };

function showContacts() {
  const { contacts, counts } = preview;
  rows($('import-lines'), $('import-line'), contacts, (it) => {
    const [state, look] = effects[it.state] ?? [it.state, ''];
    const changes = it.changes.map(({ field, before, after }) => `${fields[field] ?? field}\u00a0: ${told(field, before)} → ${told(field, after)}`);
    return {
      key: String(it.line), name: it.name || '(sans nom)', address: it.address || '(aucune)', groups: it.groups.join(', '), state, look,
      changes: changes.join('\n'),
    };
  });
  $('import-contacts').hidden = $('lines-title').hidden = contacts.length === 0;
  $('only-first').hidden = counts.contacts <= contacts.length;
  $('only-first').textContent = `${number(contacts.length)} contacts sur ${number(counts.contacts)} sont montrés\u00a0; tous seront importés.`;
}

/** What stood in a field. @param {string} field @param {string} value */
function told(field, value) {
  if (field === 'inactive' || field === 'paper') return value ? 'oui' : 'non';
  if (field === 'substitute_of') return value ? 'quelqu’un' : '(rien)';
  return value ? value.replaceAll('\n', ', ') : '(rien)';
}

// --- Questions ---

function ask() {
  const { confirm } = preview;
  $('decisions').hidden = confirm.length === 0;
  rows($('questions'), $('question'), confirm, (it) => ({
    key: String(it.line),
    title: `Ligne ${it.line}\u00a0: «\u00a0${it.name || it.address}\u00a0» et «\u00a0${it.other}\u00a0»`,
    address: it.address || 'Sans adresse de courriel',
  }));
  for (const { line, decision } of confirm) {
    for (const radio of $('questions').querySelectorAll(`input[name="${line}"]`)) radio.checked = radio.value === decision;
  }
  $('all-others-line').hidden = confirm.filter((it) => !it.decision).length < 3;
}

$('questions').addEventListener('change', (/** @type {Event} */ event) => {
  const radio = /** @type {HTMLInputElement} */ (event.target);
  change({ lines: [choice(Number(radio.name), { decision: radio.value })] });
});
$('all-others').addEventListener('click', () => busy($('all-others'), () => keep({
  lines: preview.confirm.filter((it) => !it.decision).map((it) => choice(it.line, { decision: 'other' })),
})));
$('decisions').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());

/** What is chosen for a line, with what was chosen before. @param {number} line @param {Partial<Line>} some @returns {Line} */
function choice(line, some) {
  const before = preview.corrected.find((it) => it.line === line);
  const decision = preview.confirm.find((it) => it.line === line)?.decision ?? '';
  return { line, cells: before?.cells ?? [], out: before?.out ?? false, decision, ...some };
}

// --- Lines ---

function showDoubts() {
  $('doubts-card').hidden = preview.doubts.length === 0;
  rows($('doubts'), $('doubt'), preview.doubts, (it) => ({
    key: String(it.line), title: `Ligne ${it.line}\u00a0: ${it.address}`, better: `Vouliez-vous dire ${it.better}\u00a0?`,
    label: `Corriger la ligne ${it.line} en ${it.better}`,
  }));
}

$('doubts').addEventListener('click', (/** @type {Event} */ event) => pressed(event, (button, line) => {
  const doubt = preview.doubts.find((it) => it.line === line);
  if (doubt) busy(button, () => keep({ lines: [choice(line, { cells: replaced(doubt.cells, doubt.column, doubt.better) })] }));
}));

/** @param {Event} event @param {(button: HTMLButtonElement, line: number) => void} act */
function pressed(event, act) {
  const button = /** @type {Element} */ (event.target).closest('button');
  const item = /** @type {HTMLElement | null | undefined} */ (button?.closest('[data-key]'));
  if (button && item) act(button, Number(item.dataset.key));
}

/** @param {string[]} cells @param {number} at @param {string} text */
const replaced = (cells, at, text) => Array.from({ length: Math.max(cells.length, at + 1) }, (_, i) => (i === at ? text : cells[i] ?? ''));

function showErrors() {
  const { errors, counts } = preview;
  $('import-errors').hidden = counts.errors === 0;
  $('errors-title').textContent = plural(counts.errors, 'ligne à corriger', 'lignes à corriger');
  const shown = errors.slice(0, shownErrors);
  rows($('error-lines'), $('error-line'), shown, (it) => ({
    key: String(it.line), line: `Ligne ${it.line}`, message: it.message, cells: it.cells.join(' · '),
    suggestion: it.suggestion && it.column >= 0, suggest: `Mettre ${it.suggestion}`, edit: `Corriger la ligne ${it.line}`, out: `Laisser de côté la ligne ${it.line}`,
  }));
  $('only-first-errors').hidden = counts.errors <= shown.length;
  $('only-first-errors').textContent = `Les ${number(shown.length)} premières sur ${number(counts.errors)} sont montrées\u00a0; celles qui restent ne seront pas importées.`;
}

$('error-lines').addEventListener('click', (/** @type {Event} */ event) => pressed(event, (button, line) => {
  const fault = preview.errors.find((it) => it.line === line);
  if (!fault) return;
  if (button.dataset.act === 'edit') edit(fault);
  else if (button.dataset.act === 'out') busy(button, () => keep({ lines: [choice(line, { out: true })] }));
  else busy(button, () => keep({ lines: [choice(line, { cells: replaced(fault.cells, fault.column, fault.suggestion), out: false })] }));
}));

let editing = 0;

/** Opens the cells of a line. @param {Fault} fault */
function edit(fault) {
  editing = fault.line;
  $('line-title').textContent = `Corriger la ligne ${fault.line}`;
  const box = $('line-form').querySelector('[data-refusal]');
  box.textContent = fault.message;
  box.hidden = false;
  const count = Math.max(fault.cells.length, preview.columns.length);
  $('line-cells').replaceChildren(...Array.from({ length: count }, (_, i) => el('div', { className: 'field' },
    el('label', { for: `cell-${i}` }, columnName(i)),
    el('input', { id: `cell-${i}`, type: 'text', value: fault.cells[i] ?? '', autocomplete: 'off', spellcheck: false }))));
  openDialog($('line-dialog'));
  document.getElementById(`cell-${Math.max(fault.column, 0)}`)?.focus();
}

/** @param {number} i */
function columnName(i) {
  const column = preview.columns[i];
  if (!column) return `Colonne ${i + 1}`;
  return column.title || (column.role !== 'ignored' && roles.find(([role]) => role === column.role)?.[1]) || `Colonne ${i + 1}`;
}

onSubmit($('line-form'), async () => {
  const line = editing;
  await keep({ lines: [choice(line, { cells: [...$('line-cells').querySelectorAll('input')].map((it) => it.value), out: false })] });
  const still = preview.errors.find((it) => it.line === line);
  if (still) return edit(still);
  $('line-dialog').close();
  $('errors-title').closest('[hidden]') ? $('check-title').focus() : $('import-errors').scrollIntoView({ block: 'nearest' });
});
$('line-leave').addEventListener('click', () => $('line-dialog').close());

function showCorrected() {
  const { corrected } = preview;
  $('corrected-card').hidden = corrected.length === 0;
  $('corrected-title').textContent = plural(corrected.length, 'ligne corrigée ou laissée de côté', 'lignes corrigées ou laissées de côté');
  rows($('corrected'), $('corrected-line'), corrected, (it) => ({
    key: String(it.line), line: `Ligne ${it.line}`, what: it.out ? 'Laissée de côté' : it.cells.filter(Boolean).join(' · '),
    label: `Rétablir la ligne ${it.line} du fichier`,
  }));
}

$('corrected').addEventListener('click', (/** @type {Event} */ event) => pressed(event, (button, line) => {
  busy(button, () => keep({ lines: [choice(line, { cells: [], out: false })] }));
}));
