// @ts-check
/**
 * The two cards that make more of a draft than a mail: <convoc-meeting>, the séance with its legal delay, and
 * <convoc-options>, the password, the end of the replies, the life of the links. Each fills and reads its fields; the page
 * saves. What is typed by half (a date without its hour) is no value yet: the page says so, and asks before it is left.
 *
 * @typedef {{id: string, version: number, name: string, body: string, members: number, group: string, clear_days: number,
 *   proxies_per_holder: number, place: string, signatory: string}} Assembly
 * @typedef {{body: string, label: string, clear_days: number, article: string, remote: boolean, substitutes: boolean}} Body
 * @typedef {{assembly: string, assembly_name?: string, occasion: string, at: string, place: string, agenda: string[],
 *   signatory: string, remote: boolean, substitutes: boolean, urgent: string}} Meeting
 * @typedef {{level: 'green'|'amber'|'red', last: string, clear_days: number, days: number, working_days: number, article: string,
 *   urgency_possible: boolean, text: string}} Delay
 * @typedef {{replies_until: string, link_days: number, remind_days: number, has_password: boolean}} Options
 */
import { ApiError, get } from './api.js';
import { $, fill, rows } from './stamp.js';
import { announce, busy, plural, problem, wrong } from './tell.js';

export const [minReason, maxReason] = [20, 500]; // characters
const [minPassword, maxPassword] = [6, 256]; // characters
const [minDays, maxDays] = [7, 400];
const [maxRemind, usualRemind] = [30, 2]; // days before replies end

const looks = { green: ['good', '✓', 'Dans les délais.'], amber: ['', '⚠\ufe0e', 'Délai court.'], red: ['bad', '✕', 'Délai dépassé.'] };

/** What is shown of a delay: a colour, a sign and words. @param {Delay} delay */
export function look(delay) {
  const [colour, icon, word] = looks[delay.level];
  return { look: colour, icon, word: delay.level === 'green' && delay.clear_days === 0 ? 'Sans délai imposé.' : word, text: delay.text };
}

/** A refusal of the page's own. @param {string} code @param {string} field @param {string} message */
export const refusal = (code, field, message) => new ApiError(422, code, message, field);

/** A date while its year is being typed is 0002, then 0020, then 0202. @param {string} date */
const whole = (date) => date >= '2000';

/** What an assembly may allow or not. */
const allowed = /** @type {const} */ (['remote', 'substitutes']);

export class ConvocMeeting extends HTMLElement {
  /** @type {Assembly[]} */
  assemblies = [];
  /** @type {Body[]} */
  bodies = [];
  /** The assembly that the draft names, whether it is still there or not. @type {{id: string, name: string} | null} */
  named = null;
  /** @type {Promise<void> | null} */
  listing = null;
  listed = false;
  /** What the server judged, and its verdict. @type {{meeting: Meeting | null, delay: Delay | null}} */
  judged = { meeting: null, delay: null };
  /** The assembly whose usual place and signatory stand in the fields. @type {Assembly | undefined} */
  usual;

  connectedCallback() {
    $('kind').addEventListener('change', () => this.turn());
    $('assembly').addEventListener('change', () => this.choose($('assembly').value));
    this.addEventListener('input', () => this.show());
    $('meeting-time').addEventListener('input', () => wrong($('meeting-date'), ''));
    $('new-assembly').addEventListener('click', () => busy($('new-assembly'), () => this.edit('')));
    $('edit-assembly').addEventListener('click', () => busy($('edit-assembly'), () => this.edit($('assembly').value)));
  }

  get on() {
    return $('kind-meeting').checked;
  }

  /** The one that is chosen, once the list is here. */
  get assembly() {
    return this.assemblies.find((it) => it.id === $('assembly').value);
  }

  get assemblyName() {
    return this.assembly?.name ?? this.named?.name ?? '';
  }

  get at() {
    const [date, time] = [$('meeting-date').value, $('meeting-time').value];
    return whole(date) && time ? `${date}T${time.slice(0, 5)}` : '';
  }

  /** Something is typed that is no value yet. */
  get half() {
    const typed = (/** @type {string[]} */ ...ids) => ids.map($).some((it) => it.value || it.validity.badInput);
    if (!this.on || this.value?.at) return false;
    return typed('meeting-date', 'meeting-time') || (!this.value && typed('meeting-place', 'meeting-agenda'));
  }

