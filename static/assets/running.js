// @ts-check
/**
 * What is under way of a convocation: the seconds in which « Envoyer » can be taken back, a sending that is planned, that
 * runs, that was suspended or cancelled, or that waits for the mail service; and what the secretary does about it. Loaded
 * while there is something to say: most looks at the follow-up need none of it.
 *
 * What changes each second is seen, not said aloud: the section gets the focus once, and the page says the rest.
 *
 * @typedef {import('./follow.types.js').Follow} Follow
 * @typedef {import('./follow.types.js').Page} Page
 */
import { post, serverNow } from './api.js';
import { long, table } from './dates.js';
import { $ } from './stamp.js';
import { announce, busy, choose, number, plural, problem } from './tell.js';

const imminent = 60_000; // ms: what is planned so soon is « Envoyer », just pressed
const buttons = ['undo', 'recall', 'resume', 'pause', 'resend-unsent', 'cancel'];

/**
 * What is said: a title, a text, the bar (of `max`, none when it is 0), why nothing leaves, and the buttons that make sense.
 * @typedef {{title: string, text?: string, look?: string, value?: number, max?: number, why?: string, acts?: string[]}} Told
 */

/** @type {Page} */
let page;
let ticking = 0;
let whole = 0; // ms, of the countdown that is shown
let begun = ''; // the sending that the countdown is about

/** Shows it, or takes it off the page. @param {Page} from */
export function show(from) {
  page = from;
  const told = what(page.follow());
  clearTimeout(ticking);
  $('sending').hidden = !told;
  if (!told) return;
  draw(told);
  if (told.acts?.includes('undo')) tick();
}

/** @param {Told} told */
function draw({ title, text = '', look = '', value = 0, max = 0, why = '', acts = [] }) {
  write($('sending-title'), title);
  write($('sending-text'), text);
  write($('sending-why'), why);
  $('sending').className = `note sending ${look}`;
  $('sending-why').hidden = !why;
  $('sending-bar').hidden = !max;
  $('sending-bar').max = max || 1;
  $('sending-bar').value = value;
  for (const name of buttons) $(name).hidden = !acts.includes(name);
  $('undo-help').hidden = !acts.includes('undo');
  $('sending-acts').hidden = !acts.length || !page.maySend();
}

/** @param {HTMLElement} node @param {string} text */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** What there is to say; null when there is nothing. @param {Follow} now @returns {Told | null} */
function what(now) {
  const { sending, counts } = now;
  if (sending.planned_for) return planned(sending.planned_for);
  if (sending.cancelled_at && now.state === 'sending' && counts.waiting) {
    return { ...bar(now), text: 'L’annulation prend effet dans la minute\u00a0: plus aucun courriel ne part.', look: 'bad' };
  }
  if (sending.paused_at) {
    const waiting = counts.waiting ? `${wait(counts.waiting)} encore.` : 'Rien n’attend en ce moment.';
    return { ...bar(now), title: `Envoi suspendu le ${table(sending.paused_at, page.zone())}.`, text: `${waiting} Rien ne part tant que vous ne le reprenez pas.`, acts: counts.waiting ? ['resume', 'cancel'] : ['resume'] };
  }
  if (now.state === 'sending' && !counts.recipients) return { title: 'L’envoi se prépare.', text: leave, why: why(now) };
  if (now.state === 'sending' || counts.waiting) return { ...bar(now), text: leave, why: why(now), acts: counts.waiting ? ['pause', 'cancel'] : [] };
  return cancelled(now);
}

const leave = 'Vous pouvez quitter cette page, l’envoi continue sans vous.';

/** « 3 courriels attendent ». @param {number} n */
const wait = (n) => plural(n, 'courriel attend', 'courriels attendent');

