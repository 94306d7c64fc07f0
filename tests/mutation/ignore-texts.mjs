import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/**
 * Leaves alone what only people read: what a log line says, and the texts of errors. Whether a line is written and an error thrown, and
 * the code of the error, are still mutated.
 */
const texts = {
  shouldIgnore(path) {
    const { parent, key, listKey } = path;
    if (listKey !== 'arguments' || parent === null || parent === undefined) return undefined;
    if (parent.type === 'CallExpression' && isLog(parent.callee)) return 'what a log line says';
    if (parent.type !== 'NewExpression' || parent.callee.type !== 'Identifier') return undefined;
    if (parent.callee.name === 'Error') return 'the text of an error';
    if (parent.callee.name === 'ParleyError' && key === 1) return 'the text of an error';
    return undefined;
  },
};

/** `this.#report(…)` and `this.#hop(…)`. */
function isLog(callee) {
  return (
    callee.type === 'MemberExpression' &&
    callee.property.type === 'PrivateName' &&
    ['report', 'hop'].includes(callee.property.id.name)
  );
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'texts', texts)];
