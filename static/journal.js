// @ts-check
/**
 * A10, what was done for the collectivité, the newest first.
 * @typedef {{at: string, who: string, what: string, text: string, subject: string, count: number, role: string}} Happened
 */
import './assets/chrome.js';
import { get, zone } from './assets/api.js';
import { seconds } from './assets/dates.js';
import { roleWord } from './assets/roles.js';
import { $, rows } from './assets/stamp.js';
import { announce, busy, plural, problem } from './assets/tell.js';

/** @type {Happened[]} */
let events = [];
let next = '';

/** @param {string} cursor */
async function load(cursor) {
  const where = await zone();
  const query = new URLSearchParams({ chapter: $('chapter').value, cursor });
  const page = await get(`/api/journal?${query}`);
  events = cursor ? events.concat(page.events) : page.events;
  next = page.next;
  rows($('events'), $('event-row'), events.map((it, n) => ({ it, n })), ({ it, n }) => {
    const link = /^cnv_/.test(it.subject) ? `/suivi.html?id=${encodeURIComponent(it.subject)}` : '';
    return {
      key: `${it.at} ${n}`, at: it.at, when: seconds(it.at, where), text: it.text, who: it.who || 'Convoc ou un destinataire',
      link, plain: !link, detail: link ? 'La convocation' : detail(it),
    };
  });
  $('events-table').hidden = events.length === 0;
  $('none').hidden = events.length > 0;
  $('more').hidden = next === '';
}

/** @param {Happened} it */
function detail(it) {
  const parts = [];
  if (it.subject && it.subject !== it.who && !/^[a-z]{3}_/.test(it.subject)) parts.push(it.subject);
  if (it.role) parts.push(roleWord(it.role));
  if (it.count) parts.push(plural(it.count, 'élément'));
  return parts.join(', ');
}

$('chapter').addEventListener('change', () => load('').then(() => announce(plural(events.length, 'évènement'), true), problem));
$('more').addEventListener('click', () => busy($('more'), async () => {
  const seen = events.length;
  await load(next);
  announce(plural(events.length - seen, 'évènement de plus', 'évènements de plus'), true);
}));

const start = () => load('').catch((error) => problem(error, start));
start();
