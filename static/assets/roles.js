// @ts-check
/** What a person reads of a role, in the middle of a sentence. @type {Record<string, string>} */
const words = { reader: 'lecteur', writer: 'rédacteur', sender: 'expéditeur', administrator: 'administrateur', operator: 'opérateur' };

/** @param {string} role */
export const roleWord = (role) => words[role] ?? role;

/** At the beginning of a cell. @param {string} role */
export const roleTitle = (role) => roleWord(role).replace(/^./, (c) => c.toUpperCase());
