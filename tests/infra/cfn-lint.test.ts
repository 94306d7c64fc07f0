/** CloudFormation's rules as cfn-lint knows them: properties, their types and values, in each region that is asked for. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stageNames } from '../../infra/stages.ts';
import { pythonProgram } from '../support/python-program.ts';

const assemblies = join(import.meta.dirname, '../../cdk.out');
const scratch = mkdtempSync(join(tmpdir(), 'parley-cfn-lint-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** One on each continent, the newest kinds among them: not every region has every service. */
const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-2', 'sa-east-1'];

/** What is wrong with the templates, a line for each. */
function lint(templates: string[]): Promise<string[]> {
  const options = [
    ...['--format', 'parseable'],
    // "Dependency already enforced": the CDK writes each function's dependency on its role twice, which does no harm.
    ...['--ignore-checks', 'W3005'],
    ...['--regions', ...regions],
    ...['--template', ...templates],
  ];
  return new Promise((resolve, reject) => {
    execFile(pythonProgram('cfn-lint'), options, (error, stdout, stderr) => {
      // It ends with the sum of what it found: 2 for errors, 4 for warnings, 8 for remarks; anything else is a failure.
      const findings = stdout.split('\n').filter((line) => line !== '');
      if (error !== null && findings.length === 0) reject(new Error(stderr, { cause: error }));
      else resolve(findings);
    });
  });
}

test('every template of every stage is what CloudFormation takes', { timeout: 180_000 }, async () => {
  const templates = stageNames.flatMap((stage) =>
    readdirSync(join(assemblies, stage))
      .filter((name) => name.endsWith('.template.json'))
      .map((name) => join(assemblies, stage, name)),
  );
  expect(templates.length).toBeGreaterThanOrEqual(2 * stageNames.length);
  expect(await lint(templates)).toEqual([]);
});

test('a template that CloudFormation would refuse is found out', { timeout: 180_000 }, async () => {
  const template = JSON.parse(readFileSync(join(assemblies, 'dev/ParleyData.template.json'), 'utf8'));
  const [table] = Object.values<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  ).filter(({ Type }) => Type === 'AWS::DynamoDB::Table');
  if (table === undefined) throw new Error('There is no table');
  table.Properties['BillingMode'] = 'FREE';
  const wrong = join(scratch, 'wrong.template.json');
  writeFileSync(wrong, JSON.stringify(template));
  expect((await lint([wrong])).join('\n')).toContain("'FREE' is not one of");
});