  /** @returns {Meeting | null} null: a plain mail, or a séance of nobody yet */
  get value() {
    if (!this.on || !$('assembly').value) return null;
    return {
      assembly: $('assembly').value,
      occasion: $('occasion').value,
      at: this.at,
      place: $('meeting-place').value,
      agenda: $('meeting-agenda').value.split('\n').map((/** @type {string} */ it) => it.trim()).filter(Boolean),
      signatory: $('meeting-signatory').value,
      remote: offered('remote'),
      substitutes: offered('substitutes'),
      urgent: $('urgent').checked ? $('urgent-reason').value : '',
    };
  }

  /** A plain mail leaves the fields as they are: they come back with the choice. @param {Meeting | null} meeting */
  set value(meeting) {
    $(meeting ? 'kind-meeting' : 'kind-mail').checked = true;
    if (meeting) this.fill(meeting);
    this.show();
    if (meeting) this.list().then(() => this.show(), problem);
  }

  /** @param {Meeting} meeting */
  fill(meeting) {
    this.named = { id: meeting.assembly, name: meeting.assembly_name ?? '' };
    this.choices(meeting.assembly);
    this.usual = this.assembly;
    [$('meeting-date').value, $('meeting-time').value] = meeting.at ? meeting.at.split('T') : ['', ''];
    $('meeting-place').value = meeting.place;
    $('meeting-signatory').value = meeting.signatory;
    $('meeting-agenda').value = meeting.agenda.join('\n');
    for (const key of allowed) {
      $(key).checked = meeting[key];
      $(key).parentElement.hidden = !meeting[key]; // until the kinds of assemblies are here
    }
    $('occasion').value = meeting.occasion;
    $('special-cases').open ||= meeting.occasion !== 'ordinary';
    $('urgent').checked = meeting.urgent !== '';
    $('urgent-reason').value = meeting.urgent || $('urgent-reason').value;
  }

  /** Takes what the server made of a save: what the assembly does not allow is off. @param {Meeting} mine @param {Meeting} theirs */
  accept(mine, theirs) {
    for (const key of allowed) if ($(key).checked === mine[key]) $(key).checked = theirs[key];
  }

  /** Takes the server's verdict. @param {{meeting: Meeting | null, delay: Delay | null}} verdict */
  judge({ meeting, delay }) {
    this.judged = { meeting, delay };
    this.show();
  }

  /** Between a séance and a plain mail. The only assembly there is needs no choice. */
  async turn() {
    this.show();
    if (this.on) await this.list().catch((error) => problem(error, () => this.turn()));
    if (this.on && this.assemblies.length === 1 && !$('assembly').value) this.choose(this.assemblies[0].id);
    this.show();
  }

  /** Asks for the assemblies, once. */
  list() {
    this.listing ??= get('/api/assemblies').then(({ assemblies, bodies }) => {
      Object.assign(this, { assemblies, bodies, listed: true });
      this.choices($('assembly').value);
      this.usual ??= this.assembly;
    }, (error) => {
      this.listing = null;
      throw error;
    });
    return /** @type {Promise<void>} */ (this.listing);
  }

  /** Fills the list; none is a choice only as long as there is none. @param {string} chosen */
  choices(chosen) {
    const options = this.assemblies.map(({ id, name }) => ({ value: id, label: name }));
    if (chosen === this.named?.id && !options.some((it) => it.value === chosen)) options.push({ value: chosen, label: this.named.name });
    if (!chosen) options.unshift({ value: '', label: this.listed && !options.length ? 'Aucune pour l’instant' : 'Choisissez une assemblée' });
    rows($('assembly'), $('choice'), options, (it) => ({ key: it.value, ...it }));
    $('assembly').value = chosen;
  }

  /** Usual place and signatory follow the assembly, what she wrote herself stays. @param {string} id */
  choose(id) {
    this.choices(id);
    const now = this.assembly;
    for (const key of /** @type {const} */ (['place', 'signatory'])) {
      const field = $(`meeting-${key}`);
      if (now && (!field.value || field.value === this.usual?.[key])) field.value = now[key];
    }
    this.usual = now;
    this.show();
    this.dispatchEvent(new Event('change'));
  }

  /** @param {string} id empty: a new one */
  async edit(id) {
    this.listing = null; // as it is now
    await this.list();
    const one = this.assemblies.find((it) => it.id === id) ?? null;
    if (id && !one) throw refusal('assembly_unknown', 'assembly', 'Cette assemblée n’existe plus. Choisissez-en une autre, ou créez-la.');
    const { editAssembly } = await import('./assembly.js'); // few need it: not with the page
    const outcome = await editAssembly(one, this.bodies);
    if (!outcome) return;
    this.listing = null;
    await this.list();
    this.choose(outcome.saved?.id ?? '');
    if (outcome.saved && !this.at) $('meeting-date').focus();
    this.dispatchEvent(new Event('assembly')); // the draft holds a copy of it
  }

