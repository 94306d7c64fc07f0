/** Whether one release can be deployed over another, and what would be lost where it cannot. */
import { isDeepStrictEqual } from 'node:util';
import type { Kept, KeptResource, KeptStack } from './kept-resources.ts';

/** A sentence for each thing that `after` would replace, lose or be refused for. */
export function lossesBetween(before: Kept, after: Kept): string[] {
  return Object.entries(before).flatMap(([id, stack]) => {
    const next = after[id];
    if (next === undefined) return [`The stack ${id} is gone, and ${namesOf(stack)} would be left behind.`];
    return lossesOfStack(id, stack, next);
  });
}

function lossesOfStack(id: string, before: KeptStack, after: KeptStack): string[] {
  const losses: string[] = [];
  if (before.stackName !== after.stackName) {
    losses.push(
      `${id} is now called ${after.stackName}, not ${before.stackName}: CloudFormation would make a second stack beside the first, without its data.`,
    );
  }
  for (const [logicalId, resource] of Object.entries(before.resources)) {
    losses.push(...lossesOfResource(`${id}/${logicalId}`, resource, after.resources[logicalId]));
  }
  for (const name of before.exports) {
    if (!after.exports.includes(name)) {
      losses.push(
        `${id} no longer exports ${name}: CloudFormation refuses to update it while the deployed release of another stack imports that. ` +
          'Export it for one more release with `this.exportValue(…)`.',
      );
    }
  }
  return losses;
}

function lossesOfResource(path: string, before: KeptResource, after: KeptResource | undefined): string[] {
  if (after === undefined) {
    return [
      `${path} (${before.type}) is gone: removed, or renamed, which for CloudFormation is the same. What it holds would be lost, and a new one be empty.`,
    ];
  }
  if (before.type !== after.type) {
    return [
      `${path} becomes ${after.type} and was ${before.type}: CloudFormation refuses that, or loses what it holds.`,
    ];
  }
  const names = new Set([...Object.keys(before.properties), ...Object.keys(after.properties)]);
  return [...names]
    .filter((name) => !isDeepStrictEqual(before.properties[name], after.properties[name]))
    .map(
      (name) =>
        `${path} (${before.type}): "${name}" was ${say(before.properties[name])} and becomes ${say(after.properties[name])}. ` +
        'CloudFormation would make a new, empty one in its place.',
    );
}

function namesOf({ resources }: KeptStack): string {
  return Object.keys(resources).join(', ') || 'what it has';
}

function say(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