/** How far a sending has come: of the first one all are counted, of a later one only those who wait. @param {Follow} now @returns {Told} */
function bar(now) {
  const { recipients, paper, waiting, transmitted, returned, failed, review } = now.counts;
  if (now.state !== 'sending') return { title: `Envoi en cours\u00a0: ${wait(waiting)} encore.` };
  const all = recipients - paper;
  const left = transmitted + returned;
  const others = [failed && plural(failed, 'n’a pas pu partir', 'n’ont pas pu partir'), review && `${number(review)} à vérifier`].filter(Boolean);
  const title = `${plural(left, 'courriel', 'courriels')} sur ${number(all)} ${left < 2 ? 'est parti' : 'sont partis'}${others.length ? ` (${others.join(', ')})` : ''}.`;
  return { title, value: all - waiting, max: all };
}

/** @param {Follow} now */
function why({ sending }) {
  return sending.why && `Rien ne part depuis le ${table(sending.since, page.zone())}. ${sending.why} L’envoi reprendra de lui-même.`;
}

/** Those whom nothing was sent to. @param {Follow} now */
const unsent = ({ recipients }) => recipients.filter((it) => it.state === 'failed' && !it.first_sent_at);

/** @param {Follow} now @returns {Told | null} */
function cancelled(now) {
  const { sending } = now;
  const n = unsent(now).length;
  if (!sending.cancelled_at || !n) return null;
  return {
    title: `Envoi annulé le ${table(sending.cancelled_at, page.zone())}.`,
    text: `${page.whole() ? plural(n, 'personne n’a', 'personnes n’ont') : 'Des personnes n’ont'} reçu aucun courriel. Pour les convoquer, envoyez-leur la convocation\u00a0: l’heure de cet envoi comptera.`,
    look: 'bad',
    acts: ['resend-unsent'],
  };
}

// --- Before it begins ---

/** @param {string} at @returns {Told} */
function planned(at) {
  const left = Date.parse(at) - serverNow();
  if (left > imminent) {
    return { title: `Programmée pour le ${long(at, page.zone())}.`, text: 'Vous pouvez quitter cette page, l’envoi se fera sans vous.', look: 'good', acts: ['recall'] };
  }
  if (left <= 0) return { title: 'L’envoi commence…', text: leave };
  if (begun !== at) [begun, whole] = [at, left];
  return { title: `Envoi dans ${Math.ceil(left / 1000)}\u00a0s.`, text: 'Aucun courriel n’est encore parti.', value: whole - left, max: whole, acts: ['undo'] };
}

/** Counts down, then looks at what the server does. */
function tick() {
  const at = page.follow().sending.planned_for;
  if (document.activeElement === document.body) { // she comes from the button that sent
    $('sending').focus();
    announce($('sending-title').textContent, true);
  }
  const step = async () => {
    if (page.follow().sending.planned_for !== at) return;
    const told = planned(at);
    draw(told);
    if (told.acts) ticking = window.setTimeout(step, 250);
    else await page.refresh();
  };
  ticking = window.setTimeout(step, 250);
}

// --- Acting ---

/** @param {string} name @param {() => Promise<string>} act gives what to say */
function on(name, act) {
  $(name).addEventListener('click', () => busy($(name), async () => {
    try {
      const told = await act();
      if (told) announce(told);
    } catch (error) {
      await page.refresh(); // what it was about may be over
      problem(error);
    }
    if ($(name).hidden && !$('sending').hidden) $('sending').focus(); // nothing is left to press there
  }));
}

/** @param {string} verb @param {string} told */
async function steer(verb, told) {
  await post(`${page.path}/${verb}`);
  await page.refresh();
  return told;
}

/** Takes a sending back, and opens its draft. */
async function recall() {
  await post(`${page.path}/recall`);
  location.replace(`/composer.html?id=${encodeURIComponent(page.follow().id)}#repris`);
  return '';
}

on('undo', recall);
on('recall', recall);
on('pause', () => steer('pause', 'L’envoi est suspendu.'));
on('resume', () => steer('resume', 'L’envoi reprend dans la minute.'));
on('resend-unsent', () => page.sendTo(unsent(page.follow())));
on('cancel', async () => {
  const { waiting } = page.follow().counts;
  $('cancel-text').textContent = `${plural(waiting, 'courriel n’est pas encore parti et ne partira pas', 'courriels ne sont pas encore partis et ne partiront pas')}.`;
  return await choose($('cancel-dialog')) === 'cancel' ? steer('cancel', 'L’envoi est annulé.') : '';
});