  show() {
    const chosen = $('assembly').value !== '';
    $('meeting-fields').hidden = !this.on;
    $('meeting-rest').hidden = !chosen;
    $('edit-assembly').hidden = !this.assembly;
    const body = this.bodies.find((it) => it.body === this.assembly?.body);
    const about = this.assembly ? `${body?.label ?? ''} · ${plural(this.assembly.members, 'membre')} en exercice` : '';
    $('assembly-about').textContent = chosen || !this.listed ? about : this.assemblies.length
      ? 'La date, le lieu et l’ordre du jour viennent ensuite.'
      : 'Décrivez votre assemblée une fois\u00a0: son nom, ses membres en exercice, son lieu habituel. Convoc en déduit le délai légal et le quorum.';
    for (const key of allowed) if (body) $(key).parentElement.hidden = !body[key];
    this.showDelay();
  }

  /** The delay as it was judged, while it is of what stands in the fields; else what is missing to judge. */
  showDelay() {
    const { meeting, delay } = this.judged;
    const now = this.value;
    const current = now && meeting && delay && now.at === meeting.at && now.assembly === meeting.assembly && now.occasion === meeting.occasion;
    const reason = reasonLength();
    let shown = { look: 'calm', icon: '…', word: '', text: this.missing() };
    if (current && $('urgent').checked && reason < minReason && delay.level !== 'red') {
      shown = { ...look(delay), look: 'bad', icon: '✕', word: 'Motif à compléter.', text: 'Sans un motif d’au moins 20 caractères, une convocation en urgence ne peut pas partir.' };
    } else if (current) shown = look(delay);
    fill($('delay'), shown);
    $('delay').hidden = $('meeting-date').getAttribute('aria-invalid') === 'true';
    if (current || !now?.at) $('urgency').hidden = !$('urgent').checked && !(current && delay.level === 'red' && delay.urgency_possible);
    $('urgent-part').hidden = !$('urgent').checked;
    $('urgent-useless').hidden = !(current && delay.level !== 'red' && delay.days >= delay.clear_days);
    $('urgent-count').textContent = `${plural(reason, 'caractère')} sur ${maxReason}`;
  }

  missing() {
    const [date, time] = [$('meeting-date').value, $('meeting-time').value];
    if (this.at) return 'Calcul du délai légal…';
    if (whole(date)) return 'Indiquez aussi l’heure\u00a0: la date seule n’est pas enregistrée.';
    return time ? 'Indiquez aussi la date\u00a0: l’heure seule n’est pas enregistrée.' : 'Le délai légal s’affichera ici dès que la date et l’heure seront connues.';
  }
}

/** What is not shown is not offered. @param {string} id */
const offered = (id) => $(id).checked && !$(id).parentElement.hidden;

/** As the server counts it. */
export const reasonLength = () => [...$('urgent-reason').value.trim().replace(/\s+/g, ' ')].length;

// --- Options ---

export class ConvocOptions extends HTMLElement {
  has = false; // the server has a password
  kept = ''; // the password typed here that the server has
  changing = false; // another one is typed in the place of one that is not known here
  removing = false;
  until = ''; // as the server has it
  days = 0; // as the server has it
  remind = 0; // as the server has it

  connectedCallback() {
    $('remind').addEventListener('change', () => {
      $('remind-days').value ||= String(usualRemind);
      this.show();
    });
    const [password, again] = [$('password'), $('password-again')];
    password.addEventListener('input', () => wrong(again, ''));
    $('password-part').addEventListener('input', () => { this.removing = false; });
    this.addEventListener('change', (event) => this.warn(/** @type {HTMLElement} */ (event.target)));
    $('show-password').addEventListener('click', () => {
      const seen = password.type === 'text';
      password.type = again.type = seen ? 'password' : 'text';
      $('show-word').textContent = seen ? 'Afficher' : 'Masquer';
    });
    $('change-password').addEventListener('click', () => this.turn({ changing: true }, password));
    $('keep-password').addEventListener('click', () => this.turn({ changing: false }, $('change-password')));
    $('remove-password').addEventListener('click', () => {
      this.turn({ removing: true }, password);
      announce('Le mot de passe est retiré.');
      this.dispatchEvent(new Event('change'));
    });
  }

