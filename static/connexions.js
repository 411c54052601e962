// @ts-check
/** « Mes dernières connexions ». Asks to sign in when nobody is. */
import './assets/chrome.js';
import { post, zone } from './assets/api.js';
import { seconds } from './assets/dates.js';
import { $, rows } from './assets/stamp.js';
import { problem } from './assets/tell.js';

async function load() {
  const where = await zone();
  const { connections } = await post('/api/session/connections');
  rows($('connections'), $('connection-row'), connections, (it) => ({
    key: `${it.at} ${it.success} ${it.address}`,
    at: it.at,
    when: seconds(it.at, where),
    result: it.success ? 'Réussie' : 'Mot de passe refusé',
    look: it.success ? 'good' : 'bad',
    browser: it.browser,
    address: network(it.address),
  }));
  $('connections-table').hidden = false;
}

/** « 192.0.2.x » for « 192.0.2.0/24 », « 2001:db8:… » for « 2001:db8::/48 ». @param {string} address */
const network = (address) => address.replace(/\.0\/24$/, '.x').replace(/:+\/\d+$/, ':…');

const start = () => load().catch((error) => problem(error, start));
start();
