/** Holds a stage to the schema of its settings: whoever wrote it learns which setting is wrong, and what it may be. */
import * as v from 'valibot';
import { StageSettings } from './config.ts';

/** It is part of the stacks' names, which CloudFormation limits to letters, digits and hyphens. */
const stageNamePattern = /^[a-z][a-z0-9-]{0,29}$/;

export function readSettings<Stage extends string>(
  stage: Stage,
  definition: unknown,
): StageSettings & { stage: Stage } {
  if (!stageNamePattern.test(stage)) {
    throw new Error(
      `"${stage}" cannot be a stage: a name is up to 30 of a-z, 0-9 and "-", and begins with a letter`,
    );
  }
  const read = v.safeParse(StageSettings, definition);
  const problems = read.success ? contradictions(read.output) : read.issues.map(problemOf);
  if (!read.success || problems.length > 0) {
    throw new Error([`Stage "${stage}" in infra/stages.ts:`, ...problems].join('\n  '));
  }
  return { ...read.output, stage };
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)) ?? [];
  const setting = `setting "${path.join('.')}"`;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${setting} is unknown: ${path.length > 1 ? `"${path.slice(0, -1).join('.')}" has` : 'there are'} ${settingsAt(path.slice(0, -1)).join(', ')}`;
  }
  if (issue.received === 'undefined') return `${setting} is missing`;
  if (issue.type === 'strict_object') {
    return `${setting} must be an object with ${settingsAt(path).join(', ')}, not ${JSON.stringify(issue.input)}`;
  }
  return `${setting} must be ${issue.message}, not ${JSON.stringify(issue.input)}`;
}

/** What each setting alone allows, and both together do not. */
function contradictions({ stream, deliver, web, region }: v.InferOutput<typeof StageSettings>): string[] {
  const problems: string[] = [];
  if (deliver.maximumRecordAgeMinutes > stream.retentionHours * 60) {
    problems.push(
      'setting "deliver.maximumRecordAgeMinutes" must not be more than "stream.retentionHours": what the stream has forgotten cannot be kept',
    );
  }
  const makesWebAcl = web !== false && web.firewall !== false && 'requestsPerFiveMinutes' in web.firewall;
  if (makesWebAcl && region !== 'us-east-1') {
    problems.push(
      'setting "web.firewall.requestsPerFiveMinutes" needs "region" to be "us-east-1", where web ACLs for CloudFront are: make one there, and give its "webAclArn"',
    );
  }
  return problems;
}

/** The names of the settings in the group at this path. */
function settingsAt(path: string[]): string[] {
  let schema: unknown = StageSettings;
  for (const key of path) schema = entriesOf(schema)[key];
  return Object.keys(entriesOf(schema));
}

function entriesOf(schema: unknown): Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null) return {};
  if ('wrapped' in schema) return entriesOf(schema.wrapped);
  return 'entries' in schema ? { ...(schema.entries as object) } : {}; // The map from keys to schemas of an object.
}