  /** @param {Partial<ConvocOptions>} state @param {HTMLElement} next */
  turn(state, next) {
    Object.assign(this, state);
    $('password').value = $('password-again').value = '';
    this.show();
    next.focus();
  }

  /** A password is set that is not known here, and no other one is being typed. */
  get sealed() {
    return this.has && !this.kept && !this.changing && !this.removing && !$('password').value && !$('password-again').value;
  }

  /** @returns {{replies_until: string, link_days: number, remind_days: number, password: string | null}} what is wrong stays as the server has it */
  get value() {
    const wrongs = this.faults().map(({ field }) => field);
    return {
      replies_until: wrongs.includes('replies_until') ? this.until : $('replies-until').value,
      link_days: wrongs.includes('link_days') ? this.days : Number($('link-days').value),
      remind_days: wrongs.includes('remind_days') ? this.remind : this.reminder,
      password: this.password,
    };
  }

  /** Days before replies end; 0: nobody is reminded. */
  get reminder() {
    return $('remind').checked ? Number($('remind-days').value) : 0;
  }

  /** @param {Options} draft */
  set value(draft) {
    Object.assign(this, { kept: '', changing: false, removing: false });
    $('replies-until').value = draft.replies_until;
    $('link-days').value = String(draft.link_days);
    $('password').value = $('password-again').value = '';
    $('remind').checked = draft.remind_days > 0;
    $('remind-days').value = draft.remind_days || '';
    this.know(draft);
    const usual = $('link-days').defaultValue;
    if (draft.has_password || draft.replies_until || draft.remind_days || String(draft.link_days) !== usual) this.querySelector('details')?.setAttribute('open', '');
  }

  /** What is to be done of the password: null nothing, empty remove it. */
  get password() {
    const typed = $('password').value;
    if (this.removing) return '';
    if (this.sealed || typed === this.kept || this.faults().some(({ field }) => field.startsWith('password'))) return null;
    return typed || (this.kept ? '' : null);
  }

  /** Takes a save. @param {string | null} password what was sent */
  accept(password) {
    if (password === null) return;
    this.kept = password;
    this.changing = this.removing = false;
  }

  /** Takes what the server has. @param {Options} draft */
  know(draft) {
    Object.assign(this, { has: draft.has_password, until: draft.replies_until, days: draft.link_days, remind: draft.remind_days });
    this.show();
  }

  show() {
    $('password-set').hidden = !this.sealed;
    $('password-part').hidden = this.sealed;
    $('keep-password').hidden = !this.changing;
    $('remind-part').hidden = !$('remind').checked;
  }

  /** What cannot be saved as it is typed. */
  faults() {
    const [typed, again] = [$('password').value, $('password-again').value];
    const days = Number($('link-days').value);
    const until = $('replies-until');
    const length = [...typed].length;
    const found = [];
    if (typed && length < minPassword) found.push(refusal('opening_password_short', 'password', 'Le mot de passe compte six caractères au moins.'));
    if (length > maxPassword) found.push(refusal('opening_password_long', 'password', 'Le mot de passe compte 256 caractères au plus.'));
    if (typed !== again) found.push(refusal('password_differs', 'password_again', 'Les deux mots de passe ne sont pas les mêmes.'));
    if (until.validity.badInput || (until.value && !whole(until.value))) found.push(refusal('date_invalid', 'replies_until', 'Complétez la date et l’heure, ou effacez-les.'));
    if (!(Number.isInteger(days) && days >= minDays && days <= maxDays)) found.push(refusal('link_days_invalid', 'link_days', 'Indiquez de 7 à 400 jours.'));
    const remind = this.reminder;
    if ($('remind').checked && !(Number.isInteger(remind) && remind >= 1 && remind <= maxRemind)) found.push(refusal('remind_days_invalid', 'remind_days', 'Indiquez de 1 à 30 jours, ou décochez le rappel.'));
    return found;
  }

  /** Says what is wrong with a field once it is left. The confirmation comes after the password: it is no fault yet. @param {HTMLElement} field */
  warn(field) {
    const fault = this.faults().find((it) => it.field === field.dataset?.field);
    if (fault && field !== this) wrong(field, fault.message);
  }

  /** Something is typed that cannot be saved. */
  get half() {
    return this.faults().length > 0;
  }

  /** Errors: the first fault. */
  check() {
    const [fault] = this.faults();
    if (fault) throw fault;
  }
}

customElements.define('convoc-meeting', ConvocMeeting);
customElements.define('convoc-options', ConvocOptions);
